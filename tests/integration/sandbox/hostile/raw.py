"""An HTTP client that hides nothing: what came over the socket, and how the connection ended."""

import socket
import time
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import simplejson

_PATIENCE_S = 20
_MANY = 65536


class End(StrEnum):
    """How an exchange ended."""

    COMPLETE = "complete"
    CLOSED = "closed"
    RESET = "reset"


@dataclass(frozen=True)
class Heard:
    """All that came back."""

    content: bytes
    end: End
    seconds: float = 0.0
    """From the first byte to the last."""

    @cached_property
    def status(self) -> int:
        """The status in its first line."""
        return int(self.content.split(b" ", 2)[1])

    @cached_property
    def headers(self) -> dict[str, str]:
        """Its headers by their names in lower case."""
        lines = self.content.partition(b"\r\n\r\n")[0].decode("latin-1").splitlines()[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    @property
    def body(self) -> bytes:
        """As much of the body as came."""
        return self.content.partition(b"\r\n\r\n")[2]

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return simplejson.loads(self.body)

    @property
    def missing(self) -> int:
        """How many bytes of the body were promised and did not come."""
        return int(self.headers.get("content-length", 0)) - len(self.body)


class Line:
    """A connection of its own, for one request."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S)

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> None:
        """Send a request."""
        said = {"Host": "sandbox.example", "Content-Length": str(len(body)), **headers}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in said.items())]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    def hear(self) -> Heard:
        """Listen until the answer is complete or the connection ends."""
        content, began, end = b"", 0.0, None
        with self.socket:
            while end is None:
                try:
                    piece = self.socket.recv(_MANY)
                except ConnectionResetError:
                    end = End.RESET
                    continue
                began = began or _seconds()
                content += piece
                if not piece:
                    end = End.CLOSED
                elif b"\r\n\r\n" in content and Heard(content, End.COMPLETE).missing == 0:
                    end = End.COMPLETE
        return Heard(content, end, _seconds() - began)


def _seconds() -> float:
    return time.monotonic()
