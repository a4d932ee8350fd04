"""The store port: what must survive a crash, for one connection.

Everything that belongs together is written inside one :meth:`Store.transaction`; a method called outside of one is its
own transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from crosstie.model.action import FieldConflict, Need
from crosstie.model.coupling import Coupling
from crosstie.model.intent import Intent, IntentState
from crosstie.model.job import FullSynchLine, SynchJob
from crosstie.model.reason import Reason
from crosstie.model.record import Change, LastEdit
from crosstie.model.value import Values
from crosstie.model.words import ActionKind, ConnectionId, JobId, MappingName, RecordId, Side
from crosstie.synch.ports.decisions import MassChanges, Partings, Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One reading of the change feed of a table."""

    number: int
    """Counts the passes of the table, so that a whole pass tells what it did not list."""
    token: str | None
    """Where the last pass ended; ``None``: the table must be read anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What lies before a mapping in the inbox of one side."""

    after: int
    """The place that the mapping has looked up to."""
    upto: int
    """The place of the newest change; ``after`` where there is none."""
    echoes: int
    """Records that hold the version that was last remembered: no work."""
    pending: int
    """Records to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A record that a mapping must look at."""

    id: RecordId
    seq: int
    """Place in the change inbox; 0 for a record that is taken up again."""
    is_gone: bool
    values: Values = field(default_factory=dict)
    """The columns that filters need, as the change feed listed them."""
    coupling: Coupling | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOutcome:
    """The last outcome of one record in one mapping."""

    mapping: MappingName
    side: Side
    """The side of the record that was looked at."""
    id: RecordId
    kind: ActionKind
    reason: Reason
    detail: str = ""
    next_step: str = ""
    label: str = ""
    """Number and name, so that a list can be read without asking the systems."""
    job: JobId
    at: datetime
    attempts: int = 0
    """Failures in a row."""
    due_at: datetime | None = None
    """When it is taken up again by itself."""
    needs: tuple[Need, ...] = ()
    """References that wake it when they are coupled."""
    fields: tuple[str, ...] = ()
    """Fields that were sent."""
    truncated: tuple[str, ...] = ()
    """Columns that hold, or would hold, only what fits of a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenConflict:
    """A conflict that waits for a person."""

    mapping: MappingName
    erp_id: RecordId
    crm_id: RecordId
    conflict: FieldConflict
    found_at: datetime
    job: JobId
    edits: Mapping[Side, LastEdit] = field(default_factory=dict)
    """Who edited each side last, and when; our own later writes to other fields of the record do not count."""


class CouplingStore(Protocol):
    """Couplings and their bases."""

    def by_id(self, mapping: MappingName, side: Side, ids: Sequence[RecordId]) -> Mapping[RecordId, Coupling]:
        """Couplings of these records, by the id on ``side``."""
        ...

    def by_key(self, mapping: MappingName, key: str, values: Sequence[str]) -> Sequence[Coupling]:
        """Couplings whose ERP ``id`` or ``number`` is one of ``values``."""
        ...

    def put(self, couplings: Iterable[Coupling], *, job: JobId, at: datetime) -> None:
        """Insert or replace; refuses (UsageError) a record that is coupled to another one already."""
        ...

    def count(self, mapping: MappingName) -> int:
        """How many couplings a mapping has."""
        ...

    def all(self, mapping: MappingName) -> Iterable[Coupling]:
        """Every coupling of a mapping, streamed."""
        ...

    def recent(self, limit: int) -> Sequence[tuple[datetime, Coupling]]:
        """The couplings that were synchronized last, of all mappings, with the time."""
        ...


class ChangeInbox(Protocol):
    """Changes of both sides' tables, shared by the mappings that read them; one row per record, the latest."""

    def begin_pass(self, side: Side, table: str, columns: Sequence[str]) -> Pass:
        """Start a pass; a token of a pass with other columns is worthless."""
        ...

    def add(self, side: Side, table: str, number: int, changes: Sequence[Change]) -> None:
        """Note changes; a version that is known already keeps its place."""
        ...

    def finish_pass(self, side: Side, table: str, number: int, token: str, *, is_complete_set: bool) -> None:
        """Move the feed on; what a complete set did not list is noted as gone."""
        ...

    def cursor(self, mapping: MappingName, side: Side) -> int:
        """Up to where the mapping has looked at the changes of a side."""
        ...

    def move_cursor(self, mapping: MappingName, side: Side, seq: int) -> None:
        """Remember how far the mapping has looked."""
        ...

    def horizon(self, side: Side, table: str) -> int:
        """The place of the newest change."""
        ...

    def ahead(self, mapping: MappingName, side: Side, table: str, *, after: int) -> Ahead:
        """What lies after a place, in one look."""
        ...

    def pending(
        self, mapping: MappingName, side: Side, table: str, *, after: int, upto: int, limit: int
    ) -> Sequence[Pending]:
        """The next records of this range that are not echoes, in order."""
        ...

    def pending_among(
        self, mapping: MappingName, side: Side, table: str, ids: Sequence[RecordId], *, after: int, upto: int
    ) -> frozenset[RecordId]:
        """Which of these records :meth:`pending` would list in this range."""
        ...


