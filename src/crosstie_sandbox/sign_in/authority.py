"""The identity provider behind all its endpoints: whom it knows, what it signs with, and what it remembers."""

import hashlib
import hmac
from dataclasses import dataclass, field

from crosstie_sandbox.sign_in.refusals import SignInError
from crosstie_sandbox.token import Application, Clock, Credentials, Gate, IdSource, Person, Tokens

CODE_SECONDS = 600
REFRESH_SECONDS = 90 * 24 * 3600
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Grant:
    """What an application may have tokens for: a person, and the scopes asked for."""

    client_id: str
    person: str
    scope: str
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Authority:
    """One tenant's identity provider."""

    gate: Gate
    ids: IdSource
    redeemed: dict[str, None] = field(default_factory=dict)
    """Codes that were used; the oldest is forgotten when there are very many."""

    @property
    def credentials(self) -> Credentials:
        """Whom it knows."""
        return self.gate.credentials

    @property
    def clock(self) -> Clock:
        """The time by which codes and tokens expire."""
        return self.gate.tokens.clock

    def application(self, client_id: str) -> Application:
        """A registration that must exist."""
        found = self.credentials.application(client_id)
        if found is None:
            raise SignInError("application_unknown", client_id=client_id)
        return found

    def person(self, grant: Grant) -> Person:
        """The person of a grant, who may have been disabled or removed since."""
        found = self.credentials.person(grant.person)
        if found is None:
            raise SignInError("person_unknown", address=grant.person)
        if not found.is_enabled:
            raise SignInError("person_disabled")
        return found

    def seal(self, purpose: str, grant: Grant, seconds: int, **more: str) -> str:
        """A grant as a text that only this server could have written, good for one purpose and a time."""
        claims = {
            "client_id": grant.client_id,
            "person": grant.person,
            "scope": grant.scope,
            "nonce": grant.nonce,
            "until": int(self.clock().timestamp()) + seconds,
            "id": str(self.ids()),
        }
        return self._sealing(purpose).signed({**claims, **more})

    def unseal(self, purpose: str, text: str, client_id: str) -> tuple[Grant, dict[str, str]]:
        """A grant that was sealed for an application; raises SignInError for any other text."""
        claims = self._sealing(purpose).claims_of(text) or {}
        match claims:
            case {"client_id": str(owner), "person": str(), "scope": str(), "nonce": str(), "until": int(until)}:
                pass
            case _:
                raise SignInError("grant_malformed")
        if until <= self.clock().timestamp():
            raise SignInError("grant_expired")
        if owner.lower() != client_id.lower():
            raise SignInError("grant_of_another")
        said = {name: value for name, value in claims.items() if isinstance(value, str)}
        return Grant(owner, said["person"], said["scope"], said["nonce"]), said

    def redeem(self, identity: str) -> None:
        """Use a code up; raises SignInError for one that was used before."""
        if identity in self.redeemed:
            raise SignInError("code_redeemed")
        self.redeemed[identity] = None
        if len(self.redeemed) > _MOST_REMEMBERED:
            del self.redeemed[next(iter(self.redeemed))]

    def _sealing(self, purpose: str) -> Tokens:
        """Signs with a key for this purpose alone, so that no text can be used for another."""
        return Tokens(hmac.new(self.gate.tokens.key, purpose.encode(), hashlib.sha256).digest(), self.clock)
