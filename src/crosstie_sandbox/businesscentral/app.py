"""The ERP as an ASGI application: sign-in, the API under its two addresses, and counters for whoever tests."""

import hashlib
import re
from http import HTTPStatus
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from crosstie_sandbox.businesscentral.addresses import ROOT
from crosstie_sandbox.businesscentral.batch import answer_batch
from crosstie_sandbox.businesscentral.behaviours import open_company
from crosstie_sandbox.businesscentral.calls import Answer, Call
from crosstie_sandbox.businesscentral.database import Clock, Database, IdSource, Settings
from crosstie_sandbox.businesscentral.environments import ENVIRONMENTS, environments
from crosstie_sandbox.businesscentral.errors import ApiError, bad_request
from crosstie_sandbox.businesscentral.limits import VENDOR_LIMITS, Limiter, Limits, read_body
from crosstie_sandbox.businesscentral.media import is_media
from crosstie_sandbox.businesscentral.service import Counters, Service
from crosstie_sandbox.businesscentral.subscriptions.courier import Courier
from crosstie_sandbox.businesscentral.subscriptions.requests import (
    SUPPORTED_RESOURCES,
    answer_subscription,
    step_of,
    supported_resources,
)
from crosstie_sandbox.businesscentral.users.store import Users
from crosstie_sandbox.businesscentral.web_client.administration import Administration
from crosstie_sandbox.businesscentral.web_client.routes import page_routes
from crosstie_sandbox.businesscentral.web_client.session import Sessions
from crosstie_sandbox.businesscentral.webservices.services import create_views
from crosstie_sandbox.odata.answer import JSON_TYPE, answer, json_answer, loads
from crosstie_sandbox.odata.errors import ODataError
from crosstie_sandbox.sign_in.routes import sign_in_routes
from crosstie_sandbox.token import Credentials, Gate, Identity, Tokens

_ABOUT_THE_SERVER = ((ENVIRONMENTS, environments), (SUPPORTED_RESOURCES, supported_resources))
_BODILESS = frozenset({"GET", "DELETE"})


def create_app(
    database: Path,
    *,
    clock: Clock,
    ids: IdSource,
    credentials: Credentials,
    settings: Settings,
    limits: Limits = VENDOR_LIMITS,
) -> Starlette:
    """The application over a company file."""
    opened = open_company(database, clock=clock, ids=ids, settings=settings)
    create_views(opened)
    users = Users(opened)
    users.prepare(credentials)
    gate = Gate(credentials, Tokens(_signing_key(opened), clock), basic=users.with_key)
    sessions = Sessions(gate, users)
    counters = Counters()
    courier = Courier(opened, limits.notification_seconds)
    front = _Front(Service(opened, counters), gate, users, courier, limits)
    app = Starlette(
        routes=[
            *sign_in_routes(gate, ids),
            *page_routes(sessions),
            Route("/sandbox/web-services", Administration(sessions).answer, methods=["GET", "POST"]),
            Route("/sandbox/stats", front.stats),
            Route("/{path:path}", front.endpoint, methods=["GET", "POST", "PATCH", "PUT", "DELETE"]),
        ]
    )
    app.state.database = opened
    app.state.courier = courier
    app.state.users = users

    def close() -> None:
        courier.stop()
        opened.close()

    app.state.close = close
    return app


def _signing_key(database: Database) -> bytes:
    """The key of the tokens, made once per company."""
    with database.transaction():
        database.connection.execute("CREATE TABLE IF NOT EXISTS signingKey (key BLOB NOT NULL)")
        found = database.connection.execute("SELECT key FROM signingKey").fetchone()
        if found is not None:
            return bytes(found[0])
        made = hashlib.sha256(database.ids().bytes + database.ids().bytes).digest()
        database.connection.execute("INSERT INTO signingKey VALUES (?)", (made,))
        return made


