"""`/sandbox/web-services`: publishing by a call. It is the sandbox's own; the vendor has a page for it and no call.

An administrator calls it with a token, with a web service access key, or with address and password as Basic sign-in.
"""

import re
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import ApiError, bad_request
from crosstie_sandbox.businesscentral.published_page import published_pages
from crosstie_sandbox.businesscentral.users.permissions import may_administer
from crosstie_sandbox.businesscentral.web_client.session import Sessions
from crosstie_sandbox.businesscentral.webservices.publishing import (
    needed_by_integration,
    publications,
    publish,
    publish_all,
    rename,
    unpublish,
)
from crosstie_sandbox.businesscentral.webservices.verbs import company_address
from crosstie_sandbox.odata.answer import loads
from crosstie_sandbox.odata.errors import ODataError
from crosstie_sandbox.token import user_and_key

_BASIC = re.compile(r"basic\s+(\S+)", re.IGNORECASE)


class Administration:
    """Lists web services for GET; publishes, renames and takes back for POST."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    @property
    def _database(self) -> Database:
        return self._sessions.users.database

    async def answer(self, request: Request) -> Response:
        """The answer to one request: what is published afterwards."""
        try:
            self._check_administrator(request.headers.get("authorization", ""))
            if request.method == "POST":
                self._change(loads(await request.body()))
        except ODataError as refusal:
            return self._refuse(bad_request(str(refusal)))
        except ApiError as refusal:
            return self._refuse(refusal)
        root = company_address(self._database, f"{request.url.scheme}://{request.url.netloc}/ODataV4")
        lines = [
            {
                "objectId": line.page.number,
                "name": line.name,
                "published": line.published,
                "url": f"{root}/{line.exposed}",
            }
            for line in publications(self._database)
        ]
        return JSONResponse({"webServices": lines})

    def _check_administrator(self, authorization: str) -> None:
        basic = _BASIC.fullmatch(authorization)
        user = self._sessions.user_with(*user_and_key(basic[1])) if basic else None
        rights = user.permission_set if user is not None else self._rights_of_caller(authorization)
        if rights is None:
            raise ApiError(401, "Authentication_InvalidCredentials", "The server has rejected the client credentials.")
        if not may_administer(rights):
            why = "Only a user with the permission set SUPER can publish web services. Nothing was changed."
            raise ApiError(403, "Authorization_RequestDenied", why)

    def _rights_of_caller(self, authorization: str) -> str | None:
        gate = self._sessions.gate
        identity = gate.caller(authorization)
        if identity is None or not gate.is_member(identity):
            return None
        return self._sessions.users.permission_set_of(identity)

    def _change(self, body: object) -> None:
        with self._database.transaction():
            match body:
                case {"publish": "integration"}:
                    publish_all(self._database, needed_by_integration())
                case {"publish": "all"}:
                    publish_all(self._database, published_pages())
                case {"publish": int(number), "name": str(name)}:
                    publish(self._database, number, name)
                case {"publish": int(number)}:
                    publish(self._database, number)
                case {"unpublish": str(name)}:
                    unpublish(self._database, name)
                case {"rename": str(name), "to": str(new_name)}:
                    rename(self._database, name, new_name)
                case _:
                    raise bad_request(
                        'The body must be {"publish": "integration"}, {"publish": "all"}, {"publish": PAGE, '
                        '"name": NAME}, {"unpublish": NAME} or {"rename": NAME, "to": NAME}. Nothing was changed.'
                    )

    def _refuse(self, error: ApiError) -> Response:
        headers = {"WWW-Authenticate": 'Basic realm=""'} if error.status == HTTPStatus.UNAUTHORIZED else {}
        return JSONResponse(error.body(self._database.ids()), error.status, headers)
