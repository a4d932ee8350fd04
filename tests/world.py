"""Both sandbox systems in this process and the product on top of them, over HTTP without sockets.

The real servers, the real connectors, the real store; a clock that tests can move, and no waiting.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
from starlette.applications import Starlette
from tests.watched_session import WatchedSession

from crosstie.app.declared_tables import DeclaredTables
from crosstie.app.in_process_jobs import InProcessJobs
from crosstie.app.mappings import default_mappings
from crosstie.app.wiring import Silent
from crosstie.connectors import businesscentral, dataverse
from crosstie.model.job import Counters, SynchJob
from crosstie.model.mapping import TableMapping
from crosstie.model.words import ConnectionId, MappingName
from crosstie.odata.runtime import Runtime
from crosstie.odata.secret import Secret
from crosstie.rules.conversions import CONVERSIONS
from crosstie.store.database import open_database
from crosstie.store.store import SqlStore
from crosstie.synch.full_synch import start, synchronize
from crosstie.synch.ports.environment import Environment
from crosstie_sandbox.businesscentral.app import create_app as create_erp
from crosstie_sandbox.businesscentral.database import Settings
from crosstie_sandbox.businesscentral.load import load as load_erp
from crosstie_sandbox.dataverse.app import create_app as create_crm
from crosstie_sandbox.dataverse.loading import load as load_crm
from crosstie_sandbox.token import Credentials

SECRET = "a secret of the test"
CREDENTIALS = Credentials(
    client_id="00000000-0000-0000-0000-0000000000aa",
    client_secret=SECRET,
    user="SYNCH",
    web_service_access_key="k" * 44,
)
ERP_URL, CRM_URL = "http://erp.example", "http://crm.example"


@dataclass
class TestClock:
    """A clock that stands still until it is moved; every look moves it by a millisecond."""

    __test__ = False
    at: datetime = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def move(self, **by: float) -> None:
        """Let time pass."""
        self.at += timedelta(**by)


class Dated(httpx2.AsyncBaseTransport):
    """The server's clock in every answer, in whole seconds, as a web server says it."""

    def __init__(self, app: Starlette, clock: Callable[[], datetime]) -> None:
        self._real = httpx2.ASGITransport(app=app)
        self._clock = clock

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer with a date."""
        answer = await self._real.handle_async_request(request)
        answer.headers["Date"] = format_datetime(self._clock(), usegmt=True)
        return answer


class Side:
    """One sandbox system as its own users reach it: a plain HTTP client, nothing of the product."""

    def __init__(self, app: Starlette, url: str, root: str, clock: Callable[[], datetime]) -> None:
        self.app = app
        self.transport = Dated(app, clock)
        self._client = httpx2.AsyncClient(transport=self.transport, base_url=url)
        self._root = root
        self._token = ""

    async def _headers(self, **more: str) -> dict[str, str]:
        if not self._token:
            form = {
                "grant_type": "client_credentials",
                "client_id": CREDENTIALS.client_id,
                "client_secret": SECRET,
                "scope": "x/.default",
            }
            answer = await self._client.post("/sandbox/oauth2/v2.0/token", data=form)
            self._token = answer.json()["access_token"]
        return {"Authorization": f"Bearer {self._token}", **more}

    async def rows(self, path: str, **query: str) -> list[dict[str, Any]]:
        """The rows of a set, all pages."""
        found: list[dict[str, Any]] = []
        url: str | None = self._root + path
        params: dict[str, str] | None = {f"${key}": value for key, value in query.items()}
        while url:
            answer = await self._client.get(url, params=params, headers=await self._headers())
            assert answer.status_code == 200, answer.text
            found += answer.json()["value"]
            url, params = answer.json().get("@odata.nextLink"), None
        return found

    async def one(self, path: str, **query: str) -> dict[str, Any]:
        """The only row."""
        (row,) = await self.rows(path, **query)
        return row

    async def create(self, path: str, **values: object) -> dict[str, Any]:
        """A new row, by a user of the system."""
        headers = await self._headers(Prefer="return=representation")
        answer = await self._client.post(self._root + path, json=values, headers=headers)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def edit(self, path: str, **values: object) -> None:
        """An edit by a user of the system."""
        headers = await self._headers(**{"If-Match": "*"})
        answer = await self._client.patch(self._root + path, json=values, headers=headers)
        assert answer.status_code in {200, 204}, answer.text

    async def delete(self, path: str) -> None:
        """A deletion by a user of the system."""
        answer = await self._client.delete(self._root + path, headers=await self._headers(**{"If-Match": "*"}))
        assert answer.status_code == 204, answer.text

    async def writes(self) -> int:
        """How many writes the server has executed."""
        return int((await self._client.get("/sandbox/stats")).json()["writes"])

    async def close(self) -> None:
        """Give back the client."""
        await self._client.aclose()


Wrap = Callable[[httpx2.AsyncBaseTransport], httpx2.AsyncBaseTransport]


@dataclass
class World:
    """Two systems, a store, and the product."""

    folder: Path
    erp: Side
    crm: Side
    clock: TestClock
    mappings: dict[MappingName, TableMapping] = field(default_factory=lambda: default_mappings(CONVERSIONS))
    tables: DeclaredTables = field(default_factory=DeclaredTables)
    """Columns and tables that the mappings declare."""
    page_size: int = 200
    database_url: str = ""
    """Where the product keeps its state; a SQLite file in the folder unless another database is named."""
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def runtime(self) -> Runtime:
        """No waiting: sleep moves the clock."""

        async def sleep(seconds: float) -> None:
            self.clock.move(seconds=seconds)

        return Runtime(now=self.clock, monotonic=lambda: self.clock().timestamp(), sleep=sleep, jitter=lambda: 0.5)

    @contextmanager
    def product(
        self,
        erp: Wrap = lambda real: real,
        crm: Wrap = lambda real: real,
        before_commit: Callable[[], None] = lambda: None,
    ) -> Iterator[Environment]:
        """The product as one process: opened on the store, its transports wrapped if faults are wanted."""
        engine = open_database(self.database_url or f"sqlite:///{self.folder / 'crosstie.sqlite'}")
        erp_settings = businesscentral.BusinessCentralSettings(
            url=f"{ERP_URL}/api/v2.0",
            company_id=str(self.erp.app.state.database.company_id),
            token_url=f"{ERP_URL}/sandbox/oauth2/v2.0/token",
            client_id=CREDENTIALS.client_id,
            client_secret=Secret(SECRET),
        )
        crm_settings = dataverse.DataverseSettings(
            url=CRM_URL,
            token_url=f"{CRM_URL}/sandbox/oauth2/v2.0/token",
            client_id=CREDENTIALS.client_id,
            client_secret=Secret(SECRET),
        )
        store = SqlStore(WatchedSession(engine, ConnectionId("test"), before_commit))
        try:
            yield Environment(
                store=store,
                erp=businesscentral.connect(erp_settings, self.runtime, erp(self.erp.transport), self.tables.erp),
                crm=dataverse.connect(crm_settings, self.runtime, crm(self.crm.transport), self.tables.crm),
                mappings=self.mappings,
                conversions=CONVERSIONS,
                clock=self.clock,
                new_id=lambda: f"id-{next(self.ids):06d}",
                owner="test",
                is_alone=True,
                listener=Silent(),
                page_size=self.page_size,
            )
        finally:
            store.close()
            engine.dispose()

    async def full_synch(self) -> dict[str, Counters]:
        """A full synchronization by a fresh process; counters by mapping."""
        with self.product() as env:
            return by_mapping(await start(env, InProcessJobs(env), started_by="test"))

    async def synch(self, *names: str) -> dict[str, Counters]:
        """Synchronize what changed, by a fresh process; counters by mapping."""
        with self.product() as env:
            wanted = [MappingName(name) for name in names] or list(env.mappings)
            return by_mapping(await synchronize(env, InProcessJobs(env), wanted, started_by="test"))

    async def writes(self) -> int:
        """Writes that both servers have executed."""
        return await self.erp.writes() + await self.crm.writes()


def by_mapping(jobs: Sequence[SynchJob]) -> dict[str, Counters]:
    """Counters by mapping; a job that did not finish fails the test with its message."""
    result: dict[str, Counters] = {}
    for job in jobs:
        assert job.status == "Finished", f"{job.mapping}: {job.message}"
        result[job.mapping] = result.get(job.mapping, Counters()) + job.sum
    return result


COMPANY: Mapping[str, list[dict[str, object]]] = {
    "companyInformation": [{"displayName": "Test AG", "country": "CH"}],
    "generalLedgerSetup": [{"localCurrencyCode": "CHF"}],
    "currencies": [{"code": "EUR", "displayName": "Euro", "symbol": "€"}],
    "currencyExchangeRates": [
        {
            "currencyCode": "EUR",
            "startingDate": "2026-01-01",
            "exchangeRateAmount": "1",
            "relationalExchangeRateAmount": "0.95",
        }
    ],
    "salespeoplePurchasers": [{"code": "JR", "displayName": "Jana Roth", "email": "jana@test.example"}],
}
ORGANIZATION: Mapping[str, list[dict[str, object]]] = {
    "transactioncurrencies": [
        {
            "isocurrencycode": "CHF",
            "currencyname": "Swiss franc",
            "currencysymbol": "CHF",
            "exchangerate": "1",
            "currencyprecision": "2",
        }
    ],
    "organizations": [{"name": "Test", "basecurrencyid": "CHF"}],
    "systemusers": [
        {"firstname": "Jana", "lastname": "Roth", "internalemailaddress": "jana@test.example", "islicensed": "true"}
    ],
}


async def make_world(
    folder: Path,
    erp_rows: Mapping[str, list[dict[str, object]]] | None = None,
    crm_rows: Mapping[str, list[dict[str, object]]] | None = None,
    *,
    erp_ahead: timedelta = timedelta(),
    crm_ahead: timedelta = timedelta(),
) -> World:
    """A world with a company of one currency and one salesperson, and the rows given; clocks may go wrong."""
    clock = TestClock()
    ids = (UUID(int=number) for number in itertools.count(1))

    def new_id() -> UUID:
        return next(ids)

    erp_file, crm_file = folder / "erp.sqlite", folder / "crm.sqlite"
    load_erp(
        erp_file,
        {name: iter(rows) for name, rows in {**COMPANY, **(erp_rows or {})}.items()},
        clock=clock,
        ids=new_id,
        settings=Settings(),
    )
    load_crm(crm_file, {**ORGANIZATION, **(crm_rows or {})}, clock=clock, ids=new_id)
    return open_world(folder, clock, ids, erp_ahead=erp_ahead, crm_ahead=crm_ahead)


def open_world(
    folder: Path,
    clock: TestClock | None = None,
    ids: Iterator[UUID] | None = None,
    *,
    erp_ahead: timedelta = timedelta(),
    crm_ahead: timedelta = timedelta(),
) -> World:
    """The world whose files are in ``folder``."""
    clock = clock or TestClock(datetime(2026, 6, 2, 8, 0, tzinfo=UTC))
    fresh = ids or (UUID(int=number) for number in itertools.count(1_000_000))

    def new_id() -> UUID:
        return next(fresh)

    def erp_clock() -> datetime:
        return clock() + erp_ahead

    def crm_clock() -> datetime:
        return clock() + crm_ahead

    erp_file, crm_file = folder / "erp.sqlite", folder / "crm.sqlite"
    erp_app = create_erp(erp_file, clock=erp_clock, ids=new_id, credentials=CREDENTIALS, settings=Settings())
    crm_app = create_crm(crm_file, clock=crm_clock, ids=new_id, credentials=CREDENTIALS)
    company = erp_app.state.database.company_id
    return World(
        folder=folder,
        erp=Side(erp_app, ERP_URL, f"{ERP_URL}/api/v2.0/companies({company})/", erp_clock),
        crm=Side(crm_app, CRM_URL, f"{CRM_URL}/api/data/v9.2/", crm_clock),
        clock=clock,
        ids=itertools.count(1 if ids is not None else 1_000_000),
    )
