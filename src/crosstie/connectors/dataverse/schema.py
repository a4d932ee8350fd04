"""The tables of Dataverse that we know, from ``tables/*.toml`` and what is declared besides, with their wire names.

A lookup ``x`` is read as ``_x_value`` and written as ``x@odata.bind``; one that may point to several tables has a
navigation property per target (``parentcustomerid_account``) and an annotation that says which one it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from crosstie.connectors.table_file import (
    Entry,
    TableFile,
    column_of,
    entries_of,
    no_such,
    table_files,
    text_of,
    with_declared,
)
from crosstie.model.schema import Column, Kind, TableSchema

MODIFIED_ON = "modifiedon"
MODIFIED_BY = "_modifiedby_value"


@dataclass(frozen=True, slots=True, kw_only=True)
class WireColumn:
    """A column with its names on the wire."""

    column: Column
    wire: str
    """Property that is selected, read and filtered by."""
    target: str | None
    """Table a lookup points to."""
    target_set: str | None
    """Entity set of that table."""
    bind: str
    """Navigation property that a lookup is written by."""
    is_polymorphic: bool

    @property
    def kind(self) -> Kind:
        """Kind of the column."""
        return self.column.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with its names on the wire."""

    name: str
    entity_set: str
    primary_key: str
    columns: Mapping[str, WireColumn]
    schema: TableSchema

    def column(self, name: str) -> WireColumn:
        """The column of that name."""
        try:
            return self.columns[name]
        except KeyError:
            raise no_such(f"Dataverse: the column of {self.name} called", name, self.columns) from None

    def chosen(self, names: Iterable[str]) -> tuple[WireColumn, ...]:
        """The columns of those names."""
        return tuple(self.column(name) for name in names)


def table_named(name: str, known: Mapping[str, Table] | None = None) -> Table:
    """The table with that logical name, of those that are ``known``: unless told, those of the package."""
    known = _shipped() if known is None else known
    try:
        return known[name]
    except KeyError:
        raise no_such("Dataverse: the table", name, known) from None


def tables(declared: Mapping[str, TableFile]) -> Mapping[str, Table]:
    """The tables of the package with what is declared besides."""
    files = with_declared(table_files(__package__), declared, _blank)
    sets = {name: text_of(file, "entity_set") for name, file in files.items()}
    return {name: _table(name, file, sets) for name, file in files.items()}


@cache
def _shipped() -> Mapping[str, Table]:
    return tables({})


def _blank(name: str) -> TableFile:
    """What a table of Dataverse has unless it is declared otherwise."""
    columns: Mapping[str, Entry] = {
        f"{name}id": {"kind": "guid", "is_writable": False},
        MODIFIED_ON: {"kind": "time", "is_writable": False},
    }
    return {"primary_key": f"{name}id", "key": f"{name}id", "label": f"{name}id", "columns": columns}


def _table(name: str, file: TableFile, sets: Mapping[str, str]) -> Table:
    columns = {column: _wire_column(column, entry, sets) for column, entry in entries_of(file).items()}
    schema = TableSchema(
        table=name,
        columns={column: wire.column for column, wire in columns.items()},
        key=text_of(file, "key"),
        label=text_of(file, "label"),
    )
    return Table(
        name=name,
        entity_set=text_of(file, "entity_set"),
        primary_key=text_of(file, "primary_key"),
        columns=columns,
        schema=schema,
    )


def _wire_column(name: str, entry: Entry, sets: Mapping[str, str]) -> WireColumn:
    column = column_of(name, entry)
    target = str(entry["target"]) if column.kind is Kind.LOOKUP else None
    return WireColumn(
        column=column,
        wire=f"_{entry.get('attribute', name)}_value" if column.kind is Kind.LOOKUP else name,
        target=target,
        target_set=str(entry.get("target_set") or sets[target]) if target is not None else None,
        bind=f"{entry.get('navigation', name)}@odata.bind",
        is_polymorphic=bool(entry.get("is_polymorphic", False)),
    )
