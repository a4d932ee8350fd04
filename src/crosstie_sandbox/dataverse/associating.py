"""Tying rows together and apart through `$ref`, and writing one value of a row."""

from crosstie_sandbox.dataverse import file_transfer
from crosstie_sandbox.dataverse.address import parse_address, relative, row_id
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import bad_request, duplicate, row_missing, unknown_segment, wrong_method
from crosstie_sandbox.dataverse.navigation import Place, exists, follow
from crosstie_sandbox.dataverse.operation import Reply, empty_reply
from crosstie_sandbox.dataverse.payload import BIND, Changes
from crosstie_sandbox.dataverse.schema import Collection, Navigation, Table, Type
from crosstie_sandbox.dataverse.writes import conditions
from crosstie_sandbox.odata.answer import loads


def write_at(call: Call, method: str) -> Reply:
    """POST, PUT, PATCH and DELETE at a path that goes on from a row."""
    place = follow(call)
    if place.column is not None and not place.suffix:
        return _write_value(place, method)
    if place.suffix != "$ref" or place.owner is None:
        raise wrong_method(method)
    if isinstance(place.step, Navigation):
        _refer(place, place.step, method)
    elif isinstance(place.step, Collection):
        _change_members(place, place.step, method)
    return empty_reply()


def _write_value(place: Place, method: str) -> Reply:
    call, column = place.call, place.column
    if column is not None and column.type is Type.FILE and method in {"PATCH", "DELETE"}:
        return (file_transfer.upload if method == "PATCH" else file_transfer.remove)(call, str(place.row), column)
    if method not in {"PUT", "DELETE"} or column is None:
        raise wrong_method(method)
    value: object = None
    if method == "PUT":
        body = loads(call.operation.body)
        if not isinstance(body, dict) or "value" not in body:
            raise bad_request("The body of a single value must be an object with 'value'.")
        value = body["value"]
    call.session.writer.update(call.table, str(place.row), call.changes({column.wire: value}), conditions(call))
    return empty_reply({"OData-EntityId": call.row_url(str(place.row))})


def _refer(place: Place, navigation: Navigation, method: str) -> None:
    """A lookup is set with PUT, and emptied with DELETE."""
    owner = place.owner
    if owner is None or method not in {"PUT", "DELETE"}:
        raise wrong_method(method)
    url = None if method == "DELETE" else _address(place.call)
    changes = owner.call.changes({f"{navigation.name}{BIND}": url})
    owner.call.session.writer.update(owner.call.table, str(owner.row), changes)


def _change_members(place: Place, collection: Collection, method: str) -> None:
    """A row joins a collection with POST, and leaves it with DELETE, by its key in the path or its address in `$id`."""
    owner, call = place.owner, place.call
    if owner is None or method not in {"POST", "DELETE"}:
        raise wrong_method(method)
    near = owner.call.table
    if not exists(call, near, str(owner.row)):
        raise row_missing(near.logical_name, str(owner.row))
    if method == "DELETE":
        member = place.row or _member(call, call.options.other.get("$id"))
    else:
        if place.row is not None:
            raise unknown_segment(call.address.rest[-1])
        member = _member(call, _address(call))
    if collection.intersect:
        _pair(owner, call, collection, member, joins=method == "POST")
    else:
        _point(owner, call, collection, member, joins=method == "POST")


def _point(owner: Place, call: Call, collection: Collection, member: str, *, joins: bool) -> None:
    """Members of a 1:N collection point to its owner with their lookup."""
    if not joins and not _is_member(call, collection, member, str(owner.row)):
        raise row_missing(call.table.logical_name, member)
    url = owner.call.row_url(str(owner.row)) if joins else None
    name = back_to(owner, call.table, collection)
    call.session.writer.update(call.table, member, call.changes({f"{name}{BIND}": url}))


def back_to(owner: Place, table: Table, collection: Collection) -> str:
    """The lookup of a table's rows, as a navigation property, that makes them members of a 1:N collection."""
    return next(
        one.name
        for one in table.navigations.values()
        if one.column.name == collection.column and owner.call.table.logical_name in one.targets
    )


def join(owner: Place, call: Call, collection: Collection, url: str) -> None:
    """Make the row at an address a member of a collection; the call is about the collection's table."""
    tie = _pair if collection.intersect else _point
    tie(owner, call, collection, _member(call, url), joins=True)


def _is_member(call: Call, collection: Collection, member: str, owner: str) -> bool:
    table = call.table
    query = f'SELECT 1 FROM "{table.logical_name}" WHERE "{table.primary_key}" = ? AND "{collection.column}" = ?'
    return call.session.database.execute(query, (member, owner)).fetchone() is not None


def _pair(owner: Place, call: Call, collection: Collection, member: str, *, joins: bool) -> None:
    """Members of an N:N collection stand beside its owner in the intersect table."""
    session, intersect = call.session, call.schema.tables[collection.intersect]
    for table, identity in ((owner.call.table, str(owner.row)), (call.table, member)):
        session.guard.must_on("Append" if table is owner.call.table else "AppendTo", table, identity)
    key = intersect.primary_key
    query = f'SELECT "{key}" FROM "{intersect.logical_name}" WHERE "{collection.column}" = ? AND "{collection.far}" = ?'
    found = session.database.execute(query, (owner.row, member)).fetchone()
    if joins:
        if found is not None:
            raise duplicate()
        pair: Changes = {collection.column: owner.row, collection.far: member}
        session.platform.create(intersect, pair)
    elif found is None:
        raise row_missing(call.table.logical_name, member)
    else:
        session.platform.delete(intersect, str(found[0]))


def _address(call: Call) -> str:
    body = loads(call.operation.body)
    url = body.get("@odata.id") if isinstance(body, dict) else None
    if not isinstance(url, str):
        raise bad_request("The body of an association must be an object with '@odata.id', the address of a row.")
    return url


def _member(call: Call, url: str | None) -> str:
    """The id of the row of the collection's table that an address names; it must exist."""
    if url is None:
        raise bad_request("Give the row that leaves the collection by its key in the path, or by its address in $id.")
    head, slash, rest = url.partition("/")
    address = parse_address(relative(call.made.get(head, head) + slash + rest)[0])
    table = call.table
    if address.table(call.schema) is not table or address.argument is None or address.rest:
        raise bad_request(f"'{url}' is not the address of a row of {table.entity_set}.")
    identity = row_id(table, address.argument, call.session.database)
    if not exists(call, table, identity):
        raise row_missing(table.logical_name, identity)
    return identity
