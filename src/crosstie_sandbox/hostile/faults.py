"""What each kind of fault does to a request."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.types import ASGIApp, Send

from crosstie_sandbox.hostile.connection import Connection
from crosstie_sandbox.hostile.late import HeldAnswers, LateRequests
from crosstie_sandbox.hostile.plan import Plan
from crosstie_sandbox.hostile.request import Answer, Request
from crosstie_sandbox.hostile.vendors import Vendor, made, sign_in_throttled
from crosstie_sandbox.hostile.weather import Strike

_MOST_OVERTAKING = 3
_DROPS = 10
"""Pieces of a body that trickles."""
_HTML = "text/html; charset=utf-8"
_FOREIGN = (
    (_HTML, b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in to your network</body></html>"),
    ("application/json", b'{"status":"ok"}'),
    ("application/json", b"[]"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """A request that is struck, and all that its fault may need."""

    strike: Strike
    request: Request
    app: ASGIApp
    send: Send
    connection: Connection
    plan: Plan
    vendor: Vendor
    late: LateRequests
    held: HeldAnswers

    async def served(self) -> Answer:
        """Have the server do what is asked."""
        return await self.request.deliver(self.app)

    async def say(self, answer: Answer) -> None:
        """Answer the client."""
        await answer.say(self.send)


async def _lost_request(struck: Struck) -> None:
    await struck.connection.close()


async def _lost_answer(struck: Struck) -> None:
    await struck.served()
    await struck.connection.close()


async def _late_effect(struck: Struck) -> None:
    after = 1 + int(struck.strike.choice * struck.plan.passed_by)
    struck.late.put(struck.request, after=after, seconds=struck.strike.share * struck.plan.late)
    await struck.connection.close()


async def _throttle(struck: Struck) -> None:
    if struck.request.is_sign_in:
        await struck.say(sign_in_throttled(struck.plan.retry_after))
    else:
        await struck.say(struck.vendor.throttled(struck.strike.share, struck.plan.retry_after))


async def _unavailable(struck: Struck) -> None:
    is_too_late = struck.strike.choice < 0.5  # noqa: PLR2004 - one of two forms
    if is_too_late:
        await struck.served()
    reason = "504 Gateway Timeout" if is_too_late else "503 Service Unavailable"
    page = f"<html><head><title>{reason}</title></head><body><h1>{reason}</h1></body></html>".encode()
    headers = {} if is_too_late else {"Retry-After": str(struck.plan.retry_after)}
    await struck.say(made(int(reason[:3]), _HTML, page, headers))


async def _slow_body(struck: Struck) -> None:
    answer = await struck.served()
    await answer.begin(struck.send)
    size = max(1, len(answer.body) // _DROPS)
    for start in range(0, len(answer.body), size):
        await asyncio.sleep(struck.strike.share * struck.plan.slow / _DROPS)
        await struck.send({"type": "http.response.body", "body": answer.body[start : start + size], "more_body": True})
    await struck.send({"type": "http.response.body", "body": b""})


async def _truncated(struck: Struck) -> None:
    await _begin_only(struck)
    await struck.connection.close()


async def _reset(struck: Struck) -> None:
    await _begin_only(struck)
    await struck.connection.reset()


async def _begin_only(struck: Struck) -> None:
    """Send part of the answer; one without a body has no middle, so nothing of it is sent."""
    answer = await struck.served()
    if answer.body and struck.request.scope["method"] != "HEAD":
        await answer.begin(struck.send, answer.body[: int(struck.strike.share * len(answer.body))])


async def _wrong_json(struck: Struck) -> None:
    form = int(struck.strike.choice * (len(_FOREIGN) + 1))
    if form < len(_FOREIGN):
        await struck.say(made(200, *_FOREIGN[form]))
    else:
        body = (await struck.served()).body
        await struck.say(made(200, "application/json", body[: int(struck.strike.share * len(body))]))


async def _duplicate(struck: Struck) -> None:
    answer = await struck.served()
    await struck.served()
    await struck.say(answer)


async def _delay(struck: Struck) -> None:
    answer = await struck.served()
    await asyncio.sleep(struck.strike.share * struck.plan.slow)
    await struck.say(answer)


async def _reorder(struck: Struck) -> None:
    answer = await struck.served()
    await struck.held.wait(1 + int(struck.strike.choice * _MOST_OVERTAKING), struck.plan.slow)
    await struck.say(answer)


async def _expired_token(struck: Struck) -> None:
    await struck.say(struck.vendor.unauthorized())


FAULTS: Mapping[str, Callable[[Struck], Awaitable[None]]] = MappingProxyType(
    {
        "lost-request": _lost_request,
        "lost-answer": _lost_answer,
        "late-effect": _late_effect,
        "throttle": _throttle,
        "unavailable": _unavailable,
        "slow-body": _slow_body,
        "truncated": _truncated,
        "reset": _reset,
        "wrong-json": _wrong_json,
        "duplicate": _duplicate,
        "delay": _delay,
        "reorder": _reorder,
        "expired-token": _expired_token,
    }
)
"""What to do, by the name of the kind."""
