"""A request that was received whole, so that it can be delivered now, later or twice; and the answer to it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.requests import Request as Incoming
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crosstie_sandbox.odata.answer import loads
from crosstie_sandbox.odata.errors import ODataError

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_NO_VERSION = frozenset({b"", b"*"})
_SIGN_IN = "/oauth2/v2.0/token"
_OPERATION = re.compile(rb"^(GET|HEAD|POST|PATCH|PUT|DELETE) \S+ HTTP/1\.1\r?$", re.MULTILINE)
_IF_MATCH = re.compile(rb"^If-Match: *[^* \r\n]", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answers."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""

    async def begin(self, send: Send, part: bytes = b"") -> None:
        """Send the head, and a first part of the body."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        if part:
            await send({"type": "http.response.body", "body": part, "more_body": True})

    async def say(self, send: Send) -> None:
        """Send all of it."""
        await self.begin(send)
        await send({"type": "http.response.body", "body": self.body})


@dataclass(frozen=True)
class Request:
    """A request with its whole body."""

    scope: Scope
    body: bytes

    @staticmethod
    async def received(scope: Scope, receive: Receive) -> "Request | None":
        """The request, or None if the client went away before it was complete."""
        try:
            return Request(scope, await Incoming(scope, receive).body())
        except ClientDisconnect:
            return None

    @property
    def is_sign_in(self) -> bool:
        """It asks for a token."""
        return str(self.scope["path"]).endswith(_SIGN_IN)

    @property
    def shows_token(self) -> bool:
        """It shows a bearer token, rather than a user and a key."""
        return self._header(b"authorization").lower().startswith(b"bearer ")

    @cached_property
    def is_write(self) -> bool:
        """It may change something."""
        return any(method not in _READS for method, _ in self._operations())

    @cached_property
    def is_repeatable(self) -> bool:
        """A second delivery changes nothing: all that it writes carries the version that was read."""
        return all(method in _READS or is_conditional for method, is_conditional in self._operations())

    def _operations(self) -> Iterator[tuple[str, bool]]:
        """Method of each operation, and whether it carries a version; a batch has many."""
        method = self.scope["method"]
        if method != "POST" or not str(self.scope["path"]).endswith("$batch"):
            yield method, self._header(b"if-match") not in _NO_VERSION
        elif self._header(b"content-type").startswith(b"multipart/"):
            yield from _in_multipart(self.body)
        else:
            yield from _in_json(self.body)

    def _header(self, name: bytes) -> bytes:
        return next((value for key, value in self.scope["headers"] if key == name), b"")

    async def deliver(self, app: ASGIApp) -> Answer:
        """Have the server do what is asked; returns its answer, which nobody has seen yet."""
        heard = _Heard(self.body)
        # Each delivery needs a scope of its own: applications note things in it.
        await app({**self.scope, "state": {}}, heard.receive, heard.send)
        return Answer(heard.status, heard.headers, bytes(heard.body))


def _in_multipart(body: bytes) -> Iterator[tuple[str, bool]]:
    begins = list(_OPERATION.finditer(body))
    ends = [one.start() for one in begins[1:]] + [len(body)]
    for begin, end in zip(begins, ends, strict=True):
        yield begin[1].decode("ascii"), _IF_MATCH.search(body, begin.end(), end) is not None


def _in_json(body: bytes) -> Iterator[tuple[str, bool]]:
    try:
        found = [_operation(one) for one in loads(body)["requests"]]  # type: ignore[index]
    except (ODataError, KeyError, TypeError, AttributeError):
        found = [("POST", False)]  # it will be refused, and it is none that may be repeated
    yield from found


def _operation(one: dict[str, Any]) -> tuple[str, bool]:
    versions = [str(value).encode() for name, value in one.get("headers", {}).items() if name.lower() == "if-match"]
    return str(one["method"]).upper(), any(version not in _NO_VERSION for version in versions)


@dataclass(slots=True)
class _Heard:
    """Both ends of a delivery: gives the request, keeps the answer."""

    request: bytes
    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)

    async def receive(self) -> Message:
        return {"type": "http.request", "body": self.request, "more_body": False}

    async def send(self, message: Message) -> None:
        said: dict[str, Any] = dict(message)
        if said["type"] == "http.response.start":
            self.status, self.headers = said["status"], list(said.get("headers", []))
        elif said["type"] == "http.response.body":
            self.body += said.get("body", b"")
