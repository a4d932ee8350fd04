"""Insert, modify and delete, with everything the application does along with them, in one transaction each."""

from functools import cache

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write, behaviour_of
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.etags import check_etag
from crosstie_sandbox.businesscentral.numbering import check_manual, next_number
from crosstie_sandbox.businesscentral.page import Page, referring, tables
from crosstie_sandbox.businesscentral.payload import Changes, check_relations, derive
from crosstie_sandbox.businesscentral.rows import Row, add, change, get, remove, those
from crosstie_sandbox.businesscentral.values import blank


def insert(database: Database, page: Page, changes: Changes, behaviour: Behaviour | None = None) -> Row:
    """Add a record by the rules of its table, or by other ones."""
    rules = behaviour or behaviour_of(page)
    check_relations(database, page, changes)
    row: Row = {**_blanks(page), **changes}
    if "id" not in changes:
        row["id"] = str(database.ids())
    _number(database, page, row)
    write = Write(database, page, row, changes, None)
    rules.complete(write)
    derive(database, page, row)
    add(database, page, row)
    added = dict(row)
    rules.inserted(write)
    if row != added:
        change(database, page, row, {name: value for name, value in row.items() if added[name] != value})
    return row


@cache
def _blanks(page: Page) -> Row:
    return {name: blank(column) for name, column in page.columns.items()}


def _number(database: Database, page: Page, row: Row) -> None:
    if page.key is None:
        return
    if row[page.key] == "":
        if page.number_series is None:
            raise dialog(f'A "{page.key}" must be provided.')
        row[page.key] = next_number(database, page, page.number_series)
    else:
        check_manual(database, page)


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
    write = Write(database, page, row, changes, before)
    rules = behaviour_of(page)
    rules.complete(write)
    derive(database, page, row)
    change(database, page, row, {name: value for name, value in row.items() if before[name] != value})
    if page.key is not None and row[page.key] != before[page.key]:
        _rename_references(database, page, row, before)
        rules.renamed(write)
    rules.modified(write)
    return row


def _rename_references(database: Database, page: Page, row: Row, before: Row) -> None:
    for referring_page, column in referring(page):
        if column.relation == (page.entity_set, page.key):
            for reference in those(database, referring_page, **{column.name: before[page.key or "id"]}):
                change(database, referring_page, reference, {column.name: row[page.key or "id"]})


def delete(database: Database, page: Page, identity: str, condition: str) -> None:
    """Remove a record that nothing needs any more, with the parts it contains."""
    row = get(database, page, identity)
    check_etag(row["etag"], condition)
    behaviour_of(page).deleting(Write(database, page, row, {}, row))
    for part in page.navigations.values():
        if part.contained:
            for contained in those(database, tables()[part.target], **{part.on: identity}):
                delete(database, tables()[part.target], str(contained["id"]), "*")
    _check_unused(database, page, row)
    remove(database, page, row)
    database.connection.execute("DELETE FROM media WHERE id = ?", (identity,))


def _check_unused(database: Database, page: Page, row: Row) -> None:
    for referring_page, column in referring(page):
        named = row["id"] if column.relation == (page.entity_set, "id") else row[page.key or "id"]
        used = [found for found in those(database, referring_page, **{column.name: named}) if found["id"] != row["id"]]
        if used:
            raise dialog(
                f"You cannot delete {page.table} {row[page.key or 'id']} because it is used by "
                f"{len(used)} record(s) of table {referring_page.table}, such as {used[0][referring_page.order[0]]}."
            )
