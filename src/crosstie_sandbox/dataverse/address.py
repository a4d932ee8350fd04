"""Addresses below the root of the service, read into their parts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote
from uuid import UUID

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.errors import bad_request, key_not_defined, row_missing_by_key, unknown_segment
from crosstie_sandbox.dataverse.schema import Schema, Table
from crosstie_sandbox.odata.errors import ODataSyntaxError
from crosstie_sandbox.odata.expression import Literal
from crosstie_sandbox.odata.parse import parse_filter
from crosstie_sandbox.odata.query import split
from crosstie_sandbox.odata.sql import stored

_SEGMENT = re.compile(r"([^/('\"]+)(?:\(((?:[^')]|'(?:[^']|'')*')*)\))?(?:/(.*))?")
_GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_BASE = re.compile(r"/api/data/v\d+\.\d+/")


@dataclass(frozen=True, slots=True)
class Address:
    """`name(argument)/rest` of a path; `argument` is None without parentheses."""

    name: str
    argument: str | None
    rest: tuple[str, ...]

    def table(self, schema: Schema) -> Table:
        """The table whose entity set is addressed."""
        table = schema.entity_sets.get(self.name)
        if table is None:
            raise unknown_segment(self.name)
        return table


def parse_address(path: str) -> Address:
    """Read a path relative to the root of the service."""
    if not path:
        return Address("", None, ())
    found = _SEGMENT.fullmatch(unquote(path))
    if found is None:
        raise unknown_segment(path[:100])
    return Address(found[1], found[2], tuple(found[3].split("/")) if found[3] else ())


def relative(url: str) -> tuple[str, str]:
    """Path below the root, and query, of an absolute, rooted or relative address."""
    path, _, query = url.partition("?")
    found = _BASE.search(path)
    return (path[found.end() :] if found else path.lstrip("/")), query


@dataclass(frozen=True, slots=True)
class Place:
    """What the parentheses of an address point to: the id of a row, or an alternate key that perhaps no row has."""

    identity: str | None
    key: Mapping[str, object]
    """Stored values of an alternate key by column; empty if the id was given."""


def row_id(table: Table, argument: str, database: Database) -> str:
    """The Guid that the parentheses of an address stand for."""
    place = find_place(table, argument, database)
    if place.identity is None:
        raise row_missing_by_key(table.logical_name)
    return place.identity


def find_place(table: Table, argument: str, database: Database) -> Place:
    """Read the parentheses of an address; an id is taken as it is, an alternate key is looked up."""
    if _GUID.fullmatch(argument):
        return Place(argument.lower(), {})
    pairs = {_column(table, name): value for name, value in _pairs(argument).items()}
    wanted = tuple(sorted(pairs))
    if wanted == (table.primary_key,) and isinstance(pairs[table.primary_key], UUID):
        return Place(str(pairs[table.primary_key]), {})
    if wanted not in {tuple(sorted(key.columns)) for key in table.keys if key.active}:
        raise key_not_defined(table.logical_name)
    conditions = " AND ".join(f'"{name}" = ?' for name in wanted)
    key = {name: stored(pairs[name], table.by_name[name].kind) for name in wanted}
    query = f'SELECT "{table.primary_key}" FROM "{table.logical_name}" WHERE {conditions}'
    found = database.execute(query, list(key.values())).fetchone()
    return Place(None if found is None else str(found[0]), key)


def _column(table: Table, name: str) -> str:
    """A column as keys name it: a lookup goes by the property that readers see."""
    column = table.by_wire.get(name)
    return name if column is None else column.name


def _pairs(argument: str) -> dict[str, object]:
    pairs: dict[str, object] = {}
    for part in split(argument, ","):
        name, equals, text = part.partition("=")
        if not equals:
            raise bad_request(f"'{argument}' is neither a Guid nor a key of names and values.")
        literal = parse_filter(text)
        if not isinstance(literal, Literal):
            raise ODataSyntaxError(f"'{text}' is not a value in the key '{argument}'.")
        pairs[name.strip()] = literal.value
    return pairs
