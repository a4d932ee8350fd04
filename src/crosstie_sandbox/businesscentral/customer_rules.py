"""The rules of customers: a name, a contact of its own that follows it, perhaps a primary contact."""

from crosstie_sandbox.businesscentral import contacts, primary_contacts
from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.page import pages, tables
from crosstie_sandbox.businesscentral.rows import Row, remove, those
from crosstie_sandbox.businesscentral.sales.refusals import check_no_trade
from crosstie_sandbox.businesscentral.trade_partners import check_name, name_local_currency
from crosstie_sandbox.businesscentral.writing import insert


class CustomerRules(Behaviour):
    """A new customer gets a contact of its own, unless the rules were told of one that exists."""

    def __init__(self, contact_number: str | None = None) -> None:
        self.contact_number = contact_number

    def complete(self, write: Write) -> None:
        """Refuse a customer without a name; a blank currency is the local one."""
        check_name(write)
        name_local_currency(write)
        if write.before is not None:
            _settle_primary_contact(write, write.before)

    def inserted(self, write: Write) -> None:
        """Make the contact, or relate the one that is there."""
        number = self.contact_number or _own_contact(write.database, write.row)
        contacts.relate(write.database, number, write.row)
        _settle_primary_contact(write, {**write.row, "contactName": "", "primaryContactNumber": ""})

    def modified(self, write: Write) -> None:
        """The contact follows its customer."""
        contacts.follow_customer(write.database, write.row, write.before or write.row)

    def deleting(self, write: Write) -> None:
        """The contact stays, related to nobody; the ship-to addresses go. A customer of documents or entries stays."""
        check_no_trade(write.database, str(write.row["number"]))
        contacts.unrelate(write.database, write.row)
        addresses = tables()["shipToAddresses"]
        for address in those(write.database, addresses, customerNumber=write.row["number"]):
            remove(write.database, addresses, address)


def _settle_primary_contact(write: Write, before: Row) -> None:
    """Check the primary contact, or make the one whose name was entered."""
    primary_contacts.settle(write.database, write.row, write.changes, before)
    if primary_contacts.is_wanted(write.row, before):
        person = insert(write.database, pages()["contacts"], primary_contacts.person_of(write.database, write.row))
        write.row["primaryContactNumber"] = person["number"]


def _own_contact(database: Database, customer: Row) -> str:
    """The number of the contact that is made with a customer."""
    made = contacts.contact_of_customer(customer)
    return str(insert(database, contacts.page_of_contacts(), made, _MadeWithCustomer())["number"])


class _MadeWithCustomer(Behaviour):
    """The rules of a contact that is a customer's from the beginning."""

    def complete(self, write: Write) -> None:
        contacts.complete(write.database, write.row, write.changes, write.before)
        write.row["contactBusinessRelation"] = "Customer"
