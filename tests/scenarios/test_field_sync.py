"""Field synchronization: references that cannot be resolved, the county, and which change counts for which side."""

from dataclasses import replace

import pytest
from tests.integration.synch.test_references import PRIMARY_CONTACT
from tests.scenarios.steps import (
    CONTACT,
    CUSTOMER,
    Row,
    account,
    bring_into_step,
    conflicts,
    contact_in_step,
    customer,
    customers_in_step,
    edit,
    listed,
    look_first,
    outcome,
    run,
)
from tests.world import World

from crosstie.model.mapping import FieldMapping
from crosstie.model.words import ActionKind, Side

WAITS = "the record waits, says what must be coupled and follows by itself; nothing fails, nothing has to be repeated"


async def with_primary_contact(world: World, *, clears: bool) -> tuple[Row, Row, Row]:
    """A customer whose primary contact is coupled, its account, and another person of the customer, not coupled."""
    reference = replace(PRIMARY_CONTACT.reference, is_required=True)
    field = replace(PRIMARY_CONTACT, reference=reference, clears_on_failed_synch=clears)
    world.mappings[CUSTOMER] = with_field(world, field)
    person, _ = await contact_in_step(world)
    await edit(world, customer=await customer(world, "Adatum"), taxRegistrationNumber=person["number"])
    await bring_into_step(world, CUSTOMER)
    of = {"type": "Person", "companyNumber": person["companyNumber"]}
    other = await world.erp.create("contacts", displayName="Ben Ott", **of)
    held = await account(world, "Adatum")
    assert held["_primarycontactid_value"] is not None
    return await customer(world, "Adatum"), held, other


def with_field(world: World, field: FieldMapping):
    """Customers with one field more."""
    mapping = world.mappings[CUSTOMER]
    return replace(mapping, fields=(*mapping.fields, field))


@pytest.mark.scenario("FLD-001")
async def test_clearing_on_failed_synch_empties_what_cannot_be_resolved(world: World) -> None:
    """The account's primary contact becomes blank, without an error."""
    held, _, other = await with_primary_contact(world, clears=True)
    await edit(world, customer=held, taxRegistrationNumber=other["number"])

    job = await run(world)

    assert (job.sum.modified, job.sum.failed, job.sum.waiting, listed(world)) == (1, 0, 0, [])
    assert (await account(world, "Adatum"))["_primarycontactid_value"] is None


@pytest.mark.scenario("FLD-002", better=WAITS)
async def test_without_it_the_record_waits_towards_the_crm(world: World) -> None:
    """Nothing is written, the list names the contact that must be coupled; once it is, the customer follows."""
    held, before, other = await with_primary_contact(world, clears=False)
    await edit(world, customer=held, taxRegistrationNumber=other["number"])

    job = await run(world)

    last = outcome(world, Side.ERP, held["id"])
    assert (job.counters[Side.CRM].waiting, job.sum.modified, last.job) == (1, 0, job.id)
    assert (last.kind, str(last.reason)) == (
        ActionKind.WAIT,
        f"It refers to CONTACT {other['number']}, which is not coupled yet.",
    )
    assert await account(world, "Adatum") == before
    await bring_into_step(world, CONTACT, CUSTOMER)
    contact = await world.crm.one("contacts", filter="lastname eq 'Ott'")
    assert (await account(world, "Adatum"))["_primarycontactid_value"] == contact["contactid"]


@pytest.mark.scenario("FLD-003", better=WAITS)
async def test_without_it_the_record_waits_towards_the_erp(world: World) -> None:
    """Nothing is written, the list names the CRM's contact; what went to the CRM before stays as it is."""
    held, before, _ = await with_primary_contact(world, clears=False)
    parent = {"parentcustomerid_account@odata.bind": f"/accounts({before['accountid']})"}
    new = await world.crm.create("contacts", firstname="Cora", lastname="Ott", **parent)
    bind = {"primarycontactid@odata.bind": f"/contacts({new['contactid']})"}
    await edit(world, account=before, **bind)

    job = await run(world)

    last = outcome(world, Side.CRM, before["accountid"])
    assert (job.counters[Side.ERP].waiting, job.sum.modified, last.kind) == (1, 0, ActionKind.WAIT)
    assert str(last.reason) == f"It refers to CONTACT {new['contactid']}, which is not coupled yet."
    assert await customer(world, "Adatum") == held
    await bring_into_step(world, CONTACT, CUSTOMER)
    person = await world.erp.one("contacts", filter="displayName eq 'Cora Ott'")
    assert (await customer(world, "Adatum"))["taxRegistrationNumber"] == person["number"]


