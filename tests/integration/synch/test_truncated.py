"""A text that is cut to fit is told: in the counters, in the record's outcome, in a plan, until it fits."""

from tests.world import World

from crosstie.model.job import Counters
from crosstie.model.words import MappingName, Side
from crosstie.synch.plan import Tally, plan
from crosstie.synch.ports.store import RecordOutcome

CUSTOMER = MappingName("CUSTOMER")
LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"


def cut(world: World) -> list[RecordOutcome]:
    """What the store knows of texts that were cut."""
    with world.product() as env:
        return list(env.store.outcomes.truncated(CUSTOMER))


async def test_a_text_that_was_cut_is_told_until_it_fits(world: World) -> None:
    """When it is sent, and at every later look; the ERP's 30 characters never shorten the CRM's text."""
    await world.erp.create("customers", displayName="Adatum", city="Bern")
    await world.full_synch()
    account = await world.crm.one("accounts")
    path = f"accounts({account['accountid']})"
    await world.crm.edit(path, address1_city=LONG)

    with world.product() as env:
        (planned,) = [one async for one in plan(env, [CUSTOMER], Tally())]
    sent = (await world.synch("CUSTOMER"))["CUSTOMER"]
    (first,) = cut(world)
    await world.crm.edit(path, description="A note")
    looked = (await world.synch("CUSTOMER"))["CUSTOMER"]
    (second,) = cut(world)

    assert (planned.truncated, first.truncated, second.truncated) == (("city",),) * 3
    assert (first.detail, second.detail) == ("Cut to fit: city.",) * 2
    assert (sent, looked) == (Counters(modified=1, truncated=1), Counters(unchanged=looked.unchanged, truncated=1))
    assert (await world.erp.one("customers"))["city"] == LONG[:30]
    assert (await world.crm.one("accounts"))["address1_city"] == LONG
    await world.crm.edit(path, address1_city="Basel")
    assert (await world.synch("CUSTOMER"))["CUSTOMER"].truncated == 0
    assert cut(world) == []


async def test_a_new_record_with_a_text_that_does_not_fit_is_told(world: World) -> None:
    """A create is counted like a change."""
    await world.crm.create("accounts", name="Adatum", address1_city=LONG, customertypecode=3)

    counters = (await world.full_synch())["CUSTOMER"]

    assert (counters.inserted, counters.truncated > 0) == (1, True)
    (outcome,) = cut(world)
    assert (outcome.side, outcome.truncated) == (Side.CRM, ("city",))
