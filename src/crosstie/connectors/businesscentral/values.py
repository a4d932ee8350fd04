"""Business Central's values on the wire and ours.

There is no null: blank is ``""``, the zero GUID, ``0001-01-01``, and for an enumeration the name ``_x0020_``. Names of
enumerations are escaped as XML names, character by character; servers of different age send and take both forms.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from crosstie.connectors.businesscentral.schema import MODIFIED_AT, Table
from crosstie.model.record import Record
from crosstie.model.schema import Column, Kind
from crosstie.model.value import Value, Values
from crosstie.model.words import RecordId, Version
from crosstie.odata import literals
from crosstie.odata.errors import NotUnderstoodError
from crosstie.odata.etag import etag_of
from crosstie.odata.message import JsonObject

ZERO = "00000000-0000-0000-0000-000000000000"
_YEAR_ONE = "0001-01-01"
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_FOREIGN = re.compile(r"[^\w]|^\d", re.ASCII)
_BLANK_NAME = "_x0020_"


def name_from_wire(name: str) -> str:
    """The name of an enumeration's value.

    >>> name_from_wire("Bank_x0020_Account"), name_from_wire("Non_x002D_Inventory")
    ('Bank Account', 'Non-Inventory')
    """
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), name)


def name_to_wire(name: str) -> str:
    """The escaped name of an enumeration's value.

    >>> name_to_wire("Bank Account"), name_to_wire("Person")
    ('Bank_x0020_Account', 'Person')
    """
    return _FOREIGN.sub(lambda found: f"_x{ord(found[0]):04X}_", name)


def _text(value: object) -> Value:
    return str(value) or None


def _guid(value: object) -> Value:
    guid = str(value).lower()
    return None if guid == ZERO else guid


def _option(value: object) -> Value:
    return name_from_wire(str(value)).strip() or None


def _boolean(value: object) -> Value:
    if isinstance(value, bool):
        return value
    raise ValueError(value)


def _date(value: object) -> Value:
    return None if str(value).startswith(_YEAR_ONE) else date.fromisoformat(str(value))


def time_from_wire(value: object) -> datetime | None:
    """A point in time, in UTC."""
    return None if str(value).startswith(_YEAR_ONE) else datetime.fromisoformat(str(value)).astimezone(UTC)


_FROM_WIRE: Mapping[Kind, Callable[[object], Value]] = {
    Kind.TEXT: _text,
    Kind.CODE: _text,
    Kind.GUID: _guid,
    Kind.LOOKUP: _guid,
    Kind.OPTION: _option,
    Kind.INTEGER: lambda value: int(str(value)),
    Kind.DECIMAL: lambda value: value if isinstance(value, Decimal) else Decimal(str(value)),
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.TIME: time_from_wire,
}

_BLANK: Mapping[Kind, object] = {
    Kind.TEXT: "",
    Kind.CODE: "",
    Kind.GUID: ZERO,
    Kind.LOOKUP: ZERO,
    Kind.OPTION: _BLANK_NAME,
    Kind.INTEGER: 0,
    Kind.DECIMAL: 0,
    Kind.BOOLEAN: False,
    Kind.DATE: _YEAR_ONE,
    Kind.TIME: f"{_YEAR_ONE}T00:00:00Z",
}


class RowReader:
    """Reads rows of one table into values of some of its own columns."""

    def __init__(self, host: str, table: Table, columns: Sequence[Column]) -> None:
        self._host = host
        self._table = table
        self._steps = [(column.name, _FROM_WIRE[column.kind]) for column in table.stored(columns)]

    def values(self, row: JsonObject) -> dict[str, Value]:
        """The values of the columns; blank is ``None``."""
        values: dict[str, Value] = {}
        name = ""
        try:
            for name, convert in self._steps:
                value = row.get(name)
                values[name] = None if value is None else convert(value)
        except (ValueError, ArithmeticError) as error:
            raise NotUnderstoodError(self._host, f"a value of {name} that is of another kind") from error
        return values

    def id(self, row: JsonObject) -> RecordId:
        """The row's SystemId."""
        key = row.get("id")
        if not isinstance(key, str):
            raise NotUnderstoodError(self._host, f"a row of {self._table.name} without its id")
        return RecordId(key.lower())

    def version(self, row: JsonObject) -> Version:
        """The row's own etag."""
        return Version(etag_of(self._host, row))

    def modified_at(self, row: JsonObject) -> datetime | None:
        """When the row was last modified."""
        stamp = row.get(MODIFIED_AT)
        return None if stamp is None else time_from_wire(stamp)

    def record(self, row: JsonObject) -> Record:
        """The row as a record, derived columns left out."""
        return Record(
            id=self.id(row),
            version=self.version(row),
            values=self.values(row),
            modified_at=self.modified_at(row),
        )


def selected(table: Table, columns: Sequence[Column]) -> str:
    """``$select`` for these columns, what derived ones are derived from, the id and the time of modification."""
    names = ["id", *table.version_from]
    for column in columns:
        names += table.derived.get(column.name, (column.name,))
    return ",".join(dict.fromkeys([*names, MODIFIED_AT]))


def body_of(table: Table, values: Values, *, is_insert: bool) -> dict[str, object]:
    """The values as a request's body, in the table's order; an insert leaves blanks to the system's defaults."""
    table.chosen(values)
    return {
        name: to_wire(column, values[name])
        for name, column in table.columns.items()
        if name in values and name not in table.derived and not (is_insert and values[name] is None)
    }


def to_wire(column: Column, value: Value) -> object:
    """One value in a body."""
    match value:
        case None:
            return _BLANK[column.kind]
        case datetime():
            return literals.time(value)
        case date():
            return value.isoformat()
        case str() if column.kind is Kind.OPTION:
            return name_to_wire(value)
        case _:
            return value


def literal(column: Column, value: Value) -> str:
    """One value in a ``$filter``."""
    wire = to_wire(column, value)
    if isinstance(wire, str) and column.kind in {Kind.TEXT, Kind.CODE, Kind.OPTION}:
        return literals.text(wire)
    return literals.plain(wire) if isinstance(wire, (bool, int, Decimal)) else str(wire)
