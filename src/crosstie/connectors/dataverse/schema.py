"""The tables of Dataverse that we know: columns of ours and their names on the wire, from ``tables/*.toml``.

A lookup ``x`` is read as ``_x_value`` and written as ``x@odata.bind``; one that may point to several tables has a
navigation property per target (``parentcustomerid_account``) and an annotation that says which one it is.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from crosstie.connectors.table_file import Entry, TableFile, column_of, entries_of, no_such, table_files, text_of
from crosstie.model.schema import Column, Kind, TableSchema

MODIFIED_ON = "modifiedon"


@dataclass(frozen=True, slots=True, kw_only=True)
class WireColumn:
    """A column with its names on the wire."""

    column: Column
    wire: str
    """Property that is selected, read and filtered by."""
    target: str | None
    """Table a lookup points to."""
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


def table_named(name: str) -> Table:
    """The table with that logical name."""
    known = _tables()
    try:
        return known[name]
    except KeyError:
        raise no_such("Dataverse: the table", name, known) from None


@cache
def _tables() -> Mapping[str, Table]:
    return {name: _table(name, file) for name, file in table_files(__package__).items()}


def _table(name: str, file: TableFile) -> Table:
    columns = {column: _wire_column(column, entry) for column, entry in entries_of(file).items()}
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


def _wire_column(name: str, entry: Entry) -> WireColumn:
    column = column_of(name, entry)
    return WireColumn(
        column=column,
        wire=f"_{entry.get('attribute', name)}_value" if column.kind is Kind.LOOKUP else name,
        target=str(entry["target"]) if column.kind is Kind.LOOKUP else None,
        is_polymorphic=bool(entry.get("is_polymorphic", False)),
    )
