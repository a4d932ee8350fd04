"""Sign-in: who we say we are in the ``Authorization`` header.

Client credentials of OAuth 2.0 (a token of about an hour, fetched early and by one request however many ask for it),
or user and web service access key, which on-premises Business Central takes as Basic authentication.
"""

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlencode

from crosstie.odata.errors import AnswerLostError, NotUnderstoodError, ServerAwayError, SignInRefusedError
from crosstie.odata.message import Answer, Request
from crosstie.odata.runtime import Runtime
from crosstie.odata.secret import Secret
from crosstie.odata.wire import Wire

EARLY_S = 300.0
"""A token is renewed this long before it expires, or at four fifths of a shorter life."""
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_BUSY = frozenset({408, 429, 500, 502, 503, 504})


class TokenProvider(Protocol):
    """Gives the value of the ``Authorization`` header."""

    async def authorization(self, wire: Wire, /) -> str:
        """The header's value, fresh enough to be used now."""
        ...

    def renew(self, refused: str, /) -> bool:
        """The server refused this value; tells whether another one can be had."""
        ...


class BasicAuth:
    """User and web service access key."""

    def __init__(self, user: str, key: Secret) -> None:
        self._user = user
        self._key = key

    async def authorization(self, _wire: Wire, /) -> str:
        """The header's value."""
        return f"Basic {b64encode(f'{self._user}:{self._key.reveal()}'.encode()).decode()}"

    def renew(self, _refused: str, /) -> bool:
        """There is no other key than the one we were given."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientApplication:
    """An application registered with the identity provider."""

    token_url: str
    client_id: str
    client_secret: Secret
    scope: str


class ClientCredentials:
    """Tokens for an application, by its secret."""

    def __init__(self, application: ClientApplication, runtime: Runtime) -> None:
        self._application = application
        self._runtime = runtime
        self._header: str | None = None
        self._renew_at = 0.0
        self._one_at_a_time = asyncio.Lock()

    async def authorization(self, wire: Wire, /) -> str:
        """A bearer token with some life left."""
        async with self._one_at_a_time:
            if self._header is None or self._runtime.monotonic() >= self._renew_at:
                self._header, life_s = _read_token(await self._fetch(wire))
                self._renew_at = self._runtime.monotonic() + max(life_s - EARLY_S, life_s * 0.8)
            return self._header

    def renew(self, refused: str, /) -> bool:
        """Forget the refused token, unless somebody already replaced it."""
        if self._header == refused:
            self._header = None
        return True

    async def _fetch(self, wire: Wire) -> Answer:
        application = self._application
        form = {
            "grant_type": "client_credentials",
            "client_id": application.client_id,
            "client_secret": application.client_secret.reveal(),
            "scope": application.scope,
        }
        request = Request(method="POST", url=application.token_url, purpose="token", content=urlencode(form).encode())
        try:
            answer = await wire.send(request, _FORM)
        except AnswerLostError as error:
            raise ServerAwayError(error.host, error.reason) from error
        if answer.status in _BUSY:
            raise ServerAwayError(answer.host, f"the token endpoint answered {answer.status}")
        return answer


def _read_token(answer: Answer) -> tuple[str, float]:
    """The header's value and the token's life in seconds."""
    if answer.status != HTTPStatus.OK:
        raise SignInRefusedError(answer.host, answer.status, *_refusal(answer))
    try:
        body = answer.json()
    except NotUnderstoodError as error:
        # Not that error: what was to be sent under this token was not sent, so nothing is unknown.
        raise SignInRefusedError(answer.host, answer.status, "", "the token URL answers with something else") from error
    token, life = body.get("access_token"), body.get("expires_in")
    if not isinstance(token, str) or not token:
        raise SignInRefusedError(answer.host, answer.status, "", "the answer holds no access_token")
    try:
        return f"Bearer {token}", float(str(life))
    except ValueError:
        return f"Bearer {token}", 0.0


def _refusal(answer: Answer) -> tuple[str, str]:
    try:
        body = answer.json()
    except NotUnderstoodError:
        return "", ""
    # The first line only: the rest are trace ids and time stamps.
    words = str(body.get("error_description") or "").partition("\n")[0].strip()
    return str(body.get("error") or ""), words
