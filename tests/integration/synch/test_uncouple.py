"""What a person uncouples stays apart until a person couples it again, and nothing is written to either system."""

from collections.abc import Sequence

import pytest
from tests.integration.synch.test_both_ways import CUSTOMER, coupled
from tests.integration.synch.test_stale_couplings import couple_by_hand
from tests.world import World

from crosstie.model.errors import UsageError
from crosstie.model.job import SynchJob
from crosstie.model.reason import ReasonCode
from crosstie.model.words import JobStatus, JobType, MappingName, OnDeletion, Side
from crosstie.synch.full_synch import new_job
from crosstie.synch.resolve import resolve_deletion
from crosstie.synch.uncouple import uncouple

CONTACT, SALESPEOPLE = MappingName("CONTACT"), MappingName("SALESPEOPLE")


async def run(world: World, name: MappingName, texts: Sequence[str]) -> SynchJob:
    """Uncouple by a fresh process; it must write nothing."""
    before = await world.writes()
    with world.product() as env:
        job = await uncouple(env, name, texts, started_by="test")
    assert (job.type, job.status, await world.writes()) == (JobType.UNCOUPLING, JobStatus.FINISHED, before), job.message
    return job


def count(world: World, name: MappingName) -> int:
    """Couplings of a mapping."""
    with world.product() as env:
        return env.store.couplings.count(name)


async def test_an_uncoupled_pair_stays_apart(world: World) -> None:
    """Edits on either side travel no more, and not even a full synchronization creates or couples anything."""
    customer, account = await coupled(world)

    job = await run(world, CUSTOMER, [customer["number"]])

    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    await world.crm.edit(f"accounts({account['accountid']})", telephone1="2")
    before = await world.writes()
    await world.full_synch()
    assert (job.sum.uncoupled, count(world, CUSTOMER), await world.writes()) == (1, 0, before)
    with world.product() as env:
        last = env.store.outcomes.of_record(CUSTOMER, Side.ERP, customer["id"])
    assert last is not None
    assert (last.reason.code, "crosstie couple" in last.next_step) == (ReasonCode.UNCOUPLED_BY_HAND, True)


async def test_it_stays_apart_though_it_left_the_filter_and_came_back(world: World) -> None:
    """Whatever was said of it meanwhile."""
    customer, _ = await coupled(world)
    await run(world, CUSTOMER, [customer["number"]])

    for blocked in ("All", "_x0020_"):
        await world.erp.edit(f"customers({customer['id']})", blocked=blocked)
        await world.full_synch()

    assert (count(world, CUSTOMER), len(await world.crm.rows("accounts"))) == (0, 1)


async def test_what_cannot_be_coupled_without_it_is_uncoupled_too(world: World) -> None:
    """The contacts of an account go with it; those of another one stay."""
    for name in ("Adatum", "Fabrikam"):
        await world.erp.create("customers", displayName=name)
    companies = {row["displayName"]: row["number"] for row in await world.erp.rows("contacts")}
    for name in ("Ana Díaz", "Bo Ek"):
        await world.erp.create("contacts", type="Person", companyNumber=companies["Adatum"], displayName=name)
    await world.erp.create("contacts", type="Person", companyNumber=companies["Fabrikam"], displayName="Cy Fo")
    await world.full_synch()
    assert (count(world, CUSTOMER), count(world, CONTACT)) == (2, 3)

    job = await run(world, CUSTOMER, ["Adatum"])

    assert (job.done, job.sum.uncoupled, count(world, CUSTOMER), count(world, CONTACT)) == (1, 3, 1, 1)


async def test_a_whole_mapping(world: World) -> None:
    """Page by page, and the job says how many."""
    for number in range(5):
        await world.erp.create("customers", displayName=f"Customer {number}")
    await world.full_synch()
    world.page_size = 2

    job = await run(world, CUSTOMER, [])

    assert (job.done, job.total, job.sum.uncoupled, count(world, CUSTOMER)) == (5, 5, 5, 0)


async def test_no_match_couples_what_a_person_took_apart(world: World) -> None:
    """A salesperson and a user with one e-mail address stay apart, from whichever side they are looked at."""
    await world.full_synch()
    assert count(world, SALESPEOPLE) == 1

    await run(world, SALESPEOPLE, ["JR"])
    user = await world.crm.one("systemusers", filter="internalemailaddress eq 'jana@test.example'")
    await world.crm.edit(f"systemusers({user['systemuserid']})", jobtitle="Seller")
    await world.full_synch()

    assert count(world, SALESPEOPLE) == 0


async def test_a_person_couples_them_again(world: World) -> None:
    """And then they are in step as before."""
    customer, account = await coupled(world)
    await run(world, CUSTOMER, [account["accountid"]])

    await couple_by_hand(world, customer["number"], account["accountid"])
    await world.synch()
    await world.erp.edit(f"customers({customer['id']})", phoneNumber="2")
    await world.synch()

    assert (count(world, CUSTOMER), (await world.crm.one("accounts"))["telephone1"]) == (1, "2")


async def test_an_open_question_ends_with_the_coupling(world: World) -> None:
    """There is no conflict between two records that have nothing to do with each other."""
    customer, account = await coupled(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="From the ERP")
    await world.crm.edit(f"accounts({account['accountid']})", name="From the CRM")
    await world.synch()

    await run(world, CUSTOMER, ["From the ERP"])

    with world.product() as env:
        assert (env.store.outcomes.conflicts(CUSTOMER), env.store.outcomes.unsettled(CUSTOMER)) == ([], [])


async def test_a_pair_of_which_one_was_deleted_is_named_by_its_number(world: World) -> None:
    """Though neither system knows that number any more."""
    customer, _ = await coupled(world)
    await world.erp.delete(f"customers({customer['id']})")

    await run(world, CUSTOMER, [customer["number"]])

    assert count(world, CUSTOMER) == 0


@pytest.mark.parametrize("text", ["Nobody", "Twin"])
async def test_a_name_that_means_no_pair_or_several_changes_nothing(world: World, text: str) -> None:
    """Also when it stands beside one that is known."""
    customer, _ = await coupled(world)
    for _ in range(2):
        await world.erp.create("customers", displayName="Twin")
    await world.full_synch()

    with world.product() as env, pytest.raises(UsageError, match=f"'{text}'.*Nothing was uncoupled"):
        await uncouple(env, CUSTOMER, [customer["number"], text], started_by="test")

    assert count(world, CUSTOMER) == 3


async def test_what_a_person_took_apart_is_not_created_again_as_if_it_had_been_deleted(world: World) -> None:
    """Both records are there: *restore* is for those that lost their counterpart, and would make a second one."""
    customer, _ = await coupled(world)
    await run(world, CUSTOMER, [customer["number"]])
    before = await world.writes()

    with world.product() as env:
        job = new_job(env, CUSTOMER, is_full=False, started_by="test")
        with pytest.raises(UsageError, match="whose counterpart was deleted"):
            await resolve_deletion(env, job, OnDeletion.RESTORE, record=customer["number"])

    assert (await world.writes(), len(await world.crm.rows("accounts"))) == (before, 1)
