"""The permit of a worker: the right to write to a mapping's tables, and to remember what came of it.

A worker that stood still for longer than its lease is followed by another one. When it comes back it must neither send
anything nor put what it knew then over what the other one has learned since.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from crosstie.model.words import JobId, MappingName
from crosstie.synch.ports.environment import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """The right to write to a mapping's tables: the lock's epoch, and until when it holds."""

    job: JobId
    epoch: int
    until: datetime


@contextmanager
def remembering(env: Environment, mapping: MappingName, permit: Permit) -> Iterator[None]:
    """A transaction of the worker that holds the mapping's lock; LockLostError when that is another one by now."""
    with env.store.transaction():
        env.store.locks.hold(mapping, permit.epoch)
        yield
