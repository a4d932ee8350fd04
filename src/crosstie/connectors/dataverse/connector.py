"""The connector to Dataverse: the port's verbs, each answered by the module of its name."""

from collections.abc import AsyncIterator, Mapping, Sequence
from types import MappingProxyType

import httpx2

from crosstie.connectors.dataverse import changes, facts, reads
from crosstie.connectors.dataverse.errors import sorted_errors
from crosstie.connectors.dataverse.schema import Table, table_named, tables
from crosstie.connectors.dataverse.service import HEADERS, Service, is_throttle
from crosstie.connectors.dataverse.settings import DataverseSettings
from crosstie.connectors.dataverse.writes import write
from crosstie.connectors.table_file import TableFile
from crosstie.connectors.trust import trusting
from crosstie.model.mapping import Condition
from crosstie.model.record import LastEdit, Record
from crosstie.model.schema import TableSchema
from crosstie.model.value import Value, Values
from crosstie.model.words import RecordId, Side
from crosstie.odata.runtime import Runtime
from crosstie.odata.session import Session
from crosstie.odata.token import ClientApplication, ClientCredentials
from crosstie.odata.wire import Wire
from crosstie.synch.ports.connector import ChangePage, ServerTime, Traffic, Write, WriteOutcome

ANSWER_S = 150.0
"""Longer than the two minutes after which Dataverse gives up on an operation."""


def connect(
    settings: DataverseSettings,
    runtime: Runtime,
    transport: httpx2.AsyncBaseTransport | None = None,
    declared: Mapping[str, TableFile] = MappingProxyType({}),
) -> "DataverseConnector":
    """A connector for ``settings``; nothing is sent yet.

    ``transport`` replaces real sockets; ``declared`` are columns and tables besides those of the package.
    """
    traffic = Traffic()
    wire = Wire(
        transport=transport,
        connections=settings.concurrency,
        answer_s=ANSWER_S,
        meter=traffic,
        trust=trusting(settings.ca),
    )
    application = ClientApplication(
        token_url=settings.token_url,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        scope=settings.token_scope,
    )
    session = Session(
        url=settings.api_url,
        wire=wire,
        tokens=ClientCredentials(application, runtime),
        runtime=runtime,
        concurrency=settings.concurrency,
        is_throttle=is_throttle,
        headers=HEADERS,
    )
    return DataverseConnector(Service(session), traffic, runtime, tables(declared))


class DataverseConnector:
    """The CRM side of a connection."""

    def __init__(self, service: Service, traffic: Traffic, runtime: Runtime, known: Mapping[str, Table]) -> None:
        self._known = known
        self._service = service
        self._traffic = traffic
        self._runtime = runtime

    @property
    def side(self) -> Side:
        """The CRM."""
        return Side.CRM

    @property
    def traffic(self) -> Traffic:
        """Live counters."""
        return self._traffic

    async def test(self) -> str:
        """Sign in and read the organization; returns its name."""
        with sorted_errors():
            await facts.user_id(self._service, purpose="test", is_patient=False)
            found = await facts.organization(self._service, purpose="test", is_patient=False)
        return found.name

    async def describe(self, table: str) -> TableSchema:
        """The table's columns, kinds and limits."""
        return table_named(table, self._known).schema

    async def facts(self) -> Values:
        """Name, base currency and precision of the organization, and our user."""
        with sorted_errors():
            return await facts.facts(self._service)

    async def server_time(self) -> ServerTime | None:
        """The server's clock; ``None`` where it does not tell."""
        if self._service.session.server_time() is None:
            with sorted_errors():
                await facts.user_id(self._service, purpose="server_time")
        at = self._service.session.server_time()
        return None if at is None else ServerTime(at=at, give_or_take=self._service.session.server_time_error)

    async def changes(
        self, table: str, columns: Sequence[str], token: str | None, *, whole_table: bool
    ) -> AsyncIterator[ChangePage]:
        """Pages of changes since ``token``, or of every row."""
        known = table_named(table, self._known)
        with sorted_errors():
            since = None if whole_table else token
            async for page in changes.changes(self._service, known, known.chosen(columns), since):
                yield page

    async def read(self, table: str, ids: Sequence[RecordId], columns: Sequence[str]) -> Mapping[RecordId, Record]:
        """The records with these ids."""
        known = table_named(table, self._known)
        with sorted_errors():
            return await reads.read(self._service, known, ids, known.chosen(columns))

    async def gone(self, table: str, ids: Sequence[RecordId]) -> frozenset[RecordId]:
        """Which of these rows do not exist."""
        with sorted_errors():
            return await reads.gone(self._service, table_named(table, self._known), ids)

    async def last_edits(self, table: str, ids: Sequence[RecordId]) -> Mapping[RecordId, LastEdit]:
        """When these rows were last modified, and by whom."""
        with sorted_errors():
            return await reads.last_edits(self._service, table_named(table, self._known), ids)

    async def find(self, table: str, column: str, values: Sequence[Value], columns: Sequence[str]) -> Sequence[Record]:
        """The records whose ``column`` equals one of ``values``."""
        known = table_named(table, self._known)
        with sorted_errors():
            return await reads.find(self._service, known, known.column(column), values, known.chosen(columns))

    async def count(self, table: str, conditions: Sequence[Condition]) -> int:
        """How many records meet all conditions."""
        with sorted_errors():
            return await reads.count(self._service, table_named(table, self._known), conditions)

    async def write(self, table: str, writes: Sequence[Write]) -> Sequence[WriteOutcome]:
        """Apply the writes, each with its own outcome."""
        return await write(self._service, self._traffic, table_named(table, self._known), writes)

    async def close(self) -> None:
        """Give back the sockets."""
        await self._service.session.close()
