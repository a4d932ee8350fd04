"""The guard around every answer: whom the pages speak to, and what browsers may do with them.

Plain ASGI, so that a streamed answer passes through as it comes.
"""

from collections.abc import Mapping, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Mapping[str, str] = {
    # No page has an inline script or style, so that a name from either system can never become one.
    "Content-Security-Policy": (
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PAGE_CACHE = "no-store"
_ASSET_CACHE = "public, max-age=31536000, immutable"
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_SAME_SITE = frozenset({"same-origin", "none"})


class Guard:
    """Refuses foreign hosts and cross-site writes; adds security and cache headers to every answer."""

    def __init__(self, app: ASGIApp, *, hosts: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers["Cache-Control"] = _cache_of(scope, message["status"])
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        host = _without_port(headers.get("host", ""))
        if self._hosts and host not in self._hosts:
            # A foreign name that resolves to this machine would let a foreign page read ours.
            return PlainTextResponse(
                f"Crosstie is not known as '{host}' here, so it shows nothing under that name."
                f" Open it as {' or '.join(sorted(self._hosts))}.\n",
                421,
            )
        is_same_site = headers.get("sec-fetch-site", "same-origin") in _SAME_SITE
        if scope["method"] not in _SAFE_METHODS and not is_same_site:
            return PlainTextResponse(
                "Another site asked for a change in your name; nothing was changed. Do it on Crosstie's own page.\n",
                403,
            )
        return None


def _without_port(host: str) -> str:
    name, _, port = host.lower().rpartition(":")
    return name if name and port.isdigit() else host.lower()


def _cache_of(scope: Scope, status: int) -> str:
    is_named_by_content = scope["path"].startswith("/static/") and scope["query_string"].startswith(b"v=")
    return _ASSET_CACHE if is_named_by_content and status in (200, 304) else _PAGE_CACHE
