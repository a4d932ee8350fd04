"""Requests whose client has given up on them, and answers that wait for others to leave first."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from crosstie_sandbox.hostile.request import Request


@dataclass(slots=True, eq=False)
class _Late:
    request: Request
    after: int
    """Requests that pass it before it lands."""
    timer: asyncio.TimerHandle


class LateRequests:
    """Requests that land after so many others, or after a time if nobody else comes."""

    def __init__(self, deliver: Callable[[Request], Awaitable[object]]) -> None:
        self._deliver = deliver
        self._under_way: list[_Late] = []
        self._landing: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._under_way)

    def put(self, request: Request, *, after: int, seconds: float) -> None:
        """Let a request land after `after` others, or after `seconds`."""
        timer = asyncio.get_running_loop().call_later(seconds, self._time_is_up, request)
        self._under_way.append(_Late(request, after, timer))

    async def passed(self) -> None:
        """Another request has come; those whose turn it is land before it."""
        for late in self._under_way:
            late.after -= 1
        await self._land([late for late in self._under_way if late.after <= 0])

    async def land_all(self) -> None:
        """All of them land now."""
        await self._land(list(self._under_way))

    def _time_is_up(self, request: Request) -> None:
        task = asyncio.get_running_loop().create_task(
            self._land([late for late in self._under_way if late.request is request])
        )
        self._landing.add(task)
        task.add_done_callback(self._landing.discard)

    async def _land(self, due: list[_Late]) -> None:
        # Once: its time may be up in the moment in which the last request passes it.
        landing = [late for late in due if late in self._under_way]
        for late in landing:
            late.timer.cancel()
            self._under_way.remove(late)
        for late in landing:
            await self._deliver(late.request)


class HeldAnswers:
    """Answers that leave after others, or after a time if there are none."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, asyncio.Event]] = []

    async def wait(self, others: int, seconds: float) -> None:
        """Wait until `others` answers have left, or for `seconds`."""
        event = asyncio.Event()
        self._waiting.append((others, event))
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            self._waiting = [one for one in self._waiting if one[1] is not event]

    def left(self) -> None:
        """An answer has left."""
        self._waiting = [(others - 1, event) for others, event in self._waiting]
        for others, event in self._waiting:
            if others <= 0:
                event.set()
        self._waiting = [one for one in self._waiting if one[0] > 0]

    def let_go(self) -> None:
        """All of them may leave."""
        for _, event in self._waiting:
            event.set()
        self._waiting = []
