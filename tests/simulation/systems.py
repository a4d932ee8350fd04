"""Two simulated systems on virtual time, as the connector port sees them, with faults at every call.

A system keeps what it stores in its own form (codes upper-case), numbers its versions, enforces the keys that make
creates idempotent, and refuses a stale version. The connector in front of it can lose a request, lose an answer
after its effect, land an effect late, throttle, repeat change notices, forget a token, or take the process down.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random  # noqa: TID251 - chance with a seed is what a simulation is made of

from crosstie.engine.canonical import canonical
from crosstie.engine.filter import meets
from crosstie.model.errors import (
    AlreadyExistsError,
    CrosstieError,
    OutcomeUnknownError,
    StaleRecordError,
    TransientError,
)
from crosstie.model.mapping import Condition
from crosstie.model.record import Change, LastEdit, Record
from crosstie.model.schema import TableSchema
from crosstie.model.value import Value, Values
from crosstie.model.words import RecordId, Side, Version
from crosstie.synch.ports.connector import (
    ChangePage,
    Deleted,
    Landed,
    NotLanded,
    ServerTime,
    Traffic,
    Write,
    WriteOutcome,
)


class CrashError(BaseException):
    """The process is gone; nothing of it runs afterwards."""


@dataclass(slots=True)
class Row:
    """A stored row."""

    values: dict[str, Value]
    version: int


@dataclass
class SimulatedSystem:
    """One system: its tables, and its users' hands."""

    side: Side
    schemas: Mapping[str, TableSchema]
    tables: dict[str, dict[RecordId, Row]] = field(default_factory=dict)
    gone: dict[str, dict[RecordId, int]] = field(default_factory=dict)
    version: int = 0
    made: int = 0
    writes: int = 0
    was_written: Callable[[], None] = lambda: None
    """Called after each write of the product."""

    def rows(self, table: str) -> dict[RecordId, Row]:
        """The rows of a table."""
        return self.tables.setdefault(table, {})

    def put(self, table: str, id_: RecordId, values: Values) -> Row:
        """Insert or change a row; what is stored is the system's own form of it."""
        self.version += 1
        columns = self.schemas[table].columns
        known = self.rows(table).get(id_)
        stored = dict(known.values) if known else dict.fromkeys(columns)
        stored |= {name: canonical(value, columns[name]) for name, value in values.items()}
        row = self.rows(table)[id_] = Row(stored, self.version)
        self.gone.get(table, {}).pop(id_, None)
        return row

    def create(self, table: str, values: Values) -> RecordId:
        """A new row with an id of the system's own."""
        self.made += 1
        id_ = RecordId(f"{self.side}-{table}-{self.made}")
        self.put(table, id_, values)
        return id_

    def delete(self, table: str, id_: RecordId) -> None:
        """Remove a row."""
        self.version += 1
        self.rows(table).pop(id_)
        self.gone.setdefault(table, {})[id_] = self.version

    def apply(self, table: str, write: Write) -> WriteOutcome:
        """What the server does with one write."""
        rows, key = self.rows(table), self.schemas[table].key
        if write.version is None:
            if self.side is Side.CRM and write.id is not None:
                if write.id in rows or write.id in self.gone.get(table, {}):
                    return NotLanded(error=AlreadyExistsError("taken"))
                self.put(table, write.id, write.values)
                id_ = write.id
            else:
                if any(row.values[key] == write.values[key] for row in rows.values()):
                    return NotLanded(error=AlreadyExistsError("taken"))
                id_ = self.create(table, write.values)
        else:
            if write.id is None or write.id not in rows:
                return NotLanded(error=StaleRecordError("gone"))
            if str(rows[write.id].version) != write.version:
                return NotLanded(error=StaleRecordError("changed"))
            if write.is_delete:
                self.delete(table, write.id)
                self.writes += 1
                self.was_written()
                return Deleted()
            self.put(table, write.id, write.values)
            id_ = write.id
        self.writes += 1
        self.was_written()
        return Landed(record=self.record(table, id_))

    def record(self, table: str, id_: RecordId) -> Record:
        """A row as it is now."""
        row = self.rows(table)[id_]
        return Record(id=id_, version=Version(str(row.version)), values=dict(row.values))


@dataclass
class Weather:
    """Chance of faults, and what was met so far."""

    random: Random
    chance: float
    met: dict[str, int]
    race: Callable[[str, RecordId | None], None]
    """A user acts between our read and our write, mostly on that very record."""

    def strikes(self, *faults: str, more: float = 1) -> str | None:
        """One of ``faults``, now and then; ``more`` times as often as elsewhere."""
        if self.random.random() >= self.chance * more:
            return None
        fault = self.random.choice(faults)
        self.met[fault] = self.met.get(fault, 0) + 1
        return fault


