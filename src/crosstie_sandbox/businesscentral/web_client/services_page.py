"""The page Web Services: publish, unpublish, rename."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.published_page import published_pages
from crosstie_sandbox.businesscentral.web_client.pages import page
from crosstie_sandbox.businesscentral.web_client.session import Session
from crosstie_sandbox.businesscentral.webservices.publishing import (
    needed_by_integration,
    publications,
    publish,
    publish_all,
    rename,
    unpublish,
)
from crosstie_sandbox.businesscentral.webservices.verbs import company_address


class ServicesPage:
    """The list of web services."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def show(self, request: Request, session: Session, error: str) -> Response:
        """All lines, and what else could be published."""
        root = company_address(self._database, f"{request.url.scheme}://{request.url.netloc}/ODataV4")
        return page(
            "web_services",
            HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK,
            session=session,
            error=error,
            root=root,
            lines=publications(self._database),
            pages=tuple(published_pages().values()),
        )

    def change(self, _request: Request, _session: Session, form: dict[str, str]) -> Response:
        """What a button of the page does."""
        name = form.get("name", "")
        match form.get("action", ""):
            case "publish_all":
                publish_all(self._database, needed_by_integration())
            case "publish":
                publish(self._database, _number(form), name or None)
            case "unpublish":
                unpublish(self._database, name)
            case "rename":
                rename(self._database, name, form.get("new_name", ""))
            case action:
                raise dialog(f"The page has no action '{action}'.")
        return RedirectResponse("/web-services", 303)


def _number(form: dict[str, str]) -> int:
    text = form.get("number", "")
    if not (text.isascii() and text.isdigit()):
        raise dialog("Choose the page that shall be published.")
    return int(text)
