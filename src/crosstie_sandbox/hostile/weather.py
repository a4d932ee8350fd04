"""Which request is struck by what: follows from the plan, the seed and the order of the requests, and is counted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 - given by the program, with its seed

from crosstie_sandbox.hostile.kinds import Kind, Strikes
from crosstie_sandbox.hostile.plan import Plan
from crosstie_sandbox.hostile.request import Request

_LONGEST_STORM = 4
"""Requests that may be refused after the first one."""
_THROTTLE = "throttle"


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault that strikes, with what else is left to chance about it."""

    kind: Kind
    share: float
    """From 0 (included) to 1 (excluded): where a body is cut, how long it takes."""
    choice: float
    """From 0 (included) to 1 (excluded): which of several forms it takes, after how many requests."""


@dataclass(slots=True)
class Weather:
    """The faults in front of one server."""

    plan: Plan
    chance: Random
    is_on: bool = True
    requests: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    _storm: int = 0
    _resting: dict[str, int] = field(default_factory=dict)
    """Requests that must pass before a kind strikes again."""

    def clear(self) -> None:
        """No request is struck from now on."""
        self.is_on = False
        self._storm = 0

    def strike(self, request: Request) -> Strike | None:
        """What happens to the next request; None if it is left alone."""
        self.requests += 1
        self._resting = {name: left - 1 for name, left in self._resting.items() if left > 1}
        # Drawn for every request, so that the next one's fate does not hang on what this one was.
        does_strike, which, share, choice = (self.chance.random() for _ in range(4))
        if not self.is_on:
            return None
        kinds = list(self._possible(request))
        kind = next((one for one in kinds if one.name == _THROTTLE), None) if self._storm else None
        self._storm = max(0, self._storm - 1)
        if kind is None:
            if does_strike >= self.plan.chance or not kinds:
                return None
            kind = kinds[int(which * len(kinds))]
            if kind.name == _THROTTLE:
                self._storm = int(choice * (_LONGEST_STORM + 1))
        self.struck[kind.name] += 1
        if kind.rest:
            self._resting[kind.name] = kind.rest
        return Strike(kind, share, choice)

    def _possible(self, request: Request) -> Iterator[Kind]:
        for kind in self.plan.kinds:
            if request.is_sign_in:
                if kind.sign_in:
                    yield kind
            elif kind.name not in self._resting and _may_strike(kind.strikes, request):
                yield kind


def _may_strike(strikes: Strikes, request: Request) -> bool:
    match strikes:
        case Strikes.ANY:
            return True
        case Strikes.WRITE:
            return request.is_write
        case Strikes.REPEATABLE:
            return request.is_repeatable
        case Strikes.TOKEN:
            return request.shows_token
