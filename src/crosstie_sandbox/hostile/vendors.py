"""Refusals that come before a server looks at a request, in the vendors' words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crosstie_sandbox.hostile.request import Answer
from crosstie_sandbox.odata.answer import dumps

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """The words of one vendor's service."""

    name: str
    throttles: Sequence[tuple[str, str]]
    """Code and message of each limit that may be exceeded."""
    expired: tuple[str, str]
    """Code and message for a token that is no longer valid."""
    challenge: str

    def throttled(self, choice: float, retry_after: int) -> Answer:
        """Too many requests."""
        code, message = self.throttles[int(choice * len(self.throttles))]
        return _refusal(429, code, message, {"Retry-After": str(retry_after)})

    def unauthorized(self) -> Answer:
        """The token has expired."""
        return _refusal(401, *self.expired, {"WWW-Authenticate": self.challenge})


_WINDOW = "over time window of 300 seconds."
DATAVERSE = Vendor(
    name="dataverse",
    throttles=(
        ("0x80072322", f"Number of requests exceeded the limit of 6000 {_WINDOW}"),
        (
            "0x80072321",
            f"Combined execution time of incoming requests exceeded limit of 1,200,000 milliseconds {_WINDOW}",
        ),
        ("0x80072326", "Number of concurrent requests exceeded the limit of 52."),
    ),
    expired=("0x80072560", "The caller is not authenticated: a valid bearer token is required."),
    challenge='Bearer error="invalid_token", error_description="The token has expired."',
)
BUSINESS_CENTRAL = Vendor(
    name="businesscentral",
    throttles=(("Application_TooManyRequests", "Too many requests reached the server in too short a time."),),
    expired=("Authentication_InvalidCredentials", "The server has rejected the client credentials."),
    challenge='Bearer realm=""',
)


def sign_in_throttled(retry_after: int) -> Answer:
    """The identity provider's "too many requests"."""
    body = {"error": "temporarily_unavailable", "error_description": "The server is too busy to issue a token."}
    return made(429, JSON, dumps(body), {"Retry-After": str(retry_after)})


def made(status: int, content_type: str, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer that no server gave."""
    said = {"Content-Type": content_type, "Content-Length": str(len(body)), **(headers or {})}
    return Answer(status, [(name.lower().encode(), value.encode()) for name, value in said.items()], body)


def _refusal(status: int, code: str, message: str, headers: Mapping[str, str]) -> Answer:
    return made(status, JSON, dumps({"error": {"code": code, "message": message}}), headers)
