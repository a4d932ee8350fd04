"""Progress bars: a line per mapping while jobs run, on a terminal only."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from crosstie.model.job import FullSynchLine, SynchJob
from crosstie.model.words import JobId, JobStatus


class ProgressBars:
    """Implements :class:`~crosstie.synch.ports.environment.Listener`."""

    def __init__(self, *, is_shown: bool) -> None:
        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[status]}"),
            console=console,
            disable=not is_shown or not console.is_terminal,
        )
        self._tasks: dict[JobId, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def job_moved(self, job: SynchJob) -> None:
        """Move the job's bar."""
        if job.id not in self._tasks:
            self._tasks[job.id] = self._bars.add_task(f"{job.mapping:<12}", total=None, status="")
        is_done = job.status is JobStatus.FINISHED
        total = (job.total if job.total is not None else None) if not is_done else max(job.done, 1)
        done = max(job.done, 1) if is_done else job.done
        self._bars.update(self._tasks[job.id], total=total, completed=done, status=job.status)

    def line_moved(self, line: FullSynchLine) -> None:
        """The bars show jobs; lines need none."""
