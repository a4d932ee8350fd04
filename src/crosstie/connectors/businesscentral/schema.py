"""The tables of Business Central that we know, by entity set, from ``tables/*.toml``.

A column may be *derived*: no property of the page, but joined by us from the properties that the file names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from crosstie.connectors.table_file import TableFile, column_of, entries_of, no_such, table_files, text_of
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


def table_named(name: str) -> Table:
    """The table with that entity set."""
    known = _tables()
    try:
        return known[name]
    except KeyError:
        raise no_such("Business Central: the table", name, known) from None


@cache
def _tables() -> Mapping[str, Table]:
    return {name: _table(name, file) for name, file in table_files(__package__).items()}


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
