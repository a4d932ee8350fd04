"""Where a Dataverse environment is and who we are there."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from crosstie.model.errors import UsageError
from crosstie.odata.secret import Secret

_API_PATH = "/api/data/v9.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataverseSettings:
    """Settings of a connection; the secret never prints."""

    url: str
    """Address of the environment, as ``https://contoso.crm4.dynamics.com``."""
    token_url: str
    client_id: str
    client_secret: Secret
    ca: str = ""
    """File with the certificate of an authority that the machine does not know; blank: only those that it knows."""
    scope: str = ""
    """Blank: the environment's own default scope."""
    concurrency: int = 8
    """Requests under way at most; the service allows 52 for a user."""

    def __post_init__(self) -> None:
        for name in ("url", "token_url"):
            parts = urlsplit(getattr(self, name))
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise UsageError(
                    f"Dataverse: the setting {name} is not a web address.",
                    "Give it as https://host, the way the browser shows it.",
                )

    @property
    def api_url(self) -> str:
        """Root of the Web API."""
        url = self.url.rstrip("/")
        return url if "/api/data/" in url else url + _API_PATH

    @property
    def token_scope(self) -> str:
        """What the token is asked for."""
        parts = urlsplit(self.url)
        return self.scope or f"{parts.scheme}://{parts.netloc}/.default"