class _Front:
    def __init__(self, service: Service, gate: Gate, users: Users, courier: Courier, limits: Limits) -> None:
        self.service = service
        self.gate = gate
        self.users = users
        self.courier = courier
        self.limits = limits
        self.limiter = Limiter(limits, service.database.clock)

    async def stats(self, _: Request) -> Response:
        counters = self.service.counters
        return JSONResponse(
            {
                "requests": counters.requests,
                "operations": counters.operations,
                "writes": counters.writes,
                "reads": counters.reads,
            }
        )

    async def endpoint(self, request: Request) -> Response:
        self.service.counters.requests += 1
        try:
            response = await self._respond(request)
        except ApiError as refusal:
            response = self._refuse(refusal)
        except ODataError as refusal:
            response = self._refuse(bad_request(str(refusal)))
        self.courier.wake()
        response.headers["request-id"] = str(self.service.database.ids())
        return response

    def _refuse(self, error: ApiError) -> Response:
        return json_answer(error.body(self.service.database.ids()), error.status, self._challenge(error))

    def _challenge(self, error: ApiError) -> dict[str, str]:
        return (
            {"WWW-Authenticate": 'Bearer realm="", Basic realm=""'} if error.status == HTTPStatus.UNAUTHORIZED else {}
        )

    def _permission_set(self, identity: Identity | None) -> str | None:
        """What a caller may do; None for one that may not even call."""
        if identity is None or not self.gate.is_member(identity):
            return None
        return self.users.permission_set_of(identity)

    async def _respond(self, request: Request) -> Response:
        identity = self.gate.caller(request.headers.get("authorization"))
        permission_set = self._permission_set(identity)
        if identity is None or permission_set is None:
            raise ApiError(
                401,
                "Authentication_InvalidCredentials",
                "The server has rejected the client credentials.",
            )
        for about, tell in _ABOUT_THE_SERVER:
            if request.method == "GET" and about.fullmatch(request.scope["path"]):
                return tell(request)
        path = ROOT.fullmatch(request.scope["path"])
        if path is None:
            raise ApiError(404, "BadRequest_InvalidRequestUrl", "The request URL is not one of this server's APIs.")
        online = request.scope["path"].startswith("/v2.0/")
        async with self.limiter.admitted(identity.person or identity.application or identity.name, online=online):
            body = await read_body(request, self.limits)
            return await self._answer(request, path, body, (identity.name, permission_set))

    async def _answer(self, request: Request, path: re.Match[str], body: bytes, caller: tuple[str, str]) -> Response:
        user, permission_set = caller
        call = Call(
            method=request.method,
            root=f"{request.url.scheme}://{request.url.netloc}{path[1]}",
            path=path[2] or "",
            query=request.scope["query_string"].decode("ascii", "replace"),
            headers=dict(request.headers),
            body=_body_of(request.method, path[2] or "", body),
            user=user,
            permission_set=permission_set,
        )
        if call.path == "$batch" and call.method == "POST":
            return _json_bytes(answer_batch(self.service, call, body))
        if (step := step_of(call)) is not None:
            return _response(await answer_subscription(self.service.database, call, step))
        return _response(self.service.answer(call))


def _body_of(method: str, path: str, body: bytes) -> object:
    """What a call carries: nothing, a JSON value, or the bytes of a picture or a file."""
    if not body or method in _BODILESS or path == "$batch":
        return None
    return body if is_media(path) else loads(body)


def _json_bytes(content: bytes) -> Response:
    """A JSON answer that is written already."""
    return answer(content, 200, {"content-type": JSON_TYPE})


def _response(result: Answer) -> Response:
    if result.text is not None:
        return PlainTextResponse(result.text, result.status, {"OData-Version": "4.0", **result.headers})
    if result.content is not None:
        return answer(result.content, result.status, result.headers)
    if result.body is None:
        return answer(b"", result.status, result.headers)
    return json_answer(result.body, result.status, result.headers)
