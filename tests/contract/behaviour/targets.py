"""The service that the tables are held against: the sandbox CRM in this process, or a real environment.

The real one is named by CROSSTIE_LIVE_CRM_URL, CROSSTIE_LIVE_CRM_TOKEN_URL, CROSSTIE_LIVE_CRM_CLIENT_ID and
CROSSTIE_LIVE_CRM_CLIENT_SECRET; its rows are deleted again after each test.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4  # noqa: TID251 - a tenant that others use needs ids of its own

import httpx2

from crosstie_sandbox.dataverse import create_app
from crosstie_sandbox.token import Credentials

CREDENTIALS = Credentials("0a0a0a0a-0000-4000-8000-000000000001", "secret-1")


@dataclass
class Target:
    """A service with a client that is signed in."""

    http: httpx2.AsyncClient
    base: str
    """Path of the service's root."""
    sign_in: Callable[[], Awaitable[None]]
    """Gets a new token."""
    made: list[str] = field(default_factory=list)
    """Addresses of rows to delete in the end."""
    clock: "Clock | None" = None
    """The sandbox's time; nobody moves a real environment's."""

    async def pass_(self, **time: float) -> None:
        """Let time pass, and with it the token."""
        assert self.clock is not None
        self.clock.now += timedelta(**time)
        await self.sign_in()


@dataclass
class Clock:
    """Time that stands still until it is moved."""

    now: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


async def sign_in(http: httpx2.AsyncClient, url: str, credentials: Credentials, scope: str) -> None:
    """Client credentials, as an application uses them."""
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "scope": f"{scope}/.default",
    }
    answer = await http.post(url, data=form)
    assert answer.status_code == 200, answer.text
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


@asynccontextmanager
async def sandbox(folder: Path) -> AsyncIterator[Target]:
    """A fresh sandbox CRM."""
    origin, base = "http://crm.example", "/api/data/v9.2/"
    clock = Clock()
    (folder / "crm.sqlite").write_bytes(_fresh_database())
    app = create_app(folder / "crm.sqlite", clock=clock, ids=new_id, credentials=CREDENTIALS)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=f"{origin}{base}") as http:
        renew = partial(sign_in, http, f"{origin}/tenant/oauth2/v2.0/token", CREDENTIALS, origin)
        target = Target(http, base, renew, clock=clock)
        await target.sign_in()
        yield target
    app.state.close()


@cache
def _fresh_database() -> bytes:
    """The file of a CRM that was just made; copying it is quicker than making another."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "crm.sqlite"
        create_app(path, clock=Clock(), ids=new_id, credentials=CREDENTIALS).state.close()
        return path.read_bytes()


@asynccontextmanager
async def live(folder: Path) -> AsyncIterator[Target]:
    """The environment that the variables name."""
    del folder
    named = {
        name: os.environ[f"CROSSTIE_LIVE_CRM_{name}"] for name in ("URL", "TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET")
    }
    origin, base = named["URL"].rstrip("/"), "/api/data/v9.2/"
    async with httpx2.AsyncClient(base_url=f"{origin}{base}", timeout=60) as http:
        credentials = Credentials(named["CLIENT_ID"], named["CLIENT_SECRET"])
        target = Target(http, base, partial(sign_in, http, named["TOKEN_URL"], credentials, origin))
        await target.sign_in()
        try:
            yield target
        finally:
            for url in reversed(target.made):
                await http.delete(url)


def new_id() -> UUID:
    """An id that nothing has."""
    return uuid4()
