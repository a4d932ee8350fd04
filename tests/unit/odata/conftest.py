"""A clock that moves only when somebody sleeps, and a server that answers from a script."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from crosstie.odata.runtime import Runtime
from crosstie.odata.secret import Secret
from crosstie.odata.session import Session
from crosstie.odata.token import BasicAuth, TokenProvider
from crosstie.odata.wire import Wire

START = datetime(2026, 1, 5, 12, tzinfo=UTC)


@dataclass
class Clock:
    """Virtual time; every sleep is written down."""

    elapsed: float = 0.0
    slept: list[float] = field(default_factory=list)
    asleep: asyncio.Event = field(default_factory=asyncio.Event)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.asleep.set()
        await asyncio.sleep(0)  # others go on meanwhile
        self.elapsed += seconds

    def runtime(self) -> Runtime:
        return Runtime(
            now=lambda: START + timedelta(seconds=self.elapsed),
            monotonic=lambda: self.elapsed,
            sleep=self.sleep,
            jitter=lambda: 0.0,
        )


@dataclass
class Meter:
    requests: int = 0
    retries: int = 0
    by_verb: dict[str, int] = field(default_factory=dict)


Reply = httpx2.Response | Exception


class Script(httpx2.AsyncBaseTransport):
    """The far end: gives the next reply of the script and keeps what it was asked."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.requests: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


@dataclass
class Line:
    """A session over a script."""

    session: Session
    script: Script
    clock: Clock
    meter: Meter


Open = Callable[..., Line]


@pytest.fixture
def line() -> Open:
    """Opens a session over scripted replies."""

    def opened(*replies: Reply, tokens: TokenProvider | None = None, concurrency: int = 4) -> Line:
        clock, meter, script = Clock(), Meter(), Script(*replies)
        wire = Wire(transport=script, connections=concurrency, answer_s=10.0, meter=meter)
        session = Session(
            url="https://crm.example/api",
            wire=wire,
            tokens=tokens or BasicAuth("ada", Secret("key")),
            runtime=clock.runtime(),
            concurrency=concurrency,
            is_throttle=lambda answer: answer.error()[0] == "TooMany",
            headers={"Accept": "application/json"},
        )
        return Line(session, script, clock, meter)

    return opened
