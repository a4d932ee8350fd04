"""The tables of Business Central that we know, by entity set, from ``tables/*.toml`` and what is declared besides.

A column may be *derived*: no property of the page, but joined by us from the properties that the file names.
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
from crosstie.model.schema import Column, TableSchema

MODIFIED_AT = "lastModifiedDateTime"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table, its columns, and which of them are joined."""

    name: str
    columns: Mapping[str, Column]
    derived: Mapping[str, tuple[str, ...]]
    """Derived columns, and the properties that they are derived from."""
    version_from: tuple[str, ...]
    """Properties that the version is derived from, where the etag does not tell the whole."""
    schema: TableSchema

    def column(self, name: str) -> Column:
        """The column of that name."""
        try:
            return self.columns[name]
        except KeyError:
            raise no_such(f"Business Central: the column of {self.name} called", name, self.columns) from None

    def chosen(self, names: Iterable[str]) -> tuple[Column, ...]:
        """The columns of those names."""
        return tuple(self.column(name) for name in names)

    def stored(self, columns: Iterable[Column]) -> tuple[Column, ...]:
        """Those of ``columns`` that the page itself has."""
        return tuple(column for column in columns if column.name not in self.derived)


def table_named(name: str, known: Mapping[str, Table] | None = None) -> Table:
    """The table with that entity set, of those that are ``known``: unless told, those of the package."""
    known = _shipped() if known is None else known
    try:
        return known[name]
    except KeyError:
        raise no_such("Business Central: the table", name, known) from None


def tables(declared: Mapping[str, TableFile]) -> Mapping[str, Table]:
    """The tables of the package with what is declared besides."""
    files = with_declared(table_files(__package__), declared, _blank)
    return {name: _table(name, file) for name, file in files.items()}


@cache
def _shipped() -> Mapping[str, Table]:
    return tables({})


def _blank(name: str) -> TableFile:
    """What every page of API v2.0 has."""
    del name
    columns: Mapping[str, Entry] = {
        "id": {"kind": "guid", "is_writable": False},
        MODIFIED_AT: {"kind": "time", "is_writable": False},
    }
    return {"key": "id", "label": "id", "columns": columns}


def _table(name: str, file: TableFile) -> Table:
    entries = entries_of(file)
    columns = {column: column_of(column, entry) for column, entry in entries.items()}
    return Table(
        name=name,
        columns=columns,
        derived={
            column: tuple(str(entry["derived_from"]).split())
            for column, entry in entries.items()
            if "derived_from" in entry
        },
        version_from=tuple(str(file.get("version_from", "")).split()),
        schema=TableSchema(table=name, columns=columns, key=text_of(file, "key"), label=text_of(file, "label")),
    )
