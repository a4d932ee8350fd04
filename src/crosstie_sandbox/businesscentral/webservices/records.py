"""Records of a web service: found by natural key, read as queries ask, written through the table behind the page."""

from collections.abc import Mapping
from dataclasses import replace

from crosstie_sandbox.businesscentral import writing
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import (
    ApiError,
    bad_request,
    dialog,
    read_only,
    undeclared_property,
    unknown_property,
)
from crosstie_sandbox.businesscentral.page import Kind, tables
from crosstie_sandbox.businesscentral.payload import Changes
from crosstie_sandbox.businesscentral.published_page import Control
from crosstie_sandbox.businesscentral.reading import Part, Scope, Shown, check_options, read_part
from crosstie_sandbox.businesscentral.values import ZERO_GUID, Stored, stored
from crosstie_sandbox.businesscentral.webservices.addresses import Key
from crosstie_sandbox.businesscentral.webservices.links import Link, links
from crosstie_sandbox.businesscentral.webservices.services import Service
from crosstie_sandbox.odata.query import EVERYTHING, Expand, QueryOptions


def scope_of(service: Service, key: Key) -> Scope:
    """The properties and values that an address names."""
    page = service.reading
    names = [name for name, _ in key]
    if len(key) != len(page.order) or not (set(names) == {None} or set(names) == set(page.order)):
        raise bad_request(f"The key of '{service.name}' has the properties {', '.join(page.order)}.")
    given = {name or own: value for own, (name, value) in zip(page.order, key, strict=True)}
    return {name: stored(page, page.properties[name], given[name]) for name in page.order}


def read(database: Database, service: Service, options: QueryOptions, scope: Scope, size: int | None = None) -> Part:
    """The rows that a query asks for; keys are always sent, and expanded parts after the properties."""
    page = service.reading
    expands = [(_link(database, service, expand), expand.options) for expand in options.expand]
    needed = {name for link, _ in expands for name in link.on.values()}
    select = None if options.select is None else tuple(dict.fromkeys((*page.order, *options.select)))
    check_options(page, replace(options, select=select, expand=()), scope)
    wider = None if select is None else tuple(dict.fromkeys((*select, *needed)))
    part = read_part(database, page, replace(options, select=wider, expand=()), scope=scope, size=size)
    for link, inner in expands:
        for row in part.rows:
            row[link.name] = read(database, link.service, inner, scope_of_link(link, row)).rows
    if select is not None:
        for row in part.rows:
            for name in needed - set(select):
                del row[name]
    return part


def _link(database: Database, service: Service, expand: Expand) -> Link:
    found = links(database, service).get(expand.name)
    if found is None:
        raise unknown_property(service.reading, expand.name)
    return found


def scope_of_link(link: Link, row: Mapping[str, object]) -> Scope:
    """What ties the rows that a link leads to to the row it starts from."""
    return {inner: _stored_again(row[outer]) for inner, outer in link.on.items()}


def _stored_again(value: object) -> Stored:
    return value if isinstance(value, int) else str(value)


def one(database: Database, service: Service, options: QueryOptions, scope: Scope) -> Shown:
    """The row with a key; raises when there is none."""
    rows = read(database, service, options, scope).rows
    if not rows:
        raise _no_record(service)
    return rows[0]


def insert(database: Database, service: Service, body: object, scope: Scope) -> Shown:
    """Add a record; `scope` holds what the address says of it."""
    changes = _changes(database, service, body)
    for name, value in scope.items():
        column = service.page.controls[name].column
        if column is not None:
            changes[column] = value
    row = writing.insert(database, service.page.table, changes)
    return one(database, service, EVERYTHING, {"id": row["id"]})


def modify(database: Database, service: Service, body: object, scope: Scope, condition: str) -> Shown:
    """Change the record with a key if its version meets the condition."""
    identity = _identity(database, service, scope)
    writing.modify(database, service.page.table, identity, _changes(database, service, body), condition)
    return one(database, service, EVERYTHING, {"id": identity})


def delete(database: Database, service: Service, scope: Scope, condition: str) -> None:
    """Remove the record with a key if its version meets the condition."""
    writing.delete(database, service.page.table, _identity(database, service, scope), condition)


def _identity(database: Database, service: Service, scope: Scope) -> str:
    where = " AND ".join(f'"{name}" = ?' for name in scope)
    found = database.connection.execute(
        f'SELECT "id" FROM "{service.page.view}" WHERE {where}', tuple(scope.values())
    ).fetchone()
    if found is None:
        raise _no_record(service)
    return str(found[0])


def _no_record(service: Service) -> ApiError:
    return ApiError(
        404, "Internal_RecordNotFound", f"The {service.page.table.table} record that the key names does not exist."
    )


def _changes(database: Database, service: Service, body: object) -> Changes:
    if not isinstance(body, Mapping):
        raise bad_request("The body of the request must be a JSON object.")
    page = service.reading
    changes: Changes = {}
    for name, value in body.items():
        if "@odata." in name:
            continue
        control = service.page.controls.get(name)
        if control is None:
            raise _unknown(database, service, name)
        if control.constant is not None and value == control.constant:
            continue
        if control.property.read_only or control.column is None:
            raise read_only(name)
        changes[control.column] = _stored(database, control, stored(page, control.property, value), service)
    return changes


def _unknown(database: Database, service: Service, name: str) -> ApiError:
    if name in links(database, service):
        return bad_request(
            f"The request holds rows for '{name}', but a web service takes one record at a time; "
            f"send them one by one to '{name}' of the record."
        )
    return undeclared_property(service.reading, name)


def _stored(database: Database, control: Control, value: Stored, service: Service) -> Stored:
    """The form in which the table holds a value: enums by their escaped name, some codes by the id behind them."""
    column = service.page.table.columns[control.column or ""]
    if control.code_of is not None:
        if value == "":
            return ZERO_GUID
        target, key = control.code_of
        found = database.connection.execute(f'SELECT id FROM "{target}" WHERE "{key}" = ?', (value,)).fetchone()
        if found is None:
            raise dialog(f'The "{control.property.name}" does not match to a {tables()[target].table}.', column.name)
        return str(found[0])
    return stored(service.page.table, column, value) if control.property.kind is Kind.ENUM else value
