"""The web application: one address per page, read-only, over an opened product."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from crosstie.app import real_world
from crosstie.app.read_model import overview
from crosstie.app.wiring import Crosstie
from crosstie.model.errors import CrosstieError
from crosstie.synch.ports.environment import Clock
from crosstie.web import problems
from crosstie.web.guard import Guard
from crosstie.web.pages import PAGES, Page
from crosstie.web.rendering import STATIC, render
from crosstie.web.view import View

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_JOBS_LOOKED_AT = 20
"""At least so many of the latest jobs are read, to know whether one is in process."""


def create_app(crosstie: Crosstie, *, clock: Clock = real_world.now, hosts: Sequence[str] = LOOPBACK) -> Starlette:
    """The pages of an opened product.

    ``hosts`` are the names under which browsers may ask for them; empty means any. There is no sign-in yet, so
    everybody who can reach the server can read the pages.
    """
    return Starlette(
        routes=[
            *(Route(page.address, _endpoint(crosstie, page, clock)) for page in PAGES),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard, hosts=hosts)],
        exception_handlers={
            HTTPException: problems.refused,
            CrosstieError: problems.failed,
            Exception: problems.broke,
        },
    )


def _endpoint(crosstie: Crosstie, page: Page, clock: Clock) -> Callable[[Request], Awaitable[Response]]:
    def html(*, is_paused: bool) -> str:
        jobs = max(page.rows, _JOBS_LOOKED_AT)
        model = overview(crosstie, couplings=page.rows, jobs=jobs, attention=page.rows)
        view = View(model, clock(), page.rows)
        return render(
            page.template,
            pages=PAGES,
            page=page,
            view=view,
            connection=view.connection,
            needing_attention=view.needing_attention,
            is_live=view.in_process > 0 and not is_paused,
            is_paused=is_paused,
        )

    async def show(request: Request) -> Response:
        # The database is asked in a thread, so that a slow disk holds up one reader and not all.
        return HTMLResponse(await run_in_threadpool(html, is_paused=request.query_params.get("updates") == "paused"))

    return show
