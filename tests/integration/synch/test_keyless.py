"""Creates in an ERP table without a key of ours: a lost answer is held, then adopted, created, or asked about."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from tests.world import World

from crosstie.app.in_process_jobs import InProcessJobs
from crosstie.model.intent import IntentState
from crosstie.model.words import JobId, MappingName, Side
from crosstie.synch.couple import couple
from crosstie.synch.full_synch import start
from crosstie.synch.retry import make_due

CUSTOMER = MappingName("CUSTOMER")


class Losing(httpx2.AsyncBaseTransport):
    """Loses the first request that creates a customer, its answer, or lets its effect come later."""

    def __init__(self, real: httpx2.AsyncBaseTransport, what: str) -> None:
        self._real, self._what, self._is_done = real, what, False
        self.late: httpx2.Request | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass it on, unless it is lost."""
        is_create = b"POST" in await request.aread() and request.url.path.endswith("$batch")
        if self._is_done or not is_create:
            return await self._real.handle_async_request(request)
        self._is_done = True
        if self._what == "answer":
            await self._real.handle_async_request(request)
        if self._what == "late":
            self.late = request
        raise httpx2.ReadError("reset")

    async def land(self) -> None:
        """The request that was thought lost arrives."""
        assert self.late is not None
        await self._real.handle_async_request(self.late)


async def lose(world: World, what: str) -> Losing:
    """An account whose customer was created, or not, and nobody knows."""
    world.mappings[CUSTOMER] = replace(world.mappings[CUSTOMER], create_number=None)
    await world.crm.create("accounts", name="Adatum", telephone1="1", customertypecode=3)
    lines: list[Losing] = []

    def wrap(real: httpx2.AsyncBaseTransport) -> Losing:
        lines.append(Losing(real, what))
        return lines[-1]

    with world.product(erp=wrap) as env:
        await start(env, InProcessJobs(env), started_by="test")
    return lines[0]


async def run(world: World) -> None:
    """Every kind of run there is."""
    await world.full_synch()
    await world.synch()


async def left(world: World) -> tuple[int, int]:
    """How many customers and accounts there are."""
    return len(await world.erp.rows("customers")), len(await world.crm.rows("accounts"))


def known(world: World) -> tuple[int, list[IntentState], set[str]]:
    """Couplings, outcomes that are not known, and the reasons of what waits or asks."""
    with world.product() as env:
        return (
            env.store.couplings.count(CUSTOMER),
            [one.state for one in env.store.journal.keyless(CUSTOMER)],
            {str(one.reason.code) for one in env.store.outcomes.unsettled(CUSTOMER)},
        )


async def is_in_step(world: World) -> None:
    """One pair, coupled and quiet."""
    before = await world.writes()
    await run(world)
    assert (await left(world), known(world), await world.writes()) == ((1, 1), (1, [], set()), before)
    assert (await world.crm.one("accounts"))["accountnumber"] == (await world.erp.one("customers"))["number"]


@pytest.mark.parametrize("what", ["request", "answer", "late"])
async def test_nothing_is_sent_until_the_server_must_have_ended_and_then_it_is_one_record(
    world: World, what: str
) -> None:
    """Whether the first request came, never came, or came late: no run makes a second one on either side."""
    line = await lose(world, what)
    for minutes in (1, 7, 8):
        assert known(world) == (0, [IntentState.OPEN], {"outcome_held"})
        world.clock.move(minutes=minutes)
        await run(world)
    assert await left(world) == ((1 if what == "answer" else 0), 1)
    if what == "late":
        await line.land()
        await run(world)
        assert (await left(world), known(world)) == ((1, 1), (0, [IntentState.OPEN], {"outcome_held"}))

    world.clock.move(minutes=20)
    await run(world)

    await is_in_step(world)


def rename(row: dict[str, Any]) -> dict[str, object]:
    """An edit by which it is not found any more."""
    return {"displayName": f"{row['displayName']} AG"}


def call(row: dict[str, Any]) -> dict[str, object]:
    """An edit after which it only looks alike."""
    del row
    return {"phoneNumber": "2"}


async def test_a_record_that_only_looks_alike_is_for_a_person(world: World) -> None:
    """Edited before we could look: nobody can tell; coupled by hand it is one pair, and its edit travels."""
    await lose(world, "answer")
    customer = await world.erp.one("customers")
    await world.erp.edit(f"customers({customer['id']})", **call(customer))
    world.clock.move(minutes=30)

    await run(world)
    await run(world)

    assert (await left(world), known(world)) == ((1, 1), (0, [IntentState.AMBIGUOUS], {"create_unclear"}))
    with world.product() as env:
        await couple(env, CUSTOMER, customer["number"], "Adatum", job=JobId("by hand"))
    await run(world)
    assert (await left(world), known(world)[0]) == ((1, 1), 1)


@pytest.mark.parametrize("change", [rename, None], ids=["renamed", "deleted"])
async def test_when_nothing_looks_alike_any_more_a_retry_creates_it(
    world: World, change: Callable[[dict[str, Any]], dict[str, object]] | None
) -> None:
    """A person said that it is none of those."""
    await lose(world, "answer")
    customer = await world.erp.one("customers")
    await world.erp.edit(f"customers({customer['id']})", phoneNumber="2")
    world.clock.move(minutes=30)
    await run(world)
    path = f"customers({customer['id']})"
    await (world.erp.delete(path) if change is None else world.erp.edit(path, blocked="All", **change(customer)))

    with world.product() as env:
        assert Side.CRM in {one.side for one in make_due(env, CUSTOMER)}
    await run(world)

    assert (known(world)[0], "create_unclear" in known(world)[2]) == (1, False)
    assert [row["displayName"] for row in await world.erp.rows("customers", filter="displayName eq 'Adatum'")] == [
        "Adatum"
    ]


async def test_two_accounts_with_the_same_values_are_never_mixed_up(world: World) -> None:
    """Two lost creates, two equal customers: nobody can tell which is whose, so a person couples them."""
    await world.crm.create("accounts", name="Adatum", telephone1="1", customertypecode=3)
    await lose(world, "answer")
    world.clock.move(minutes=30)

    await run(world)

    assert (await left(world), known(world)[0], known(world)[2]) == ((2, 2), 0, {"create_unclear"})
