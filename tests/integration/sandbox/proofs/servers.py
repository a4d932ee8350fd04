"""Both servers in this process, called below HTTP clients, so that any bytes can be sent."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes
from uuid import UUID

import simplejson
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from starlette.applications import Starlette

from crosstie_sandbox.businesscentral.app import create_app as create_erp
from crosstie_sandbox.businesscentral.database import Settings
from crosstie_sandbox.dataverse import create_app as create_crm
from crosstie_sandbox.limits import read_limits
from crosstie_sandbox.token import Credentials

CREDENTIALS = Credentials("0a0a0a0a-0000-4000-8000-000000000001", "secret-1", "ERPUSER", "k" * 44)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_SAFE = "/:?#[]@!$&'()*+,;=%-._~"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        """The body of an answer in JSON."""
        found: dict[str, object] = simplejson.loads(self.body, use_decimal=True)
        return found


@dataclass(frozen=True)
class Server:
    """A server and how to reach its service; `root` ends with a slash."""

    app: Starlette
    file: Path
    root: str
    headers: dict[str, str]
    runner: asyncio.Runner = field(repr=False)

    def send(self, method: str, address: str, body: object = None, **headers: str) -> Answer:
        """A request below the root, with a body as JSON."""
        given = {name.replace("_", "-").lower(): value for name, value in headers.items()}
        content = b"" if body is None else simplejson.dumps(body, use_decimal=True).encode()
        given |= {} if body is None else {"content-type": "application/json"}
        path, _, query = address.partition("?")
        return self.raw(
            method, f"{self.root}{path}", query.encode("utf-8", "replace"), {**self.headers, **given}, content
        )

    def raw(self, method: str, path: str, query: bytes, headers: dict[str, str], body: bytes) -> Answer:
        """A request with anything in it that a server of HTTP lets through; exceptions come through too."""
        raw_path = quote(path.encode("utf-8", "replace"), safe=_SAFE).encode()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote_to_bytes(raw_path).decode("utf-8", "replace"),
            "raw_path": raw_path,
            "query_string": quote(query, safe=_SAFE).encode(),
            "root_path": "",
            "headers": [
                (b"host", b"server.example"),
                *((name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()),
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        return self.runner.run(self._send(scope, body))

    async def _send(self, scope: dict[str, object], body: bytes) -> Answer:
        said: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, object]) -> None:
            said.append(message)

        await self.app(scope, receive, send)
        status = next(one["status"] for one in said if one["type"] == "http.response.start")
        heads = next(one["headers"] for one in said if one["type"] == "http.response.start")
        content = b"".join(one.get("body", b"") for one in said if one["type"] == "http.response.body")
        return Answer(status, {name.decode(): value.decode("latin-1") for name, value in heads}, content)

    def rows(self, entity_set: str) -> list[dict[str, object]]:
        """The rows of a set, as far as one page goes."""
        answer = self.send("GET", entity_set)
        assert answer.status == 200, answer
        found: list[dict[str, object]] = simplejson.loads(answer.body, use_decimal=True)["value"]
        return found


def _counted_ids() -> Callable[[], UUID]:
    numbers = count(1)
    return lambda: UUID(int=next(numbers) << 64 | 1 << 63)


@contextmanager
def a_crm(folder: Path) -> Iterator[Server]:
    """A fresh CRM without limits."""
    file = folder / "crm.sqlite"
    limits = read_limits("off").crm
    app = create_crm(file, clock=lambda: NOW, ids=_counted_ids(), credentials=CREDENTIALS, limits=limits)
    with asyncio.Runner() as runner:
        server = Server(app, file, "/api/data/v9.2/", {}, runner)
        form = b"grant_type=client_credentials&client_id=%b&client_secret=%b" % (
            CREDENTIALS.client_id.encode(),
            CREDENTIALS.client_secret.encode(),
        )
        token = server.raw("POST", "/x/oauth2/v2.0/token", b"", {}, form).json["access_token"]
        server.headers["authorization"] = f"Bearer {token}"
        yield server
        app.state.close()


@contextmanager
def an_erp(folder: Path) -> Iterator[Server]:
    """A fresh ERP without limits."""
    file = folder / "erp.sqlite"
    limits = read_limits("off").erp
    app = create_erp(
        file, clock=lambda: NOW, ids=_counted_ids(), credentials=CREDENTIALS, settings=Settings(), limits=limits
    )
    root = f"/api/v2.0/companies({app.state.database.company_id})/"
    with asyncio.Runner() as runner:
        server = Server(app, file, root, {}, runner)
        form = b"grant_type=client_credentials&client_id=%b&client_secret=%b" % (
            CREDENTIALS.client_id.encode(),
            CREDENTIALS.client_secret.encode(),
        )
        token = server.raw("POST", "/x/oauth2/v2.0/token", b"", {}, form).json["access_token"]
        server.headers["authorization"] = f"Bearer {token}"
        yield server
        app.state.close()


def prove(check: Callable[..., None], examples: int, **strategies: SearchStrategy[object]) -> None:
    """Run a check with random arguments; few examples are always the same ones, many are new ones each time."""
    few = examples < 150
    configured = settings(
        max_examples=examples,
        deadline=None,
        derandomize=few,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    configured(given(**strategies)(check))()
