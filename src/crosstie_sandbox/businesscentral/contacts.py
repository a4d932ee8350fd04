"""What the application does with contacts by itself.

A company contact is its own company; a person takes name and business relation of the company it belongs to. A
customer has one contact, tied by a business relation: it is made with the customer and follows its name and address.
"""

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog, not_in_related_table
from crosstie_sandbox.businesscentral.page import Page, pages
from crosstie_sandbox.businesscentral.payload import Changes
from crosstie_sandbox.businesscentral.rows import Row, change, find, those
from crosstie_sandbox.businesscentral.values import upper_case

SHARED_WITH_CUSTOMER = (
    "displayName",
    "addressLine1",
    "addressLine2",
    "city",
    "state",
    "country",
    "postalCode",
    "phoneNumber",
    "email",
    "website",
    "faxNumber",
)
_NAME_PARTS = ("firstName", "middleName", "lastName")
_DERIVED: Changes = {"companyName": "", "contactBusinessRelation": "None"}
"""What follows from the company of a contact, with the values of one that stands alone."""
_PART_LENGTH = 30
_FIRST_AND_LAST = 2


def page_of_contacts() -> Page:
    """The page that holds companies and persons."""
    return pages()["contacts"]


def complete(database: Database, row: Row, changes: Changes, before: Row | None) -> None:
    """Fill in what follows from a contact's other properties; `row` already holds the changes."""
    claimed = {name: changes[name] for name in _DERIVED if name in changes}
    for name in claimed:
        row[name] = _DERIVED[name] if before is None else before[name]
    if row["type"] == "Person" and any(name in changes for name in _NAME_PARTS):
        _join_names(row, changes, before)
    elif "displayName" in changes or before is None:
        _derive_names(row, changes, before)
    if row["type"] == "Company":
        _be_own_company(row)
    else:
        _belong_to_company(database, row, changes, before)
    for name, value in claimed.items():
        if row[name] != value:
            raise dialog(
                f'The "{name}" follows from the company of the contact: it is "{row[name]}" and cannot be "{value}".'
            )


def _join_names(row: Row, changes: Changes, before: Row | None) -> None:
    """The name of a person whose parts were entered one by one."""
    row["displayName"] = " ".join(str(row[name]) for name in _NAME_PARTS if row[name])
    _derive_search_name(row, changes, before)


def _derive_names(row: Row, changes: Changes, before: Row | None) -> None:
    """The parts of a name that was entered whole; a company has none."""
    _derive_search_name(row, changes, before)
    words = str(row["displayName"]).split() if row["type"] == "Person" else []
    row["firstName"] = " ".join(words[:-2] or words[:1])[:_PART_LENGTH]
    row["middleName"] = words[-2][:_PART_LENGTH] if len(words) > _FIRST_AND_LAST else ""
    row["lastName"] = words[-1][:_PART_LENGTH] if len(words) > 1 else ""


def _derive_search_name(row: Row, changes: Changes, before: Row | None) -> None:
    old = "" if before is None else _search_name(str(before["displayName"]))
    if "searchName" not in changes and row["searchName"] in {"", old}:
        row["searchName"] = _search_name(str(row["displayName"]))


def _search_name(name: str) -> str:
    return upper_case(name).rstrip(" ")


def _be_own_company(row: Row) -> None:
    if row["companyNumber"] not in {"", row["number"]}:
        raise dialog("Company No. must be blank for a contact of type Company.")
    row["companyNumber"] = row["number"]
    row["companyName"] = row["displayName"]


def _belong_to_company(database: Database, row: Row, changes: Changes, before: Row | None) -> None:
    became_person = before is not None and before["type"] == "Company"
    if before is not None and "companyNumber" not in changes and not became_person:
        return
    if became_person and "companyNumber" not in changes:
        row["companyNumber"] = ""
    number = row["companyNumber"]
    if number == "":
        row["companyName"] = ""
        if before is None or before["companyNumber"] != "":
            row["contactBusinessRelation"] = "None"
        return
    page = page_of_contacts()
    company = find(database, page, number=number)
    if company is None or company["type"] != "Company" or number == row["number"]:
        raise not_in_related_table(page, page.properties["companyNumber"], str(number), page.table)
    row["companyName"] = company["displayName"]
    row["contactBusinessRelation"] = company["contactBusinessRelation"]


def spread(database: Database, company: Row, before: Row) -> None:
    """Tell the persons of a company its new name or business relation."""
    followed = ("displayName", "contactBusinessRelation")
    if company["type"] == "Company" and any(company[name] != before[name] for name in followed):
        news: Changes = {
            "companyName": company["displayName"],
            "contactBusinessRelation": company["contactBusinessRelation"],
        }
        for person in persons(database, str(company["number"])):
            change(database, page_of_contacts(), person, news)


def persons(database: Database, company_number: str) -> list[Row]:
    """The persons who belong to a company contact."""
    return those(database, page_of_contacts(), companyNumber=company_number, type="Person")


def detach_persons(database: Database, company_number: str) -> None:
    """Let the persons of a company stand for themselves."""
    alone: Changes = {"companyNumber": "", **_DERIVED}
    for person in persons(database, company_number):
        change(database, page_of_contacts(), person, alone)


def contact_of_customer(customer: Row) -> Changes:
    """The contact that is made with a customer."""
    return {name: customer[name] for name in (*SHARED_WITH_CUSTOMER, "type")}


def relate(database: Database, contact_number: str, customer: Row) -> None:
    """Make a contact the contact of a customer."""
    database.connection.execute(
        "INSERT INTO businessRelations VALUES (?, 'Customer', ?)", (contact_number, customer["id"])
    )
    _set_relation(database, contact_number, "Customer")


def unrelate(database: Database, customer: Row) -> None:
    """Take the business relation from the contact of a customer that is going away."""
    number = related_contact(database, customer)
    if number is not None:
        database.connection.execute(
            "DELETE FROM businessRelations WHERE relatedType = 'Customer' AND relatedId = ?", (customer["id"],)
        )
        _set_relation(database, number, "None")


def follow_customer(database: Database, customer: Row, before: Row) -> None:
    """Carry a customer's new name, address, telephone, e-mail and web site over to its contact."""
    news = {name: customer[name] for name in SHARED_WITH_CUSTOMER if customer[name] != before[name]}
    number = related_contact(database, customer) if news else None
    contact = None if number is None else find(database, page_of_contacts(), number=number)
    if contact is not None:
        old = dict(contact)
        contact.update(news)
        complete(database, contact, news, old)
        change(database, page_of_contacts(), contact, _differences(contact, old))
        spread(database, contact, old)


def _differences(row: Row, before: Row) -> Changes:
    return {name: value for name, value in row.items() if before[name] != value}


def related_contact(database: Database, customer: Row) -> str | None:
    """The number of the contact of a customer."""
    found = database.connection.execute(
        "SELECT contactNumber FROM businessRelations WHERE relatedType = 'Customer' AND relatedId = ?",
        (customer["id"],),
    ).fetchone()
    return None if found is None else str(found[0])


def _set_relation(database: Database, number: str, relation: str) -> None:
    contact = find(database, page_of_contacts(), number=number)
    if contact is not None and contact["contactBusinessRelation"] != relation:
        before = dict(contact)
        change(database, page_of_contacts(), contact, {"contactBusinessRelation": relation})
        spread(database, contact, before)
