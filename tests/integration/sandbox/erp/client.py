"""A client of a sandbox ERP in this process, spoken to over HTTP."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

import httpx2

from crosstie_sandbox.businesscentral.app import create_app
from crosstie_sandbox.businesscentral.database import Database, Settings
from crosstie_sandbox.businesscentral.limits import VENDOR_LIMITS, Limits
from crosstie_sandbox.businesscentral.subscriptions.courier import Courier
from crosstie_sandbox.token import Credentials, Person

ADMINISTRATOR = Person("oid-1", "ada@people.example", "Ada", "Lindqvist", "ada-secret", is_administrator=True)
CLERK = Person("oid-2", "beat@people.example", "Beat", "Holm", "beat-secret")
LEAVER = Person("oid-3", "cleo@people.example", "Cleo", "Varga", "cleo-secret", is_enabled=False)
CREDENTIALS = Credentials("app-1", "secret-1", "ERPUSER", "k" * 44, people=(ADMINISTRATOR, CLERK, LEAVER))
ROOT = "http://erp.example/api/v2.0"
ZERO_GUID = "00000000-0000-0000-0000-000000000000"


@dataclass
class TestClock:
    """A clock that stands still until it is moved."""

    __test__ = False
    now: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def tick(self, milliseconds: int = 1) -> None:
        self.now += timedelta(milliseconds=milliseconds)


def counted_ids() -> Callable[[], UUID]:
    """Ids that are easy to tell apart."""
    numbers = count(1)
    return lambda: UUID(int=next(numbers) << 64 | 1 << 63)


@dataclass
class Erp:
    """The ERP as a client sees it: `http` is signed in and points at the company."""

    http: httpx2.AsyncClient
    clock: TestClock
    company_id: str
    database: Database
    courier: Courier

    async def add(self, entity_set: str, **fields: object) -> dict[str, object]:
        """Create a record."""
        answer = await self.http.post(entity_set, json=fields)
        assert answer.status_code == 201, answer.text
        created: dict[str, object] = answer.json()
        return created

    async def get(self, path: str) -> dict[str, object]:
        """Read a record or a set."""
        answer = await self.http.get(path)
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found

    async def all(self, path: str) -> list[dict[str, object]]:
        """The rows of a set, of its first page."""
        rows = (await self.get(path))["value"]
        assert isinstance(rows, list)
        return rows

    async def patch(self, entity_set: str, row: dict[str, object], **fields: object) -> httpx2.Response:
        """Change a record that was read."""
        return await self.http.patch(
            f"{entity_set}({row['id']})", json=fields, headers={"If-Match": str(row["@odata.etag"])}
        )


Refusal = Callable[[httpx2.Response], tuple[int, str, str]]
"""Takes an error answer apart: status, code, text without the correlation id."""


@asynccontextmanager
async def open_erp(database: Path, settings: Settings, limits: Limits = VENDOR_LIMITS) -> AsyncIterator[Erp]:
    """An ERP over a file."""
    clock = TestClock()
    app = create_app(
        database, clock=clock, ids=counted_ids(), credentials=CREDENTIALS, settings=settings, limits=limits
    )
    company_id = app.state.database.company_id
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url=f"{ROOT}/companies({company_id})/",
        auth=(CREDENTIALS.user, CREDENTIALS.web_service_access_key),
    ) as http:
        yield Erp(http, clock, company_id, app.state.database, app.state.courier)
    app.state.close()


def take_apart(answer: httpx2.Response) -> tuple[int, str, str]:
    """Status, code and text of an error, whose correlation id must be there but is left out."""
    error = answer.json()["error"]
    text, separator, correlation = error["message"].partition("  CorrelationId:  ")
    assert separator
    assert UUID(correlation.rstrip("."))
    return answer.status_code, error["code"], text
