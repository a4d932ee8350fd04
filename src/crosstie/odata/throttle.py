"""How many requests may be under way: additive increase, multiplicative decrease; and how long to wait after a refusal.

Servers say "too many" with 429 (or 503); they never say how many would do. So the width grows by about one per round of
answered requests and is halved when one is refused, once per wave: the others of that wave were sent at the old width.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import TracebackType

LONGEST_PAUSE_S = 30.0
FIRST_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Width:
    """How many requests may be under way."""

    value: float
    ceiling: int

    @property
    def places(self) -> int:
        """Whole requests."""
        return int(self.value)

    def widened(self) -> "Width":
        """After an answered request."""
        return Width(min(float(self.ceiling), self.value + 1.0 / self.value), self.ceiling)

    def narrowed(self) -> "Width":
        """After a refused one."""
        return Width(max(1.0, self.value / 2.0), self.ceiling)


class Gate:
    """Lets as many requests through as :class:`Width` says."""

    def __init__(self, ceiling: int) -> None:
        self._width = Width(float(ceiling), ceiling)
        self._wave = 0
        self._busy = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def width(self) -> Width:
        """How wide the gate stands now."""
        return self._width

    @property
    def wave(self) -> int:
        """Number of times the gate was narrowed; a request remembers it to say when it was sent."""
        return self._wave

    def succeeded(self) -> None:
        """A request was answered."""
        self._width = self._width.widened()
        self._wake()

    def refused(self, wave: int) -> None:
        """A request that was sent in ``wave`` was refused as one too many."""
        if wave == self._wave:
            self._width = self._width.narrowed()
            self._wave += 1

    async def __aenter__(self) -> None:
        while self._busy >= self._width.places:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                else:
                    self._wake()  # our turn had come: pass it on
                raise
        self._busy += 1

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._busy -= 1
        self._wake()

    def _wake(self) -> None:
        free = self._width.places - self._busy
        while free > 0 and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                free -= 1


def back_off(attempt: int, jitter: float) -> float:
    """Seconds to wait after the ``attempt``-th failure (from 0): doubling, spread by ``jitter`` over its upper half.

    >>> back_off(0, 0.0), back_off(3, 0.0), back_off(3, 0.5), back_off(99, 0.0)
    (0.25, 2.0, 3.0, 15.0)
    """
    longest = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(attempt, 16))
    return longest * (0.5 + jitter / 2.0)


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header asks for; it may hold seconds or a date.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    >>> retry_after("7", noon), retry_after("Mon, 05 Jan 2026 12:00:30 GMT", noon), retry_after("soon", noon)
    (7.0, 30.0, None)
    """
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - now).total_seconds())
    except (ValueError, TypeError):
        return None
