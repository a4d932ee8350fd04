"""The CRM as an ASGI application: sign-in, `/api/data/v9.2/` and statistics for whoever watches the sandbox.

All work on the database happens in the event loop: requests are short, and one writer at a time is what SQLite has.
"""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from crosstie_sandbox.dataverse.batch import execute_batch
from crosstie_sandbox.dataverse.context import Session
from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.errors import ServiceError, unknown_segment
from crosstie_sandbox.dataverse.limits import VENDOR_LIMITS, Limits, Throttle
from crosstie_sandbox.dataverse.operation import Counters, Operation, Reply, error_reply
from crosstie_sandbox.dataverse.security.callers import caller_of
from crosstie_sandbox.dataverse.security.rights import RightsBook
from crosstie_sandbox.dataverse.seed import add_application, add_people, keep_following, seed, system_caller
from crosstie_sandbox.dataverse.service import Service
from crosstie_sandbox.dataverse.webhooks.courier import Courier
from crosstie_sandbox.dataverse.webhooks.queue import EventQueue
from crosstie_sandbox.dataverse.webhooks.steps import StepBook
from crosstie_sandbox.dataverse.writing import Writer
from crosstie_sandbox.sign_in.routes import sign_in_routes
from crosstie_sandbox.token import Clock, Credentials, Gate, IdSource, Tokens

BASE_PATH = "/api/data/v{N.N}/"
_METHODS = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"]
_READS = frozenset({"GET", "HEAD"})


def create_app(
    database: Path,
    *,
    clock: Clock,
    ids: IdSource,
    credentials: Credentials,
    base_path: str = BASE_PATH,
    limits: Limits | None = VENDOR_LIMITS,
) -> Starlette:
    """The application over a database file, which is made if it is not there yet; without limits for None."""
    opened = Database(database, clock=clock, ids=ids)
    seed(opened)
    keep_following(opened)
    add_application(opened, credentials.client_id)
    add_people(opened, credentials.people)
    gate = Gate(credentials, Tokens(opened.token_key, clock))
    api = Api(opened, gate, base_path, None if limits is None else Throttle(limits))
    routes = [
        Route("/sandbox/stats", api.statistics, methods=["GET"]),
        *sign_in_routes(gate, ids),
        Route("/{path:path}", api.answer, methods=_METHODS),
    ]
    app = Starlette(routes=routes)
    app.state.database = opened
    app.state.close = api.close
    app.state.events_delivered = api.courier.idle
    return app


class Api:
    """Turns HTTP requests into operations and their replies into responses."""

    def __init__(self, database: Database, gate: Gate, base_path: str, throttle: Throttle | None) -> None:
        self._database = database
        self._gate = gate
        self._throttle = throttle
        self._book = RightsBook(database)
        self._steps = StepBook(database)
        self.courier = Courier(database, lambda: Writer(database, system_caller(database)))
        self._base = re.compile(
            re.escape(base_path).replace(re.escape("{N.N}"), r"\d+\.\d+").removesuffix("/") + "(?:/|$)"
        )
        self._counters = Counters()

    def close(self) -> None:
        """Let go of the database."""
        self.courier.close()
        self._database.close()

    async def statistics(self, request: Request) -> Response:
        """How much has been asked of the server since it started."""
        del request
        counters = self._counters
        return JSONResponse(
            {
                "requests": counters.requests,
                "operations": counters.operations,
                "writes": counters.writes,
                "reads": counters.reads,
            }
        )

    async def answer(self, request: Request) -> Response:
        """Any request below the base path."""
        self._counters.requests += 1
        reply = await self._reply(request)
        if request.method == "HEAD":
            reply = Reply(reply.status, reply.headers)
        identity = str(self._database.ids())
        headers = {**reply.headers, "x-ms-service-request-id": identity, "REQ_ID": identity}
        return Response(reply.body, reply.status, headers)

    async def _reply(self, request: Request) -> Reply:
        path = request.scope.get("raw_path", b"").decode("ascii", "replace").partition("?")[0] or request.url.path
        base = self._base.match(path)
        if base is None:
            return error_reply(unknown_segment(request.url.path))
        origin = f"{request.url.scheme}://{request.url.netloc}"
        identity = self._gate.caller(request.headers.get("authorization"))
        if identity is None:
            return _unauthorized(origin)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.scope["headers"]}
        query = request.scope["query_string"].decode("latin-1")
        root = f"{origin}{base[0].removesuffix('/')}/"

        def perform(body: bytes) -> Reply:
            operation = Operation(request.method, path[base.end() :], query, headers, body)
            caller, rights = caller_of(self._database, self._book, identity, headers)
            events = EventQueue(self._steps, self._database.ids())
            session = Session(self._database, caller, rights, root, self._counters, events)
            reply = self._execute(Service(session), operation)
            if request.method not in _READS:
                self.courier.wake()
            return reply

        try:
            return await self._within_limits(identity.person or identity.application, request, perform)
        except ServiceError as refusal:
            return error_reply(refusal)

    async def _within_limits(self, user: str, request: Request, perform: Callable[[bytes], Reply]) -> Reply:
        """Do it, unless the user has asked for too much; the reply says how much is left."""
        throttle = self._throttle
        if throttle is None:
            return perform(await request.body())
        began = self._database.seconds()
        throttle.begin(user, began)
        remaining: dict[str, str] = {}
        try:
            body = await request.body()
            # Requests that arrive together are under way together, though the database serves one after another.
            await asyncio.sleep(0)
            began = self._database.seconds()
            reply = perform(body)
        finally:
            remaining = throttle.end(user, began, self._database.seconds())
        return Reply(reply.status, {**reply.headers, **remaining}, reply.body)

    def _execute(self, service: Service, operation: Operation) -> Reply:
        """One transaction for all that a request does: it is on disk before the answer leaves."""
        if operation.method in _READS:
            with self._database.snapshot():
                return service.execute(operation)
        with self._database.transaction():
            if operation.path in {"$batch", "%24batch"} and operation.method == "POST":
                return execute_batch(service, operation)
            return service.execute(operation)


def _unauthorized(origin: str) -> Reply:
    challenge = f"Bearer authorization_uri={origin}/common/oauth2/authorize, resource_id={origin}/"
    error = ServiceError(401, "0x80072560", "The caller is not authenticated: a valid bearer token is required.")
    refusal = error_reply(error)
    return Reply(401, {**refusal.headers, "WWW-Authenticate": challenge}, refusal.body)
