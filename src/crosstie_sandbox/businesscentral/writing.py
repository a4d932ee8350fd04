"""Insert, modify and delete, with everything the application does along with them, in one transaction each."""

from crosstie_sandbox.businesscentral import contacts, primary_contacts
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.etags import check_etag
from crosstie_sandbox.businesscentral.numbering import check_manual, next_number
from crosstie_sandbox.businesscentral.page import Page, pages, referring
from crosstie_sandbox.businesscentral.payload import Changes, check_relations
from crosstie_sandbox.businesscentral.rows import Row, add, change, get, remove, those
from crosstie_sandbox.businesscentral.rules.tables import rule_of
from crosstie_sandbox.businesscentral.values import blank


def insert(database: Database, page: Page, changes: Changes, contact_number: str | None = None) -> Row:
    """Add a record; a customer gets a contact of its own unless `contact_number` names one that exists."""
    check_relations(database, page, changes)
    row: Row = {name: blank(column) for name, column in page.columns.items()}
    row.update(changes)
    if "id" not in changes:
        row["id"] = str(database.ids())
    _number(database, page, row)
    if page.entity_set == "customers":
        _check_customer(row, changes, is_new=True)
        if not changes.get("currencyCode"):
            row["currencyCode"] = database.local_currency
    if page.entity_set == "contacts":
        contacts.complete(database, row, changes, None)
    rule_of(page).complete(database, row, changes, None)
    add(database, page, row)
    rule_of(page).after(database, row, None)
    if page.entity_set == "customers":
        _give_contact(database, row, contact_number)
        entered = dict(row)
        _settle_primary_contact(database, row, changes, {**row, "contactName": "", "primaryContactNumber": ""})
        if row != entered:
            change(database, page, row, {name: value for name, value in row.items() if entered[name] != value})
    return row


def _settle_primary_contact(database: Database, customer: Row, changes: Changes, before: Row) -> None:
    """Check the primary contact, or make the one whose name was entered."""
    primary_contacts.settle(database, customer, changes, before)
    if primary_contacts.is_wanted(customer, before):
        person = insert(database, pages()["contacts"], primary_contacts.person_of(database, customer))
        customer["primaryContactNumber"] = person["number"]


def _number(database: Database, page: Page, row: Row) -> None:
    if page.key is None:
        return
    if row[page.key] == "":
        if page.number_series is None:
            raise dialog(f'A "{page.key}" must be provided.')
        row[page.key] = next_number(database, page, page.number_series)
    else:
        check_manual(database, page)


def _check_customer(row: Row, changes: Changes, *, is_new: bool) -> None:
    if is_new and "displayName" not in changes:
        raise dialog('A "displayName" must be provided.')
    if row["displayName"] == "":
        raise dialog('The blank "displayName" is not allowed.')


def _give_contact(database: Database, customer: Row, contact_number: str | None) -> None:
    if contact_number is None:
        page = contacts.page_of_contacts()
        made = contacts.contact_of_customer(customer)
        made["number"] = next_number(database, page, page.number_series) if page.number_series else ""
        row: Row = {name: blank(column) for name, column in page.columns.items()}
        row.update(made)
        row["id"] = str(database.ids())
        row["contactBusinessRelation"] = "Customer"
        contacts.complete(database, row, made, None)
        row["contactBusinessRelation"] = "Customer"
        add(database, page, row)
        contact_number = str(row["number"])
    contacts.relate(database, contact_number, customer)


def modify(database: Database, page: Page, identity: str, changes: Changes, condition: str) -> Row:
    """Change a record whose version meets the condition."""
    row = get(database, page, identity)
    check_etag(row["etag"], condition)
    before = dict(row)
    check_relations(database, page, changes)
    if page.key is not None and changes.get(page.key, row[page.key]) != row[page.key]:
        if changes[page.key] == "":
            raise dialog(f'The blank "{page.key}" is not allowed.')
        check_manual(database, page)
    row.update(changes)
    if page.entity_set == "customers":
        _check_customer(row, changes, is_new=False)
        _settle_primary_contact(database, row, changes, before)
    if page.entity_set == "contacts":
        _complete_contact(database, row, changes, before)
    rule_of(page).complete(database, row, changes, before)
    change(database, page, row, {name: value for name, value in row.items() if before[name] != value})
    rule_of(page).after(database, row, before)
    _rename_references(database, page, row, before)
    if page.entity_set == "customers":
        contacts.follow_customer(database, row, before)
    if page.entity_set == "contacts":
        contacts.spread(database, row, before)
    return row


def _complete_contact(database: Database, row: Row, changes: Changes, before: Row) -> None:
    if before["type"] == "Company" and row["type"] == "Person" and contacts.persons(database, str(before["number"])):
        raise dialog("You cannot change the type of a company while persons belong to it.")
    if row["type"] == "Company" and before["companyNumber"] == before["number"]:
        row["companyNumber"] = changes.get("companyNumber", row["number"])
    contacts.complete(database, row, changes, before)


def _rename_references(database: Database, page: Page, row: Row, before: Row) -> None:
    if page.key is None or row[page.key] == before[page.key]:
        return
    for referring_page, column in referring(page):
        for reference in those(database, referring_page, **{column.name: before[page.key]}):
            change(database, referring_page, reference, {column.name: row[page.key]})
    if page.entity_set == "contacts":
        database.connection.execute(
            "UPDATE businessRelations SET contactNumber = ? WHERE contactNumber = ?", (row["number"], before["number"])
        )


def delete(database: Database, page: Page, identity: str, condition: str) -> None:
    """Remove a record that nothing needs any more."""
    row = get(database, page, identity)
    check_etag(row["etag"], condition)
    rule_of(page).before_delete(database, row)
    if page.entity_set == "contacts":
        contacts.detach_persons(database, str(row["number"]))
        primary_contacts.forget(database, row)
        database.connection.execute("DELETE FROM businessRelations WHERE contactNumber = ?", (row["number"],))
    elif page.entity_set == "customers":
        contacts.unrelate(database, row)
    else:
        _check_unused(database, page, row)
    remove(database, page, row)


def _check_unused(database: Database, page: Page, row: Row) -> None:
    for referring_page, column in referring(page):
        used = those(database, referring_page, **{column.name: row[page.key or "id"]})
        if referring_page.entity_set == "currencyExchangeRates":
            for rate in used:
                remove(database, referring_page, rate)
        elif used:
            raise dialog(
                f"You cannot delete {page.table} {row[page.key or 'id']} because it is used by "
                f"{len(used)} record(s) of table {referring_page.table}, such as {used[0][referring_page.order[0]]}."
            )
