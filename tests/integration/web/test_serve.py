"""The server: real sockets, a port in use, a graceful stop."""

import asyncio
import os
import signal

import httpx2
import pytest
from tests.integration.web.conftest import Site

from crosstie.model.errors import UsageError
from crosstie.web.app import create_app
from crosstie.web.serve import bind, serve, serving, url_of


async def test_pages_are_served_while_the_block_runs(site: Site) -> None:
    """The address answers inside the block, and its port is free again after it."""
    listening = bind("127.0.0.1", 0)
    port = listening.getsockname()[1]
    async with serving(create_app(site.crosstie), listening) as url, httpx2.AsyncClient() as http:
        assert url == f"http://127.0.0.1:{port}/"
        answer = await http.get(url)
        assert answer.status_code == 200
        assert "Bergbach Handels AG" in answer.text
        assert "server" not in answer.headers
    bind("127.0.0.1", port).close()


async def test_a_port_in_use_is_said_with_what_to_do() -> None:
    """A port that another program holds is named, and the way out with it."""
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as caught:
            bind("127.0.0.1", port)
    assert caught.value.message == (
        f"Port {port} of 127.0.0.1 cannot be used: Address already in use. The web page was not started."
    )
    assert caught.value.next_step == "Stop the program that uses it, or choose another port; 0 takes any free one."


def test_a_port_that_does_not_exist_is_refused() -> None:
    """A port number that no machine has is refused like one in use."""
    with pytest.raises(UsageError, match=r"Port 70000 of 127\.0\.0\.1 cannot be used"):
        bind("127.0.0.1", 70000)


async def test_sigterm_stops_the_server_gracefully(site: Site) -> None:
    """A stop signal ends the server without an error."""
    listening = bind("127.0.0.1", 0)
    announced: list[str] = []
    expected = url_of(listening)

    def stop_at_once(url: str) -> None:
        announced.append(url)
        os.kill(os.getpid(), signal.SIGTERM)

    async with asyncio.timeout(10):
        await serve(create_app(site.crosstie), listening, stop_at_once)
    assert announced == [expected]
    assert listening.fileno() == -1
