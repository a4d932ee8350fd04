"""The mass-change guard at work: the job stops, nothing is lost, and a person's word lets one run through."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from tests.world import World

from crosstie.app.in_process_jobs import InProcessJobs
from crosstie.model.job import SynchJob
from crosstie.model.words import JobStatus, MappingName, OnDeletion, Side
from crosstie.synch.full_synch import synchronize
from crosstie.synch.plan import PlannedAction, Tally, plan

CUSTOMER = MappingName("CUSTOMER")
ACCEPT = "crosstie synch CUSTOMER --accept-mass-change"


async def coupled(world: World, count: int) -> None:
    """So many customers and their accounts, in step."""
    for number in range(count):
        await world.erp.create("customers", number=f"C{number:03d}", displayName=f"Name {number}", phoneNumber="1")
    await world.full_synch()
    await world.synch("CUSTOMER")


async def run(world: World, *, is_full: bool = False, accepts: bool = False) -> SynchJob:
    """A job, however it ends."""
    with world.product() as env:
        engine = InProcessJobs(env)
        (job,) = await synchronize(
            env, engine, [CUSTOMER], started_by="test", is_full=is_full, accepts_mass_change=accepts
        )
    return job


async def delete_some(world: World, side: Side, count: int) -> None:
    """Users delete the first so many of one side."""
    if side is Side.ERP:
        for row in (await world.erp.rows("customers"))[:count]:
            await world.erp.delete(f"customers({row['id']})")
    else:
        for row in (await world.crm.rows("accounts"))[:count]:
            await world.crm.delete(f"accounts({row['accountid']})")


def stopped(job: SynchJob, says: str) -> None:
    """The job says why, and how to go on."""
    assert (job.status, job.sum.conflicts, job.sum.modified, job.sum.inserted) == (JobStatus.ERROR, 0, 0, 0)
    assert says in job.message
    assert ACCEPT in job.message


@pytest.mark.parametrize(("side", "is_full"), [(Side.ERP, True), (Side.CRM, True), (Side.CRM, False)])
async def test_a_mass_deletion_stops_the_job_until_it_is_accepted_once(world: World, side: Side, is_full: bool) -> None:
    """Nothing is sent, again and again; accepted, each is decided as its mapping says; the next run asks nothing."""
    world.mappings[CUSTOMER] = replace(world.mappings[CUSTOMER], on_deletion=OnDeletion.RESTORE)
    await coupled(world, 8)
    await delete_some(world, side, 6)
    before = await world.writes()

    first, second = await run(world, is_full=is_full), await run(world)

    for job in (first, second):
        stopped(job, f"6 of 8 coupled records are gone from the {side.value.upper()} (5 pass)")
    with world.product() as env:
        assert (env.store.couplings.count(CUSTOMER), await world.writes()) == (8, before)
    accepted = await run(world, accepts=True)
    assert (accepted.status, accepted.sum.inserted) == (JobStatus.FINISHED, 6)
    assert [len(rows) for rows in (await world.erp.rows("customers"), await world.crm.rows("accounts"))] == [8, 8]
    after = await run(world, is_full=True)
    assert (after.status, after.sum.inserted) == (JobStatus.FINISHED, 0)


async def block(world: World, count: int, blocked: str = "All") -> None:
    """Users block, or unblock, the first so many customers: the filter of the mapping leaves them out."""
    for row in (await world.erp.rows("customers"))[:count]:
        await world.erp.edit(f"customers({row['id']})", blocked=blocked)


async def test_many_records_that_leave_the_filter_at_once_stop_the_job(world: World) -> None:
    """Page by page and run by run, with the filter named; accepted once, they are left alone for good."""
    world.page_size = 8
    await coupled(world, 25)
    await block(world, 21)

    jobs = [await run(world), await run(world), await run(world, is_full=True)]

    for job in jobs:
        stopped(job, "21 or more of 25 coupled records of the ERP left the filter of the mapping (blocked is blank; 20")
    accepted, later = await run(world, accepts=True), await run(world, is_full=True)
    assert (accepted.status, later.status) == (JobStatus.FINISHED, JobStatus.FINISHED)
    with world.product() as env:
        assert (env.store.mass_changes.counted(CUSTOMER), env.store.couplings.count(CUSTOMER)) == ({}, 25)


async def test_records_that_left_the_filter_before_do_not_count_again(world: World) -> None:
    """Twenty pass, are left alone, and another twenty pass the next time; one that came back may leave again."""
    await coupled(world, 40)
    for count in (20, 40):
        await block(world, count)
        assert (await run(world)).status is JobStatus.FINISHED
        assert (await run(world, is_full=True)).status is JobStatus.FINISHED
    await block(world, 40, "_x0020_")
    assert (await run(world)).status is JobStatus.FINISHED
    await block(world, 40)

    stopped(await run(world), "40 or more of 40")


async def planned(world: World, **more: bool) -> tuple[list[PlannedAction], Tally]:
    """A plan of customers."""
    tally = Tally()
    with world.product() as env:
        actions = [one async for one in plan(env, [CUSTOMER], tally, **more)]
        assert env.store.mass_changes.counted(CUSTOMER) == {}
    return actions, tally


async def vanish(world: World) -> str:
    """More accounts than pass are deleted."""
    await delete_some(world, Side.CRM, 6)
    return "6 of 25 coupled records are gone from the CRM (5 pass)"


async def clear(world: World) -> str:
    """A field is cleared everywhere."""
    for row in await world.erp.rows("customers"):
        await world.erp.edit(f"customers({row['id']})", phoneNumber="")
    return "phoneNumber=telephone1 was cleared in the ERP in "


async def leave(world: World) -> str:
    """Most records leave the filter."""
    await block(world, 24)
    return "left the filter of the mapping (blocked is blank; 20 pass)"


@pytest.mark.parametrize("happens", [vanish, clear, leave])
async def test_a_plan_shows_the_stop_and_lists_what_would_be_sent(
    world: World, happens: Callable[[World], Awaitable[str]]
) -> None:
    """The same words as the job's, which stops afterwards as it would have before; accepted, a plan shows no stop."""
    world.page_size = 8
    await coupled(world, 25)
    says = await happens(world)
    before = await world.writes()

    actions, tally = await planned(world)
    _, accepted = await planned(world, accepts_mass_change=True)
    job = await run(world)

    stop = tally.stops[CUSTOMER]
    assert (says in stop.message, ACCEPT in stop.next_step, accepted.stops) == (True, True, {})
    assert (job.status, job.message) == (JobStatus.ERROR, f"{stop.message} {stop.next_step}")
    listed = {vanish: 6, clear: 25, leave: 0}[happens]
    assert len(actions) == listed
    assert await world.writes() - before <= 16 if happens is clear else await world.writes() == before


