"""The strategy *delete*: what is left of a pair is deleted too, unless anybody still has an interest in it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.integration.synch.crashing import CrashError, CrashingTransport, Fuse, close, copy_of
from tests.world import World, make_world

from crosstie.app.in_process_jobs import InProcessJobs
from crosstie.model.intent import Intent, IntentState
from crosstie.model.job import Counters, SynchJob
from crosstie.model.words import JobStatus, MappingName, OnDeletion, RecordId, Side
from crosstie.synch.full_synch import new_job, start, synchronize
from crosstie.synch.plan import PlannedAction, Tally, plan
from crosstie.synch.resolve import resolve_deletion
from crosstie.synch.undo import undo
from crosstie.synch.undo_plan import Fate
from crosstie.synch.verify import verify

CUSTOMER = MappingName("CUSTOMER")
Pair = tuple[dict[str, Any], dict[str, Any]]


def strategy(world: World, wanted: OnDeletion, name: MappingName = CUSTOMER) -> None:
    """That strategy for a mapping."""
    world.mappings[name] = replace(world.mappings[name], on_deletion=wanted)


async def from_the_erp(world: World) -> Pair:
    """A customer whose account Crosstie created."""
    await world.erp.create("customers", displayName="Adatum", phoneNumber="1")
    await world.full_synch()
    return await world.erp.one("customers"), await world.crm.one("accounts")


async def from_the_crm(world: World) -> Pair:
    """An account whose customer Crosstie created."""
    await world.crm.create("accounts", name="Adatum", telephone1="1", customertypecode=3)
    await world.full_synch()
    return await world.erp.one("customers"), await world.crm.one("accounts")


async def delete(world: World, side: Side, pair: Pair) -> None:
    """A user deletes one of the two."""
    if side is Side.ERP:
        await world.erp.delete(f"customers({pair[0]['id']})")
    else:
        await world.crm.delete(f"accounts({pair[1]['accountid']})")


async def edit(world: World, side: Side, pair: Pair, *, is_mapped: bool = True) -> None:
    """A user edits one of the two."""
    if side is Side.ERP:
        values = {"phoneNumber": "2"} if is_mapped else {"taxRegistrationNumber": "CHE-1"}
        await world.erp.edit(f"customers({pair[0]['id']})", **values)
    else:
        values = {"telephone1": "2"} if is_mapped else {"description": "A note"}
        await world.crm.edit(f"accounts({pair[1]['accountid']})", **values)


async def left(world: World) -> tuple[int, int]:
    """How many customers and accounts there are."""
    return len(await world.erp.rows("customers")), len(await world.crm.rows("accounts"))


def reasons(world: World) -> set[str]:
    """The codes of everything that asks or failed."""
    with world.product() as env:
        return {str(one.reason.code) for one in env.store.outcomes.unsettled(CUSTOMER)}


def deletes(world: World, pair: Pair) -> list[Intent]:
    """The deletes that were ever intended for the pair, newest first."""
    with world.product() as env:
        writes = env.store.journal.of_record(CUSTOMER, Side.CRM, RecordId(pair[1]["accountid"]))
    return [one for _, one in writes if one.is_delete]


@pytest.mark.parametrize("made", [from_the_erp, from_the_crm])
@pytest.mark.parametrize("side", Side)
async def test_what_is_left_is_deleted_too_and_stays_so(
    world: World, side: Side, made: Callable[[World], Awaitable[Pair]]
) -> None:
    """Once, with all that it held in the journal; the coupling ends; nothing comes back, and later runs are quiet."""
    strategy(world, OnDeletion.DELETE)
    pair = await made(world)
    await edit(world, side.other, pair, is_mapped=False)
    await world.synch("CUSTOMER")
    await delete(world, side, pair)

    counters = await world.full_synch()

    assert (counters["CUSTOMER"].deleted, counters["CUSTOMER"].conflicts) == (1, 0)
    (intent,) = deletes(world, pair)
    assert (intent.state, intent.destination) == (IntentState.LANDED, side.other)
    held = intent.before
    assert (held["telephone1"] if side is Side.ERP else held["phoneNumber"]) == "1"
    assert (held["description"] if side is Side.ERP else held["taxRegistrationNumber"]) in {"A note", "CHE-1"}
    before = await world.writes()
    for _ in range(2):
        await world.full_synch()
        await world.synch()
    with world.product() as env:
        assert env.store.couplings.count(CUSTOMER) == 0
        assert env.store.partings.generations(CUSTOMER, [RecordId(pair[0]["id"])]) == {pair[0]["id"]: 1}
        assert env.store.outcomes.unsettled(CUSTOMER) == []
    assert (await left(world), await world.writes()) == ((0, 0), before)


@pytest.mark.parametrize("side", Side)
async def test_an_edited_record_is_kept_and_asked_about_every_time(world: World, side: Side) -> None:
    """Whatever was remembered of its version since: the edit was never agreed on, so nobody deletes it unasked."""
    strategy(world, OnDeletion.DELETE)
    pair = await from_the_erp(world)
    await edit(world, side.other, pair)
    await delete(world, side, pair)
    before = await world.writes()

    for _ in range(2):
        await world.full_synch()
        await world.synch("CUSTOMER")

    assert (await world.writes(), reasons(world)) == (before, {"survivor_edited"})


async def test_a_record_in_conflict_is_kept(world: World) -> None:
    """Its edit was seen and remembered, and never agreed on."""
    strategy(world, OnDeletion.DELETE)
    pair = await from_the_erp(world)
    await world.erp.edit(f"customers({pair[0]['id']})", displayName="Adatum ERP")
    await world.crm.edit(f"accounts({pair[1]['accountid']})", name="Adatum CRM")
    await world.synch("CUSTOMER")
    await delete(world, Side.ERP, pair)

    await world.full_synch()

    assert (await left(world), reasons(world)) == ((0, 1), {"survivor_edited"})


class OnDelete(httpx2.AsyncBaseTransport):
    """Does something about the first batch with a delete in it."""

    def __init__(self, real: httpx2.AsyncBaseTransport, before: Any = None, loses: str = "") -> None:
        self._real, self._before, self._loses, self._is_done = real, before, loses, False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Pass the request on, unless it is lost."""
        if self._is_done or b"DELETE" not in await request.aread():
            return await self._real.handle_async_request(request)
        self._is_done = True
        if self._before is not None:
            await self._before()
        if self._loses == "request":
            raise httpx2.ReadError("reset")
        answer = await self._real.handle_async_request(request)
        if self._loses == "answer":
            raise httpx2.ReadError("reset")
        return answer


