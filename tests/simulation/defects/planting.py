"""Planting: a defect replaces pieces of the product by broken ones while a block runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.simulation.history import ANY, Fixed

from crosstie.model.words import ConflictResolution, OnDeletion

ASKS = Fixed(conflicts=ConflictResolution.NONE, deletions=OnDeletion.ASK)
"""No rule decides: whatever the product chooses by itself shows."""
WORKERS = Fixed(is_alone=False, chance=0.06)
"""Two processes, one of which often stands still."""
STORM = Fixed(chance=0.08)


@dataclass(frozen=True, slots=True)
class Defect:
    """One planted defect."""

    name: str
    changes: tuple[tuple[object, str, object], ...]
    """Owner, attribute, broken replacement."""
    fixed: Fixed = ANY
    """The worlds in which it shows soonest."""
    first: int = 1
    """The seed from which it is looked for: near one that showed it, for the sake of time."""
    is_rare: bool = False
    """It takes thousands of histories; no test waits for it."""

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Broken inside, mended after."""
        kept = [(owner, name, getattr(owner, name)) for owner, name, _ in self.changes]
        for owner, name, broken in self.changes:
            setattr(owner, name, broken)
        try:
            yield
        finally:
            for owner, name, sound in kept:
                setattr(owner, name, sound)


def nothing(*_: object, **__: object) -> int:
    """In place of something that matters."""
    return 0


async def nothing_at_all(*_: object, **__: object) -> int:
    """In place of something that matters and is awaited."""
    return 0
