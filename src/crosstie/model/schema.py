"""What a connector says about a table: its columns, their kinds and limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kind of a column; it decides how values are compared and what a destination does to them."""

    TEXT = "text"
    CODE = "code"
    """Business Central Code field: stored upper-case, without surrounding blanks."""
    GUID = "guid"
    LOOKUP = "lookup"
    """Reference to a row of another table, by GUID."""
    OPTION = "option"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table on one side."""

    name: str
    kind: Kind
    length: int | None = None
    """Longest text, in characters; ``None`` where the kind has no length."""
    scale: int | None = None
    """Decimal places that the destination keeps."""
    is_writable: bool = True
    is_insert_only: bool = False
    """Can be given when a record is created, never changed."""
    is_searchable: bool = True
    """Records can be found by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSchema:
    """The columns of one table on one side."""

    table: str
    columns: Mapping[str, Column]
    key: str = "id"
    """The column people know a record by (``number``, ``accountnumber``)."""
    label: str = "id"
    """The column that names a record in lists."""

    @property
    def naming(self) -> frozenset[str]:
        """The columns by which people know a record."""
        return frozenset((self.key, self.label)) & self.columns.keys()
