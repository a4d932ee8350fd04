"""OAuth 2.0 client credentials as Entra ID answers them, and who may call: shared by both servers.

A token is a JSON Web Token signed with a key that lives in the server's database, so it outlives the process.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qs, unquote_plus
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crosstie_sandbox.odata.answer import dumps, loads
from crosstie_sandbox.odata.errors import ODataSyntaxError

Clock = Callable[[], datetime]
IdSource = Callable[[], UUID]

LIFETIME_SECONDS = 3599


@dataclass(frozen=True, slots=True)
class Credentials:
    """The one application that may call, and for servers with Basic sign-in its user and access key."""

    client_id: str
    client_secret: str
    user: str = ""
    web_service_access_key: str = ""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Issues tokens and reads them back."""

    key: bytes
    clock: Clock

    def issue(self, client_id: str) -> str:
        """A token of one hour for an application."""
        now = int(self.clock().timestamp())
        head = _encode(dumps({"typ": "JWT", "alg": "HS256"}))
        claims = _encode(dumps({"appid": client_id, "iat": now, "exp": now + LIFETIME_SECONDS}))
        signed = f"{head}.{claims}"
        return f"{signed}.{_signature(self.key, signed)}"

    def client_of(self, token: str) -> str | None:
        """The application a token was issued to, or None if it is forged or has expired."""
        found = _claims(self.key, token)
        if found is None or found[1] <= self.clock().timestamp():
            return None
        return found[0]


@dataclass(frozen=True, slots=True)
class Gate:
    """Decides from the Authorization header who is calling."""

    credentials: Credentials
    tokens: Tokens
    basic: bool = False

    def caller(self, authorization: str | None) -> str | None:
        """The client id or the user name of the caller, or None if it may not call."""
        scheme, _, value = (authorization or "").partition(" ")
        match scheme.lower():
            case "bearer":
                client = self.tokens.client_of(value.strip())
                return client if client == self.credentials.client_id else None
            case "basic" if self.basic:
                user, key = _user_and_key(value)
                known = _same(user, self.credentials.user) and _same(key, self.credentials.web_service_access_key)
                return user if user and known else None
            case _:
                return None


def token_route(gate: Gate, ids: IdSource) -> Route:
    """`POST /{tenant}/oauth2/v2.0/token`, which any tenant name reaches."""

    async def endpoint(request: Request) -> Response:
        return _answer(await request.body(), request.headers.get("authorization"), gate, ids)

    return Route("/{tenant}/oauth2/v2.0/token", endpoint, methods=["POST"])


def _answer(body: bytes, authorization: str | None, gate: Gate, ids: IdSource) -> Response:
    form = {name: values[-1] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
    if authorization and "client_secret" not in form:
        user, key = _user_and_key(authorization.partition(" ")[2])
        form |= {"client_id": unquote_plus(user), "client_secret": unquote_plus(key)}
    refusal = _refusal(form, gate.credentials)
    if refusal is not None:
        return _refuse(*refusal, gate=gate, ids=ids)
    granted = {
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
        "ext_expires_in": LIFETIME_SECONDS,
        "access_token": gate.tokens.issue(gate.credentials.client_id),
    }
    return Response(dumps(granted), 200, {"Cache-Control": "no-store"}, media_type="application/json")


def _refusal(form: dict[str, str], credentials: Credentials) -> tuple[int, str, int, str] | None:
    """HTTP status, OAuth error, number and text of what is wrong with a request for a token."""
    for name in ("grant_type", "client_id", "client_secret"):
        if name not in form:
            text = f"The request body must contain the following parameter: '{name}'."
            return 400, "invalid_request", 900144, text
    if form["grant_type"] != "client_credentials":
        text = f"The app requested an unsupported grant type '{form['grant_type']}'."
        return 400, "unsupported_grant_type", 70003, text
    if form["client_id"].lower() != credentials.client_id.lower():
        text = f"Application with identifier '{form['client_id']}' was not found in the directory."
        return 400, "unauthorized_client", 700016, text
    if not _same(form["client_secret"], credentials.client_secret):
        text = f"Invalid client secret provided for app '{credentials.client_id}'."
        return 401, "invalid_client", 7000215, text
    return None


def _refuse(status: int, error: str, number: int, text: str, *, gate: Gate, ids: IdSource) -> Response:
    moment = gate.tokens.clock().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = ids(), ids()
    trail = f"Trace ID: {trace} Correlation ID: {correlation} Timestamp: {moment}"
    body = {
        "error": error,
        "error_description": f"AADSTS{number}: {text} {trail}",
        "error_codes": [number],
        "timestamp": moment,
        "trace_id": str(trace),
        "correlation_id": str(correlation),
        "error_uri": f"https://login.microsoftonline.com/error?code={number}",
    }
    return Response(dumps(body), status, media_type="application/json")


def _user_and_key(encoded: str) -> tuple[str, str]:
    try:
        user, _, key = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (ValueError, binascii.Error):
        return "", ""
    return user, key


@lru_cache(maxsize=64)
def _claims(key: bytes, token: str) -> tuple[str, float] | None:
    """Application and expiry of a token with a valid signature; a client shows the same one a thousand times."""
    signed, _, signature = token.rpartition(".")
    if not _same(signature, _signature(key, signed)):
        return None
    try:
        claims = loads(_decode(signed.partition(".")[2]))
    except (ValueError, binascii.Error, ODataSyntaxError):
        return None
    match claims:
        case {"appid": str(client_id), "exp": int(expiry)}:
            return client_id, expiry
        case _:
            return None


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _signature(key: bytes, text: str) -> str:
    return _encode(hmac.new(key, text.encode("utf-8", "replace"), hashlib.sha256).digest())


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
