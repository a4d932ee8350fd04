"""Thirty-two clients at once on the program as people start it, for a minute."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx2
import psutil
import pytest
from tests.integration.sandbox.program import running

CLIENTS = 32
SECONDS = 60
WARM_SECONDS = 20
MOST_GROWTH_MB = 32
MEGABYTE = 2**20


@dataclass
class Tally:
    """What the clients saw."""

    requests: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    longest: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Side:
    """One server as one client uses it: its own record, and the pages of everybody's."""

    name: str
    http: httpx2.AsyncClient
    tally: Tally
    entity_set: str
    column: str
    key: str

    async def send(self, method: str, address: str, body: object = None, **headers: str) -> httpx2.Response:
        """A request that must be met."""
        began = perf_counter()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.http.request(method, address, json=body, headers=given)
        self.tally.requests[self.name] += 1
        self.tally.longest[self.name] = max(self.tally.longest[self.name], round(1000 * (perf_counter() - began)))
        if answer.status_code >= 400:
            self.tally.refused.append(f"{method} {address}: {answer.status_code} {answer.text[:200]}")
        return answer

    async def work(self, until: float, number: int) -> None:
        """Reads and writes, one after the other, until the time is up."""
        made = await self.send("POST", self.entity_set, {self.column: f"Mine {number}"}, Prefer="return=representation")
        mine = f"{self.entity_set}({made.json()[self.key]})"
        turn = 0
        while perf_counter() < until:
            turn += 1
            await self.send("GET", mine)
            await self.send("PATCH", mine, {self.column: f"Mine {number} {turn}"}, If_Match="*")
            await self.send("GET", f"{self.entity_set}?$select={self.column}&$top=20")
            await self.send("GET", f"{self.entity_set}?$filter=contains({self.column},'Mine {number}')&$count=true")
            other = await self.send("POST", self.entity_set, {self.column: "Other"}, Prefer="return=representation")
            await self.send("DELETE", f"{self.entity_set}({other.json()[self.key]})")


@asynccontextmanager
async def sides(details: dict[str, Any], tally: Tally) -> AsyncIterator[list[Side]]:
    """Both servers, signed in."""
    crm, erp = details["crm"], details["erp"]
    async with httpx2.AsyncClient(base_url=f"{crm['url']}/api/data/v9.2/", timeout=60) as one:
        form = {name: crm[name] for name in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
        token = (await one.post(crm["token_url"], data=form)).json()["access_token"]
        one.headers["Authorization"] = f"Bearer {token}"
        async with httpx2.AsyncClient(
            base_url=f"{erp['url']}/api/v2.0/companies({erp['company_id']})/",
            auth=(erp["user"], erp["web_service_access_key"]),
            timeout=60,
        ) as other:
            yield [
                Side("crm", one, tally, "accounts", "name", "accountid"),
                Side("erp", other, tally, "customers", "displayName", "id"),
            ]


async def watch(process: psutil.Process, seconds: float) -> tuple[int, int]:
    """The memory of a process after it has warmed up, and at the end."""
    await asyncio.sleep(WARM_SECONDS)
    warm = process.memory_info().rss
    await asyncio.sleep(seconds - WARM_SECONDS)
    return warm, process.memory_info().rss


@pytest.mark.full
async def test_thirty_two_clients_for_a_minute(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is refused anything that was not asked for, and memory does not grow; requests per second are printed."""
    tally = Tally()
    with running("--state", tmp_path / "state", "--generate", 500, "--limits", "off") as program:
        async with sides(program.details, tally) as both:
            until = perf_counter() + SECONDS
            async with asyncio.TaskGroup() as group:
                memory = group.create_task(watch(psutil.Process(program.process.pid), SECONDS))
                for number in range(CLIENTS):
                    group.create_task(both[number % 2].work(until, number))
        warm, end = memory.result()
    assert tally.refused == []
    assert (end - warm) / MEGABYTE < MOST_GROWTH_MB
    with capsys.disabled():
        for name, count in sorted(tally.requests.items()):
            longest = tally.longest[name]
            print(f"\n{name}: {count / SECONDS:.0f} requests/s, the longest {longest} ms", end="")  # noqa: T201
        print(f"\nmemory: {warm / MEGABYTE:.0f} MB warm, {end / MEGABYTE:.0f} MB at the end")  # noqa: T201
