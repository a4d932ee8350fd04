"""How much one user may ask of the sandbox ERP."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crosstie_sandbox.businesscentral.database import Settings
from crosstie_sandbox.businesscentral.limits import VENDOR_LIMITS, Limits

from .client import CREDENTIALS, Erp, Refusal, open_erp

ONLINE = "http://erp.example/v2.0/contoso/Sandbox/api/v2.0/companies"


@pytest.fixture
async def three_a_minute(tmp_path: Path) -> AsyncIterator[Erp]:
    """An ERP that takes three requests a minute."""
    async with open_erp(tmp_path / "erp.sqlite", Settings(), Limits(requests=3, window_seconds=60)) as erp:
        yield erp


def test_the_numbers_are_the_vendors() -> None:
    """6,000 requests in five minutes, five at a time and 95 in the queue, eight minutes each, ten at the gateway."""
    limits = VENDOR_LIMITS
    assert (limits.requests, limits.window_seconds, limits.concurrent, limits.queued) == (6000, 300, 5, 95)
    assert (limits.queue_seconds, limits.operation_seconds, limits.gateway_seconds) == (480, 480, 600)


async def test_a_window_slides(three_a_minute: Erp, refusal: Refusal) -> None:
    """A request too many is refused without Retry-After until the first of the window is old enough."""
    erp = three_a_minute
    for _ in range(3):
        assert (await erp.http.get(ONLINE)).status_code == 200
        erp.clock.tick(20_000)
    erp.clock.tick(-1)
    refused = await erp.http.get(ONLINE)
    assert refusal(refused)[:2] == (429, "Application_TooManyRequests")
    assert "Retry-After" not in refused.headers
    erp.clock.tick(1)
    assert (await erp.http.get(ONLINE)).status_code == 200
    assert (await erp.http.get(ONLINE)).status_code == 429


async def test_each_user_has_a_window(three_a_minute: Erp) -> None:
    """What one user has used up does not count for another, nor for a server of one's own."""
    erp = three_a_minute
    form = {
        "grant_type": "client_credentials",
        "client_id": "app-1",
        "client_secret": "secret-1",
        "scope": "x/.default",
    }
    granted = (await erp.http.post("http://erp.example/t/oauth2/v2.0/token", data=form, auth=None)).json()
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    assert [(await erp.http.get(ONLINE)).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert (await erp.http.get(ONLINE, headers=headers, auth=None)).status_code == 200
    assert (await erp.http.get("customers")).status_code == 200


async def test_those_who_are_not_let_in_do_not_count(three_a_minute: Erp) -> None:
    """A wrong key uses nothing up."""
    erp = three_a_minute
    for _ in range(5):
        assert (await erp.http.get(ONLINE, auth=(CREDENTIALS.user, "guess"))).status_code == 401
    assert (await erp.http.get(ONLINE)).status_code == 200


class SlowBodies:
    """Bodies that stop half way until they are let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()

    async def body(self) -> AsyncIterator[bytes]:
        """One body."""
        yield b'{"displayName":'
        await self.go.wait()
        yield b'"A"}'


async def test_beyond_the_queue_nobody_is_let_in(tmp_path: Path) -> None:
    """Two work, one waits, the fourth is refused at once; the others are answered in the end."""
    slow = SlowBodies()
    limits = Limits(concurrent=2, queued=1)
    async with open_erp(tmp_path / "erp.sqlite", Settings(), limits) as erp:
        address = f"{ONLINE}({erp.company_id})/customers"
        headers = {"Content-Type": "application/json"}
        posts = [asyncio.create_task(erp.http.post(address, content=slow.body(), headers=headers)) for _ in range(4)]
        done, waiting = await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
        assert [task.result().status_code for task in done] == [429]
        assert len(waiting) == 3
        slow.go.set()
        assert [(await task).status_code for task in waiting] == [201, 201, 201]


@pytest.mark.parametrize(
    ("limits", "statuses"),
    [
        (Limits(concurrent=1, queue_seconds=0.05), [200, 503]),
        (Limits(operation_seconds=0.05), [408, 408]),
        (Limits(concurrent=1, gateway_seconds=0.05), [504, 504]),
    ],
)
async def test_waiting_and_working_end(tmp_path: Path, limits: Limits, statuses: list[int]) -> None:
    """Who waits too long gets 503, an operation that does not end 408, and the gateway gives up with 504."""
    slow = SlowBodies()
    async with open_erp(tmp_path / "erp.sqlite", Settings(), limits) as erp:
        posts = [asyncio.create_task(erp.http.request("GET", ONLINE, content=slow.body())) for _ in range(2)]
        done, _ = await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
        assert all(task.result().status_code == statuses[1] for task in done)
        if statuses[0] == 200:
            slow.go.set()
        assert sorted([(await task).status_code for task in posts]) == statuses


async def test_a_body_may_be_so_large(tmp_path: Path) -> None:
    """A larger body is refused before it is kept."""
    async with open_erp(tmp_path / "erp.sqlite", Settings(), Limits(body_bytes=100)) as erp:
        assert (await erp.http.post("customers", json={"displayName": "A" * 80})).status_code == 201
        assert (await erp.http.post("customers", json={"displayName": "A" * 90})).status_code == 413


async def test_the_experience_is_one_of_the_vendors_tiers(erp: Erp, refusal: Refusal) -> None:
    """A new company has the experience Premium; it can be set to another tier and to nothing else."""
    [company] = await erp.all("companyInformation")
    assert company["experience"] == "Premium"
    changed = await erp.patch("companyInformation", company, experience="Essential")
    assert changed.json()["experience"] == "Essential"
    refused = await erp.patch("companyInformation", changed.json(), experience="Deluxe")
    assert refusal(refused)[2].startswith("The Experience 'Deluxe' does not exist.")
