"""Two simulated systems: tables, versions, and what a server does with a write.

A system keeps what it stores in its own form (codes upper-case, texts cut), numbers its versions, stamps what changed
with its own clock, enforces the keys that make creates idempotent, and refuses a stale version.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crosstie.engine.canonical import canonical
from crosstie.model.errors import AlreadyExistsError, CrosstieError, RecordError, StaleRecordError
from crosstie.model.record import Record
from crosstie.model.schema import TableSchema
from crosstie.model.value import Value, Values
from crosstie.model.words import RecordId, Side, Version
from crosstie.synch.ports.connector import Deleted, Landed, NotLanded, Write, WriteOutcome

SHORT = 1
"""Characters that a column takes after somebody shortened it; what it holds already stays."""


@dataclass(slots=True)
class Row:
    """A stored row."""

    values: dict[str, Value]
    version: int
    at: datetime
    is_hidden: bool = False
    """Committed late, with an old stamp: only a pass over the whole table lists it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A write of the product, and what the product was doing: an ordinary synchronization, an undo, an answer."""

    table: str
    write: Write
    purpose: str


@dataclass
class SimulatedSystem:
    """One system: its tables, and its users' hands."""

    side: Side
    schemas: Mapping[str, TableSchema]
    clock: Callable[[], datetime]
    tables: dict[str, dict[RecordId, Row]] = field(default_factory=dict)
    gone: dict[str, dict[RecordId, int]] = field(default_factory=dict)
    last_seen: dict[str, dict[RecordId, dict[str, Value]]] = field(default_factory=dict)
    """What deleted rows held."""
    version: int = 0
    made: int = 0
    asked: list[Sent] = field(default_factory=list)
    """Every write that the product sent."""
    writes: list[Sent] = field(default_factory=list)
    """Those that had their effect."""
    shortened: str | None = None
    """A column that somebody shortened: longer texts are refused, record by record, until it is as it was."""
    late: list[Sent] = field(default_factory=list)
    """Requests that were thought lost and are still on their way."""
    before_write: Callable[[Sent], None] = lambda _: None
    after_write: Callable[[Sent, RecordId], None] = lambda *_: None

    def rows(self, table: str) -> dict[RecordId, Row]:
        """The rows of a table."""
        return self.tables.setdefault(table, {})

    def put(self, table: str, id_: RecordId, values: Values, *, is_hidden: bool = False) -> Row:
        """Insert or change a row; what is stored is the system's own form of it."""
        self.version += 1
        columns = self.schemas[table].columns
        known = self.rows(table).get(id_)
        stored = dict(known.values) if known else dict.fromkeys(columns)
        for name, value in values.items():
            stored[name] = canonical(value, columns[name])
        row = self.rows(table)[id_] = Row(stored, self.version, self.clock(), is_hidden)
        self.gone.get(table, {}).pop(id_, None)
        return row

    def create(self, table: str, values: Values) -> RecordId:
        """A new row with an id of the system's own, and in the ERP a number of its series unless it brings one."""
        self.made += 1
        id_ = RecordId(f"{self.side}-{table}-{self.made}")
        numbered = {} if self.side is Side.CRM else {"number": f"S{self.made}"}
        self.put(table, id_, {**numbered, **values})
        return id_

    def delete(self, table: str, id_: RecordId) -> None:
        """Remove a row."""
        self.version += 1
        row = self.rows(table).pop(id_)
        self.gone.setdefault(table, {})[id_] = self.version
        self.last_seen.setdefault(table, {})[id_] = dict(row.values)

    def restore(self, table: str, id_: RecordId) -> None:
        """Bring a deleted row back as it was, under its own id."""
        self.put(table, id_, self.last_seen[table].pop(id_))

    def apply(self, sent: Sent) -> WriteOutcome:
        """What the server does with one write of the product."""
        table, write = sent.table, sent.write
        refusal = self._refusal(table, write)
        if refusal is not None:
            return NotLanded(error=refusal)
        self.before_write(sent)
        self.writes.append(sent)
        if write.is_delete and write.id is not None:
            self.delete(table, write.id)
            self.after_write(sent, write.id)
            return Deleted()
        if write.id is None:
            id_ = self.create(table, write.values)
        else:
            id_ = write.id
            self.put(table, id_, write.values)
        self.after_write(sent, id_)
        return Landed(record=self.record(table, id_))

    def _refusal(self, table: str, write: Write) -> CrosstieError | None:
        """Why a write has no effect: its key is taken, its version stale, or one of its values not allowed."""
        rows = self.rows(table)
        if write.version is None:
            if self._is_taken(table, write):
                return AlreadyExistsError("taken")
        elif write.id not in rows:
            return StaleRecordError("gone")
        elif str(rows[write.id].version) != write.version:
            return StaleRecordError("changed")
        parent = write.values.get("parent")
        if parent is not None and all(parent not in rows for rows in self.tables.values()):
            return RecordError("it refers to a record that does not exist")
        if self.shortened is not None and len(str(write.values.get(self.shortened) or "")) > SHORT:
            return RecordError("the text is too long")
        return None

    def _is_taken(self, table: str, write: Write) -> bool:
        """Whether a create meets its own key: the id in the CRM, where deleted ones stay taken; the ERP's number."""
        rows, key = self.rows(table), self.schemas[table].key
        if self.side is Side.CRM and write.id is not None:
            return write.id in rows or write.id in self.gone.get(table, {})
        return key in write.values and any(row.values[key] == write.values[key] for row in rows.values())

    def record(self, table: str, id_: RecordId) -> Record:
        """A row as it is now."""
        row = self.rows(table)[id_]
        return Record(id=id_, version=Version(str(row.version)), values=dict(row.values), modified_at=row.at)

    def land_late(self) -> None:
        """Requests that were thought lost arrive now."""
        late, self.late = self.late, []
        for sent in late:
            self.apply(sent)
