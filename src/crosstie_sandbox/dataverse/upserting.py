"""Changing the row at an address, or creating it there."""

from crosstie_sandbox.dataverse.address import Place, find_place
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import row_missing_by_key
from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.writing import UNCONDITIONAL, Conditions


def place_of(call: Call, argument: str) -> Place:
    """What the parentheses of an address point to."""
    return find_place(call.table, argument, call.session.database)


def upsert(call: Call, place: Place, changes: Changes, conditions: Conditions = UNCONDITIONAL) -> tuple[str, bool]:
    """Write to a place; says the id of the row and whether it was created.

    An alternate key decides which row is meant and is not written: a body that has other values for its columns does
    not change them. Only if there is no such row the body's values win, and the key fills in what the body lacks.
    """
    table, writer = call.table, call.session.writer
    if not place.key:
        identity = str(place.identity)
        return identity, writer.upsert(table, identity, changes, conditions)
    if place.identity is not None:
        changes = {name: value for name, value in changes.items() if name not in place.key}
        writer.update(table, place.identity, changes, conditions)
        return place.identity, False
    if not conditions.may_create:
        raise row_missing_by_key(table.logical_name)
    return writer.create(table, {**place.key, **changes}), True