class Journal(Protocol):
    """Intents: committed before a write is sent, settled before anything else."""

    def commit(self, intents: Sequence[Intent], *, epoch: int, at: datetime) -> None:
        """Write intents; raises LockLostError if the mapping's lock has another epoch by now."""
        ...

    def settle(self, states: Mapping[str, IntentState], *, at: datetime) -> None:
        """Remember what became of intents, by id."""
        ...

    def overtake(self, mapping: MappingName, landed: Sequence[str]) -> None:
        """What was not seen can land no more on a record that one of these ``landed`` intents wrote to."""
        ...

    def unseen(self, mapping: MappingName, crm_ids: Sequence[RecordId]) -> Sequence[Intent]:
        """Intents for these pairs, oldest first, that were looked for in vain and may still land."""
        ...

    def open(self, mapping: MappingName, limit: int, *, unseen_before: datetime | None = None) -> Sequence[Intent]:
        """Intents whose outcome is not known, oldest first; and those not seen that were intended before a time."""
        ...

    def of_record(self, mapping: MappingName, side: Side, id_: RecordId) -> Sequence[tuple[datetime, Intent]]:
        """Every write that was ever intended for a record, newest first."""
        ...

    def landed_of_job(self, mapping: MappingName, job: JobId) -> Iterable[Intent]:
        """The writes of a job that landed, newest first, streamed."""
        ...

    def own_creates(
        self, mapping: MappingName, *, crm_ids: Sequence[RecordId], numbers: Sequence[str]
    ) -> Sequence[Intent]:
        """Intents, oldest first, that were to create these CRM rows, or ERP records with these numbers."""
        ...

    def keyless(self, mapping: MappingName) -> Sequence[Intent]:
        """Creates of ERP records without a number of ours whose outcome is open or ambiguous, oldest first."""
        ...

    def reserve_numbers(self, mapping: MappingName, pattern: str, ids: Sequence[RecordId]) -> Mapping[RecordId, str]:
        """The ERP number reserved for each CRM record; the same at every call."""
        ...

    def release_numbers(self, mapping: MappingName, ids: Sequence[RecordId]) -> None:
        """Forget the numbers reserved for these CRM rows; the next call reserves others."""
        ...


