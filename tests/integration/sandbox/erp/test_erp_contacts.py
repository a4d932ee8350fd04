"""What the ERP does with contacts by itself."""

import pytest

from .client import Erp, Refusal


async def test_a_customer_gets_a_contact_of_its_own(erp: Erp) -> None:
    """With a customer comes a company contact, tied by a business relation, and with a person a person."""
    company = await erp.add("customers", displayName="Möbel AG", city="Bern", phoneNumber="031")
    person = await erp.add("customers", displayName="Zoë Keller", type="Person")
    first, second = await erp.all("contacts")
    assert (first["number"], first["type"], first["displayName"]) == ("CT000010", "Company", "Möbel AG")
    assert (first["city"], first["phoneNumber"], first["searchName"]) == ("Bern", "031", "MÖBEL AG")
    assert (first["companyNumber"], first["companyName"]) == ("CT000010", "Möbel AG")
    assert (second["type"], second["companyNumber"]) == ("Person", "")
    assert [row["contactBusinessRelation"] for row in (first, second)] == ["Customer", "Customer"]
    for customer, contact in ((company, first), (person, second)):
        found = await erp.all(f"customers({customer['id']})/contactsInformation")
        assert [(row["contactId"], row["relatedId"]) for row in found] == [(contact["id"], customer["id"])]


async def test_the_contact_follows_its_customer(erp: Erp) -> None:
    """A customer's new name and address reach its contact and the company name of its persons."""
    customer = await erp.add("customers", displayName="Velo AG")
    contact = (await erp.all("contacts"))[0]
    person = await erp.add("contacts", displayName="Ewa Nowak", type="Person", companyNumber=contact["number"])
    assert (person["companyName"], person["contactBusinessRelation"]) == ("Velo AG", "Customer")
    erp.clock.tick()
    await erp.patch("customers", customer, displayName="Velo GmbH", email="a@velo.example", creditLimit=5)
    followed = await erp.get(f"contacts({contact['id']})")
    assert (followed["displayName"], followed["email"], followed["searchName"]) == (
        "Velo GmbH",
        "a@velo.example",
        "VELO GMBH",
    )
    told = await erp.get(f"contacts({person['id']})")
    assert told["companyName"] == "Velo GmbH"
    assert told["lastModifiedDateTime"] == "2026-01-02T03:04:05.001Z"


async def test_a_change_that_is_not_shared_leaves_the_contact_alone(erp: Erp) -> None:
    """Changing what a contact does not hold, such as the credit limit, does not touch it."""
    customer = await erp.add("customers", displayName="Velo AG")
    before = (await erp.all("contacts"))[0]
    await erp.patch("customers", customer, creditLimit=5)
    assert (await erp.all("contacts"))[0] == before


async def test_deleting_a_customer_drops_its_relation(erp: Erp) -> None:
    """The contact stays, without business relation, and so do its persons."""
    customer = await erp.add("customers", displayName="Velo AG")
    contact = (await erp.all("contacts"))[0]
    await erp.add("contacts", displayName="Ewa Nowak", type="Person", companyNumber=contact["number"])
    assert len(await erp.all("customerContacts")) == 1
    await erp.http.delete(f"customers({customer['id']})")
    assert [row["contactBusinessRelation"] for row in await erp.all("contacts")] == ["None", "None"]
    assert await erp.all("customerContacts") == []


async def test_customer_contacts_name_the_customer(erp: Erp) -> None:
    """The set customerContacts lists the persons of a customer's company, with the id of both."""
    customer = await erp.add("customers", displayName="Velo AG")
    number = (await erp.all("contacts"))[0]["number"]
    person = await erp.add(
        "contacts", displayName="Ewa Maria Nowak", type="Person", companyNumber=number, jobTitle="Einkauf"
    )
    await erp.add("contacts", displayName="Nobody's Friend", type="Person")
    (row,) = await erp.all(f"customerContacts?$filter=customerId eq {customer['id']}")
    assert (row["id"], row["customerId"], row["customerName"]) == (person["id"], customer["id"], "Velo AG")
    assert (row["firstName"], row["lastName"], row["professionalTitle"]) == ("Ewa", "Nowak", "Einkauf")


