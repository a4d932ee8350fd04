"""References between records that are new at the same time."""

from dataclasses import replace

from tests.world import World

from crosstie.model.mapping import FieldMapping, Reference
from crosstie.model.words import Direction, MappingName

CUSTOMER, CONTACT = MappingName("CUSTOMER"), MappingName("CONTACT")
PRIMARY_CONTACT = FieldMapping(
    erp=("taxRegistrationNumber",),
    crm=("primarycontactid",),
    direction=Direction.BIDIRECTIONAL,
    reference=Reference(mapping=CONTACT, key="number"),
)
"""The API's customer page has no primary contact; in this company a free text holds the contact's number."""


def with_primary_contact(world: World) -> None:
    """Customers refer to contacts, which refer to customers."""
    mapping = world.mappings[CUSTOMER]
    world.mappings[CUSTOMER] = replace(mapping, fields=(*mapping.fields, PRIMARY_CONTACT))


async def test_a_customer_and_its_primary_contact_both_new_converge_in_one_run(world: World) -> None:
    """The optional reference is written blank first and completed by itself when the contact is coupled."""
    with_primary_contact(world)
    customer = await world.erp.create("customers", displayName="Adatum")
    company = await world.erp.one("contacts")
    person = await world.erp.create("contacts", type="Person", companyNumber=company["number"], displayName="Ana Díaz")
    await world.erp.edit(f"customers({customer['id']})", taxRegistrationNumber=person["number"])

    await world.full_synch()

    account, contact = await world.crm.one("accounts"), await world.crm.one("contacts")
    assert account["_primarycontactid_value"] == contact["contactid"]
    assert contact["_parentcustomerid_value"] == account["accountid"]
    before = await world.writes()
    await world.synch()
    assert await world.writes() == before


async def test_the_same_from_the_crm(world: World) -> None:
    """An account and its primary contact, both new in the CRM, arrive in the ERP tied to each other."""
    with_primary_contact(world)
    account = await world.crm.create("accounts", name="Fabrikam", customertypecode=3)
    parent = {"parentcustomerid_account@odata.bind": f"/accounts({account['accountid']})"}
    contact = await world.crm.create("contacts", firstname="Ola", lastname="Nordmann", **parent)
    bind = {"primarycontactid@odata.bind": f"/contacts({contact['contactid']})"}
    await world.crm.edit(f"accounts({account['accountid']})", **bind)

    await world.full_synch()

    customer = await world.erp.one("customers")
    person = await world.erp.one("contacts", filter="type eq 'Person'")
    assert customer["taxRegistrationNumber"] == person["number"]
    assert person["companyName"] == "Fabrikam"


async def test_a_customer_waits_for_its_currency(world: World) -> None:
    """A required reference to a record that cannot be coupled holds the record, and says what it needs."""
    await world.erp.create("currencies", code="XTS", displayName="Currency without a rate")
    await world.erp.create("customers", displayName="Adatum", currencyCode="XTS")

    counters = await world.full_synch()

    with world.product() as env:
        codes = {(one.mapping, one.reason.code) for one in env.store.outcomes.unsettled()}
    assert (counters["CURRENCY"].failed, counters["CUSTOMER"].waiting, counters["CUSTOMER"].inserted) == (1, 1, 0)
    assert codes == {("CURRENCY", "no_exchange_rate"), ("CUSTOMER", "needs_coupling")}
