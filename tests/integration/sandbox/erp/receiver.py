"""A receiver of webhook notifications: a real HTTP server on this machine that keeps what it was sent."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import simplejson

SECONDS_TO_ARRIVE = 10


@dataclass
class Receiver:
    """Shakes hands, unless it is told how to answer, and keeps each notification."""

    url: str = ""
    arrived: asyncio.Queue[tuple[int, list[dict[str, str]]]] = field(default_factory=asyncio.Queue)
    """Status that was answered, and the changes that were told."""
    statuses: deque[int] = field(default_factory=deque)
    """How the next notifications are answered; 200 when there is none left."""
    greeting: str | None = None
    """What is answered to a handshake instead of the token."""
    handshakes: int = 0

    async def next(self) -> tuple[int, list[dict[str, str]]]:
        """The next notification."""
        return await asyncio.wait_for(self.arrived.get(), SECONDS_TO_ARRIVE)

    async def changes(self) -> list[dict[str, str]]:
        """The changes that the next notification tells of."""
        return (await self.next())[1]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while (head := await reader.readuntil(b"\r\n\r\n")) and head:
                lines = head.decode().split("\r\n")
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                status, text = self.answer(lines[0].split()[1], body)
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def answer(self, target: str, body: bytes) -> tuple[int, str]:
        """Status and text for one request."""
        token = parse_qs(urlsplit(target).query).get("validationToken")
        if token:
            self.handshakes += 1
            return 200, token[0] if self.greeting is None else self.greeting
        status = self.statuses.popleft() if self.statuses else 200
        assert not body.startswith(b"\xef\xbb\xbf")
        self.arrived.put_nowait((status, simplejson.loads(body)["value"]))
        return status, ""


@asynccontextmanager
async def open_receiver() -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        server.close()
