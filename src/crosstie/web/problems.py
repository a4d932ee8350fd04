"""Pages for what went wrong: what happened, and what to do next; never a traceback."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from crosstie.model.errors import CrosstieError
from crosstie.web.guard import HEADERS
from crosstie.web.pages import PAGES
from crosstie.web.rendering import render


@dataclass(frozen=True, slots=True)
class _Problem:
    title: str
    message: str
    next_step: str


_NOT_FOUND = _Problem(
    "This page does not exist",
    "There is nothing at this address; it may have been mistyped, or belong to another version of Crosstie.",
    "Choose a page from the menu, or go back to the overview.",
)
_NOT_ALLOWED = _Problem(
    "This cannot be done here",
    "The page can be read, but it takes no changes. Nothing was changed.",
    "Use the command line for changes; 'crosstie --help' lists what it can do.",
)
_OTHER_REFUSAL = _Problem(
    "The request was refused",
    "Crosstie could not understand what the browser asked for. Nothing was changed.",
    "Go back to the overview and try again.",
)
_BROKEN = _Problem(
    "The page could not be made",
    "Crosstie met an error of its own while it read its database. Synchronization is not affected.",
    "Reload the page. If it stays like this, the program's output says what happened.",
)


def refused(_request: Request, error: Exception) -> HTMLResponse:
    """The page for an address or method that does not exist."""
    if not isinstance(error, HTTPException):
        raise error
    known = {404: _NOT_FOUND, 405: _NOT_ALLOWED}
    return _page(known.get(error.status_code, _OTHER_REFUSAL), error.status_code, error.headers)


def failed(_request: Request, error: Exception) -> HTMLResponse:
    """The page for a failure that the product knows how to speak about."""
    if not isinstance(error, CrosstieError):
        raise error
    return _page(_Problem(_BROKEN.title, error.message, error.next_step or _BROKEN.next_step), 503)


def broke(_request: Request, _error: Exception) -> HTMLResponse:
    """The page for a failure that nobody expected; the server logs it. It is made outside of the guard."""
    return _page(_BROKEN, 500, {**HEADERS, "Cache-Control": "no-store"})


def _page(problem: _Problem, status: int, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    body = render("problem.html", pages=PAGES, page=None, connection="", needing_attention=0, problem=problem)
    return HTMLResponse(body, status, headers)