async def synch_through(world: World, side: Side, wrap: Callable[[Any], OnDelete]) -> Counters:
    """A full job of customers with that transport to the side that is written to."""
    with world.product(**{side.value: wrap}) as env:
        (job,) = await synchronize(env, InProcessJobs(env), [CUSTOMER], started_by="test", is_full=True)
    assert job.status is JobStatus.FINISHED, job.message
    return job.sum


@pytest.mark.parametrize("side", Side)
async def test_an_edit_between_our_read_and_our_delete_saves_the_record(world: World, side: Side) -> None:
    """The delete carries the version that was read, and both systems refuse it then."""
    strategy(world, OnDeletion.DELETE)
    pair = await from_the_erp(world)
    await delete(world, side.other, pair)

    async def edited() -> None:
        await edit(world, side, pair)

    counters = await synch_through(world, side, lambda real: OnDelete(real, before=edited))

    assert (counters.deleted, reasons(world)) == (0, {"survivor_edited"})
    assert await left(world) == ((1, 0) if side is Side.ERP else (0, 1))


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("loses", ["request", "answer"])
async def test_a_lost_answer_is_looked_into_before_anything_is_sent_again(world: World, side: Side, loses: str) -> None:
    """Gone: it landed, and the coupling ends. Still there: it is deleted. Either way once."""
    strategy(world, OnDeletion.DELETE)
    pair = await from_the_erp(world)
    await delete(world, side.other, pair)
    before = await world.writes()

    await synch_through(world, side, lambda real: OnDelete(real, loses=loses))

    assert (await left(world), await world.writes()) == ((0, 0), before + 1)
    with world.product() as env:
        assert (env.store.couplings.count(CUSTOMER), env.store.journal.open(CUSTOMER, 9)) == (0, [])
    states = [one.state for one in deletes(world, pair)]
    assert states == ([IntentState.LANDED, IntentState.NOT_LANDED] if loses == "request" else [IntentState.LANDED])


