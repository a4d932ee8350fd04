"""Retry: what failed, is skipped or waits is taken up now, not when its time comes."""

import pytest
from tests.world import World

from crosstie.model.errors import UsageError
from crosstie.model.words import MappingName
from crosstie.synch.retry import make_due
from crosstie_sandbox.businesscentral.database import Settings

CUSTOMER = MappingName("CUSTOMER")


async def refused(world: World) -> None:
    """Two accounts that the ERP refused to take as customers; the cause is gone."""
    for name in ("One", "Two"):
        await world.crm.create("accounts", name=name, customertypecode=3)
    world.erp.app.state.database.settings = Settings(manual_numbers=False)
    await world.full_synch()
    world.erp.app.state.database.settings = Settings(manual_numbers=True)


async def test_failed_records_are_taken_up_at_once(world: World) -> None:
    """Without a retry they wait for their time; after it they are created."""
    await refused(world)
    waited = await world.synch("CUSTOMER")

    with world.product() as env:
        due = make_due(env, CUSTOMER)
    counters = await world.synch("CUSTOMER")

    assert (waited["CUSTOMER"].inserted, len(due), counters["CUSTOMER"].inserted) == (0, 2, 2)


async def test_only_the_record_that_was_named_is_taken_up(world: World) -> None:
    """By its name, whatever the capitals; the other one keeps its time."""
    await refused(world)

    with world.product() as env:
        due = make_due(env, None, ["two"])
    await world.synch("CUSTOMER")

    assert [one.label for one in due] == ["Two"]
    assert [row["displayName"] for row in await world.erp.rows("customers")] == ["Two"]


async def test_a_name_that_nothing_has_is_refused_and_nothing_is_taken_up(world: World) -> None:
    """The message says where the names are."""
    await refused(world)

    with world.product() as env, pytest.raises(UsageError, match="No record 'Three' failed") as caught:
        make_due(env, CUSTOMER, ["One", "Three"])
    counters = await world.synch("CUSTOMER")

    assert ("crosstie errors" in caught.value.next_step, counters["CUSTOMER"].inserted) == (True, 0)


async def test_records_in_step_and_conflicts_are_left_alone(world: World) -> None:
    """There is nothing to retry about them."""
    await world.erp.create("customers", displayName="Adatum")
    await world.full_synch()
    account = await world.crm.one("accounts")
    await world.crm.delete(f"accounts({account['accountid']})")
    await world.synch("CUSTOMER")

    with world.product() as env:
        assert make_due(env, None) == []
