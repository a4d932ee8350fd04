"""Who is signed in to the pages: a signed cookie, and with every form a token that only this session's pages hold."""

import hashlib
import hmac
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crosstie_sandbox.businesscentral.users.store import User, Users
from crosstie_sandbox.token import Gate, Person, Tokens, same

COOKIE = "erp_session"
SECONDS = 8 * 3600


@dataclass(frozen=True, slots=True)
class Session:
    """A person who is signed in."""

    user: User
    form_token: str


@dataclass(frozen=True, slots=True)
class Sessions:
    """Signs people in and knows them again."""

    gate: Gate
    users: Users

    def open(self, address: str, password: str) -> Response | None:
        """Send a person on to the pages, or None if address and password do not belong together."""
        person = self._person(address, password)
        if person is None:
            return None
        until = int(self._sealing.clock().timestamp()) + SECONDS
        token = self._sealing.signed({"person": person.object_id, "until": until})
        answer = RedirectResponse("/users", 303, {"Cache-Control": "no-store"})
        answer.set_cookie(COOKIE, token, max_age=SECONDS, httponly=True, samesite="strict")
        return answer

    def of(self, request: Request) -> Session | None:
        """Who is signed in, if anybody is."""
        token = _cookie(request)
        claims = self._sealing.claims_of(token) or {}
        match claims:
            case {"person": str(object_id), "until": int(until)} if until > self._sealing.clock().timestamp():
                person = self.gate.credentials.person(object_id)
            case _:
                return None
        user = self.users.at(person.address) if person is not None and person.is_enabled else None
        if user is None or not user.enabled:
            return None
        return Session(user, hmac.new(self._sealing.key, f"form {token}".encode(), hashlib.sha256).hexdigest())

    def user_with(self, address: str, password: str) -> User | None:
        """The enabled user that a person with a password is."""
        person = self._person(address, password)
        return None if person is None else self.users.at(person.address)

    def _person(self, address: str, password: str) -> Person | None:
        person = self.gate.credentials.person_at(address)
        if person is None or not person.is_enabled or not same(password, person.password):
            return None
        user = self.users.at(person.address)
        return person if user is not None and user.enabled else None

    @property
    def _sealing(self) -> Tokens:
        """Signs with a key for this purpose alone."""
        tokens = self.gate.tokens
        return Tokens(hmac.new(tokens.key, b"pages of the ERP", hashlib.sha256).digest(), tokens.clock)


def close() -> Response:
    """Sign out."""
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE)
    return answer


def _cookie(request: Request) -> str:
    try:
        found = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value
