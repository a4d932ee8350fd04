"""A process that dies at a given point: before a request is sent, after its effect, or before a commit."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from tests.world import World, open_world


class CrashError(BaseException):
    """The process is gone."""


@dataclass
class Fuse:
    """Counts the points and burns at one of them."""

    burns_at: int
    passed: int = 0

    def pass_point(self) -> None:
        """A crash may happen here."""
        self.passed += 1
        if self.passed == self.burns_at:
            raise CrashError


class CrashingTransport(httpx2.AsyncBaseTransport):
    """Two points per request: before it is sent, and after its effect."""

    def __init__(self, real: httpx2.AsyncBaseTransport, fuse: Fuse) -> None:
        self._real = real
        self._fuse = fuse

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send, unless the fuse burns before; lose the answer if it burns after."""
        self._fuse.pass_point()
        answer = await self._real.handle_async_request(request)
        self._fuse.pass_point()
        return answer


async def close(world: World) -> None:
    """Give back files and clients."""
    for side in (world.erp, world.crm):
        await side.close()
        side.app.state.close()


@asynccontextmanager
async def copy_of(template: Path, folder: Path, page_size: int = 3) -> AsyncIterator[World]:
    """The prepared company again, for one more history."""
    shutil.copytree(template, folder)
    world = open_world(folder)
    world.page_size = page_size
    yield world
    await close(world)
    shutil.rmtree(folder)
