"""What a client needs of the world: clocks, sleep, chance. Given from outside, so that tests never wait."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """Clock, sleep and chance; the program that starts us provides the real ones."""

    now: Callable[[], datetime]
    """The time of day, in UTC."""
    monotonic: Callable[[], float]
    """Seconds that never run backwards."""
    sleep: Callable[[float], Awaitable[None]]
    jitter: Callable[[], float]
    """A number from 0 (included) to 1 (excluded)."""
