"""A CRM whose directory has applications and people, in this process."""

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import httpx2
import pytest

from crosstie_sandbox.dataverse import create_app
from crosstie_sandbox.token import Application, Credentials, Person

ROOT = "http://crm.example/api/data/v9.2/"
TENANT = "http://crm.example/sandbox"
REDIRECT = "http://localhost:5123/back?from=here"
VERIFIER = "a-verifier-of-at-least-forty-three-letters-and-digits"
CREDENTIALS = Credentials(
    "0a0a0a0a-0000-4000-8000-000000000001",
    "secret-1",
    others=(
        Application("0a0a0a0a-0000-4000-8000-000000000002", "", "For people", is_member=False),
        Application("0a0a0a0a-0000-4000-8000-000000000003", "secret-3", "Stranger", is_member=False),
    ),
    people=(
        Person(
            "0b0b0b0b-0000-4000-8000-000000000001", "ada@test.example", "Ada", "Ek", "pw <1>", is_administrator=True
        ),
        Person("0b0b0b0b-0000-4000-8000-000000000002", "beat@test.example", "Beat", "Holm", "pw-2"),
        Person("0b0b0b0b-0000-4000-8000-000000000003", "cleo@test.example", "Cleo", "Varga", "pw-3", is_enabled=False),
    ),
    tenant_id="0c0c0c0c-0000-4000-8000-000000000001",
)


@dataclass
class StandingClock:
    """A clock that stands still until it is moved."""

    now: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **time: float) -> None:
        self.now += timedelta(**time)


def challenge(verifier: str = VERIFIER) -> str:
    """What is shown of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass
class SignIn:
    """The identity provider as a client sees it."""

    http: httpx2.AsyncClient
    clock: StandingClock
    public: str = CREDENTIALS.others[0].client_id
    asked: dict[str, str] = field(
        default_factory=lambda: {
            "client_id": CREDENTIALS.others[0].client_id,
            "response_type": "code",
            "redirect_uri": REDIRECT,
            "scope": "openid offline_access x/.default",
            "state": "s & t",
            "code_challenge": challenge(),
            "code_challenge_method": "S256",
        }
    )

    async def authorize(self, login: str = "", password: str = "", **changes: str | None) -> httpx2.Response:
        """The page, or with a login what comes of entering it; `changes` replace what is asked, None leaves out."""
        asked = {name: value for name, value in {**self.asked, **changes}.items() if value is not None}
        address = f"{TENANT}/oauth2/v2.0/authorize"
        if not login:
            return await self.http.get(address, params=asked)
        entered = {"login": login, "password": password, "consent": "yes"}
        return await self.http.post(address, params=asked, data=entered)

    async def code(self, person: Person = CREDENTIALS.people[1], **changes: str | None) -> str:
        """A code for a person."""
        answer = await self.authorize(person.address, person.password, **changes)
        assert answer.status_code == 302, answer.text
        return sent_back(answer)["code"]

    async def token(self, **form: str) -> httpx2.Response:
        """What the token endpoint answers to a form."""
        return await self.http.post(f"{TENANT}/oauth2/v2.0/token", data=form)

    async def redeem(self, code: str, **changes: str) -> httpx2.Response:
        """What a code buys."""
        form = {"client_id": self.public, "redirect_uri": REDIRECT, "code_verifier": VERIFIER, **changes}
        return await self.token(grant_type="authorization_code", code=code, **form)

    async def who(self, token: str) -> httpx2.Response:
        """What the CRM says about the bearer of a token."""
        return await self.http.get(f"{ROOT}WhoAmI", headers={"Authorization": f"Bearer {token}"})


def sent_back(answer: httpx2.Response) -> dict[str, str]:
    """What the program is told by the address a person is sent back to."""
    address = urlsplit(answer.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == REDIRECT.partition("?")[0]
    return dict(parse_qsl(address.query))


@pytest.fixture
async def sign_in(tmp_path: Path) -> AsyncIterator[SignIn]:
    """A fresh CRM and its identity provider."""
    clock, numbers = StandingClock(), count(1)
    app = create_app(
        tmp_path / "crm.sqlite",
        clock=clock,
        ids=lambda: UUID(int=next(numbers) << 64 | 1 << 63),
        credentials=CREDENTIALS,
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as http:
        yield SignIn(http, clock)
    app.state.close()
