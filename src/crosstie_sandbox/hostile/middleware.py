"""The faults as an ASGI application in front of a server's own, with a path to read what struck and to end it.

`GET /_hostile` tells; `POST /_hostile/off` lets what is under way land and leaves every later request alone;
`POST /_hostile/on` begins again. None of it is there when no faults are asked for.
"""

from random import Random  # noqa: TID251 - given by the program, with its seed

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from crosstie_sandbox.hostile.connection import Connection
from crosstie_sandbox.hostile.faults import FAULTS, Struck
from crosstie_sandbox.hostile.late import HeldAnswers, LateRequests
from crosstie_sandbox.hostile.plan import Plan
from crosstie_sandbox.hostile.request import Request
from crosstie_sandbox.hostile.vendors import Vendor
from crosstie_sandbox.hostile.weather import Weather

CONTROL = "/_hostile"
_SPARED = "/sandbox/stats"
"""For whoever watches."""


class Hostile:
    """A server in bad weather."""

    def __init__(self, app: ASGIApp, plan: Plan, chance: Random, vendor: Vendor) -> None:
        self._app = app
        self._plan = plan
        self._vendor = vendor
        self._weather = Weather(plan, chance)
        self._late = LateRequests(lambda request: request.deliver(app))
        self._held = HeldAnswers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or do to it what strikes it."""
        path = str(scope["path"])
        if path == CONTROL or path.startswith(f"{CONTROL}/"):
            response = await self._control(scope["method"], path.removeprefix(CONTROL))
            await response(scope, receive, send)
        elif path == _SPARED:
            await self._app(scope, receive, send)
        else:
            request = await Request.received(scope, receive)
            if request is not None:
                await self._answer(request, receive, send)

    async def _answer(self, request: Request, receive: Receive, send: Send) -> None:
        await self._late.passed()
        strike = self._weather.strike(request)
        if strike is None:
            answer = await request.deliver(self._app)
            await answer.say(send)
        else:
            struck = Struck(
                strike=strike,
                request=request,
                app=self._app,
                send=send,
                connection=Connection.of(request.scope, receive),
                plan=self._plan,
                vendor=self._vendor,
                late=self._late,
                held=self._held,
            )
            await FAULTS[strike.kind.name](struck)
        self._held.left()

    async def _control(self, method: str, verb: str) -> Response:
        match method, verb:
            case "GET", "":
                pass
            case "POST", "/off":
                self._weather.clear()
                self._held.let_go()
                await self._late.land_all()
            case "POST", "/on":
                self._weather.is_on = True
            case _:
                return JSONResponse({"error": f"GET {CONTROL}, POST {CONTROL}/off or POST {CONTROL}/on"}, 404)
        return JSONResponse(self._told())

    def _told(self) -> dict[str, object]:
        weather = self._weather
        return {
            "on": weather.is_on,
            "seed": self._plan.seed,
            "chance": self._plan.chance,
            "requests": weather.requests,
            "struck": {kind.name: weather.struck[kind.name] for kind in self._plan.kinds},
            "under_way": len(self._late),
        }
