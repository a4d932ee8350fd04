"""On SQLite one process runs jobs. The operating system frees the lock when that process dies, however it dies."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from crosstie.app.settings import Settings
from crosstie.model.errors import UsageError


@contextmanager
def the_only_worker(settings: Settings) -> Iterator[bool]:
    """Hold the right to run jobs; yields whether no other process can be running any.

    With PostgreSQL many workers run; their mapping locks have leases instead.
    """
    if not settings.is_embedded:
        yield False
        return
    lock = FileLock(settings.home / "worker.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise UsageError(
            f"Another Crosstie process is running jobs in {settings.home}; nothing was started.",
            "Wait until it ends, or stop it.",
        ) from error
    try:
        yield True
    finally:
        lock.release()
