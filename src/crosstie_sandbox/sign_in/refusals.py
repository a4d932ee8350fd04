"""What can be wrong with a request to sign in, in the words of Entra ID."""

import tomllib
from datetime import UTC
from functools import cache
from importlib.resources import files
from typing import Any

from starlette.responses import Response

from crosstie_sandbox.odata.answer import dumps
from crosstie_sandbox.token import Clock, IdSource


class SignInError(Exception):
    """A refusal by its name in `refusals.toml`."""

    def __init__(self, name: str, /, **parts: str) -> None:
        found = _refusals()[name]
        self.status: int = found["status"]
        self.error: str = found["error"]
        self.number: int = found["number"]
        self.text: str = found["text"].format(**parts)
        super().__init__(f"AADSTS{self.number}: {self.text}")


@cache
def _refusals() -> dict[str, Any]:
    return tomllib.loads(files("crosstie_sandbox.sign_in").joinpath("refusals.toml").read_text(encoding="utf-8"))


def described(refusal: SignInError, clock: Clock, ids: IdSource) -> dict[str, Any]:
    """The members of an error answer."""
    moment = clock().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = str(ids()), str(ids())
    trail = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {moment}"
    return {
        "error": refusal.error,
        "error_description": f"{refusal} {trail}",
        "error_codes": [refusal.number],
        "timestamp": moment,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={refusal.number}",
    }


def refused(refusal: SignInError, clock: Clock, ids: IdSource) -> Response:
    """The error answer of the token endpoint."""
    body = dumps(described(refusal, clock, ids))
    return Response(body, refusal.status, {"Cache-Control": "no-store"}, media_type="application/json")
