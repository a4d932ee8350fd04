"""Conflicts: both sides edited, one side deleted, and what a direction, a strategy or a person makes of it."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.synch.test_field_work import HEAD, install
from tests.scenarios.steps import (
    CUSTOMER,
    Row,
    account,
    bring_into_step,
    conflicts,
    couple_by_hand,
    couplings,
    customer,
    customers_in_step,
    edit,
    listed,
    outcome,
    run,
    synchronize_now,
)
from tests.world import World

from crosstie.model.words import ActionKind, ConflictResolution, JobStatus, OnDeletion, Side
from crosstie.synch.full_synch import new_job
from crosstie.synch.resolve import resolve_deletion

INBOX = "it waits in the conflict inbox with both values, where a failure would have to be looked up and repeated"


@pytest.mark.scenario("CNF-001")
@pytest.mark.parametrize("edited", ["CRM", "both", "never in step"])
async def test_a_chosen_direction_overwrites_newer_data_of_the_destination(world: World, edited: str) -> None:
    """Whatever was edited there, the account takes the customer's name, and nothing waits."""
    if edited == "never in step":
        await world.erp.create("customers", number="ADATUM", displayName="Adatum")
        await world.crm.create("accounts", name="Adatum, CRM", accountnumber="ADATUM", customertypecode=3)
        await couple_by_hand(world, CUSTOMER, "ADATUM", "ADATUM")
    else:
        ((held, its_account),) = await customers_in_step(world, "Adatum")
        await edit(world, account=its_account, name="Adatum, CRM")
        if edited == "both":
            await edit(world, customer=held, displayName="Adatum AG")
    named = (await customer(world, "Adatum"))["displayName"]

    job = (await synchronize_now(world, "ADATUM", to=Side.CRM))[CUSTOMER]

    assert (job.status, job.sum.conflicts, job.sum.failed) == (JobStatus.FINISHED, 0, 0)
    assert (await account(world, "Adatum"))["name"] == named == (await customer(world, "Adatum"))["displayName"]
    assert (conflicts(world), listed(world)) == ([], [])


async def edit_both(world: World, pair: tuple[Row, Row]) -> None:
    """The same two-way field on both sides."""
    await edit(world, customer=pair[0], phoneNumber="2")
    await edit(world, account=pair[1], telephone1="3")


async def phones(world: World, name: str = "Adatum") -> tuple[str, str]:
    """As the ERP and the CRM have it."""
    return (await customer(world, name))["phoneNumber"], (await account(world, name))["telephone1"]


@pytest.mark.scenario("CNF-004", better=INBOX)
async def test_both_sides_changed_is_a_conflict_by_default(world: World) -> None:
    """The outcome names its job and says that the same field was edited on both sides; nothing is modified."""
    (pair,) = await customers_in_step(world, "Adatum")
    await edit_both(world, pair)

    job = (await synchronize_now(world, "ADATUM"))[CUSTOMER]

    last = outcome(world, Side.ERP, pair[0]["id"])
    assert (job.sum.conflicts, job.sum.modified, await phones(world)) == (1, 0, ("2", "3"))
    assert (last.kind, last.job) == (ActionKind.CONFLICT, job.id)
    assert str(last.reason) == "The same field was edited on both sides: phoneNumber=telephone1."
    assert [(one.conflict.erp, one.conflict.crm) for one in conflicts(world)] == [(("2",), ("3",))]


@pytest.mark.scenario("CNF-005")
async def test_an_edit_of_the_destination_alone_is_left_alone(world: World) -> None:
    """A field that goes to the CRM only, edited there: unchanged, nothing fails, nothing is written."""
    ((held, its_account),) = await customers_in_step(world, "Adatum", creditLimit=100)
    await edit(world, account=its_account, creditlimit=300)
    before = await world.writes()

    job = (await synchronize_now(world, held["number"]))[CUSTOMER]

    assert (job.sum.unchanged, job.sum.failed, await world.writes()) == (1, 0, before)
    assert float((await account(world, "Adatum"))["creditlimit"]) == 300


@pytest.mark.scenario("CNF-018", better=INBOX)
async def test_only_a_chosen_direction_updates_the_partner_when_both_changed(world: World) -> None:
    """Without one nothing is modified; with it the partner is, and the conflict is closed."""
    (pair,) = await customers_in_step(world, "Adatum")
    await edit_both(world, pair)

    unforced = (await synchronize_now(world, "ADATUM"))[CUSTOMER]
    untouched = await phones(world)
    forced = (await synchronize_now(world, "ADATUM", to=Side.ERP))[CUSTOMER]

    assert (unforced.sum.modified, unforced.sum.conflicts, untouched) == (0, 1, ("2", "3"))
    assert (forced.counters[Side.ERP].modified, await phones(world)) == (1, ("3", "3"))
    assert (conflicts(world), listed(world)) == ([], [])


