"""Who may call, and tokens that say who is calling: shared by both servers.

A token is a JSON Web Token signed with a key that lives in the server's database, so it outlives the process. How
one is obtained is the matter of `sign_in`.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from crosstie_sandbox.odata.answer import dumps, loads
from crosstie_sandbox.odata.errors import ODataSyntaxError

Clock = Callable[[], datetime]
IdSource = Callable[[], UUID]

LIFETIME_SECONDS = 3599


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is calling: an application alone, or a person through one."""

    application: str = ""
    """Client id of the application; empty for a user with a web service access key."""
    person: str = ""
    """Object id of the person in the directory; empty for an application that calls in its own name."""
    name: str = ""
    """What people call the caller: the person's address, the application's name, or the user name."""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone of the directory who can sign in."""

    object_id: str
    address: str
    """The user principal name."""
    first_name: str
    last_name: str
    password: str
    is_administrator: bool = False
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Application:
    """A registration of the directory; one without a secret is a public client, which people sign in with."""

    client_id: str
    client_secret: str
    name: str
    is_member: bool = True
    """Whether the CRM and the ERP know it; one that they do not know gets tokens that open nothing."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who may call: the integration's application, its user and access key for Basic sign-in, and whoever else."""

    client_id: str
    client_secret: str
    user: str = ""
    web_service_access_key: str = ""
    others: Sequence[Application] = ()
    people: Sequence[Person] = ()
    tenant_id: str = "00000000-0000-0000-0000-000000000000"

    @property
    def applications(self) -> Sequence[Application]:
        """Every registration."""
        return (Application(self.client_id, self.client_secret, "Integration"), *self.others)

    def application(self, client_id: str) -> Application | None:
        """The registration with a client id."""
        wanted = client_id.lower()
        return next((one for one in self.applications if one.client_id.lower() == wanted), None)

    def person(self, object_id: str) -> Person | None:
        """The person with an object id."""
        return next((one for one in self.people if one.object_id == object_id), None)

    def person_at(self, address: str) -> Person | None:
        """The person with an address."""
        wanted = address.strip().lower()
        return next((one for one in self.people if one.address.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Issues tokens and reads them back."""

    key: bytes
    clock: Clock

    def issue(self, identity: Identity, **claims: object) -> str:
        """A token of one hour."""
        now = int(self.clock().timestamp())
        person = {"oid": identity.person, "upn": identity.name} if identity.person else {}
        name = {} if identity.person else {"app_displayname": identity.name}
        caller = {"appid": identity.application, **person, **name}
        return self.signed({**claims, **caller, "iat": now, "nbf": now, "exp": now + LIFETIME_SECONDS})

    def signed(self, claims: dict[str, object]) -> str:
        """Any claims as a token."""
        head = _encode(dumps({"typ": "JWT", "alg": "HS256"}))
        signed = f"{head}.{_encode(dumps(claims))}"
        return f"{signed}.{_signature(self.key, signed)}"

    def identity_of(self, token: str) -> Identity | None:
        """Who a token was issued to, or None if it is forged, has expired, or is not one for calling."""
        found = _identity(self.key, token)
        if found is None or found[1] <= self.clock().timestamp():
            return None
        return found[0]

    def claims_of(self, token: str) -> dict[str, object] | None:
        """What a token with a valid signature says, expired or not."""
        return _claims(self.key, token)


@dataclass(frozen=True, slots=True)
class Gate:
    """Decides from the Authorization header who is calling."""

    credentials: Credentials
    tokens: Tokens
    basic: Callable[[str, str], Identity | None] | None = None
    """Who signs in with a user name and a web service access key, on servers where users can."""

    def caller(self, authorization: str | None) -> Identity | None:
        """Who is calling, or None if nobody may call like this."""
        scheme, _, value = (authorization or "").partition(" ")
        match scheme.lower():
            case "bearer":
                identity = self.tokens.identity_of(value.strip())
                return identity if identity is not None and self._is_known(identity) else None
            case "basic" if self.basic is not None:
                return self.basic(*user_and_key(value))
            case _:
                return None

    def is_member(self, identity: Identity) -> bool:
        """Whether CRM and ERP know a caller: an enabled person, an application that is set up there, or a user."""
        if identity.person:
            person = self.credentials.person(identity.person)
            return person is not None and person.is_enabled
        application = self.credentials.application(identity.application)
        return application is None or application.is_member

    def _is_known(self, identity: Identity) -> bool:
        if identity.person:
            return self.credentials.person(identity.person) is not None
        return self.credentials.application(identity.application) is not None


def user_and_key(encoded: str) -> tuple[str, str]:
    """The two parts of Basic credentials; both empty if they cannot be read."""
    try:
        user, _, key = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (ValueError, binascii.Error):
        return "", ""
    return user, key


@lru_cache(maxsize=64)
def _identity(key: bytes, token: str) -> tuple[Identity, float] | None:
    """Caller and expiry of a token with a valid signature; a client shows the same one a thousand times."""
    match _claims(key, token):
        case {"appid": str(application), "oid": str(person), "upn": str(name), "exp": int(expiry)}:
            return Identity(application, person, name), expiry
        case {"appid": str(application), "app_displayname": str(name), "exp": int(expiry)}:
            return Identity(application, "", name), expiry
        case _:
            return None


def _claims(key: bytes, token: str) -> dict[str, object] | None:
    signed, _, signature = token.rpartition(".")
    if not same(signature, _signature(key, signed)):
        return None
    try:
        claims = loads(_decode(signed.partition(".")[2]))
    except (ValueError, binascii.Error, ODataSyntaxError):
        return None
    return claims if isinstance(claims, dict) else None


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell how much of them is."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _signature(key: bytes, text: str) -> str:
    return _encode(hmac.new(key, text.encode("utf-8", "replace"), hashlib.sha256).digest())


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