async def test_a_record_that_others_belong_to_waits_for_them(world: World) -> None:
    """Dataverse deletes an account's contacts with it: they go first, by their own mapping's strategy, or it stays."""
    strategy(world, OnDeletion.DELETE)
    pair = await from_the_erp(world)
    parent = {"parentcustomerid_account@odata.bind": f"/accounts({pair[1]['accountid']})"}
    contact = await world.crm.create("contacts", firstname="Ola", lastname="Nordmann", **parent)
    await delete(world, Side.ERP, pair)

    await world.synch("CUSTOMER")
    counters = [(await world.full_synch())["CUSTOMER"], (await world.synch("CUSTOMER"))["CUSTOMER"]]

    assert all((one.deleted, one.waiting > 0) == (0, True) for one in counters)
    assert (await left(world), len(await world.crm.rows("contacts"))) == ((0, 1), 1)
    assert "survivor_needed" in reasons(world)
    await world.crm.delete(f"contacts({contact['contactid']})")
    assert (await world.synch("CUSTOMER"))["CUSTOMER"].deleted == 1
    assert await left(world) == (0, 0)


async def test_a_system_that_refuses_the_delete_keeps_the_pair(world: World) -> None:
    """A currency that an amount is in cannot be deleted: it fails with the system's words, and stays coupled."""
    currency = MappingName("CURRENCY")
    strategy(world, OnDeletion.DELETE, currency)
    await world.full_synch()
    euro = await world.crm.one("transactioncurrencies", filter="isocurrencycode eq 'EUR'")
    money = {"transactioncurrencyid@odata.bind": f"/transactioncurrencies({euro['transactioncurrencyid']})"}
    await world.crm.create("accounts", name="No customer", creditlimit=5, **money)
    world.mappings[CUSTOMER] = replace(world.mappings[CUSTOMER], fields=())
    await world.erp.delete(f"currencies({(await world.erp.one('currencies'))['id']})")

    counters = await world.synch("CURRENCY")

    with world.product() as env:
        (outcome,) = env.store.outcomes.unsettled(currency)
        assert env.store.couplings.count(currency) == 1
    assert (counters["CURRENCY"].failed, counters["CURRENCY"].deleted) == (1, 0)
    assert (outcome.reason.code, "0x80040227" in outcome.detail) == ("refused_by_system", True)
    assert len(await world.crm.rows("transactioncurrencies")) == 2