@pytest.mark.parametrize(
    ("strategy", "held", "written"),
    [
        pytest.param(ConflictResolution.SEND_UPDATE, "2", Side.CRM, marks=pytest.mark.scenario("CNF-023")),
        pytest.param(ConflictResolution.GET_UPDATE, "3", Side.ERP, marks=pytest.mark.scenario("CNF-024")),
    ],
)
async def test_a_strategy_lets_one_side_win(
    world: World, strategy: ConflictResolution, held: str, written: Side
) -> None:
    """Modified 1 without an error, and both hold the winner's value."""
    world.mappings[CUSTOMER] = replace(world.mappings[CUSTOMER], on_conflict=strategy)
    (pair,) = await customers_in_step(world, "Adatum")
    await edit_both(world, pair)

    job = await run(world)

    assert (job.counters[written].modified, job.sum.modified, job.sum.failed, job.sum.conflicts) == (1, 1, 0, 0)
    assert await phones(world) == (held, held)


@pytest.mark.scenario("CNF-012")
async def test_all_that_lost_a_side_are_restored_at_once(world: World) -> None:
    """One job creates the account that is missing and the customer that is missing; what lost nothing stays listed."""
    first, intact, last = await customers_in_step(world, "First", "Intact", "Last")
    await edit_both(world, intact)
    await world.crm.delete(f"accounts({first[1]['accountid']})")
    await world.erp.delete(f"customers({last[0]['id']})")
    await run(world, is_full=True)
    assert len(listed(world)) == 3

    with world.product() as env:
        own = new_job(env, CUSTOMER, is_full=False, started_by="test")
        job = await resolve_deletion(env, own, OnDeletion.RESTORE, record=None)

    await run(world)
    assert {side: job.counters[side].inserted for side in Side} == {Side.ERP: 1, Side.CRM: 1}
    assert sorted(row["name"] for row in await world.crm.rows("accounts")) == ["First", "Intact", "Last"]
    assert sorted(row["displayName"] for row in await world.erp.rows("customers")) == ["First", "Intact", "Last"]
    assert {one.label for one in listed(world)} == {"INTACT Intact"}
    assert len(couplings(world)) == 3


EITHER_WAY = pytest.mark.parametrize(
    ("direction", "only_coupled"), [("bidirectional", "true"), ("bidirectional", "false"), ("from", "true")]
)


async def without_customer(world: World, folder: Path, strategy: str, direction: str, only_coupled: str) -> Row:
    """A coupled account whose customer was deleted, under a mapping of that strategy, and touched since."""
    more = f'on_deletion = "{strategy}"\nonly_coupled = {only_coupled}\n\n[[field]]'
    text = HEAD.replace('"bidirectional"', f'"{direction}"').replace("[[field]]", more)
    install(world, folder, text)
    made = await world.crm.create("accounts", name="Adatum")
    await bring_into_step(world, CUSTOMER)
    await world.erp.delete(f"customers({(await world.erp.one('customers'))['id']})")
    await edit(world, account=made, description="Touched.")
    return made


@EITHER_WAY
@pytest.mark.scenario("CNF-014", better="it asks at once and says what can be done; nothing fails, nothing is skipped")
async def test_without_a_strategy_a_deleted_partner_is_asked_about(
    world: World, tmp_path: Path, direction: str, only_coupled: str
) -> None:
    """Synchronized twice: the coupling still exists, nothing is created, and the record is listed once."""
    made = await without_customer(world, tmp_path, "ask", direction, only_coupled)

    first = await run(world)
    await edit(world, account=made, description="Touched again.")
    second = await run(world)

    assert [(job.sum.conflicts, job.sum.failed, job.sum.skipped) for job in (first, second)] == [(1, 0, 0)] * 2
    assert (len(couplings(world)), await world.erp.rows("customers")) == (1, [])
    (asked,) = listed(world)
    assert "--use restore" in asked.next_step


@EITHER_WAY
@pytest.mark.scenario("CNF-015")
async def test_a_strategy_uncouples(world: World, tmp_path: Path, direction: str, only_coupled: str) -> None:
    """The coupling is gone at the next synchronization; nothing counts as skipped, and the account stays."""
    await without_customer(world, tmp_path, "uncouple", direction, only_coupled)

    job = await run(world)

    assert (couplings(world), job.sum.skipped, listed(world)) == ([], 0, [])
    assert (len(await world.crm.rows("accounts")), await world.erp.rows("customers")) == (1, [])


@EITHER_WAY
@pytest.mark.scenario("CNF-016")
async def test_a_strategy_restores(world: World, tmp_path: Path, direction: str, only_coupled: str) -> None:
    """A customer with the account's name exists and is coupled to it; nothing is skipped."""
    made = await without_customer(world, tmp_path, "restore", direction, only_coupled)

    job = await run(world)

    held = await world.erp.one("customers")
    assert (held["displayName"], job.counters[Side.ERP].inserted, job.sum.skipped) == ("Adatum", 1, 0)
    assert [(one.erp_id, one.crm_id) for one in couplings(world)] == [(held["id"], made["accountid"])]
    assert len(await world.crm.rows("accounts")) == 1
