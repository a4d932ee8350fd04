"""Weather: what may go wrong at each call of a system, how often, and a trace of everything that did.

Every fault is drawn from the history's own random numbers, so the same seed has the same weather.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 - chance with a seed is what a simulation is made of

from crosstie.model.words import RecordId

CALL_FAULTS = ("crash before", "throttled", "permission lost", "pause before")
"""At any read."""
WRITE_FAULTS = (
    "crash before",
    "crash after",
    "lost request",
    "lost answer",
    "late effect",
    "doubled delivery",
    "throttled",
    "permission lost",
    "partial success",
    "refused",
    "race",
    "edited after",
    "pause before",
    "pause after",
)
FEED_FAULTS = ("repeated notices", "expired token", "edited while read")
OTHER_FAULTS = ("crash at commit", "disk full", "late commit", "clock step", "schema change")
FAULTS = frozenset(CALL_FAULTS + WRITE_FAULTS + FEED_FAULTS + OTHER_FAULTS)


class CrashError(BaseException):
    """The process is gone; nothing of it runs afterwards."""


@dataclass
class Weather:
    """Chance of faults, and what was met so far."""

    random: Random
    chance: float
    met: Counter[str]
    user: Callable[[], None]
    """A user does something."""
    race: Callable[[str, RecordId | None], None]
    """A user acts between our read and our write, mostly on that very record."""
    pause: Callable[[], Awaitable[None]]
    """This process stands still while another one works."""
    trace: list[object] = field(default_factory=list)

    def strikes(self, faults: tuple[str, ...], more: float = 1) -> str | None:
        """One of ``faults``, now and then; ``more`` times as often as elsewhere."""
        if self.random.random() >= self.chance * more:
            return None
        fault = self.random.choice(faults)
        self.note(fault)
        return fault

    def note(self, what: str, detail: str = "") -> None:
        """Something happened."""
        self.met[what] += 1
        self.trace.append((what, detail))
