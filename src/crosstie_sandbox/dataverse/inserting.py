"""POST to a set: a row, with the related rows that stand within it, all of them or none.

An object under the name of a lookup becomes a row that the new one points to, made before it; an array under the name
of a collection becomes rows of the collection, made after it; addresses under its `@odata.bind` join it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from crosstie_sandbox.dataverse.address import Address
from crosstie_sandbox.dataverse.associating import back_to, join
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import bad_request
from crosstie_sandbox.dataverse.navigation import Place
from crosstie_sandbox.dataverse.operation import Reply
from crosstie_sandbox.dataverse.payload import BIND
from crosstie_sandbox.dataverse.schema import Collection, Table
from crosstie_sandbox.dataverse.writes import written
from crosstie_sandbox.odata.answer import loads

_DEEPEST = 10
Body = Mapping[str, object]


@dataclass(slots=True)
class _Parts:
    """A body taken apart: its own values, rows to point to, rows of collections, addresses of rows to join them."""

    own: dict[str, object] = field(default_factory=dict)
    before: dict[str, Body] = field(default_factory=dict)
    after: list[tuple[Collection, Body]] = field(default_factory=list)
    joining: list[tuple[Collection, str]] = field(default_factory=list)


def create(call: Call) -> Reply:
    """Insert a row and what stands within it."""
    return written(call, _insert(call, loads(call.operation.body), 1), created=True)


def _insert(call: Call, body: object, depth: int) -> str:
    if depth > _DEEPEST:
        raise bad_request(f"Rows stand within rows deeper than {_DEEPEST} levels.")
    if not isinstance(body, dict):
        return call.session.writer.create(call.table, call.changes(body))
    parts = _taken_apart(call, body)
    for name, inner in parts.before.items():
        target = _about(call, call.table.navigations[name].targets[0])
        identity = _insert(target, inner, depth + 1)
        parts.own[f"{name}{BIND}"] = target.row_url(identity)
    identity = call.session.writer.create(call.table, call.changes(parts.own))
    owner = Place(replace(call, address=Address(call.table.entity_set, identity, ())), identity)
    for collection, inner in parts.after:
        _insert_into(owner, collection, inner, depth + 1)
    for collection, url in parts.joining:
        join(owner, _about(call, collection.table), collection, url)
    return identity


def _insert_into(owner: Place, collection: Collection, body: Body, depth: int) -> None:
    target = _about(owner.call, collection.table)
    url = owner.call.row_url(str(owner.row))
    if not collection.intersect:
        _insert(target, {**body, f"{back_to(owner, target.table, collection)}{BIND}": url}, depth)
        return
    join(owner, target, collection, target.row_url(_insert(target, body, depth)))


def _taken_apart(call: Call, body: Body) -> _Parts:
    parts, table = _Parts(), call.table
    collections = call.schema.collections[table.logical_name]
    for name, value in body.items():
        collection = collections.get(name.removesuffix(BIND))
        if collection is not None and name.endswith(BIND):
            parts.joining += [(collection, str(url)) for url in _array(name, value)]
        elif collection is not None:
            parts.after += [(collection, inner) for inner in _objects(name, value)]
        elif name in table.navigations and isinstance(value, dict):
            _check_single(table, name)
            parts.before[name] = value
        else:
            parts.own[name] = value
    return parts


def _check_single(table: Table, name: str) -> None:
    navigation = table.navigations[name]
    if navigation.read_only or len(navigation.targets) > 1:
        raise bad_request(f"A related row cannot be written within '{name}'; bind it by its address instead.")


def _array(name: str, value: object) -> list[object]:
    if not isinstance(value, list):
        raise bad_request(f"The value of '{name}' must be an array.")
    return value


def _objects(name: str, value: object) -> Iterator[Body]:
    for inner in _array(name, value):
        if not isinstance(inner, dict):
            raise bad_request(f"The rows within '{name}' must be objects.")
        yield inner


def _about(call: Call, logical_name: str) -> Call:
    """The same call, about the set of another table."""
    return replace(call, address=Address(call.schema.tables[logical_name].entity_set, None, ()))