class Hiding(httpx2.AsyncBaseTransport):
    """A system whose user may not see one record: lists leave it out, and its own address is forbidden."""

    def __init__(self, real: httpx2.AsyncBaseTransport, id_: str) -> None:
        self._real, self._id = real, id_

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer as such a system does."""
        if request.method == "GET" and f"({self._id})" in request.url.path:
            error = {"error": {"code": "0x80040220", "message": "SecLib::AccessCheckEx failed."}}
            return httpx2.Response(403, json=error, request=request)
        answer = await self._real.handle_async_request(request)
        if request.method != "GET" or self._id.encode() not in await answer.aread():
            return answer
        body = answer.json()
        body["value"] = [row for row in body["value"] if row.get("accountid") != self._id]
        return httpx2.Response(200, json=body, request=request)


@pytest.mark.parametrize("wanted", OnDeletion)
async def test_a_record_that_is_hidden_from_us_is_not_taken_for_deleted(world: World, wanted: OnDeletion) -> None:
    """Whatever the strategy: nothing is created, deleted or uncoupled; it is told apart and tried again."""
    strategy(world, wanted)
    pair = await from_the_erp(world)
    await world.erp.edit(f"customers({pair[0]['id']})", phoneNumber="2")
    before = await world.writes()

    with world.product(crm=lambda real: Hiding(real, pair[1]["accountid"])) as env:
        (job,) = await synchronize(env, InProcessJobs(env), [CUSTOMER], started_by="test", is_full=True)
        assert (job.status, env.store.couplings.count(CUSTOMER)) == (JobStatus.FINISHED, 1)

        found = await verify(env, CUSTOMER)
        assert (found.hidden[Side.CRM].count, found.gone[Side.CRM].count, found.is_ok) == (1, 0, False)

    assert (await world.writes(), reasons(world)) == (before, {"not_shown"})
    world.clock.move(minutes=10)
    await world.synch("CUSTOMER")
    assert (await world.crm.one("accounts"))["telephone1"] == "2"


async def resolved(world: World, record: str | None) -> SynchJob:
    """A person says: delete what is left."""
    with world.product() as env:
        job = new_job(env, CUSTOMER, is_full=False, started_by="test")
        return await resolve_deletion(env, job, OnDeletion.DELETE, record=record)


@pytest.mark.parametrize("is_edited", [False, True])
async def test_a_person_may_have_what_is_left_deleted(world: World, is_edited: bool) -> None:
    """Also when it was edited, for they were told; one that was edited after that asks again first."""
    pair = await from_the_erp(world)
    if is_edited:
        await edit(world, Side.ERP, pair)
    await delete(world, Side.CRM, pair)
    await world.synch("CUSTOMER")
    await world.erp.edit(f"customers({pair[0]['id']})", phoneNumber="3")

    first = await resolved(world, "Adatum")
    assert ((first.sum.deleted, first.sum.conflicts), await left(world)) == ((0, 1), (1, 0))
    second = await resolved(world, None)

    assert ((second.sum.deleted, second.sum.conflicts), await left(world)) == ((1, 0), (0, 0))


async def test_a_plan_shows_the_delete_with_what_would_be_lost(world: World) -> None:
    """And deletes nothing."""
    strategy(world, OnDeletion.DELETE)
    pair = await from_the_erp(world)
    await delete(world, Side.CRM, pair)

    with world.product() as env:
        actions: list[PlannedAction] = [one async for one in plan(env, [CUSTOMER], Tally())]

    (write,) = [write for one in actions for write in one.writes]
    assert (write.is_delete, write.side, write.id) == (True, Side.ERP, pair[0]["id"])
    assert (write.before["displayName"], write.after) == ("Adatum", {})
    assert await left(world) == (1, 0)


async def test_an_undo_says_what_it_does_not_create_again(world: World) -> None:
    """With all that the deleted record held, and why it stays away."""
    strategy(world, OnDeletion.DELETE)
    pair = await from_the_erp(world)
    await delete(world, Side.CRM, pair)
    with world.product() as env:
        (job,) = await synchronize(env, InProcessJobs(env), [CUSTOMER], started_by="test")
        steps = [step async for step in undo(env, job.id, started_by="test")]

    (line,) = [line for step in steps for line in step.undone]
    assert (line.fate, line.before["displayName"], line.label) == (
        Fate.DELETED,
        "Adatum",
        f"{pair[0]['number']} Adatum",
    )
    assert "not created again" in line.why
    assert await left(world) == (0, 0)


async def test_many_deletes_of_ours_stop_the_job(world: World) -> None:
    """Though what vanished was accepted before: they waited for their contacts, and now would all go at once."""
    strategy(world, OnDeletion.DELETE)
    for number in range(8):
        await world.erp.create("customers", displayName=f"Name {number}")
    await world.full_synch()
    accounts = {row["accountnumber"]: row["accountid"] for row in await world.crm.rows("accounts")}
    for customer in (await world.erp.rows("customers"))[:6]:
        parent = {"parentcustomerid_account@odata.bind": f"/accounts({accounts[customer['number']]})"}
        await world.crm.create("contacts", lastname="Nordmann", **parent)
        await world.erp.delete(f"customers({customer['id']})")

    async def run(*, accepts: bool = False) -> SynchJob:
        with world.product() as env:
            (job,) = await synchronize(
                env, InProcessJobs(env), [CUSTOMER], started_by="test", is_full=True, accepts_mass_change=accepts
            )
        return job

    waiting = await run(accepts=True)
    for contact in await world.crm.rows("contacts"):
        await world.crm.delete(f"contacts({contact['contactid']})")
    jobs = [await run(), await run()]

    assert (waiting.sum.waiting > 0, [job.status for job in jobs]) == (True, [JobStatus.ERROR] * 2)
    assert all("6 or more of 8 coupled records would have been deleted in the CRM" in job.message for job in jobs)
    assert await left(world) == (2, 8)
    assert ((await run(accepts=True)).sum.deleted, await left(world)) == (6, (2, 2))


PARTS = 6


async def prepare(folder: Path) -> None:
    """Three pairs: one deleted in the ERP, one in the CRM, one edited in the ERP; the strategy is *delete*."""
    world = await make_world(folder)
    for number in range(3):
        await world.erp.create("customers", number=f"C{number}", displayName=f"Customer {number}", phoneNumber="1")
    await world.full_synch()
    customers = {row["number"]: row for row in await world.erp.rows("customers")}
    accounts = {row["accountnumber"]: row for row in await world.crm.rows("accounts")}
    await world.erp.delete(f"customers({customers['C0']['id']})")
    await world.crm.delete(f"accounts({accounts['C1']['accountid']})")
    await world.erp.edit(f"customers({customers['C2']['id']})", phoneNumber="2")
    await close(world)


@pytest.mark.parametrize("part", [0, *(pytest.param(part, marks=pytest.mark.full) for part in range(1, PARTS))])
async def test_a_crash_at_any_point_deletes_once_and_loses_nothing(tmp_path: Path, part: int) -> None:
    """Whatever instant the process dies at, in the end two pairs are gone, the third is in step, and it is quiet."""
    template = tmp_path / "template"
    template.mkdir()
    await prepare(template)
    point, points = 1 + part, 0
    while point == 1 + part or point <= points:
        async with copy_of(template, tmp_path / f"crash-{point}") as world:
            strategy(world, OnDeletion.DELETE)
            fuse = Fuse(burns_at=point)

            def wrap(real: httpx2.AsyncBaseTransport, fuse: Fuse = fuse) -> httpx2.AsyncBaseTransport:
                return CrashingTransport(real, fuse)

            with world.product(erp=wrap, crm=wrap, before_commit=fuse.pass_point) as env, pytest.raises(CrashError):
                await start(env, InProcessJobs(env), started_by="test")
            world.clock.move(hours=2)
            await world.full_synch()
            before = await world.writes()
            assert before <= 3 + 2, f"after a crash at point {point}"
            await world.full_synch()
            await world.synch()
            customer, account = await world.erp.one("customers"), await world.crm.one("accounts")
            assert (customer["number"], account["telephone1"], await world.writes()) == ("C2", "2", before)
            with world.product() as env:
                assert (env.store.couplings.count(CUSTOMER), env.store.journal.open(CUSTOMER, 9)) == (1, [])
            points = points or await _points(template, tmp_path)
        point += PARTS
    assert points > 60


async def _points(template: Path, folder: Path) -> int:
    """How many points an undisturbed run passes."""
    fuse = Fuse(burns_at=0)
    async with copy_of(template, folder / "undisturbed") as world:
        strategy(world, OnDeletion.DELETE)

        def wrap(real: httpx2.AsyncBaseTransport) -> httpx2.AsyncBaseTransport:
            return CrashingTransport(real, fuse)

        with world.product(erp=wrap, crm=wrap, before_commit=fuse.pass_point) as env:
            await start(env, InProcessJobs(env), started_by="test")
    return fuse.passed
