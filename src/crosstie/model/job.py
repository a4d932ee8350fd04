"""Synch jobs, their counters, and the lines of the full synch review."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from crosstie.model.words import (
    ActionKind,
    JobId,
    JobStatus,
    JobType,
    MappingName,
    Recommendation,
    Side,
    TableJobStatus,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """How many records had which outcome, for writes to one side."""

    inserted: int = 0
    modified: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0
    coupled: int = 0
    conflicts: int = 0
    waiting: int = 0
    deleted: int = 0
    uncoupled: int = 0
    truncated: int = 0
    """Records with a text that was cut to fit, whatever their outcome."""

    def __add__(self, other: Self) -> "Counters":
        """Sum, counter by counter.

        >>> (Counters(inserted=1) + Counters(inserted=2, failed=1)).inserted
        3
        """
        return Counters(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})

    def as_dict(self) -> dict[str, int]:
        """By name, in the order of the columns of the job list."""
        return {name: getattr(self, name) for name in self.__slots__}


COUNTER_OF: Mapping[ActionKind, str] = {
    ActionKind.INSERT: "inserted",
    ActionKind.MODIFY: "modified",
    ActionKind.UNCHANGED: "unchanged",
    ActionKind.SKIP: "skipped",
    ActionKind.FAIL: "failed",
    ActionKind.COUPLE: "coupled",
    ActionKind.CONFLICT: "conflicts",
    ActionKind.WAIT: "waiting",
    ActionKind.DELETE: "deleted",
}
"""Which counter an outcome counts in; an ignored record takes no part and is not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SynchJob:
    """One run of one mapping; both directions, each with its own counters."""

    id: JobId
    mapping: MappingName
    type: JobType
    status: JobStatus
    started_by: str
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    message: str = ""
    is_full: bool = False
    """A full synchronization: every record of both tables is looked at."""
    counters: Mapping[Side, Counters] = field(default_factory=lambda: dict.fromkeys(Side, Counters()))
    """By the side that was written to, or would have been."""
    accepts_mass_change: bool = False
    """A person has looked: the guard lets this one run through. Not kept with the job."""
    done: int = 0
    """Records handled so far."""
    total: int | None = None
    """Records to handle, once known."""

    def add(self, counters: Mapping[Side, Counters], done: int) -> "SynchJob":
        """The job after another page."""
        return replace(
            self,
            counters={side: self.counters[side] + counters.get(side, Counters()) for side in Side},
            done=self.done + done,
        )

    @property
    def sum(self) -> Counters:
        """Both directions together."""
        return self.counters[Side.ERP] + self.counters[Side.CRM]


@dataclass(frozen=True, slots=True, kw_only=True)
class FullSynchLine:
    """A line of the CRM Full Synch. Review."""

    mapping: MappingName
    depends_on: tuple[MappingName, ...]
    recommendation: Recommendation | None = None
    status: JobStatus | None = None
    """Job Queue Entry Status; ``None`` is blank: not started."""
    to_status: TableJobStatus = TableJobStatus.BLANK
    from_status: TableJobStatus = TableJobStatus.BLANK
    job: JobId | None = None
