"""The in-process job engine: runs jobs in this process, page by page."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

from crosstie.model.errors import CrosstieError
from crosstie.model.job import SynchJob
from crosstie.model.words import JobId, JobStatus
from crosstie.synch.ports.environment import Environment
from crosstie.synch.run_synch_job import run_synch_job

_log = logging.getLogger(__name__)


class InProcessJobs:
    """Implements :class:`~crosstie.synch.ports.jobs.JobEngine`."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._cancelled: set[JobId] = set()

    def cancel(self, job: JobId) -> None:
        """Stop a job at its next page."""
        self._cancelled.add(job)

    async def run_all(self, jobs: Sequence[SynchJob]) -> Sequence[SynchJob]:
        """Run jobs one after the other; returns them as they ended."""
        for job in jobs[1:]:
            self._env.store.jobs.put(job)  # the first starts at once; these are seen to wait
        return [await self._run(job) for job in jobs]

    async def _run(self, job: SynchJob) -> SynchJob:
        pages = run_synch_job(self._env, job)
        try:
            async for moved in pages:
                job = moved
                if job.id in self._cancelled and job.status is JobStatus.IN_PROCESS:
                    return self._end(job, JobStatus.ON_HOLD, "Cancelled; the next run goes on from here.")
        except asyncio.CancelledError:
            self._end(job, JobStatus.ON_HOLD, "Stopped; the next run goes on from here.")
            raise
        except CrosstieError as error:
            _log.info("job_stopped", extra={"job": job.id, "mapping": job.mapping, "error": error.code})
            return self._end(job, JobStatus.ERROR, str(error))
        finally:
            await pages.aclose()
        return job

    def _end(self, job: SynchJob, status: JobStatus, message: str) -> SynchJob:
        ended = replace(job, status=status, message=message, finished_at=self._env.clock())
        self._env.store.jobs.put(ended)
        self._env.listener.job_moved(ended)
        return ended
