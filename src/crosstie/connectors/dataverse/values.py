"""Dataverse's values on the wire and ours.

Blank is ``null`` there (an empty text is never stored, a zero GUID means nothing), numbers are JSON numbers, a lookup
is a GUID with an annotation that names its table where several are possible.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from crosstie.connectors.dataverse.schema import MODIFIED_ON, Table, WireColumn
from crosstie.model.record import Record
from crosstie.model.schema import Kind
from crosstie.model.value import Value, Values
from crosstie.model.words import RecordId, Version
from crosstie.odata import literals
from crosstie.odata.errors import NotUnderstoodError
from crosstie.odata.etag import etag_of
from crosstie.odata.message import JsonObject

FORMATTED = "OData.Community.Display.V1.FormattedValue"
LOOKUP_NAME = "Microsoft.Dynamics.CRM.lookuplogicalname"
_ZERO = "00000000-0000-0000-0000-000000000000"


def _text(value: object) -> Value:
    return str(value) or None


def _guid(value: object) -> Value:
    guid = str(value).lower()
    return None if guid == _ZERO else guid


def _decimal(value: object) -> Value:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def _boolean(value: object) -> Value:
    if isinstance(value, bool):
        return value
    raise ValueError(value)


def time_from_wire(value: object) -> datetime:
    """A point in time, in UTC."""
    return datetime.fromisoformat(str(value)).astimezone(UTC)


_FROM_WIRE: Mapping[Kind, Callable[[object], Value]] = {
    Kind.TEXT: _text,
    Kind.CODE: _text,
    Kind.GUID: _guid,
    Kind.LOOKUP: _guid,
    Kind.OPTION: lambda value: int(str(value)),
    Kind.INTEGER: lambda value: int(str(value)),
    Kind.DECIMAL: _decimal,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: lambda value: date.fromisoformat(str(value)[:10]),
    Kind.TIME: time_from_wire,
}


class RowReader:
    """Reads rows of one table into values of some of its columns."""

    def __init__(self, host: str, table: Table, columns: Sequence[WireColumn]) -> None:
        self._host = host
        self._table = table
        self._steps = [
            (
                column.column.name,
                column.wire,
                _FROM_WIRE[column.kind],
                (f"{column.wire}@{LOOKUP_NAME}", column.target) if column.is_polymorphic else None,
            )
            for column in columns
        ]

    def values(self, row: JsonObject) -> Values:
        """The values of the columns; blank is ``None``."""
        values: dict[str, Value] = {}
        wire = ""
        try:
            for name, wire, convert, target in self._steps:
                value = row.get(wire)
                if value is None or (target is not None and row.get(target[0], target[1]) != target[1]):
                    values[name] = None
                else:
                    values[name] = convert(value)
        except (ValueError, ArithmeticError) as error:
            raise NotUnderstoodError(self._host, f"a value of {wire} that is of another kind") from error
        return values

    def id(self, row: JsonObject) -> RecordId:
        """The row's primary key."""
        key = row.get(self._table.primary_key)
        if not isinstance(key, str):
            raise NotUnderstoodError(self._host, f"a row of {self._table.name} without its key")
        return RecordId(key.lower())

    def modified_at(self, row: JsonObject) -> datetime | None:
        """When the row was last modified."""
        stamp = row.get(MODIFIED_ON)
        return None if stamp is None else time_from_wire(stamp)

    def record(self, row: JsonObject) -> Record:
        """The row as a record."""
        return Record(
            id=self.id(row),
            version=Version(etag_of(self._host, row)),
            values=self.values(row),
            modified_at=self.modified_at(row),
        )


def selected(table: Table, columns: Sequence[WireColumn]) -> str:
    """``$select`` for these columns, the key and the time of modification."""
    return ",".join(dict.fromkeys([table.primary_key, *(column.wire for column in columns), MODIFIED_ON]))


def body_of(table: Table, values: Values, *, is_insert: bool) -> dict[str, object]:
    """The values as a request's body, in the table's order; an insert leaves blanks to the system's defaults."""
    table.chosen(values)
    body: dict[str, object] = {}
    for name, column in table.columns.items():
        if name not in values or (is_insert and values[name] is None):
            continue
        if column.target_set is None:
            body[name] = to_wire(values[name])
        else:
            body[column.bind] = _reference(column.target_set, values[name])
    return body


def _reference(entity_set: str, value: Value) -> str | None:
    return None if value is None else f"/{entity_set}({value})"


def to_wire(value: Value) -> object:
    """One value in a body."""
    match value:
        case datetime():
            return literals.time(value)
        case date():
            return value.isoformat()
        case _:
            return value


def literal(column: WireColumn, value: Value) -> str:
    """One value in a ``$filter``."""
    match value:
        case datetime():
            return literals.time(value)
        case str() if column.kind in {Kind.GUID, Kind.LOOKUP}:
            return value
        case str():
            return literals.text(value)
        case _:
            return literals.plain(value)