@pytest.mark.scenario("FLD-006")
@pytest.mark.scenario("FLD-007")
async def test_the_county_is_the_state_or_province_both_ways(world: World) -> None:
    """Of a customer and of a contact; the CRM contact keeps its owner, though there is no salesperson."""
    person, contact = await contact_in_step(world)
    held, its_account = await customer(world, "Adatum"), await account(world, "Adatum")
    assert held["salespersonCode"] == ""
    await edit(world, account=its_account, address1_stateorprovince="Aargau")
    await world.crm.edit(f"contacts({contact['contactid']})", address1_stateorprovince="Zug")
    await world.synch("CUSTOMER", "CONTACT")
    counties = (await customer(world, "Adatum"))["state"], (await world.erp.one("contacts", **of(person)))["state"]

    await edit(world, customer=held, state="Uri")
    await world.erp.edit(f"contacts({person['id']})", state="Jura")
    await world.synch("CUSTOMER", "CONTACT")

    after = await world.crm.one("contacts")
    assert counties == ("Aargau", "Zug")
    assert (await account(world, "Adatum"))["address1_stateorprovince"] == "Uri"
    assert after["address1_stateorprovince"] == "Jura"
    assert after["_ownerid_value"] == contact["_ownerid_value"] is not None


def of(person: Row) -> dict[str, str]:
    """A query for the person itself."""
    return {"filter": f"number eq '{person['number']}'"}


@pytest.mark.scenario("FLD-012")
@pytest.mark.parametrize("values", [{}, {"taxRegistrationNumber": "7"}], ids=["nothing", "unmapped"])
async def test_what_is_the_same_is_no_modification(world: World, values: dict[str, object]) -> None:
    """Untouched, or touched in a field that no mapping carries: nothing would be sent to either side."""
    ((held, _),) = await customers_in_step(world, "Adatum", creditLimit=100)
    if values:
        await edit(world, customer=held, **values)

    (action,) = await look_first(world, "ADATUM")

    assert (action.kind, action.writes, action.conflicts) == (ActionKind.UNCHANGED, (), ())


@pytest.mark.scenario("FLD-013")
async def test_a_change_of_a_one_way_field_is_one_of_its_own_way_only(world: World) -> None:
    """It is sent over whatever stands at its destination: a one-way field has no conflict, and nothing comes back."""
    ((held, its_account),) = await customers_in_step(world, "Adatum", creditLimit=100)
    await edit(world, customer=held, creditLimit=200)
    await edit(world, account=its_account, creditlimit=300)

    (action,) = await look_first(world, "ADATUM")

    ((side, after),) = [(one.side, {name: float(value) for name, value in one.after.items()}) for one in action.writes]
    assert (side, after, action.conflicts) == (Side.CRM, {"creditlimit": 200.0}, ())
    await run(world)
    assert float((await account(world, "Adatum"))["creditlimit"]) == 200
    assert conflicts(world) == []


@pytest.mark.scenario("FLD-014")
async def test_a_change_of_a_two_way_field_counts_on_either_side(world: World) -> None:
    """It is a modification to be sent, and stands against a change of the same field on the other side."""
    ((held, its_account),) = await customers_in_step(world, "Adatum")
    await edit(world, customer=held, phoneNumber="2")
    (alone,) = await look_first(world, "ADATUM")
    await edit(world, account=its_account, telephone1="3")

    (against,) = await look_first(world, "ADATUM")

    assert [(one.side, dict(one.after)) for one in alone.writes] == [(Side.CRM, {"telephone1": "2"})]
    assert (against.writes, [one.unit for one in against.conflicts]) == ((), ["phoneNumber=telephone1"])
