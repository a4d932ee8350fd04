"""The connector to Business Central: the port's verbs, each answered by the module of its name."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date
from types import MappingProxyType

import httpx2

from crosstie.connectors.businesscentral import changes, facts, reads
from crosstie.connectors.businesscentral.derived import Asked
from crosstie.connectors.businesscentral.errors import sorted_errors
from crosstie.connectors.businesscentral.schema import Table, table_named, tables
from crosstie.connectors.businesscentral.service import HEADERS, Service, is_throttle
from crosstie.connectors.businesscentral.settings import BusinessCentralSettings
from crosstie.connectors.businesscentral.writes import write
from crosstie.connectors.table_file import TableFile
from crosstie.connectors.trust import trusting
from crosstie.model.mapping import Condition
from crosstie.model.record import LastEdit, Record
from crosstie.model.schema import TableSchema
from crosstie.model.value import Value, Values
from crosstie.model.words import RecordId, Side
from crosstie.odata.runtime import Runtime
from crosstie.odata.session import Session
from crosstie.odata.token import BasicAuth, ClientApplication, ClientCredentials, TokenProvider
from crosstie.odata.wire import Wire
from crosstie.synch.ports.connector import ChangePage, ServerTime, Traffic, Write, WriteOutcome

ANSWER_S = 600.0
"""The gateway before Business Central gives up after ten minutes."""


def connect(
    settings: BusinessCentralSettings,
    runtime: Runtime,
    transport: httpx2.AsyncBaseTransport | None = None,
    declared: Mapping[str, TableFile] = MappingProxyType({}),
) -> "BusinessCentralConnector":
    """A connector for ``settings``; nothing is sent yet.

    ``transport`` replaces real sockets; ``declared`` are columns and tables besides those of the package.
    """
    traffic = Traffic()
    session = Session(
        url=settings.api_url,
        wire=Wire(
            transport=transport,
            connections=settings.concurrency,
            answer_s=ANSWER_S,
            meter=traffic,
            trust=trusting(settings.ca),
        ),
        tokens=_tokens(settings, runtime),
        runtime=runtime,
        concurrency=settings.concurrency,
        is_throttle=is_throttle,
        headers=HEADERS,
    )
    return BusinessCentralConnector(Service(session, settings.company_id), traffic, runtime, tables(declared))


def _tokens(settings: BusinessCentralSettings, runtime: Runtime) -> TokenProvider:
    if settings.client_secret is not None and settings.client_id:
        application = ClientApplication(
            token_url=settings.token_url,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            scope=settings.scope,
        )
        return ClientCredentials(application, runtime)
    if settings.web_service_access_key is None:  # the settings saw to it
        raise AssertionError("no credentials")
    return BasicAuth(settings.user, settings.web_service_access_key)


class BusinessCentralConnector:
    """The ERP side of a connection."""

    def __init__(self, service: Service, traffic: Traffic, runtime: Runtime, known: Mapping[str, Table]) -> None:
        self._known = known
        self._service = service
        self._traffic = traffic
        self._runtime = runtime

    @property
    def side(self) -> Side:
        """The ERP."""
        return Side.ERP

    @property
    def traffic(self) -> Traffic:
        """Live counters."""
        return self._traffic

    @property
    def _today(self) -> date:
        return self._runtime.now().astimezone(UTC).date()

    async def test(self) -> str:
        """Sign in and look for the company; returns its name."""
        with sorted_errors():
            return await facts.company_name(self._service)

    async def describe(self, table: str) -> TableSchema:
        """The table's columns, kinds and limits."""
        return table_named(table, self._known).schema

    async def facts(self) -> Values:
        """Name and local currency of the company."""
        with sorted_errors():
            return await facts.facts(self._service)

    async def server_time(self) -> ServerTime | None:
        """The server's clock; ``None`` where it does not tell."""
        if self._service.session.server_time() is None:
            url = self._service.url("companyInformation", {"$select": "id"})
            with sorted_errors():
                await self._service.get(url, purpose="server_time")
        at = self._service.session.server_time()
        return None if at is None else ServerTime(at=at, give_or_take=self._service.session.server_time_error)

    async def changes(
        self, table: str, columns: Sequence[str], token: str | None, *, whole_table: bool
    ) -> AsyncIterator[ChangePage]:
        """Pages of changes since ``token``, or of every record."""
        known = table_named(table, self._known)
        with sorted_errors():
            since = changes.Watermark.parse(token)
            chosen = known.chosen(columns)
            async for page in changes.changes(
                self._service, known, chosen, since, self._runtime.now, is_whole=whole_table
            ):
                yield page

    async def read(self, table: str, ids: Sequence[RecordId], columns: Sequence[str]) -> Mapping[RecordId, Record]:
        """The records with these ids."""
        asked = self._asked(table, columns, "read")
        with sorted_errors():
            return await reads.read(self._service, asked, ids)

    async def gone(self, table: str, ids: Sequence[RecordId]) -> frozenset[RecordId]:
        """Which of these records do not exist."""
        with sorted_errors():
            return await reads.gone(self._service, table_named(table, self._known), ids)

    async def last_edits(self, table: str, ids: Sequence[RecordId]) -> Mapping[RecordId, LastEdit]:
        """When these records were last modified; the pages of API v2.0 do not say by whom."""
        found = await self.read(table, ids, [])
        return {id_: LastEdit(version=one.version, at=one.modified_at) for id_, one in found.items()}

    async def find(self, table: str, column: str, values: Sequence[Value], columns: Sequence[str]) -> Sequence[Record]:
        """The records whose ``column`` equals one of ``values``."""
        asked = self._asked(table, columns, "find")
        with sorted_errors():
            return await reads.find(self._service, asked, asked.table.column(column), values)

    def _asked(self, table: str, columns: Sequence[str], purpose: str) -> Asked:
        known = table_named(table, self._known)
        return Asked(table=known, columns=known.chosen(columns), today=self._today, purpose=purpose)

    async def count(self, table: str, conditions: Sequence[Condition]) -> int:
        """How many records meet all conditions."""
        with sorted_errors():
            return await reads.count(self._service, table_named(table, self._known), conditions)

    async def write(self, table: str, writes: Sequence[Write]) -> Sequence[WriteOutcome]:
        """Apply the writes, each with its own outcome."""
        return await write(self._service, self._traffic, table_named(table, self._known), writes, self._today)

    async def close(self) -> None:
        """Give back the sockets."""
        await self._service.session.close()
