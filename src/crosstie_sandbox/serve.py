"""Both servers in one process, each on a loop of its own, from bound sockets to a graceful stop."""

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from crosstie_sandbox.problems import StartError

HOST = "127.0.0.1"
_BACKLOG = 2048
_GRACE_SECONDS = 3
_FAREWELL_SECONDS = 0.2
_KEEP_ALIVE_SECONDS = 75
_LONGEST_HEAD = 128 * 1024
"""Hundreds of ids fit into the filter of one address."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket on which an application is about to be served; one application may have several."""

    app: ASGIApp
    socket: socket.socket
    protocol: type[asyncio.Protocol] | Literal["auto"] = "auto"
    """Who speaks HTTP on its connections; by itself whatever uvicorn finds best."""
    certificate: Path | None = None
    """Chain and key of a listener that speaks TLS."""

    @property
    def url(self) -> str:
        """Its address; over TLS by the name that certificates are made for."""
        port = self.socket.getsockname()[1]
        return f"http://{HOST}:{port}" if self.certificate is None else f"https://localhost:{port}"


def bind(port: int, option: str) -> socket.socket:
    """A socket on a port, or on any free one for 0; `option` is how to choose another."""
    # Naming the protocol makes asyncio switch Nagle's algorithm off; without it each answer waits 40 ms.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
        bound.listen(_BACKLOG)
    except (OSError, OverflowError) as reason:
        bound.close()
        why = getattr(reason, "strerror", None) or str(reason)
        raise StartError(
            "port_in_use",
            f"Port {port} of {HOST} cannot be used: {why}.",
            f"Choose another port with {option}, or 0 for any free one.",
        ) from None
    return bound


class _Server(uvicorn.Server):
    """A server that leaves the signals to the program and says when it is ready."""

    def __init__(self, config: uvicorn.Config, bound: socket.socket) -> None:
        super().__init__(config)
        self.socket = bound
        self.ready: Future[None] = Future()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set_result(None)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        leaving = asyncio.create_task(self._leave_those_who_do_not_answer())
        await super().shutdown(sockets)
        leaving.cancel()

    async def _leave_those_who_do_not_answer(self) -> None:
        """Closing TLS waits for the peer's farewell, which a client that keeps an idle connection does not send."""
        while True:
            await asyncio.sleep(_FAREWELL_SECONDS)
            for connection in list(self.server_state.connections):
                transport = connection.transport
                if transport.is_closing() and transport.get_write_buffer_size() == 0:
                    transport.abort()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(houses: Sequence[Sequence[Listener]], announce: Callable[[], None], parent: int | None) -> None:
    """Serve until SIGTERM, SIGINT, or the end of the pipe `parent`; `announce` is called when all are ready.

    The listeners of each house share an event loop, which runs in a thread of its own: a long request to one server
    does not keep the clients of the other waiting.
    """
    servers = [[_Server(_config(listener), listener.socket) for listener in house] for house in houses]
    everyone = [server for house in servers for server in house]
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for server in everyone:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    if parent is not None:
        threading.Thread(target=_watch, args=(parent, loop, stop), daemon=True).start()
    async with asyncio.TaskGroup() as group:
        for house in servers:
            group.create_task(asyncio.to_thread(asyncio.run, _keep(house)))
        for server in everyone:
            await asyncio.wrap_future(server.ready)
        announce()


async def _keep(house: Sequence[_Server]) -> None:
    """Serve on every socket of one server until told to stop."""
    async with asyncio.TaskGroup() as group:
        for server in house:
            group.create_task(server.serve(sockets=[server.socket]))


def _config(listener: Listener) -> uvicorn.Config:
    return uvicorn.Config(
        listener.app,
        http=listener.protocol,
        ssl_certfile=listener.certificate,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        h11_max_incomplete_event_size=_LONGEST_HEAD,
    )


def _watch(parent: int, loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    """Wait for the end of a pipe whose other end the parent process holds."""
    # The descriptor itself: a thread that dies inside a buffered reader takes the interpreter's lock on it along.
    while os.read(parent, 1):
        pass
    with contextlib.suppress(RuntimeError):  # the loop may have ended by itself
        loop.call_soon_threadsafe(stop)