class Outcomes(Protocol):
    """Last outcomes, records to be taken up again, conflicts."""

    def put(self, outcomes: Sequence[RecordOutcome]) -> None:
        """Remember the last outcome of records; what they wait for replaces what they waited for."""
        ...

    def attempts(self, mapping: MappingName, side: Side, ids: Sequence[RecordId]) -> Mapping[RecordId, int]:
        """Failures in a row so far, of the records that failed last time."""
        ...

    def due(self, mapping: MappingName, side: Side, now: datetime, limit: int, *, skip: int = 0) -> Sequence[RecordId]:
        """Records whose time to be taken up again has come, after the first ``skip`` of them."""
        ...

    def count_due(self, mapping: MappingName, now: datetime) -> int:
        """How many records of the mapping, both sides, are due."""
        ...

    def wake(self, couplings: Sequence[Coupling], *, now: datetime) -> None:
        """Make records due that waited for these couplings."""
        ...

    def of_record(self, mapping: MappingName, side: Side, id_: RecordId) -> RecordOutcome | None:
        """The last outcome of a record."""
        ...

    def unsettled(self, mapping: MappingName | None = None, limit: int | None = None) -> Sequence[RecordOutcome]:
        """Records that failed, are skipped, wait or conflict, the newest outcome first."""
        ...

    def truncated(self, mapping: MappingName) -> Sequence[RecordOutcome]:
        """Records that had a text cut to fit when they were last looked at."""
        ...

    def count_unsettled(self) -> Mapping[MappingName, int]:
        """How many of them each mapping has."""
        ...

    def labels(self, mapping: MappingName, ids: Sequence[str]) -> Mapping[str, str]:
        """Number and name of records that a mapping has looked at."""
        ...

    def forget_unsettled(self, mapping: MappingName, side: Side, ids: Sequence[RecordId]) -> None:
        """Forget that something is to be done about these records: it was done, or is told, at their counterparts."""
        ...

    def put_conflicts(self, conflicts: Sequence[OpenConflict]) -> None:
        """Open or refresh conflicts."""
        ...

    def close_conflicts(self, mapping: MappingName, keep: Mapping[RecordId, Sequence[str]], *, at: datetime) -> None:
        """Close the conflicts of these ERP records except the units named."""
        ...

    def conflicts(self, mapping: MappingName, erp_ids: Sequence[RecordId] | None = None) -> Sequence[OpenConflict]:
        """Open conflicts of a mapping, or of these ERP records."""
        ...


class JobLog(Protocol):
    """Synch jobs and the lines of the full synch review."""

    def put(self, job: SynchJob) -> None:
        """Insert or replace a job."""
        ...

    def get(self, id_: JobId) -> SynchJob | None:
        """One job."""
        ...

    def end_interrupted(self, mapping: MappingName, *, at: datetime) -> None:
        """Note that jobs of a mapping which claim to run, though their worker lost the lock, were interrupted."""
        ...

    def recent(self, limit: int) -> Sequence[SynchJob]:
        """The newest jobs first."""
        ...

    def lines(self) -> Sequence[FullSynchLine]:
        """The lines of the full synch review."""
        ...

    def put_line(self, line: FullSynchLine) -> None:
        """Insert or replace a line."""
        ...


class Locks(Protocol):
    """One job at a time per mapping: a row with an epoch and a lease."""

    def take(self, mapping: MappingName, owner: str, now: datetime, lease_s: float, *, force: bool) -> int:
        """Take the lock and return its new epoch; UsageError when another owner's lease runs and ``force`` is off."""
        ...

    def renew(self, mapping: MappingName, epoch: int, now: datetime, lease_s: float) -> None:
        """Extend the lease; LockLostError when another owner took over."""
        ...

    def hold(self, mapping: MappingName, epoch: int) -> None:
        """Keep the lock until the transaction ends; LockLostError when another owner took over."""
        ...

    def release(self, mapping: MappingName, epoch: int) -> None:
        """Give the lock back; nothing happens when another owner has it."""
        ...


class Store(Protocol):
    """Everything about one connection that must survive a crash."""

    @property
    def connection(self) -> ConnectionId:
        """The connection that every key of this store carries."""
        ...

    @property
    def couplings(self) -> CouplingStore:
        """Couplings and bases."""
        ...

    @property
    def inbox(self) -> ChangeInbox:
        """Changes of both sides."""
        ...

    @property
    def journal(self) -> Journal:
        """Intents."""
        ...

    @property
    def outcomes(self) -> Outcomes:
        """Last outcomes and conflicts."""
        ...

    @property
    def partings(self) -> Partings:
        """Couplings that ended."""
        ...

    @property
    def rules(self) -> Rules:
        """Rules kept from answers."""
        ...

    @property
    def mass_changes(self) -> MassChanges:
        """Counts of the mass-change guard."""
        ...

    @property
    def jobs(self) -> JobLog:
        """Synch jobs."""
        ...

    @property
    def locks(self) -> Locks:
        """Mapping locks."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing: what is called inside is committed together."""
        ...
