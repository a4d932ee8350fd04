"""Couplings that lost a record: one that lost both ends, one that lost either gives way to another coupling by hand."""

import pytest
from tests.integration.synch.test_both_ways import coupled
from tests.world import World

from crosstie.model.errors import UsageError
from crosstie.model.words import JobId, MappingName, Side
from crosstie.synch.couple import couple
from crosstie.synch.verify import verify

CUSTOMER = MappingName("CUSTOMER")


async def couple_by_hand(world: World, erp: str, crm: str) -> None:
    """What ``crosstie couple`` does."""
    with world.product() as env:
        await couple(env, CUSTOMER, erp, crm, job=JobId("by hand"))


async def test_a_coupling_that_lost_both_records_ends(world: World) -> None:
    """Nobody is left to ask about: the list is empty, and a comparison finds nothing."""
    customer, account = await coupled(world)
    await world.erp.create("customers", displayName="Another")
    await world.crm.delete(f"accounts({account['accountid']})")
    await world.synch("CUSTOMER")
    await world.erp.delete(f"customers({customer['id']})")

    await world.full_synch()

    with world.product() as env:
        assert [one.erp_id == customer["id"] for one in env.store.couplings.all(CUSTOMER)] == [False]
        assert env.store.outcomes.unsettled() == []
        assert (await verify(env, CUSTOMER)).is_ok


@pytest.mark.parametrize("lost", Side)
async def test_what_is_left_of_a_pair_is_coupled_with_another_record(world: World, lost: Side) -> None:
    """The old coupling ends, nothing is asked about it any more, and edits travel between the new two."""
    customer, account = await coupled(world)
    if lost is Side.ERP:
        await world.erp.delete(f"customers({customer['id']})")
    else:
        await world.crm.delete(f"accounts({account['accountid']})")
    await world.full_synch()
    with world.product() as env:
        assert len(env.store.outcomes.unsettled(CUSTOMER)) == 1
    if lost is Side.ERP:
        customer = await world.erp.create("customers", number="NEW", displayName="Adatum")
    else:
        account = await world.crm.create("accounts", accountnumber="NEW", name="Adatum", customertypecode=3)

    await couple_by_hand(world, customer["number"], account["accountid"])
    await world.synch("CUSTOMER")
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    await world.synch("CUSTOMER")

    with world.product() as env:
        (coupling,) = env.store.couplings.all(CUSTOMER)
        assert env.store.outcomes.unsettled(CUSTOMER) == []
    assert (coupling.erp_id, coupling.crm_id) == (customer["id"], account["accountid"])
    assert (await world.crm.one("accounts"))["name"] == "Adatum AG"


async def test_a_coupling_of_two_records_that_are_there_does_not_give_way(world: World) -> None:
    """Whichever of the two is asked for, the refusal names both, and nothing changes."""
    customer, account = await coupled(world)
    await world.erp.create("customers", number="FREE", displayName="Free")
    await world.crm.create("accounts", accountnumber="FREE", name="Free", customertypecode=3)

    for erp, crm in ((customer["number"], "FREE"), ("FREE", account["accountid"])):
        with pytest.raises(UsageError, match=f"coupled already: ERP {customer['number']}, CRM {account['accountid']}"):
            await couple_by_hand(world, erp, crm)

    with world.product() as env:
        assert [one.erp_id for one in env.store.couplings.all(CUSTOMER)] == [customer["id"]]
