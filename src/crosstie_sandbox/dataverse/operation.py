"""One request to the service and its answer, whether it came alone or inside a batch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from crosstie_sandbox.dataverse.errors import ServiceError
from crosstie_sandbox.odata.answer import JSON_TYPE, dumps


@dataclass(frozen=True, slots=True)
class Operation:
    """A request: `path` is below the root of the service, header names are lower-case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(slots=True)
class Counters:
    """What the server has done since it started."""

    requests: int = 0
    operations: int = 0
    writes: int = 0
    reads: int = 0

    def count(self, method: str, rows: int = 1) -> None:
        """Note an operation that was executed."""
        self.operations += rows
        if method in {"GET", "HEAD"}:
            self.reads += rows
        else:
            self.writes += rows


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer with a JSON body."""
    return Reply(status, {"Content-Type": JSON_TYPE, "OData-Version": "4.0", **(headers or {})}, dumps(value))


def empty_reply(headers: Mapping[str, str] | None = None) -> Reply:
    """An answer that says no more than that it was done."""
    return Reply(204, {"OData-Version": "4.0", **(headers or {})})


def text_reply(text: str) -> Reply:
    """An answer in plain text."""
    return Reply(200, {"Content-Type": "text/plain", "OData-Version": "4.0"}, text.encode())


def error_reply(error: ServiceError) -> Reply:
    """A refusal."""
    return json_reply(error.body(), error.status, error.headers)
