"""What a body asks for, checked property by property in the order it was sent."""

from collections.abc import Mapping
from functools import cache

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import (
    ApiError,
    bad_request,
    dialog,
    not_in_related_table,
    read_only,
    undeclared_property,
)
from crosstie_sandbox.businesscentral.page import Page, Property, tables
from crosstie_sandbox.businesscentral.values import ZERO_GUID, Stored, blank, stored

Changes = dict[str, Stored]


def read_body(page: Page, body: object) -> Changes:
    """The stored form of every property in a body; times of change are the server's and are passed over."""
    if not isinstance(body, Mapping):
        raise bad_request("The body of the request must be a JSON object.")
    changes: Changes = {}
    for name, value in body.items():
        if "@odata." in name:
            continue
        column = page.properties.get(name)
        if column is None and name in page.navigations:
            raise bad_request(f"'{name}' cannot be written along with a '{page.entity}': write its rows one by one.")
        if column is None:
            raise undeclared_property(page, name)
        if column.read_only:
            raise read_only(name)
        if name != "lastModifiedDateTime":
            changes[name] = stored(page, column, value)
    return changes


def check_relations(database: Database, page: Page, changes: Changes) -> None:
    """Every code names a record that exists, and a code agrees with the id beside it."""
    for column in _related(page):
        if column.twin is not None:
            _settle_twins(database, page, column, changes)
        elif column.name in changes:
            _check_relation(database, page, column, changes[column.name])


@cache
def _related(page: Page) -> tuple[Property, ...]:
    return tuple(column for column in page.columns.values() if column.relation is not None)


def derive(database: Database, page: Page, row: dict[str, Stored]) -> None:
    """Fill in what a row shows of the records it names."""
    for column in _derived(page):
        source, shown = column.derived or ("", "")
        target, key = page.columns[source].relation or ("", "id")
        row[column.name] = _lookup(database, target, shown, key, row[source]) or blank(column)


@cache
def _derived(page: Page) -> tuple[Property, ...]:
    return tuple(column for column in page.columns.values() if column.derived is not None)


def _check_relation(database: Database, page: Page, column: Property, value: Stored) -> None:
    if column.relation is None or value in {"", ZERO_GUID}:
        return
    target, key = column.relation
    if _lookup(database, target, "id", key, value) is None:
        raise _no_match(page, column, value)


def _no_match(page: Page, column: Property, value: Stored) -> ApiError:
    """A code, or an id that stands alone, that names nothing."""
    target, key = column.relation or ("", "id")
    named = tables()[target].table
    if key == "id":
        text = column.texts.get("id", f'The "{column.name}" does not match to a {named}.')
        return dialog(text, column.name)
    if "code" in column.texts:
        return dialog(column.texts["code"], column.name)
    return not_in_related_table(page, column, str(value), named)


def _settle_twins(database: Database, page: Page, column: Property, changes: Changes) -> None:
    """A code and an id of one record, such as `currencyCode` and `currencyId`: either is enough, both must agree."""
    if column.relation is None or column.twin is None:
        return
    target, key = column.relation
    named = tables()[target].table
    local = database.local_currency if column.local else ""
    by_code: tuple[Stored, Stored] | None = None
    by_id: tuple[Stored, Stored] | None = None
    if column.name in changes:
        code = changes[column.name]
        found = ZERO_GUID if code in {"", local} else _lookup(database, target, "id", key, code)
        if found is None:
            raise _no_match(page, column, code)
        by_code = (code or local, found)
    if column.twin in changes:
        identity = changes[column.twin]
        found = local if identity == ZERO_GUID else _lookup(database, target, key, "id", identity)
        if found is None:
            text = column.texts.get("id", f'The "{column.twin}" does not match to a {named}.')
            raise dialog(text, column.twin)
        by_id = (found, identity)
    if by_code and by_id and by_code != by_id:
        text = column.texts.get("both", f"The {named.lower()} values do not match to a specific {named}.")
        raise dialog(text, column.name)
    settled = by_code or by_id
    if settled:
        changes[column.name], changes[column.twin] = settled


def _lookup(database: Database, table: str, wanted: str, column: str, value: Stored) -> Stored | None:
    query = f'SELECT "{wanted}" FROM "{table}" WHERE "{column}" = ?'
    found = database.connection.execute(query, (value,)).fetchone()
    return None if found is None else found[0]
