"""The primary contact of a customer: a contact of the customer's own company, whose name stands on the customer.

A contact name that is entered while there is no primary contact makes one: a new person of that company.
"""

from crosstie_sandbox.businesscentral import contacts
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.payload import Changes
from crosstie_sandbox.businesscentral.rows import Row, change, find, those


def settle(database: Database, customer: Row, changes: Changes, before: Row) -> None:
    """Check a primary contact that was entered, and let its name follow; `customer` already holds the changes."""
    number = str(customer["primaryContactNumber"])
    if number == before["primaryContactNumber"]:
        return
    contact = find(database, contacts.page_of_contacts(), number=number) if number else None
    if contact is not None and contact["companyNumber"] != contacts.related_contact(database, customer):
        raise dialog(
            f"Contact {contact['number']} {contact['displayName']} is not related to customer "
            f"{customer['number']} {customer['displayName']}.",
            "primaryContactNumber",
        )
    if "contactName" not in changes:
        is_person = contact is not None and contact["type"] == "Person"
        customer["contactName"] = contact["displayName"] if contact is not None and is_person else ""


def is_wanted(customer: Row, before: Row) -> bool:
    """Whether a name was entered for which there is no contact yet."""
    return bool(customer["contactName"]) and not any(
        (customer["primaryContactNumber"], before["contactName"], before["primaryContactNumber"])
    )


def person_of(database: Database, customer: Row) -> Changes:
    """The person that is made when only a name was entered for the contact of a customer."""
    return {
        "type": "Person",
        "displayName": customer["contactName"],
        "companyNumber": contacts.related_contact(database, customer) or "",
        **{name: customer[name] for name in contacts.SHARED_WITH_CUSTOMER if name != "displayName"},
    }


def forget(database: Database, contact: Row) -> None:
    """Take a contact that is going away from the customers it is the primary contact of."""
    page = pages()["customers"]
    for customer in those(database, page, primaryContactNumber=contact["number"]):
        change(database, page, customer, {"primaryContactNumber": "", "contactName": ""})
