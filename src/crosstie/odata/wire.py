"""One HTTP client; when it fails, it says the one thing that must be known: could the server have seen the request."""

import ssl
from collections.abc import Mapping
from typing import Protocol

import httpx2

from crosstie.odata.errors import AnswerLostError, ServerAwayError
from crosstie.odata.message import Answer, Request, host_of

KEEP_ALIVE_S = 2.0
"""Shorter than any server's own: a connection that the server is closing must not carry a write."""

_NEVER_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
)


class Meter(Protocol):
    """Counters that somebody else reads while we count."""

    requests: int
    retries: int
    by_verb: dict[str, int]


class Wire:
    """Sends one request once and counts it."""

    def __init__(
        self,
        *,
        transport: httpx2.AsyncBaseTransport | None,
        connections: int,
        answer_s: float,
        meter: Meter,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._client = httpx2.AsyncClient(
            transport=transport,
            verify=True if trust is None else trust,
            timeout=httpx2.Timeout(connect=10.0, read=answer_s, write=60.0, pool=None),
            limits=httpx2.Limits(
                max_connections=connections + 1,  # one more for the token
                max_keepalive_connections=connections + 1,
                keepalive_expiry=KEEP_ALIVE_S,
            ),
            follow_redirects=False,
        )
        self._client.headers.clear()
        self._client.headers["Accept-Encoding"] = "gzip, deflate"
        self.meter = meter

    async def send(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """Send ``request`` once, with ``headers`` besides its own."""
        host = host_of(request.url)
        self.meter.requests += 1
        self.meter.by_verb[request.purpose] = self.meter.by_verb.get(request.purpose, 0) + 1
        try:
            response = await self._client.request(
                request.method, request.url, headers={**headers, **request.headers}, content=request.content
            )
        except _NEVER_SENT as error:
            raise ServerAwayError(host, _reason(error), is_untrusted=_is_untrusted(error)) from error
        except httpx2.HTTPError as error:
            raise AnswerLostError(host, _reason(error)) from error
        finally:
            self._client.cookies.clear()  # an affinity cookie would tie all our requests to one web server
        return Answer(host=host, status=response.status_code, headers=response.headers, content=response.content)

    async def close(self) -> None:
        """Give back the sockets."""
        await self._client.aclose()


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _is_untrusted(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