async def test_few_deletions_pass(world: World) -> None:
    """Five of eight are asked about one by one."""
    await coupled(world, 8)
    await delete_some(world, Side.CRM, 5)

    job = await run(world)

    assert (job.status, job.sum.conflicts) == (JobStatus.FINISHED, 5)


async def test_what_was_asked_about_once_does_not_stop_the_next_full_synchronization(world: World) -> None:
    """Accepted under the strategy that asks, the couplings stay and count no more."""
    await coupled(world, 3)
    await delete_some(world, Side.CRM, 3)
    stopped(await run(world), "the CRM lists no record at all, and 3 are coupled")

    accepted, later = await run(world, accepts=True), await run(world, is_full=True)

    assert (accepted.sum.conflicts, accepted.status, later.status) == (3, JobStatus.FINISHED, JobStatus.FINISHED)


async def test_a_field_cleared_everywhere_is_not_carried_over_page_by_page_nor_run_by_run(world: World) -> None:
    """The page that crosses the limit is not sent, nor by the next runs; accepted, all of it is."""
    world.page_size = 6
    await coupled(world, 30)
    for row in await world.erp.rows("customers"):
        await world.erp.edit(f"customers({row['id']})", phoneNumber="")

    jobs = [await run(world) for _ in range(3)]

    async def cleared() -> int:
        return len([row for row in await world.crm.rows("accounts") if row["telephone1"] is None])

    assert [job.status for job in jobs] == [JobStatus.ERROR] * 3
    assert all("phoneNumber=telephone1 was cleared in the ERP in 24 or more of 30" in job.message for job in jobs)
    assert ([job.sum.modified for job in jobs], await cleared()) == ([18, 0, 0], 18)
    accepted = await run(world, accepts=True)
    assert (accepted.status, accepted.sum.modified, await cleared()) == (JobStatus.FINISHED, 12, 30)
    with world.product() as env:
        assert env.store.mass_changes.counted(CUSTOMER) == {}


async def test_when_the_cause_is_gone_the_job_goes_on_by_itself(world: World) -> None:
    """The values came back before anybody answered: nothing was lost, nothing is asked."""
    await coupled(world, 25)
    rows = await world.crm.rows("accounts")
    for row in rows:
        await world.crm.edit(f"accounts({row['accountid']})", telephone1=None)
    stopped(await run(world), "cleared in the CRM in 25 or more of 25")
    for row in rows:
        await world.crm.edit(f"accounts({row['accountid']})", telephone1="1")
    before = await world.writes()

    job = await run(world)

    assert (job.status, await world.writes()) == (JobStatus.FINISHED, before)
    assert {row["phoneNumber"] for row in await world.erp.rows("customers")} == {"1"}
