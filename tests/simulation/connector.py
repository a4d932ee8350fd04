"""The connector port in front of a simulated system, in bad weather."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from tests.simulation.systems import Sent, SimulatedSystem
from tests.simulation.weather import CALL_FAULTS, FEED_FAULTS, WRITE_FAULTS, CrashError, Weather

from crosstie.engine.filter import meets
from crosstie.model.errors import CrosstieError, OutcomeUnknownError, RecordError, SetupError, TransientError
from crosstie.model.mapping import Condition
from crosstie.model.record import Change, LastEdit, Record
from crosstie.model.schema import TableSchema
from crosstie.model.value import Value, Values
from crosstie.model.words import RecordId, Side, Version
from crosstie.synch.ports.connector import ChangePage, NotLanded, ServerTime, Traffic, Write, WriteOutcome

_WRITES_ARE_STRUCK = 12
"""Faults strike writes so much more often than reads: there they hurt."""
_UNDONE: Mapping[str | None, CrosstieError] = {
    "throttled": TransientError("busy"),
    "permission lost": SetupError("no longer allowed"),
    "lost request": OutcomeUnknownError("no answer"),
    "late effect": OutcomeUnknownError("no answer"),
}
"""Faults of a whole call of which nothing has its effect, now, and what the product hears."""
_OVERLAP = 5
"""Versions that the ERP's listing of modified rows reaches back."""


@dataclass
class SimulatedConnector:
    """Implements :class:`~crosstie.synch.ports.connector.Connector`."""

    system: SimulatedSystem
    weather: Weather
    known_facts: Values
    purpose: str = ""
    traffic: Traffic = field(default_factory=Traffic)

    @property
    def side(self) -> Side:
        """The system's side."""
        return self.system.side

    async def test(self) -> str:
        """The system's name."""
        return self.side.value

    async def describe(self, table: str) -> TableSchema:
        """The table."""
        return self.system.schemas[table]

    async def facts(self) -> Values:
        """What rules need."""
        await self._call()
        return self.known_facts

    async def server_time(self) -> ServerTime:
        """The system's own clock."""
        return ServerTime(at=self.system.clock(), give_or_take=timedelta(seconds=1))

    async def changes(
        self, table: str, columns: Sequence[str], token: str | None, *, whole_table: bool
    ) -> AsyncIterator[ChangePage]:
        """Changes in two pages; the CRM lists deletions, the ERP does not."""
        await self._call()
        fault = self.weather.strikes(FEED_FAULTS)
        whole = whole_table or token is None or fault == "expired token"
        since = 0 if whole else int(token or 0)
        if not whole and (self.side is Side.ERP or fault == "repeated notices"):
            since = max(0, since - _OVERLAP)
        upto = self.system.version
        rows = self.system.rows(table)
        listed = [
            id_
            for id_, row in sorted(rows.items(), key=lambda item: item[1].version)
            if row.version > since and (whole or not row.is_hidden)
        ]
        gone = [] if whole or self.side is Side.ERP else self.system.gone.get(table, {}).items()
        deleted = [Change(id=id_, version=None) for id_, version in gone if version > since]
        half = len(listed) // 2
        if half:
            yield ChangePage(changes=self._listed(table, listed[:half], columns), token=None)
            if fault == "edited while read":
                self.weather.user()
            await self._call()
        rest = (*self._listed(table, listed[half:], columns), *deleted)
        yield ChangePage(changes=rest, token=str(upto), is_complete_set=whole)

    def _listed(self, table: str, ids: Sequence[RecordId], columns: Sequence[str]) -> tuple[Change, ...]:
        """The rows as they are when their page is read; one that was deleted since the listing began is missing."""
        rows = self.system.rows(table)
        return tuple(
            Change(
                id=id_,
                version=Version(str(rows[id_].version)),
                values={name: rows[id_].values.get(name) for name in columns},
            )
            for id_ in ids
            if id_ in rows
        )

    async def read(self, table: str, ids: Sequence[RecordId], columns: Sequence[str]) -> Mapping[RecordId, Record]:
        """Rows by id, fresh."""
        del columns
        await self._call()
        rows = self.system.rows(table)
        return {id_: self.system.record(table, id_) for id_ in ids if id_ in rows}

    async def gone(self, table: str, ids: Sequence[RecordId]) -> frozenset[RecordId]:
        """Those that do not exist."""
        await self._call()
        return frozenset(ids) - self.system.rows(table).keys()

    async def last_edits(self, table: str, ids: Sequence[RecordId]) -> Mapping[RecordId, LastEdit]:
        """Versions; these systems know no users."""
        return {id_: LastEdit(version=one.version) for id_, one in (await self.read(table, ids, [])).items()}

    async def find(self, table: str, column: str, values: Sequence[Value], columns: Sequence[str]) -> Sequence[Record]:
        """Rows by value."""
        del columns
        await self._call()
        rows = self.system.rows(table).items()
        return [self.system.record(table, id_) for id_, row in rows if row.values.get(column) in values]

    async def count(self, table: str, conditions: Sequence[Condition]) -> int:
        """How many rows meet the conditions."""
        await self._call()
        return sum(meets(row.values, conditions) for row in self.system.rows(table).values())

    async def write(self, table: str, writes: Sequence[Write]) -> Sequence[WriteOutcome]:
        """Apply writes one by one, unless a fault strikes the call."""
        fault = self.weather.strikes(WRITE_FAULTS, more=_WRITES_ARE_STRUCK)
        sent = [Sent(table, write, self.purpose) for write in writes]
        self.system.asked += sent
        if fault == "crash before":
            raise CrashError
        if fault == "pause before":
            await self.weather.pause()
        if fault == "late effect":
            self.system.late += sent
        if fault in _UNDONE:
            return [NotLanded(error=_UNDONE[fault])] * len(sent)
        outcomes = [self._apply(one, fault, is_last=one is sent[-1]) for one in sent]
        if fault == "pause after":
            await self.weather.pause()
        if fault == "edited after":
            self.weather.race(table, writes[-1].id)
        if fault == "crash after":
            raise CrashError
        if fault == "lost answer":
            return [NotLanded(error=OutcomeUnknownError("no answer"))] * len(sent)
        return outcomes

    def _apply(self, sent: Sent, fault: str | None, *, is_last: bool) -> WriteOutcome:
        if fault == "race":
            self.weather.race(sent.table, sent.write.id)
        if is_last and fault == "refused":
            return NotLanded(error=RecordError("this value is not allowed"))
        if is_last and fault == "partial success":
            return NotLanded(error=TransientError("busy"))
        outcome = self.system.apply(sent)
        if fault == "doubled delivery" and self._has_key(sent):
            self.system.apply(sent)
        return outcome

    def _has_key(self, sent: Sent) -> bool:
        """Without a key a network that doubles a request doubles the record, whoever sends it."""
        write = sent.write
        return write.id is not None or self.system.schemas[sent.table].key in write.values

    async def close(self) -> None:
        """Nothing to give back."""

    async def _call(self) -> None:
        if self.system.late and self.weather.random.random() < 0.5:
            self.system.land_late()
        fault = self.weather.strikes(CALL_FAULTS)
        if fault is None:
            return
        if fault == "crash before":
            raise CrashError
        if fault == "pause before":
            await self.weather.pause()
            return
        error: CrosstieError = TransientError("busy") if fault == "throttled" else SetupError("no longer allowed")
        raise error
