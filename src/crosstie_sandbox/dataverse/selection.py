"""A `$select` compiled once: which columns to fetch and how a fetched row becomes JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from crosstie_sandbox.dataverse.errors import unknown_property
from crosstie_sandbox.dataverse.schema import Column, Table
from crosstie_sandbox.dataverse.values import FromStored, from_stored

Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class Selection:
    """Columns of one table in the order of the answer, after the row version."""

    table: Table
    columns: tuple[Column, ...]
    names: tuple[str, ...]
    sql: str
    conversions: tuple[tuple[str, FromStored], ...]

    @property
    def width(self) -> int:
        """How many values of a fetched row belong to the selection, the row version included."""
        return len(self.columns) + 1

    def render(self, row: Row) -> dict[str, object]:
        """A fetched row as JSON; values beyond the selection are left out."""
        item: dict[str, object] = {"@odata.etag": f'W/"{row[0]}"'}
        item.update(zip(self.names, row[1 : self.width], strict=True))
        for name, convert in self.conversions:
            value = item[name]
            if value is not None:
                item[name] = convert(value)
        return item


def selection(table: Table, names: tuple[str, ...] | None) -> Selection:
    """The compiled form of a `$select`; the primary key always comes along."""
    return _compiled(table, names)


@lru_cache(maxsize=512)
def _compiled(table: Table, names: tuple[str, ...] | None) -> Selection:
    columns = [column for column in table.columns if column.wire] if names is None else _chosen(table, names)
    return Selection(
        table=table,
        columns=tuple(columns),
        names=tuple(column.wire for column in columns),
        sql=", ".join(f't0."{name}"' for name in ("versionnumber", *(column.name for column in columns))),
        conversions=tuple((column.wire, convert) for column in columns if (convert := from_stored(column)) is not None),
    )


def _chosen(table: Table, names: tuple[str, ...]) -> list[Column]:
    for name in names:
        if name not in table.by_wire:
            raise unknown_property(name, table.logical_name)
    columns = [table.by_wire[name] for name in names]
    key = table.by_name[table.primary_key]
    return columns if key in columns else [*columns, key]
