"""What a template is given: the read model, with sums and words that several templates need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from crosstie.app.read_model import CouplingRow, MappingRow, Overview
from crosstie.model.job import SynchJob
from crosstie.model.words import JobStatus, MappingName
from crosstie.synch.ports.store import RecordOutcome


@dataclass(frozen=True, slots=True)
class View:
    """The read model as the templates see it, at one moment."""

    model: Overview
    now: datetime
    rows: int
    """How many rows of jobs, couplings and records at most are shown."""

    @property
    def connection(self) -> str:
        """Title of the connection; empty before set-up."""
        return self.model.title

    @property
    def mappings(self) -> Sequence[MappingRow]:
        """The lines of Integration Table Mappings."""
        return self.model.mappings

    @property
    def couplings(self) -> Sequence[CouplingRow]:
        """The couplings synchronized last."""
        return self.model.couplings[: self.rows]

    @property
    def jobs(self) -> Sequence[SynchJob]:
        """The newest jobs."""
        return self.model.jobs[: self.rows]

    @property
    def attention(self) -> Sequence[RecordOutcome]:
        """Records that failed, are skipped, wait or conflict."""
        return self.model.attention[: self.rows]

    @property
    def coupled(self) -> int:
        """Coupled records of all mappings."""
        return sum(row.coupled for row in self.mappings)

    @property
    def needing_attention(self) -> int:
        """Records of all mappings that need attention."""
        return sum(row.attention for row in self.mappings)

    @property
    def in_process(self) -> int:
        """How many of the latest jobs are running; while there is one, the page keeps itself up to date."""
        return sum(job.status is JobStatus.IN_PROCESS for job in self.model.jobs)

    @property
    def titles(self) -> Mapping[MappingName, str]:
        """What people call each mapping."""
        return {row.mapping.name: row.mapping.title for row in self.mappings}

    def took(self, job: SynchJob) -> timedelta | None:
        """How long a job took, or runs already; ``None`` before its start."""
        if job.started_at is None:
            return None
        if job.finished_at is None and job.status is not JobStatus.IN_PROCESS:
            return None
        return (job.finished_at or self.now) - job.started_at
