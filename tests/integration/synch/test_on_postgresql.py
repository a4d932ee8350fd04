"""The same code on PostgreSQL: what the store contract cannot show is that the whole of it runs there."""

from tests.world import World

from crosstie.model.words import MappingName


async def test_a_life_on_postgresql(world: World, postgres_url: str) -> None:
    """First synchronization, edits both ways, a conflict, a deletion, and quiet in the end."""
    world.database_url = postgres_url
    for number in range(5):
        await world.erp.create("customers", number=f"C{number}", displayName=f"Customer {number}", phoneNumber="1")
    await world.crm.create("accounts", name="From the CRM", customertypecode=3)
    first = await world.full_synch()
    accounts = {row["accountnumber"]: row["accountid"] for row in await world.crm.rows("accounts")}
    customers = {row["number"]: row["id"] for row in await world.erp.rows("customers")}
    await world.erp.edit(f"customers({customers['C0']})", displayName="Edited in the ERP")
    await world.crm.edit(f"accounts({accounts['C1']})", telephone1="2")
    await world.erp.edit(f"customers({customers['C2']})", displayName="ERP says")
    await world.crm.edit(f"accounts({accounts['C2']})", name="CRM says")
    await world.crm.delete(f"accounts({accounts['C3']})")

    second = await world.synch("CUSTOMER")

    before = await world.writes()
    await world.full_synch()
    with world.product() as env:
        (conflict,) = env.store.outcomes.conflicts(MappingName("CUSTOMER"))
    assert first["CUSTOMER"].inserted == 6
    assert (second["CUSTOMER"].modified, second["CUSTOMER"].conflicts) == (2, 2)
    assert (conflict.conflict.erp, conflict.conflict.crm) == (("ERP says",), ("CRM says",))
    assert (await world.crm.one("accounts", filter="accountnumber eq 'C0'"))["name"] == "Edited in the ERP"
    assert (await world.erp.one("customers", filter="number eq 'C1'"))["phoneNumber"] == "2"
    assert await world.writes() == before
