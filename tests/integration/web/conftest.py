"""The pages over a real database, asked over HTTP inside this process."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography.fernet import Fernet
from tests.integration.web.rows import CUSTOMER, NOW, finished_job, hostile_coupling, refused_outcome

from crosstie.app.settings import Settings
from crosstie.app.vault import Vault
from crosstie.app.wiring import Crosstie
from crosstie.model.job import FullSynchLine
from crosstie.model.words import ConnectionId, JobId, JobStatus, Recommendation, TableJobStatus
from crosstie.store.connections import StoredConnection, save_connection
from crosstie.store.database import open_database
from crosstie.store.store import SqlStore
from crosstie.web.app import create_app


@dataclass(frozen=True)
class Site:
    """The pages as a browser sees them, and the store behind them."""

    http: httpx2.AsyncClient
    store: SqlStore
    crosstie: Crosstie

    async def html(self, address: str) -> str:
        """A page that is there."""
        answer = await self.http.get(address)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture
def crosstie(tmp_path: Path, sqlite_url: str) -> Iterator[Crosstie]:
    """The product on an empty database."""
    settings = Settings(
        home=tmp_path,
        database_url=sqlite_url,
        key=None,
        connection=ConnectionId("default"),
    )
    opened = Crosstie(
        settings=settings, engine=open_database(settings.database_url), vault=Vault(Fernet.generate_key())
    )
    yield opened
    opened.close()


@pytest.fixture
async def empty_site(crosstie: Crosstie) -> AsyncIterator[Site]:
    """The pages before set-up."""
    # An error of the application becomes a page, as it does behind a real server.
    transport = httpx2.ASGITransport(create_app(crosstie, clock=lambda: NOW), raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
        with crosstie.store() as store:
            yield Site(http, store, crosstie)


@pytest.fixture
async def site(empty_site: Site) -> Site:
    """The pages after a synchronization of customers that went partly wrong."""
    connection = StoredConnection(
        id=ConnectionId("default"), title="Bergbach Handels AG · Bergbach Sales", erp={}, crm={}, secrets={}
    )
    save_connection(empty_site.crosstie.engine, connection, at=NOW)
    store = empty_site.store
    store.couplings.put([hostile_coupling()], job=JobId("job-1"), at=NOW - timedelta(minutes=5))
    store.jobs.put(finished_job())
    store.jobs.put_line(
        FullSynchLine(
            mapping=CUSTOMER,
            depends_on=(),
            recommendation=Recommendation.FULL_SYNCHRONIZATION,
            status=JobStatus.FINISHED,
            to_status=TableJobStatus.ERROR,
        )
    )
    store.outcomes.put([refused_outcome()])
    return empty_site
