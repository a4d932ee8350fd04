"""The connector port: the few verbs a system offers, the same for both sides.

What never leaks out of a connector: whether ``If-Match`` is required, 412 or 409, multipart or JSON batches, ``null``
or ``""``, delta links or modified-on filters, 52 or 5 concurrent requests, status codes, option integers or escaped
names.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

from crosstie.model.errors import CrosstieError
from crosstie.model.mapping import Condition
from crosstie.model.record import Change, Record
from crosstie.model.schema import TableSchema
from crosstie.model.value import Value, Values
from crosstie.model.words import RecordId, Side, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    """A page of a change feed."""

    changes: tuple[Change, ...]
    token: str | None
    """On the last page: where the next pass starts. ``None`` on every page before."""
    is_complete_set: bool = False
    """On the last page: the pass listed every record of the table, so what it did not list is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write, already decided; ``version`` is the one that was read."""

    id: RecordId | None
    """The record to modify, or the id of our own that an insert shall get; ``None``: the system numbers it."""
    version: Version | None
    """``None``: insert."""
    values: Values
    answer_columns: tuple[str, ...] = ()
    """The columns that the write's own answer must carry."""
    is_delete: bool = False
    """Delete the record, if it still has the version that was read; ``values`` is empty."""

    def __post_init__(self) -> None:
        """Refuse a delete that names no version: it would be an insert."""
        if self.is_delete and (self.id is None or self.version is None):
            raise ValueError("a delete needs the id and the version that was read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """The write was applied; ``record`` is the write's own answer."""

    record: Record


@dataclass(frozen=True, slots=True)
class Deleted:
    """The delete was applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLanded:
    """The write was not applied, or nobody knows (:class:`~crosstie.model.errors.OutcomeUnknownError`)."""

    error: CrosstieError


WriteOutcome: TypeAlias = Landed | Deleted | NotLanded


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTime:
    """A reading of a server's clock."""

    at: datetime
    give_or_take: timedelta
    """The resolution of what the server said, and the time that its answer travelled."""


@dataclass(slots=True)
class Traffic:
    """What a connector sent so far."""

    requests: int = 0
    """HTTP requests, a batch counting as one."""
    writes: int = 0
    """Operations that create, change or delete, inside batches too."""
    retries: int = 0
    by_verb: dict[str, int] = field(default_factory=dict)


class Connector(Protocol):
    """One system, reached through its API. All methods raise :class:`~crosstie.model.errors.CrosstieError`."""

    @property
    def side(self) -> Side:
        """Which side of the connection this is."""
        ...

    @property
    def traffic(self) -> Traffic:
        """Live counters of this connector."""
        ...

    async def test(self) -> str:
        """Sign in, read something small; returns the name of the company or organization."""
        ...

    async def describe(self, table: str) -> TableSchema:
        """The table's columns, kinds and limits."""
        ...

    async def facts(self) -> Values:
        """What rules must know of the environment, as ``local_currency`` (ERP) or ``base_currency`` (CRM)."""
        ...

    async def server_time(self) -> ServerTime | None:
        """The server's clock, from its last answer; ``None``: it does not tell."""
        ...

    def changes(
        self, table: str, columns: Sequence[str], token: str | None, *, whole_table: bool
    ) -> AsyncIterator[ChangePage]:
        """Pages of changes since ``token`` (``None``: from the beginning).

        ``whole_table`` asks for every record, whatever the token says. A token that the system no longer
        honours starts a whole pass by itself (``is_complete_set`` tells). The same change may come twice.
        """
        ...

    async def read(self, table: str, ids: Sequence[RecordId], columns: Sequence[str]) -> Mapping[RecordId, Record]:
        """The records with these ids, fresh; an id that is missing in the answer does not exist."""
        ...

    async def gone(self, table: str, ids: Sequence[RecordId]) -> frozenset[RecordId]:
        """Which of these records do not exist, as a read of each by its own key says.

        A list leaves out what our user may not see, so a record that :meth:`read` does not find may only be hidden.
        """
        ...

    async def find(self, table: str, column: str, values: Sequence[Value], columns: Sequence[str]) -> Sequence[Record]:
        """The records whose ``column`` equals one of ``values``, compared as the system compares."""
        ...

    async def count(self, table: str, conditions: Sequence[Condition]) -> int:
        """How many records meet all conditions."""
        ...

    async def write(self, table: str, writes: Sequence[Write]) -> Sequence[WriteOutcome]:
        """Apply the writes, each with its own outcome, in the order given; one failure stops no other."""
        ...

    async def close(self) -> None:
        """Give back the sockets."""
        ...
