"""The real clock, sleep, chance and ids: the only place that has them; everything else takes them as arguments."""

import asyncio
import os
import random  # noqa: TID251 - the product's one source of chance
import resource
import socket
import sys
import time
import uuid
from datetime import UTC, datetime

from crosstie.odata.runtime import Runtime


def now() -> datetime:
    """The time of day, UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the product's one clock


def new_id() -> str:
    """A fresh id that sorts by nothing."""
    return str(uuid.uuid4())  # noqa: TID251 - the product's one source of ids


def worker_name() -> str:
    """The name of this process among all workers."""
    return f"{socket.gethostname()}:{os.getpid()}:{new_id()[:8]}"


def runtime() -> Runtime:
    """What HTTP clients need of the world."""
    return Runtime(now=now, monotonic=time.monotonic, sleep=asyncio.sleep, jitter=random.random)


def monotonic() -> float:
    """Seconds that never run backwards."""
    return time.monotonic()


def peak_memory_mb() -> float:
    """The most memory that this process held so far."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 1024 if sys.platform != "darwin" else used / 1024 / 1024
