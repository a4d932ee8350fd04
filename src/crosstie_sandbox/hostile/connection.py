"""The connection under a request: ASGI cannot break it, so the server's protocol hands out its transport."""

import asyncio
import socket
import struct
from dataclasses import dataclass

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_TRANSPORT = "crosstie_sandbox.transport"
_NO_LINGER = struct.pack("ii", 1, 0)
"""What is unsent is thrown away, and closing sends a reset."""


class BreakableProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it; requests know their connection by the state in their scope."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        """Put the transport where every request of this connection finds it."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _TRANSPORT: transport}


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection that a request came on."""

    transport: asyncio.Transport
    receive: Receive

    @staticmethod
    def of(scope: Scope, receive: Receive) -> "Connection":
        """The connection of a request that `BreakableProtocol` read."""
        return Connection(scope["state"][_TRANSPORT], receive)

    async def close(self) -> None:
        """Close it in order, after what is written so far."""
        self.transport.close()
        await self._gone()

    async def reset(self) -> None:
        """Break it: the peer sees "connection reset"."""
        sock: socket.socket = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.transport.abort()
        await self._gone()

    async def _gone(self) -> None:
        """Wait until the server has noticed; it would complain about a request that ends without an answer."""
        while (await self.receive())["type"] != "http.disconnect":
            pass
