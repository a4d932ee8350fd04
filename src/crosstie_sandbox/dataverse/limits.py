"""Service-protection limits: how much one user may ask of the server within a sliding window.

The vendor counts requests, their execution time, and how many are under way at once; a batch or a bulk action is one
request. Whoever goes on asking after a refusal is told to wait longer.
"""

from collections import deque
from dataclasses import dataclass, field
from math import ceil

from crosstie_sandbox.dataverse.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Limits:
    """What one user may do; the defaults are the vendor's."""

    requests: int = 6000
    """Within the window."""
    execution_seconds: float = 1200.0
    """Time that requests may take together within the window."""
    concurrent: int = 52
    """Requests under way at once."""
    window_seconds: int = 300


VENDOR_LIMITS = Limits()


class ThrottledError(ServiceError):
    """A request beyond a limit."""

    def __init__(self, code: str, message: str, wait: int) -> None:
        super().__init__(429, code, message)
        self.wait = wait
        """After how many seconds to try again."""
        self.headers["Retry-After"] = str(wait)


@dataclass(slots=True)
class _Use:
    """What a user has done within the window."""

    finished: deque[tuple[float, float]] = field(default_factory=deque)
    """Moment of arrival and execution time, in seconds."""
    spent: float = 0.0
    under_way: int = 0
    refusals: int = 0
    """In a row."""


class Throttle:
    """Counts what users do; moments are seconds on any one clock."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._users: dict[str, _Use] = {}

    def begin(self, user: str, now: float) -> None:
        """Let a request in, or raise ThrottledError; whoever was let in must call `end`."""
        use = self._users.setdefault(user, _Use())
        self._forget(use, now)
        refusal = self._exceeded(use, now)
        if refusal is not None:
            use.refusals += 1
            raise refusal
        use.refusals = 0
        use.under_way += 1

    def end(self, user: str, began: float, now: float) -> dict[str, str]:
        """Note that a request is done; says in the vendor's headers how much is left."""
        use = self._users[user]
        took = max(now - began, 0.0)
        use.under_way -= 1
        use.finished.append((began, took))
        use.spent += took
        limits = self._limits
        remaining = limits.requests - len(use.finished) - use.under_way
        return {
            "x-ms-ratelimit-burst-remaining-xrm-requests": str(max(remaining, 0)),
            "x-ms-ratelimit-time-remaining-xrm-requests": f"{max(limits.execution_seconds - use.spent, 0.0):,.2f}",
        }

    def _forget(self, use: _Use, now: float) -> None:
        while use.finished and use.finished[0][0] <= now - self._limits.window_seconds:
            _, took = use.finished.popleft()
            use.spent -= took
        if not use.finished:
            use.spent = 0.0

    def _exceeded(self, use: _Use, now: float) -> ThrottledError | None:
        limits = self._limits
        if use.under_way >= limits.concurrent:
            text = f"Number of concurrent requests exceeded the limit of {limits.concurrent}."
            return ThrottledError("0x80072326", text, 1 + use.refusals)
        over = f"over time window of {limits.window_seconds} seconds."
        if len(use.finished) + use.under_way >= limits.requests:
            text = f"Number of requests exceeded the limit of {limits.requests} {over}"
            surplus = len(use.finished) + use.under_way - limits.requests
            return ThrottledError("0x80072322", text, self._wait(use, now, surplus + 1))
        if use.spent >= limits.execution_seconds:
            milliseconds = f"{limits.execution_seconds * 1000:,.0f}"
            text = (
                f"Combined execution time of incoming requests exceeded limit of {milliseconds} milliseconds {over}"
                " Decrease number of concurrent requests or reduce the duration of requests and try again later."
            )
            return ThrottledError("0x80072321", text, self._wait(use, now, self._until_affordable(use)))
        return None

    def _until_affordable(self, use: _Use) -> int:
        """How many requests must be forgotten before there is time left."""
        spent = use.spent
        for count, (_, took) in enumerate(use.finished, 1):
            spent -= took
            if spent < self._limits.execution_seconds:
                return count
        return len(use.finished)

    def _wait(self, use: _Use, now: float, forgotten: int) -> int:
        """Whole seconds until so many requests are out of the window, and one more for each refusal in a row."""
        position = min(forgotten, len(use.finished)) - 1
        began = use.finished[position][0] if position >= 0 else now
        return max(ceil(began + self._limits.window_seconds - now), 1) + use.refusals
