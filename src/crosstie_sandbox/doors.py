"""The sockets of each server: one in clear unless only TLS is wanted, and one over TLS."""

import argparse
import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from starlette.types import ASGIApp

from crosstie_sandbox.serve import Listener, bind


@dataclass(frozen=True, slots=True)
class Served:
    """An application and who speaks HTTP for it."""

    app: ASGIApp
    protocol: type[asyncio.Protocol] | Literal["auto"] = "auto"


@dataclass(frozen=True, slots=True)
class Doors:
    """The bound sockets of one server."""

    clear: socket.socket | None
    tls: socket.socket

    def listeners(self, served: Served, certificate: Path) -> list[Listener]:
        """The server on its sockets, the one over TLS last."""
        clear = [] if self.clear is None else [Listener(served.app, self.clear, served.protocol)]
        return [*clear, Listener(served.app, self.tls, served.protocol, certificate)]


@contextmanager
def doors(options: argparse.Namespace, name: str) -> Iterator[Doors]:
    """The sockets for the server `name`, crm or erp, on the ports that the options give; closed at the end."""
    port = getattr(options, f"{name}_port")
    if options.tls:
        with closing(bind(port, f"--{name}-port")) as only:
            yield Doors(None, only)
        return
    tls_port = getattr(options, f"{name}_tls_port")
    with closing(bind(port, f"--{name}-port")) as clear, closing(bind(tls_port, f"--{name}-tls-port")) as tls:
        yield Doors(clear, tls)
