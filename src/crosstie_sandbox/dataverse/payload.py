"""The body of a write, checked and turned into stored values by column."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crosstie_sandbox.dataverse.address import parse_address, relative, row_id
from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.errors import (
    bad_request,
    invalid_argument,
    lookup_written_directly,
    row_missing,
    undeclared_property,
)
from crosstie_sandbox.dataverse.schema import Navigation, Table
from crosstie_sandbox.dataverse.values import to_stored

Changes = dict[str, object]
BIND = "@odata.bind"


@dataclass(frozen=True, slots=True)
class References:
    """Finds the rows that lookups point to; `$1` stands for what an earlier request of the change set made."""

    database: Database
    made: Mapping[str, str]

    def follow(self, text: str, navigation: Navigation) -> tuple[str, str]:
        """Id and table of the row a reference names; it must exist."""
        name, slash, rest = text.partition("/")
        url = self.made.get(name, name) + slash + rest
        address = parse_address(relative(url)[0])
        table = address.table(self.database.schema)
        if table.logical_name not in navigation.targets or address.argument is None or address.rest:
            raise bad_request(f"'{text}' is not the address of a row that '{navigation.name}' can point to.")
        identity = row_id(table, address.argument, self.database)
        query = f'SELECT 1 FROM "{table.logical_name}" WHERE "{table.primary_key}" = ?'
        if self.database.execute(query, (identity,)).fetchone() is None:
            raise row_missing(table.logical_name, identity)
        return identity, table.logical_name


def read_body(table: Table, body: object, follow: Callable[[str, Navigation], tuple[str, str]]) -> Changes:
    """Stored values by column name; read-only columns are left out, as Dataverse ignores them."""
    if not isinstance(body, dict):
        raise bad_request("The body of a write must be a JSON object.")
    changes: Changes = {}
    columns = table.by_wire
    for name, value in body.items():
        column = columns.get(name)
        if column is None:
            _read_other(table, name, value, follow, changes)
        elif column.name != column.wire:
            raise lookup_written_directly(name)
        elif not column.read_only:
            changes[name] = to_stored(column, value, table)
    return changes


def _read_other(
    table: Table, name: str, value: object, follow: Callable[[str, Navigation], tuple[str, str]], changes: Changes
) -> None:
    if name.endswith(BIND):
        _bind(table, name.removesuffix(BIND), value, follow, changes)
    elif name in table.navigations:
        if value is not None:
            raise bad_request(f"A related row cannot be written within '{name}'; bind it by its address instead.")
        _bind(table, name, None, follow, changes)
    elif "@" not in name:
        raise undeclared_property(name, table.logical_name)


def _bind(
    table: Table,
    name: str,
    value: object,
    follow: Callable[[str, Navigation], tuple[str, str]],
    changes: Changes,
) -> None:
    navigation = table.navigations.get(name)
    if navigation is None:
        raise undeclared_property(name, table.logical_name)
    if navigation.read_only:
        return
    column = navigation.column.name
    if value is None:
        if column == "ownerid":
            raise invalid_argument("The owner of a row cannot be cleared.")
        if not (navigation.type_column and changes.get(column)):
            _point(navigation, None, None, changes)
    elif isinstance(value, str):
        _point(navigation, *follow(value, navigation), changes)
    else:
        raise bad_request(f"The value of '{name}{BIND}' must be the address of a row or null.")


def cleared(navigation: Navigation) -> Changes:
    """The change that makes a lookup point nowhere."""
    changes: Changes = {}
    _point(navigation, None, None, changes)
    return changes


def _point(navigation: Navigation, identity: str | None, target: str | None, changes: Changes) -> None:
    changes[navigation.column.name] = identity
    if navigation.type_column is not None:
        changes[navigation.type_column.name] = target
