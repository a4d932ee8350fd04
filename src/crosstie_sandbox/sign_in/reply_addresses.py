"""Where a person may be sent back to after signing in: this machine, or what native programs register."""

from urllib.parse import urlsplit

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NATIVE = frozenset(
    {
        "https://login.microsoftonline.com/common/oauth2/nativeclient",
        "urn:ietf:wg:oauth:2.0:oob",
        "app://58145b91-0c36-4500-8554-080854f2ac97",
    }
)


def is_allowed(address: str, client_id: str) -> bool:
    """Whether codes may be sent there; a loopback address may have any port, as RFC 8252 asks."""
    if address.lower().rstrip("/") in _NATIVE or address.lower() == f"msal{client_id.lower()}://auth":
        return True
    try:
        parts = urlsplit(address)
        is_loopback = parts.hostname in _LOOPBACK
    except ValueError:
        return False
    has_user = "@" in parts.netloc
    return parts.scheme in {"http", "https"} and is_loopback and not has_user and not parts.fragment
