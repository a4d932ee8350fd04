"""How much one user may ask of the server, as the vendor's online service has it.

Per user: so many requests within a sliding window, so many at a time, a queue for some more, and an end to waiting and
working. Beyond requests and queue the answer is 429 without Retry-After; who waits in the queue for too long gets 503,
an operation that takes too long 408, and when even the gateway has waited long enough it says 504.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.requests import Request

from crosstie_sandbox.businesscentral.errors import ApiError

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers; by themselves the vendor's."""

    requests: int = 6000
    window_seconds: int = 300
    concurrent: int = 5
    queued: int = 95
    queue_seconds: float = 480
    operation_seconds: float = 480
    gateway_seconds: float = 600
    body_bytes: int = 350 * 1024 * 1024
    notification_seconds: float = 30
    """How long changes wait to be told to webhooks, so that many of one record are told as one."""
    on_premises: bool = False
    """Whether they also hold for the addresses of a server of one's own, which has none by itself."""


VENDOR_LIMITS = Limits()


@dataclass(slots=True)
class _Use:
    """What one user has going on."""

    slots: asyncio.Semaphore
    begun: deque[datetime] = field(default_factory=deque)
    present: int = 0


class Limiter:
    """Lets the requests of each user in, one after the other."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock
        self._uses: defaultdict[str, _Use] = defaultdict(lambda: _Use(asyncio.Semaphore(limits.concurrent)))

    @asynccontextmanager
    async def admitted(self, user: str, *, online: bool) -> AsyncIterator[None]:
        """Let a request in as soon as its user may have another one; raises ApiError when it may not."""
        if not (online or self._limits.on_premises):
            yield
            return
        use = self._uses[user]
        self._count(use)
        use.present += 1
        try:
            async with (
                _time(self._limits.gateway_seconds, _gateway_timeout),
                self._slot(use),
                _time(self._limits.operation_seconds, _operation_timeout),
            ):
                yield
        finally:
            use.present -= 1

    def _count(self, use: _Use) -> None:
        now = self._clock()
        begin = now - timedelta(seconds=self._limits.window_seconds)
        while use.begun and use.begun[0] <= begin:
            use.begun.popleft()
        if len(use.begun) >= self._limits.requests or use.present >= self._limits.concurrent + self._limits.queued:
            raise _too_many_requests()
        use.begun.append(now)

    @asynccontextmanager
    async def _slot(self, use: _Use) -> AsyncIterator[None]:
        async with _time(self._limits.queue_seconds, _queue_timeout):
            await use.slots.acquire()
        try:
            yield
        finally:
            use.slots.release()


@asynccontextmanager
async def _time(seconds: float, refusal: Callable[[], ApiError]) -> AsyncIterator[None]:
    """Refuse what does not end in time."""
    timer = asyncio.timeout(seconds)
    try:
        async with timer:
            yield
    except TimeoutError:
        if timer.expired():
            raise refusal() from None
        raise


async def read_body(request: Request, limits: Limits) -> bytes:
    """The body of a request, as far as it may go."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > limits.body_bytes:
            raise ApiError(413, "Unknown", f"The body of the request is larger than {limits.body_bytes} bytes.")
    return bytes(content)


def _too_many_requests() -> ApiError:
    return ApiError(429, "Application_TooManyRequests", "Too many requests reached the server in too short a time.")


def _queue_timeout() -> ApiError:
    return ApiError(503, "Unknown", "The server is too busy: the request has waited for its turn for too long.")


def _operation_timeout() -> ApiError:
    return ApiError(408, "Unknown", "The operation was canceled because it took longer than an operation may take.")


def _gateway_timeout() -> ApiError:
    return ApiError(504, "Unknown", "The gateway has not received an answer of the server in time.")
