"""Deletions by strategy: ask, restore under a new id or number, or uncouple; nothing deleted is taken for new."""

from dataclasses import replace
from typing import Any

import pytest
from tests.world import World

from crosstie.app.mappings import parse_mappings
from crosstie.model.errors import SetupError, UsageError
from crosstie.model.job import SynchJob
from crosstie.model.words import MappingName, OnDeletion, Side
from crosstie.rules.conversions import CONVERSIONS
from crosstie.synch.full_synch import new_job
from crosstie.synch.resolve import resolve_deletion

CUSTOMER = MappingName("CUSTOMER")


def strategy(world: World, wanted: OnDeletion) -> None:
    """Customers with that strategy."""
    world.mappings[CUSTOMER] = replace(world.mappings[CUSTOMER], on_deletion=wanted)


async def from_the_erp(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """A customer whose account Crosstie created."""
    await world.erp.create("customers", displayName="Adatum", phoneNumber="1")
    await world.full_synch()
    return await world.erp.one("customers"), await world.crm.one("accounts")


async def from_the_crm(world: World) -> tuple[dict[str, Any], dict[str, Any]]:
    """An account whose customer Crosstie created."""
    await world.crm.create("accounts", name="Adatum", telephone1="1", customertypecode=3)
    await world.full_synch()
    return await world.erp.one("customers"), await world.crm.one("accounts")


async def delete(world: World, side: Side, customer: dict[str, Any], account: dict[str, Any]) -> None:
    """A user deletes one of the two."""
    if side is Side.ERP:
        await world.erp.delete(f"customers({customer['id']})")
    else:
        await world.crm.delete(f"accounts({account['accountid']})")


async def is_in_step_and_quiet(world: World) -> None:
    """One record on each side, coupled; further runs write nothing; edits travel."""
    before = await world.writes()
    await world.synch("CUSTOMER")
    await world.full_synch()
    assert await world.writes() == before
    customer, account = await world.erp.one("customers"), await world.crm.one("accounts")
    assert (account["name"], account["accountnumber"]) == ("Adatum", customer["number"])
    await world.crm.edit(f"accounts({account['accountid']})", telephone1="2")
    await world.synch("CUSTOMER")
    assert (await world.erp.one("customers"))["phoneNumber"] == "2"


@pytest.mark.parametrize("made", [from_the_erp, from_the_crm])
@pytest.mark.parametrize("side", Side)
async def test_restore_creates_the_missing_side_under_another_key(world: World, side: Side, made: Any) -> None:
    """Another GUID in the CRM, another number in the ERP; whichever side the pair came from; twice in a row."""
    strategy(world, OnDeletion.RESTORE)
    customer, account = await made(world)
    keys = {customer["number"] if side is Side.ERP else account["accountid"]}
    for _ in range(2):
        await delete(world, side, customer, account)
        await world.full_synch()
        customer, account = await world.erp.one("customers"), await world.crm.one("accounts")
        keys.add(customer["number"] if side is Side.ERP else account["accountid"])

    assert len(keys) == 3
    await is_in_step_and_quiet(world)


async def test_a_deleted_account_is_restored_by_the_next_ordinary_run(world: World) -> None:
    """Though the mapping creates nothing by itself, and in one run."""
    strategy(world, OnDeletion.RESTORE)
    customer, account = await from_the_erp(world)
    await delete(world, Side.CRM, customer, account)

    counters = await world.synch("CUSTOMER")

    assert (counters["CUSTOMER"].inserted, counters["CUSTOMER"].conflicts) == (1, 0)
    assert (await world.crm.one("accounts"))["accountid"] != account["accountid"]
    await is_in_step_and_quiet(world)


@pytest.mark.parametrize("made", [from_the_erp, from_the_crm])
@pytest.mark.parametrize("side", Side)
async def test_uncouple_leaves_what_is_left_as_it_is(world: World, side: Side, made: Any) -> None:
    """Nothing is written, by a full synchronization neither, and the record says why it stands alone."""
    strategy(world, OnDeletion.UNCOUPLE)
    customer, account = await made(world)
    await delete(world, side, customer, account)
    before = await world.writes()

    for _ in range(2):
        await world.full_synch()

    left = customer["id"] if side is Side.CRM else account["accountid"]
    with world.product() as env:
        outcome = env.store.outcomes.of_record(CUSTOMER, side.other, left)
        assert (env.store.couplings.count(CUSTOMER), env.store.outcomes.unsettled(CUSTOMER)) == (0, [])
    assert outcome is not None
    assert (outcome.reason.code, await world.writes()) == ("uncoupled", before)


async def resolved(world: World, wanted: OnDeletion, record: str | None) -> SynchJob:
    """A person's answer."""
    with world.product() as env:
        job = new_job(env, CUSTOMER, is_full=False, started_by="test")
        return await resolve_deletion(env, job, wanted, record=record)


@pytest.mark.parametrize(
    "side",
    [
        pytest.param(Side.ERP, marks=pytest.mark.scenario("CNF-010")),
        pytest.param(Side.CRM, marks=pytest.mark.scenario("CNF-011")),
    ],
)
async def test_a_person_restores_a_record_that_asked(world: World, side: Side) -> None:
    """In the same moment, under another number or id; nothing asks any more."""
    customer, account = await from_the_erp(world)
    await delete(world, side, customer, account)
    await world.full_synch()

    job = await resolved(world, OnDeletion.RESTORE, "Adatum")

    assert job.sum.inserted == 1
    await world.synch("CUSTOMER")
    with world.product() as env:
        assert env.store.outcomes.unsettled(CUSTOMER) == []
    numbers = {customer["number"], (await world.erp.one("customers"))["number"]}
    ids = {account["accountid"], (await world.crm.one("accounts"))["accountid"]}
    assert (len(numbers), len(ids)) == ((2, 1) if side is Side.ERP else (1, 2))
    await is_in_step_and_quiet(world)


async def test_a_person_uncouples_and_restores_later(world: World) -> None:
    """What was left alone can still be created again, when a person says so."""
    customer, account = await from_the_erp(world)
    await delete(world, Side.CRM, customer, account)
    await world.synch("CUSTOMER")
    before = await world.writes()
    await resolved(world, OnDeletion.UNCOUPLE, None)
    await world.full_synch()
    assert await world.writes() == before

    await resolved(world, OnDeletion.RESTORE, customer["number"])

    await is_in_step_and_quiet(world)


async def test_a_record_that_lost_nothing_is_not_restored(world: World) -> None:
    """The request is refused and nothing is written."""
    await from_the_erp(world)
    before = await world.writes()

    for record in (None, "Adatum", "Nobody"):
        with pytest.raises(UsageError, match="whose counterpart was deleted; nothing was done"):
            await resolved(world, OnDeletion.RESTORE, record)

    assert await world.writes() == before


async def test_where_the_mapping_creates_nothing_a_restore_is_refused(world: World) -> None:
    """The strategy then asks, and the answer says what is possible."""
    strategy(world, OnDeletion.RESTORE)
    customer, account = await from_the_erp(world)
    world.mappings[CUSTOMER] = replace(world.mappings[CUSTOMER], creates=False)
    await delete(world, Side.CRM, customer, account)
    before = await world.writes()

    counters = await world.synch("CUSTOMER")
    with pytest.raises(UsageError, match="creates no records on the CRM side"):
        await resolved(world, OnDeletion.RESTORE, "Adatum")

    assert (counters["CUSTOMER"].conflicts, await world.writes()) == (1, before)
    with world.product() as env:
        assert env.store.couplings.count(CUSTOMER) == 1


def test_a_strategy_that_is_not_offered_is_refused_when_the_mapping_is_read() -> None:
    """The message names the file and the word; every strategy there is can be read."""
    text = """
        name = "X"
        title = "X"
        erp_table = "customers"
        crm_table = "account"
        direction = "to"
        on_deletion = "forget"
        field = []
    """
    with pytest.raises(SetupError, match="'forget' is not a valid OnDeletion") as caught:
        parse_mappings({"x.toml": text}, CONVERSIONS)
    assert "x.toml" in caught.value.message
    for word in OnDeletion:
        read = parse_mappings({"x.toml": text.replace("forget", word)}, CONVERSIONS)
        assert read[MappingName("X")].on_deletion is word
