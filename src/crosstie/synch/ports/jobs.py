"""The job engine port: runs synch jobs in the background, one per mapping at a time.

Business state (cursors, counters, line states, locks) is the store's; an engine may forget everything it knows, and the
next run goes on from the store.
"""

from collections.abc import Sequence
from typing import Protocol

from crosstie.model.job import SynchJob
from crosstie.model.words import JobId


class JobEngine(Protocol):
    """Runs jobs to their end."""

    async def run_all(self, jobs: Sequence[SynchJob]) -> Sequence[SynchJob]:
        """Run jobs that do not depend on each other; returns them as they ended.

        A job that a system refuses or cannot take now ends with status Error and a message; it does not raise.
        """
        ...

    def cancel(self, job: JobId) -> None:
        """Stop a job at its next page; what is done stays done."""
        ...