async def test_contacts_information_needs_to_know_whose(erp: Erp, refusal: Refusal) -> None:
    """The set is answered only with a filter on relatedId and relatedType, or as a part of a customer."""
    customer = await erp.add("customers", displayName="Velo AG")
    assert refusal(await erp.http.get("contactsInformation"))[:2] == (400, "Application_DialogException")
    query = f"contactsInformation?$filter=relatedId eq {customer['id']} and relatedType eq 'Customer'"
    assert [row["contactName"] for row in await erp.all(query)] == ["Velo AG"]
    (expanded,) = await erp.all("customers?$select=number&$expand=contactsInformation($select=contactNumber)")
    assert [row["contactNumber"] for row in expanded["contactsInformation"]] == ["CT000010"]


@pytest.mark.parametrize("number", ["NOPE", "P1"])
async def test_a_person_belongs_to_a_company(erp: Erp, refusal: Refusal, number: str) -> None:
    """The companyNumber must name a company contact; an unknown number or a person's is refused."""
    person = await erp.add("contacts", number="P1", displayName="A B", type="Person")
    refused = refusal(await erp.patch("contacts", person, companyNumber=number))
    assert refused == (
        400,
        "Internal_InvalidTableRelation",
        (
            f"The field Company No. of table Contact contains a value ({number}) "
            "that cannot be found in the related table (Contact)."
        ),
    )
    assert (await erp.get(f"contacts({person['id']})")) == {
        **person,
        "@odata.context": person["@odata.context"],
    }


async def test_a_person_can_leave_its_company(erp: Erp) -> None:
    """A blank companyNumber takes company name and business relation with it."""
    await erp.add("customers", displayName="Velo AG")
    number = (await erp.all("contacts"))[0]["number"]
    person = await erp.add("contacts", displayName="A B", type="Person", companyNumber=number)
    alone = (await erp.patch("contacts", person, companyNumber="")).json()
    assert (alone["companyNumber"], alone["companyName"], alone["contactBusinessRelation"]) == ("", "", "None")


async def test_deleting_a_company_contact_frees_its_persons(erp: Erp) -> None:
    """The persons of a deleted company stand for themselves; the customer stays."""
    await erp.add("customers", displayName="Velo AG")
    company = (await erp.all("contacts"))[0]
    await erp.add("contacts", displayName="A B", type="Person", companyNumber=company["number"])
    assert (await erp.http.delete(f"contacts({company['id']})")).status_code == 204
    (person,) = await erp.all("contacts")
    assert (person["companyNumber"], person["companyName"]) == ("", "")
    assert len(await erp.all("customers")) == 1


async def test_a_company_contact_can_be_renumbered(erp: Erp) -> None:
    """A new number of a company reaches its persons and its customer's relation."""
    customer = await erp.add("customers", displayName="Velo AG")
    company = (await erp.all("contacts"))[0]
    person = await erp.add("contacts", displayName="A B", type="Person", companyNumber=company["number"])
    renamed = (await erp.patch("contacts", company, number="X1")).json()
    assert (renamed["number"], renamed["companyNumber"]) == ("X1", "X1")
    assert (await erp.get(f"contacts({person['id']})"))["companyNumber"] == "X1"
    found = await erp.all(f"customers({customer['id']})/contactsInformation")
    assert {row["contactNumber"] for row in found} == {"X1", person["number"]}


async def test_derived_properties_cannot_be_set_to_something_else(erp: Erp, refusal: Refusal) -> None:
    """Both companyName and contactBusinessRelation may be sent back as they are, but not changed."""
    person = await erp.add("contacts", displayName="A B", type="Person")
    refused = refusal(await erp.patch("contacts", person, contactBusinessRelation="Vendor"))
    assert refused[:2] == (400, "Application_DialogException")
    assert (await erp.patch("contacts", person, contactBusinessRelation="None")).status_code == 200
