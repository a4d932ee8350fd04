"""A real sandbox server in this process, time that moves when somebody sleeps, and a line to it that can fail."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import UUID

import httpx2

from crosstie.odata.runtime import Runtime

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Clock:
    """Virtual time, shared by both ends; every sleep is written down."""

    elapsed: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.elapsed += seconds

    def pass_(self, **time: float) -> None:
        self.elapsed += timedelta(**time).total_seconds()

    def runtime(self) -> Runtime:
        return Runtime(now=self.now, monotonic=lambda: self.elapsed, sleep=self.sleep, jitter=lambda: 0.0)


@dataclass
class Ids:
    """GUIDs in a row, the same in every run."""

    last: int = 0

    def __call__(self) -> UUID:
        self.last += 1
        return UUID(int=0xC0DE << 112 | self.last)


class Line(httpx2.AsyncBaseTransport):
    """Carries requests to the server, unless the next fault says otherwise. Faults hit batches only."""

    def __init__(self, app: object) -> None:
        self._inner = httpx2.ASGITransport(app=app)  # type: ignore[arg-type]
        self.faults: list[str | httpx2.Response] = []
        self.is_down = False
        self.clock: Clock | None = None
        """The server's clock, if it tells it."""
        self.requests: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.is_down:
            raise httpx2.ConnectError("Connection refused")
        self.requests.append(request)
        fault = self.faults.pop(0) if self.faults and request.url.path.endswith("$batch") else None
        if isinstance(fault, httpx2.Response):
            return fault
        if fault == "cannot connect":
            raise httpx2.ConnectError("Connection refused")
        if fault == "lost before effect":
            raise httpx2.ReadError("connection reset")
        response = await self._inner.handle_async_request(request)
        if self.clock is not None:
            response.headers["Date"] = format_datetime(self.clock.now(), usegmt=True)
        if fault == "lost after effect":
            raise httpx2.ReadError("connection reset")
        return response


def numbers(start: int = 1) -> Iterator[int]:
    """Numbers for new records."""
    while True:
        yield start
        start += 1
