"""Table synchronization, "synchronize now": one record or several, with a direction or without."""

from collections.abc import Sequence

import pytest
from tests.scenarios.steps import (
    CUSTOMER,
    SALESPEOPLE,
    Row,
    account,
    bring_into_step,
    conflicts,
    couple_by_hand,
    customers_in_step,
    edit,
    look_first,
    outcome,
    synchronize_now,
)
from tests.world import World

from crosstie.model.words import ActionKind, JobStatus, Side
from crosstie.synch.plan import PlannedAction

PLAN_WARNS = "a plan shows each value that would be overwritten, where a warning only says that there is newer data"


@pytest.mark.scenario(
    "TBL-008",
    better="none is left out and none fails: an uncoupled record is created, different values wait side by side, and a"
    " missing reference makes its record wait",
)
async def test_each_record_of_a_selection_is_handled_by_its_own_state(world: World) -> None:
    """Changed: sent. Uncoupled: created. Never in step: asked about. An uncoupled salesperson: waits and is named."""
    await world.erp.create("salespeoplePurchasers", code="NN", displayName="Nobody in the CRM")
    pairs = await customers_in_step(world, "Changed", "Waits")
    await edit(world, customer=pairs[0][0], displayName="Changed AG")
    await edit(world, customer=pairs[1][0], salespersonCode="NN")
    await world.erp.create("customers", number="UNCOUPLED", displayName="Uncoupled")
    differs = await world.erp.create("customers", number="DIFFERS", displayName="Differs")
    other = {"accountnumber": "DIFFERS", "creditlimit": 0, "customertypecode": 3}
    await world.crm.create("accounts", name="Differs otherwise", **other)
    await couple_by_hand(world, CUSTOMER, "DIFFERS", "Differs otherwise")

    job = (await synchronize_now(world, "CHANGED", "UNCOUPLED", "DIFFERS", "WAITS"))[CUSTOMER]

    done = job.counters[Side.CRM]
    assert (job.total, done.modified, done.inserted, done.conflicts, done.waiting, done.failed) == (4, 1, 1, 1, 1, 0)
    assert (await account(world, "Changed"))["name"] == "Changed AG"
    assert (await account(world, "Uncoupled"))["name"] == "Uncoupled"
    assert [one.erp_id for one in conflicts(world)] == [differs["id"]]
    assert str(outcome(world, Side.ERP, pairs[1][0]["id"]).reason) == (
        "It refers to SALESPEOPLE NN, which is not coupled yet."
    )


@pytest.mark.scenario("TBL-009")
async def test_a_record_in_step_takes_a_direction_and_nothing_breaks(world: World) -> None:
    """The job finishes, counts it as unchanged, and writes nothing."""
    await customers_in_step(world, "Adatum")
    before = await world.writes()

    job = (await synchronize_now(world, "ADATUM", to=Side.CRM))[CUSTOMER]

    assert (job.status, job.sum.unchanged, await world.writes()) == (JobStatus.FINISHED, 1, before)


@pytest.mark.scenario("TBL-010")
async def test_to_the_crm_sends_what_changed_in_the_erp(world: World) -> None:
    """The account takes the new name."""
    ((held, _),) = await customers_in_step(world, "Adatum")
    await edit(world, customer=held, displayName="Adatum AG")

    job = (await synchronize_now(world, "ADATUM", to=Side.CRM))[CUSTOMER]

    assert (job.counters[Side.CRM].modified, (await account(world, "Adatum"))["name"]) == (1, "Adatum AG")


async def salesperson_in_step(world: World) -> tuple[Row, Row]:
    """The salesperson and their user."""
    await bring_into_step(world, SALESPEOPLE)
    user = await world.crm.one("systemusers", filter="internalemailaddress eq 'jana@test.example'")
    return await world.erp.one("salespeoplePurchasers"), user


async def name_of_salesperson(world: World) -> str:
    """As the ERP has it."""
    return str((await world.erp.one("salespeoplePurchasers"))["displayName"])


@pytest.mark.scenario("TBL-011")
async def test_a_mapping_that_goes_one_way_needs_no_direction(world: World) -> None:
    """The salesperson takes the user's new name."""
    _, user = await salesperson_in_step(world)
    await world.crm.edit(f"systemusers({user['systemuserid']})", lastname="Roth-Ammann")

    job = (await synchronize_now(world, "JR"))[SALESPEOPLE]

    assert (job.counters[Side.ERP].modified, await name_of_salesperson(world)) == (1, "Jana Roth-Ammann")


@pytest.mark.scenario("TBL-012", better=PLAN_WARNS)
async def test_newer_data_of_the_erp_is_shown_before_it_is_overwritten(world: World) -> None:
    """Without a direction it is left alone; a plan shows both names; done, it is the user's again."""
    person, _ = await salesperson_in_step(world)
    await world.erp.edit(f"salespeoplePurchasers({person['id']})", displayName="J. Roth")
    left = (await synchronize_now(world, "JR"))[SALESPEOPLE]
    held = await name_of_salesperson(world)

    planned = await look_first(world, "JR", to=Side.ERP)
    job = (await synchronize_now(world, "JR", to=Side.ERP))[SALESPEOPLE]

    assert (left.sum.modified, held) == (0, "J. Roth")
    assert shown(planned) == [({"displayName": "J. Roth"}, {"displayName": "Jana Roth"})]
    assert (job.counters[Side.ERP].modified, await name_of_salesperson(world)) == (1, "Jana Roth")


def shown(planned: Sequence[PlannedAction]) -> list[tuple[dict[str, object], dict[str, object]]]:
    """What each planned write would replace, and by what."""
    return [(dict(one.before), dict(one.after)) for action in planned for one in action.writes]


@pytest.mark.scenario("TBL-013", better=PLAN_WARNS)
async def test_looking_at_what_was_never_synchronized_changes_nothing(world: World) -> None:
    """A plan and no more: both keep their names; done, the salesperson takes the user's."""
    await world.erp.create("salespeoplePurchasers", code="BO", displayName="Ben O.", email="ben@other.example")
    user = {"firstname": "Ben", "lastname": "Ott", "internalemailaddress": "ben@test.example", "islicensed": True}
    await world.crm.create("systemusers", **user)
    await couple_by_hand(world, SALESPEOPLE, "BO", "ben@test.example")
    before = await world.writes()

    planned = await look_first(world, "BO")
    untouched = await world.writes() == before
    await synchronize_now(world, "BO")

    person = await world.erp.one("salespeoplePurchasers", filter="code eq 'BO'")
    assert untouched
    assert [one.kind for one in planned] == [ActionKind.MODIFY]
    assert (person["displayName"], person["email"]) == ("Ben Ott", "ben@test.example")
