"""*Newest wins* between two real systems: clocks are wrong, we write the records ourselves, people are quick."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.world import World, make_world

from crosstie.app.in_process_jobs import InProcessJobs
from crosstie.model.words import ConflictResolution, MappingName, Side, Use
from crosstie.synch.full_synch import new_job, synchronize
from crosstie.synch.resolve import resolve

CUSTOMER = MappingName("CUSTOMER")
NAME = "displayName=name"
SKEWS = [(0, 0), (300, -300), (-300, 300)]


@pytest.fixture(params=SKEWS, ids=str)
async def skewed(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """Clocks that are right, or five minutes wrong in opposite directions; the newest edit wins."""
    erp, crm = (timedelta(seconds=seconds) for seconds in request.param)
    made = await make_world(tmp_path, erp_ahead=erp, crm_ahead=crm)
    made.mappings[CUSTOMER] = replace(made.mappings[CUSTOMER], on_conflict=ConflictResolution.NEWEST)
    yield made
    await made.erp.close()
    await made.crm.close()


async def in_step(world: World) -> None:
    """A customer and its account."""
    await world.erp.create("customers", displayName="Adatum", phoneNumber="1")
    await world.full_synch()
    world.clock.move(minutes=1)


async def edit(world: World, side: Side, **values: object) -> None:
    """A user edits one of the two."""
    if side is Side.ERP:
        await world.erp.edit(f"customers({(await world.erp.one('customers'))['id']})", **values)
    else:
        await world.crm.edit(f"accounts({(await world.crm.one('accounts'))['accountid']})", **values)


async def name(world: World, side: Side, text: str) -> None:
    """A user gives one of the two another name."""
    await edit(world, side, **{"displayName" if side is Side.ERP else "name": text})


async def names(world: World) -> tuple[str, str]:
    """The names that both sides hold."""
    return (await world.erp.one("customers"))["displayName"], (await world.crm.one("accounts"))["name"]


def conflicts(world: World) -> dict[str, str]:
    """The open conflicts: the reason's code by unit."""
    with world.product() as env:
        return {one.conflict.unit: str(one.conflict.reason.code) for one in env.store.outcomes.conflicts(CUSTOMER)}


@pytest.mark.parametrize("last", Side)
async def test_the_later_edit_wins_whatever_the_clocks_say(skewed: World, last: Side) -> None:
    """Ten seconds are enough, though the clocks are ten minutes apart; the next run is quiet."""
    await in_step(skewed)
    await name(skewed, last.other, "First")
    skewed.clock.move(seconds=10)
    await name(skewed, last, "Last")

    await skewed.synch("CUSTOMER")

    before = await skewed.writes()
    await skewed.synch("CUSTOMER")
    assert (await names(skewed), conflicts(skewed), await skewed.writes()) == (("Last", "Last"), {}, before)


async def test_edits_too_close_together_ask_and_say_why(skewed: World) -> None:
    """Whatever they say, the clocks are not known that well; a later edit of one side then decides."""
    await in_step(skewed)
    await name(skewed, Side.ERP, "E")
    skewed.clock.move(seconds=1)
    await name(skewed, Side.CRM, "C")

    await skewed.synch("CUSTOMER")

    assert (await names(skewed), conflicts(skewed)) == (("E", "C"), {NAME: "newest_unclear"})
    skewed.clock.move(minutes=1)
    await name(skewed, Side.ERP, "E again")
    await skewed.synch("CUSTOMER")
    assert (await names(skewed), conflicts(skewed)) == (("E again", "E again"), {})


async def test_our_own_write_is_not_taken_for_the_newer_edit(skewed: World) -> None:
    """Names wait in conflict, we write a telephone number to the older side, and only then may the newest win."""
    ask = replace(skewed.mappings[CUSTOMER], on_conflict=ConflictResolution.NONE)
    newest, skewed.mappings[CUSTOMER] = skewed.mappings[CUSTOMER], ask
    await in_step(skewed)
    await name(skewed, Side.CRM, "Older")
    skewed.clock.move(minutes=1)
    await name(skewed, Side.ERP, "Newer")
    await edit(skewed, Side.ERP, phoneNumber="2")
    await skewed.synch("CUSTOMER")
    assert (await skewed.crm.one("accounts"))["telephone1"] == "2"
    assert conflicts(skewed) == {NAME: "both_edited"}
    skewed.mappings[CUSTOMER] = newest

    with skewed.product() as env:
        job = new_job(env, CUSTOMER, is_full=False, started_by="test")
        done = await resolve(env, job, Use.NEWEST, record=None, keeps_rule=True)
        assert (len(done.closed), env.store.rules.of(CUSTOMER)) == (1, {NAME: ConflictResolution.NEWEST})

    assert await names(skewed) == ("Newer", "Newer")


class LosesAnswer(httpx2.AsyncBaseTransport):
    """The answer to the first write is lost."""

    def __init__(self, real: httpx2.AsyncBaseTransport) -> None:
        self._real, self._is_done = real, False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send, and lose the answer once."""
        is_write = request.url.path.endswith("$batch") and b"PATCH" in await request.aread()
        answer = await self._real.handle_async_request(request)
        if is_write and not self._is_done:
            self._is_done = True
            raise httpx2.ReadError("reset")
        return answer


async def test_a_write_whose_answer_was_lost_leaves_the_time_unknown(world: World) -> None:
    """Whether the stamp is ours or a user's cannot be told any more, so it asks; a later edit decides again."""
    await in_step(world)
    await name(world, Side.CRM, "C")
    world.clock.move(minutes=1)
    await name(world, Side.ERP, "E")
    await edit(world, Side.ERP, phoneNumber="2")
    with world.product(crm=LosesAnswer) as env:
        await synchronize(env, InProcessJobs(env), [CUSTOMER], started_by="test")
    assert conflicts(world) == {NAME: "both_edited"}

    with world.product() as env:
        done = await resolve(env, new_job(env, CUSTOMER, is_full=False, started_by="test"), Use.NEWEST, record=None)

    assert (len(done.open), await names(world)) == (1, ("E", "C"))
    world.mappings[CUSTOMER] = replace(world.mappings[CUSTOMER], on_conflict=ConflictResolution.NEWEST)
    world.clock.move(minutes=1)
    await name(world, Side.CRM, "C again")
    await world.synch("CUSTOMER")
    assert (await names(world), conflicts(world)) == (("C again", "C again"), {})


class Undated(httpx2.AsyncBaseTransport):
    """A server that does not tell its clock."""

    def __init__(self, real: httpx2.AsyncBaseTransport) -> None:
        self._real = real

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer without a date."""
        answer = await self._real.handle_async_request(request)
        del answer.headers["Date"]
        return answer


async def test_a_server_that_does_not_tell_its_clock_is_not_believed(world: World) -> None:
    """Its stamps cannot be corrected, so a person decides."""
    world.mappings[CUSTOMER] = replace(world.mappings[CUSTOMER], on_conflict=ConflictResolution.NEWEST)
    await in_step(world)
    await name(world, Side.CRM, "C")
    world.clock.move(minutes=10)
    await name(world, Side.ERP, "E")

    wraps: dict[str, Any] = {"erp": Undated}
    with world.product(**wraps) as env:
        await synchronize(env, InProcessJobs(env), [CUSTOMER], started_by="test")
        (conflict,) = env.store.outcomes.conflicts(CUSTOMER)

    assert "the ERP side does not tell the time of its clock" in str(conflict.conflict.reason)
    assert await names(world) == ("E", "C")
