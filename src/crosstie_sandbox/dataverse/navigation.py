"""Addresses that go on from a row: along lookups and collections to other rows, to single values and references."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from crosstie_sandbox.dataverse.address import Address, row_id
from crosstie_sandbox.dataverse.conditions import related_to
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import bad_request, row_missing, unknown_property, unknown_segment
from crosstie_sandbox.dataverse.expanding import pointer
from crosstie_sandbox.dataverse.schema import Collection, Column, Navigation, Table

_SEGMENT = re.compile(r"([^()]+)(?:\((.+)\))?")
SUFFIXES = frozenset({"$ref", "$count", "$value"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads: `call` is about the row or the set there, `row` None for a set or a lookup that is empty.

    `column` is set if the path ends at a value of the row; `owner` is the row from which a lookup or collection, the
    last step of the path, was followed.
    """

    call: Call
    row: str | None
    owner: "Place | None" = None
    step: Navigation | Collection | None = None
    column: Column | None = None
    suffix: str = ""


def follow(call: Call) -> Place:
    """Where the segments behind the row of a call lead; raises ServiceError where they lead nowhere."""
    segments = list(call.address.rest)
    suffix = segments.pop() if segments and segments[-1] in SUFFIXES else ""
    place = Place(replace(call, address=Address(call.address.name, call.address.argument, ())), call.identity())
    for segment in segments:
        place = _next(place, segment)
    return replace(place, suffix=suffix)


def exists(call: Call, table: Table, identity: str) -> bool:
    """Whether there is a row that the caller can see."""
    query = f'SELECT 1 FROM "{table.logical_name}" WHERE "{table.primary_key}" = ?'
    return call.session.database.execute(query, (identity,)).fetchone() is not None


def _next(place: Place, segment: str) -> Place:
    found = _SEGMENT.fullmatch(segment)
    name, argument = (found[1], found[2]) if found else (segment, None)
    table, schema = place.call.table, place.call.schema
    if place.row is None:
        raise unknown_segment(segment)
    if place.column is not None:
        raise bad_request(f"The path cannot go on with '{segment}': a value has no parts.")
    navigation = table.navigations.get(name)
    if navigation is not None and argument is None:
        return _along_lookup(place, table, navigation)
    collection = schema.collections[table.logical_name].get(name)
    if collection is not None:
        return _into_collection(place, table, collection, argument)
    column = table.by_wire.get(segment)
    if column is None:
        raise unknown_property(segment, table.logical_name)
    return replace(place, column=column)


def _along_lookup(place: Place, table: Table, navigation: Navigation) -> Place:
    target = place.call.schema.tables[navigation.targets[0]]
    query = f'SELECT {pointer(navigation)} FROM "{table.logical_name}" AS t0 WHERE t0."{table.primary_key}" = ?'
    found = place.call.session.database.execute(query, (place.row,)).fetchone()
    if found is None:
        raise row_missing(table.logical_name, str(place.row))
    there = replace(place.call, address=Address(target.entity_set, found[0], ()))
    return Place(there, found[0], owner=place, step=navigation)


def _into_collection(place: Place, table: Table, collection: Collection, argument: str | None) -> Place:
    call, owner = place.call, str(place.row)
    if not exists(call, table, owner):
        raise row_missing(table.logical_name, owner)
    target = call.schema.tables[collection.table]
    within = related_to(collection, target, (table, owner))
    if argument is None:
        there = replace(call, address=Address(target.entity_set, None, ()), within=within)
        return Place(there, None, owner=place, step=collection)
    identity = row_id(target, argument, call.session.database)
    there = replace(call, address=Address(target.entity_set, identity, ()))
    if not _holds(there, within, identity):
        raise row_missing(target.logical_name, identity)
    return Place(there, identity, owner=place, step=collection)


def _holds(call: Call, within: tuple[str, Sequence[object]], identity: str) -> bool:
    table = call.table
    query = f'SELECT 1 FROM "{table.logical_name}" AS t0 WHERE t0."{table.primary_key}" = ? AND {within[0]}'
    return call.session.database.execute(query, [identity, *within[1]]).fetchone() is not None