class SimulatedConnector:
    """Implements the connector port in front of a simulated system."""

    def __init__(self, system: SimulatedSystem, weather: Weather, now: Callable[[], datetime], facts: Values) -> None:
        self.side = system.side
        self.traffic = Traffic()
        self._system = system
        self._weather = weather
        self._now = now
        self._facts = facts
        self.late: list[tuple[str, Write]] = []

    async def test(self) -> str:
        """The system's name."""
        return self.side.value

    async def describe(self, table: str) -> TableSchema:
        """The table."""
        return self._system.schemas[table]

    async def facts(self) -> Values:
        """What rules need."""
        self._call()
        return self._facts

    async def server_time(self) -> ServerTime:
        """Virtual time."""
        return ServerTime(at=self._now(), give_or_take=timedelta())

    async def changes(
        self, table: str, columns: Sequence[str], token: str | None, *, whole_table: bool
    ) -> AsyncIterator[ChangePage]:
        """Changes in two pages; the CRM lists deletions, the ERP does not."""
        self._call()
        fault = self._weather.strikes("repeated notices", "expired token")
        since = int(token or 0)
        whole = whole_table or token is None or fault == "expired token"
        since = 0 if whole else max(0, since - 5) if fault or self.side is Side.ERP else since
        upto = self._system.version
        found = [
            Change(id=id_, version=Version(str(row.version)), values={name: row.values.get(name) for name in columns})
            for id_, row in sorted(self._system.rows(table).items(), key=lambda item: item[1].version)
            if row.version > since
        ]
        if not whole and self.side is Side.CRM:
            gone = self._system.gone.get(table, {}).items()
            found += [Change(id=id_, version=None) for id_, version in gone if version > since]
        half = len(found) // 2
        yield ChangePage(changes=tuple(found[:half]), token=None)
        self._call()
        yield ChangePage(changes=tuple(found[half:]), token=str(upto), is_complete_set=whole)

    async def read(self, table: str, ids: Sequence[RecordId], columns: Sequence[str]) -> Mapping[RecordId, Record]:
        """Rows by id, fresh."""
        del columns
        self._call()
        rows = self._system.rows(table)
        return {id_: self._system.record(table, id_) for id_ in ids if id_ in rows}

    async def gone(self, table: str, ids: Sequence[RecordId]) -> frozenset[RecordId]:
        """Rows that are not there."""
        self._call()
        return frozenset(ids) - self._system.rows(table).keys()

    async def last_edits(self, table: str, ids: Sequence[RecordId]) -> Mapping[RecordId, LastEdit]:
        """Versions; these systems know no users."""
        return {id_: LastEdit(version=one.version) for id_, one in (await self.read(table, ids, [])).items()}

    async def find(self, table: str, column: str, values: Sequence[Value], columns: Sequence[str]) -> Sequence[Record]:
        """Rows by value."""
        del columns
        self._call()
        rows = self._system.rows(table).items()
        return [self._system.record(table, id_) for id_, row in rows if row.values.get(column) in values]

    async def count(self, table: str, conditions: Sequence[Condition]) -> int:
        """How many rows meet the conditions."""
        self._call()
        return sum(meets(row.values, conditions) for row in self._system.rows(table).values())

    async def write(self, table: str, writes: Sequence[Write]) -> Sequence[WriteOutcome]:
        """Apply writes one by one, unless a fault strikes the call."""
        fault = self._weather.strikes(
            "crash before", "crash after", "lost request", "lost answer", "late effect", "throttled", "race", more=12
        )
        if fault == "crash before":
            raise CrashError
        if fault == "throttled":
            return [NotLanded(error=TransientError("busy")) for _ in writes]
        if fault in {"lost request", "late effect"}:
            if fault == "late effect":
                self.late += [(table, write) for write in writes]
            return [NotLanded(error=OutcomeUnknownError("no answer")) for _ in writes]
        outcomes: list[WriteOutcome] = []
        for write in writes:
            if fault == "race":
                self._weather.race(table, write.id)
            outcomes.append(self._system.apply(table, write))
        self.traffic.writes += len(writes)
        if fault == "crash after":
            raise CrashError
        if fault == "lost answer":
            return [NotLanded(error=OutcomeUnknownError("no answer")) for _ in writes]
        return outcomes

    async def close(self) -> None:
        """Nothing to give back."""

    def land_late(self) -> None:
        """Effects whose requests were thought lost arrive now."""
        late, self.late = self.late, []
        for table, write in late:
            self._system.apply(table, write)

    def _call(self) -> None:
        self.traffic.requests += 1
        if self.late and self._weather.random.random() < 0.5:
            self.land_late()
        fault = self._weather.strikes("crash before", "throttled")
        if fault == "crash before":
            raise CrashError
        if fault == "throttled":
            error: CrosstieError = TransientError("busy")
            raise error
