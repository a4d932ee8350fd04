"""A sandbox CRM in this process, spoken to over HTTP."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import httpx2
import pytest
from starlette.applications import Starlette

from crosstie_sandbox.dataverse import create_app
from crosstie_sandbox.dataverse.limits import Limits
from crosstie_sandbox.token import Credentials

CREDENTIALS = Credentials("0a0a0a0a-0000-4000-8000-000000000001", "secret-1")
ROOT = "http://crm.example/api/data/v9.2/"
LINE = "\r\n"


@dataclass
class StandingClock:
    """A clock that stands still until it is moved."""

    now: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **time: float) -> None:
        self.now += timedelta(**time)


def counted_ids(begin: int = 1) -> Callable[[], UUID]:
    """Ids that are easy to tell apart."""
    numbers = count(begin)
    return lambda: UUID(int=next(numbers) << 64 | 1 << 63)


@dataclass
class Inner:
    """One request of a batch and how its answer looks once the batch came back."""

    method: str
    url: str
    body: str | None = None
    content_id: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """The part as it is sent, without its boundary."""
        outer = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
        if self.content_id:
            outer.append(f"Content-ID: {self.content_id}")
        headers = [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body is not None:
            headers.append("Content-Type: application/json; type=entry")
        return LINE.join([*outer, "", f"{self.method} {self.url} HTTP/1.1", *headers, "", self.body or ""])


@dataclass
class Crm:
    """The CRM as a client sees it: `http` is signed in and points at the service root."""

    http: httpx2.AsyncClient
    clock: StandingClock
    path: Path
    app: Starlette

    async def add(self, entity_set: str, body: dict[str, object]) -> dict[str, object]:
        """Create a row and read it back from the answer."""
        answer = await self.http.post(entity_set, json=body, headers={"Prefer": "return=representation"})
        assert answer.status_code == 201, answer.text
        created: dict[str, object] = answer.json()
        return created

    async def get(self, url: str, **headers: str) -> dict[str, object]:
        """Read a row or a page."""
        answer = await self.http.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found

    async def names(self, url: str, **headers: str) -> list[object]:
        """The names of all rows of a set, following its pages."""
        names: list[object] = []
        following: object = url
        while isinstance(following, str):
            page = await self.get(following, **headers)
            names += [row.get("name") for row in page["value"]]
            following = page.get("@odata.nextLink")
        return names

    async def refused(self, method: str, url: str, body: object = None, **headers: str) -> tuple[int, str, str]:
        """Status, code and message of a refusal."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.http.request(method, url, json=body, headers=sent)
        assert answer.status_code >= 400, answer.text
        error = answer.json()["error"]
        return answer.status_code, error["code"], error["message"]

    async def batch(self, *parts: Inner | list[Inner], **headers: str) -> httpx2.Response:
        """Send a batch; a list is a change set."""
        pieces = []
        for part in parts:
            if isinstance(part, Inner):
                pieces.append(f"--b{LINE}{part.text()}{LINE}")
                continue
            inner = "".join(f"--c{LINE}{one.text()}{LINE}" for one in part)
            pieces.append(f"--b{LINE}Content-Type: multipart/mixed; boundary=c{LINE}{LINE}{inner}--c--{LINE}")
        return await self.http.post(
            "$batch",
            content=("".join(pieces) + f"--b--{LINE}").encode(),
            headers={"Content-Type": 'multipart/mixed; boundary="b"', **headers},
        )


@cache
def _fresh_database() -> tuple[bytes, int]:
    """The file of a CRM that was just made, which is quicker to copy than to make, and how many ids that took."""
    ids = counted_ids()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "crm.sqlite"
        create_app(path, clock=StandingClock(), ids=ids, credentials=CREDENTIALS).state.close()
        return path.read_bytes(), ids().int >> 64


def _lay_down(path: Path) -> int:
    """Put a fresh database there; says how many ids are used up."""
    content, ids_used = _fresh_database()
    path.write_bytes(content)
    return ids_used


@asynccontextmanager
async def running_crm(path: Path, **settings: object) -> AsyncIterator[Crm]:
    """A fresh CRM with its one organization in euros; `settings` are those of the application."""
    clock = StandingClock()
    app = create_app(path, clock=clock, ids=counted_ids(_lay_down(path) + 1), credentials=CREDENTIALS, **settings)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=ROOT) as http:
        form = {
            "grant_type": "client_credentials",
            "client_id": CREDENTIALS.client_id,
            "client_secret": CREDENTIALS.client_secret,
            "scope": "http://crm.example/.default",
        }
        answer = await http.post("http://crm.example/tenant/oauth2/v2.0/token", data=form)
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield Crm(http, clock, path, app)
    app.state.close()


@pytest.fixture
async def crm(tmp_path: Path) -> AsyncIterator[Crm]:
    """A fresh CRM as it is by itself."""
    async with running_crm(tmp_path / "crm.sqlite") as found:
        yield found


@pytest.fixture
async def limited_crm(tmp_path: Path) -> AsyncIterator[Crm]:
    """A fresh CRM that lets nobody do much."""
    limits = Limits(requests=3, execution_seconds=1200, concurrent=2)
    async with running_crm(tmp_path / "crm.sqlite", limits=limits) as found:
        yield found


@pytest.fixture
def inner() -> type[Inner]:
    """Makes requests for a batch."""
    return Inner
