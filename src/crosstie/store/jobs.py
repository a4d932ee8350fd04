"""Synch jobs and the lines of the full synch review in the database."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from crosstie.model.job import Counters, FullSynchLine, SynchJob
from crosstie.model.words import JobId, JobStatus, JobType, MappingName, Recommendation, Side, TableJobStatus
from crosstie.store.session import Keyed, Session, mine
from crosstie.store.statement import Row, arg
from crosstie.store.tables import full_synch_line, synch_job

INTERRUPTED = "The process was interrupted; the next run went on from where it stopped."

_JOBS = Keyed(synch_job)
_LINES = Keyed(full_synch_line)
_GET = sa.select(synch_job).where(mine(synch_job), synch_job.c.job_id == arg("id"))
_END_RUNNING = (
    sa.update(synch_job)
    .where(mine(synch_job), synch_job.c.mapping == arg("mapping"), synch_job.c.status == JobStatus.IN_PROCESS)
    .values(status=JobStatus.ERROR, message=INTERRUPTED, finished_at=arg("at"))
)
_RECENT = (
    sa.select(synch_job)
    .where(mine(synch_job))
    .order_by(synch_job.c.created_at.desc(), synch_job.c.job_id.desc())
    .limit(arg("limit"))
)
_ALL_LINES = sa.select(full_synch_line).where(mine(full_synch_line)).order_by(full_synch_line.c.mapping)


class SqlJobLog:
    """Implements :class:`~crosstie.synch.ports.store.JobLog`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, job: SynchJob) -> None:
        """Insert or replace a job."""
        row = {
            "job_id": job.id,
            "mapping": job.mapping,
            "type": job.type,
            "status": job.status,
            "started_by": job.started_by,
            "created_at": job.created_at,
            "started_at": job.started_at,
            "finished_at": job.finished_at,
            "message": job.message,
            "is_full": job.is_full,
            "to_erp": job.counters[Side.ERP].as_dict(),
            "to_crm": job.counters[Side.CRM].as_dict(),
            "done": job.done,
            "total": job.total,
        }
        self._session.upsert(_JOBS, [row])

    def get(self, id_: JobId) -> SynchJob | None:
        """One job."""
        rows = self._session.rows(_GET, id=id_)
        return _job(rows[0]) if rows else None

    def end_interrupted(self, mapping: MappingName, *, at: datetime) -> None:
        """Note that jobs of a mapping which claim to run, though their worker lost the lock, were interrupted."""
        self._session.run(_END_RUNNING, mapping=mapping, at=at)

    def recent(self, limit: int) -> Sequence[SynchJob]:
        """The newest jobs first."""
        return [_job(row) for row in self._session.rows(_RECENT, limit=limit)]

    def lines(self) -> Sequence[FullSynchLine]:
        """The lines of the full synch review."""
        return [
            FullSynchLine(
                mapping=MappingName(row.mapping),
                depends_on=tuple(row.depends_on),
                recommendation=None if row.recommendation is None else Recommendation(row.recommendation),
                status=None if row.status is None else JobStatus(row.status),
                to_status=TableJobStatus(row.to_status),
                from_status=TableJobStatus(row.from_status),
                job=None if row.job_id is None else JobId(row.job_id),
            )
            for row in self._session.rows(_ALL_LINES)
        ]

    def put_line(self, line: FullSynchLine) -> None:
        """Insert or replace a line."""
        row = {
            "mapping": line.mapping,
            "depends_on": list(line.depends_on),
            "recommendation": line.recommendation,
            "status": line.status,
            "to_status": line.to_status,
            "from_status": line.from_status,
            "job_id": line.job,
        }
        self._session.upsert(_LINES, [row])


def _job(row: Row) -> SynchJob:
    return SynchJob(
        id=JobId(row.job_id),
        mapping=MappingName(row.mapping),
        type=JobType(row.type),
        status=JobStatus(row.status),
        started_by=row.started_by,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        message=row.message,
        is_full=row.is_full,
        counters={Side.ERP: Counters(**row.to_erp), Side.CRM: Counters(**row.to_crm)},
        done=row.done,
        total=row.total,
    )
