"""The addresses of the pages. Only administrators come further than the sign-in."""

from collections.abc import Awaitable, Callable, Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from crosstie_sandbox.businesscentral.errors import ApiError, dialog
from crosstie_sandbox.businesscentral.web_client.pages import page
from crosstie_sandbox.businesscentral.web_client.services_page import ServicesPage
from crosstie_sandbox.businesscentral.web_client.session import Session, Sessions, close
from crosstie_sandbox.businesscentral.web_client.users_page import UsersPage
from crosstie_sandbox.sign_in.token_endpoint import read_form
from crosstie_sandbox.token import same

Form = dict[str, str]
Show = Callable[[Request, Session, str], Response]
Change = Callable[[Request, Session, Form], Response]
_BOTH = ["GET", "POST"]


def page_routes(sessions: Sessions) -> Sequence[Route]:
    """All pages."""
    database = sessions.users.database
    users = UsersPage(sessions.users)
    services = ServicesPage(database)

    async def sign_in(request: Request) -> Response:
        if request.method == "GET":
            return page("sign_in", login="", error="")
        form = read_form(await request.body())
        login = form.get("login", "")
        why = "There is no enabled user with this address and password."
        return sessions.open(login, form.get("password", "")) or page("sign_in", 401, login=login, error=why)

    async def sign_out(_: Request) -> Response:
        return close()

    return [
        Route("/sign-in", sign_in, methods=_BOTH),
        Route("/sign-out", sign_out, methods=["POST"]),
        Route("/users", _guarded(sessions, users.show_list, users.add), methods=_BOTH),
        Route("/users/{name:path}", _guarded(sessions, users.show_card, users.change), methods=_BOTH),
        Route("/web-services", _guarded(sessions, services.show, services.change), methods=_BOTH),
    ]


def _guarded(sessions: Sessions, show: Show, change: Change) -> Callable[[Request], Awaitable[Response]]:
    """A page for administrators."""

    async def endpoint(request: Request) -> Response:
        session = sessions.of(request)
        if session is None:
            return RedirectResponse("/sign-in", 303, {"Cache-Control": "no-store"})
        if not session.user.is_administrator:
            text = f"{session.user.name} needs the permission set SUPER. An administrator assigns it on the user card."
            return page("message", 403, session=session, title="You do not have permission", text=text)
        form = None if request.method == "GET" else read_form(await request.body())
        try:
            if form is None:
                return show(request, session, "")
            _check_form(form, session)
            return change(request, session, form)
        except ApiError as refusal:
            return _explained(show, request, session, refusal)

    return endpoint


def _check_form(form: Form, session: Session) -> None:
    if not same(form.get("form_token", ""), session.form_token):
        raise dialog("The form is not of this session. Nothing was changed; try once more.")


def _explained(show: Show, request: Request, session: Session, refusal: ApiError) -> Response:
    """The page once more with what the application says; a page of its own where there is nothing to show."""
    try:
        return show(request, session, refusal.message)
    except ApiError:
        return page("message", 404, session=session, title="There is no such user", text=refusal.message)
