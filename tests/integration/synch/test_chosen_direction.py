"""One record in a direction that a person chose: planned, done, and refused where it makes no sense."""

import pytest
from tests.integration.synch.test_both_ways import coupled
from tests.integration.synch.test_plan import as_sent, state
from tests.world import World

from crosstie.model.errors import UsageError
from crosstie.model.words import MappingName, Side
from crosstie.synch.chosen_records import synchronize_chosen
from crosstie.synch.plan import Tally, plan

CUSTOMER = MappingName("CUSTOMER")


async def test_a_plan_shows_what_the_direction_would_overwrite_and_the_run_sends_that(world: World) -> None:
    """Both names, before and after; nothing is written until it is done, and then nothing is left to do."""
    customer, account = await coupled(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    await world.crm.edit(f"accounts({account['accountid']})", name="Adatum GmbH", telephone1="2")
    writes, before = await world.writes(), state(world)
    with world.product() as env:
        wanted = plan(env, [CUSTOMER], Tally(), records=["Adatum AG"], destination=Side.CRM)
        actions = [action async for action in wanted]
    assert (await world.writes(), state(world)) == (writes, before)

    with world.product() as env:
        (job,) = await synchronize_chosen(env, [CUSTOMER], ["Adatum AG"], started_by="test", destination=Side.CRM)
        ((_, sent), *_) = env.store.journal.of_record(CUSTOMER, Side.CRM, account["accountid"])

    assert as_sent(actions) == [(Side.CRM, account["accountid"], None, dict(sent.values))]
    assert sent.values == {"name": "Adatum AG", "telephone1": "1"}
    assert (job.sum.modified, job.status) == (1, "Finished")
    written = await world.writes()
    await world.synch()
    assert await world.writes() == written
    assert (await world.erp.one("customers"))["phoneNumber"] == "1"


@pytest.mark.parametrize(
    ("text", "destination", "says"),
    [
        ("JR", Side.CRM, "SALESPEOPLE goes from the CRM to the ERP only"),
        ("EUR", Side.ERP, "CURRENCY goes from the ERP to the CRM only"),
        ("Alone in the ERP", Side.ERP, "is not coupled: the CRM holds nothing that could go to the ERP"),
        ("Alone in the CRM", Side.CRM, "is not coupled: the ERP holds nothing that could go to the CRM"),
    ],
)
async def test_a_direction_that_makes_no_sense_is_refused_and_nothing_changes(
    world: World, text: str, destination: Side, says: str
) -> None:
    """Before anything is done, though another record of the selection could have gone."""
    customer, _ = await coupled(world)
    await world.erp.create("customers", displayName="Alone in the ERP")
    await world.crm.create("accounts", name="Alone in the CRM", customertypecode=3)
    await world.erp.edit(f"customers({customer['id']})", phoneNumber="2")
    writes, before, names = await world.writes(), state(world), [customer["number"], text]

    with world.product() as env, pytest.raises(UsageError) as caught:
        await synchronize_chosen(env, list(env.mappings), names, started_by="test", destination=destination)

    assert says in caught.value.message
    assert (await world.writes(), state(world)) == (writes, before)


async def test_an_uncoupled_record_is_created_in_the_direction_that_it_can_go(world: World) -> None:
    """From the side that has it."""
    await world.crm.create("accounts", name="New", customertypecode=3)

    with world.product() as env:
        (job,) = await synchronize_chosen(env, [CUSTOMER], ["New"], started_by="test", destination=Side.ERP)

    assert (job.sum.inserted, (await world.erp.one("customers"))["displayName"]) == (1, "New")
