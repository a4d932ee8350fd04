"""The pages Users and User Card: Change Web Service Key, permission set, state, new users."""

from datetime import UTC, datetime
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.users.permissions import licenses, permission_sets
from crosstie_sandbox.businesscentral.users.store import Users
from crosstie_sandbox.businesscentral.web_client.pages import page
from crosstie_sandbox.businesscentral.web_client.session import Session


class UsersPage:
    """The list, and the card of each user."""

    def __init__(self, users: Users) -> None:
        self._users = users

    def show_list(self, _request: Request, session: Session, error: str) -> Response:
        """All users."""
        return page(
            "users",
            _status(error),
            session=session,
            error=error,
            users=self._users.all(),
            licenses=licenses(),
            permission_sets=permission_sets(),
        )

    def add(self, _request: Request, _session: Session, form: dict[str, str]) -> Response:
        """A new user from what was entered."""
        names = ("name", "full_name", "license", "permission_set")
        name, full_name, license_type, permission_set = (form.get(field, "") for field in names)
        self._users.add(name, full_name, license_type, permission_set)
        return RedirectResponse("/users", 303)

    def show_card(self, request: Request, session: Session, error: str) -> Response:
        """One user."""
        return self._card(request, session, error=error)

    def change(self, request: Request, session: Session, form: dict[str, str]) -> Response:
        """What a button of the card does; a new key is shown on the page that answers, and never again."""
        name = str(request.path_params["name"])
        match form.get("action", ""):
            case "change_key":
                return self._card(request, session, new_key=self._users.change_key(name, _expiry(form)))
            case "remove_key":
                self._users.remove_key(name)
            case "enable" | "disable" as action:
                self._users.set_enabled(name, enabled=action == "enable")
            case "permission_set":
                self._users.set_permission_set(name, form.get("permission_set", ""))
            case action:
                raise dialog(f"The page has no action '{action}'.")
        return RedirectResponse(str(request.url), 303)

    def _card(self, request: Request, session: Session, *, error: str = "", new_key: str = "") -> Response:
        user = self._users.named(str(request.path_params["name"]))
        return page(
            "user",
            _status(error),
            session=session,
            error=error,
            user=user,
            new_key=new_key,
            permission_sets=permission_sets(),
        )


def _status(error: str) -> int:
    return HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK


def _expiry(form: dict[str, str]) -> datetime | None:
    """The begin of the day that was chosen, in UTC; None for a key that never expires."""
    if form.get("expires") != "at":
        return None
    try:
        return datetime.fromisoformat(form.get("date", "")).replace(tzinfo=UTC)
    except ValueError:
        raise dialog("Enter the Web Service Expiry Date, or choose Key Never Expires.") from None
