"""Field values as both systems' connectors hand them over, and their lossless JSON form.

Blank is ``None`` on both sides: the connectors translate ``""``, the zero GUID and year 1 to it and back.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeAlias

Value: TypeAlias = str | int | bool | Decimal | date | datetime | None
Values: TypeAlias = Mapping[str, Value]
Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"


def value_to_json(value: Value) -> Json:
    """Encode one value so that its type survives.

    >>> value_to_json(Decimal("1.50"))
    {'decimal': '1.50'}
    """
    match value:
        case Decimal():
            return {"decimal": str(value)}
        case datetime():
            return {"time": value.astimezone(UTC).isoformat()}
        case date():
            return {"date": value.isoformat()}
        case _:
            return value


def value_from_json(data: Json) -> Value:
    """Decode what :func:`value_to_json` made.

    >>> value_from_json({"date": "2026-01-31"})
    datetime.date(2026, 1, 31)
    """
    match data:
        case {"decimal": str(text)}:
            return Decimal(text)
        case {"time": str(text)}:
            return datetime.fromisoformat(text)
        case {"date": str(text)}:
            return date.fromisoformat(text)
        case str() | int() | bool() | None:
            return data
        case _:
            raise ValueError(f"not a stored field value: {data!r}")


def values_to_json(values: Values) -> dict[str, Json]:
    """Encode a record's values by column."""
    return {column: value_to_json(value) for column, value in values.items()}


def values_from_json(data: Mapping[str, Json]) -> dict[str, Value]:
    """Decode what :func:`values_to_json` made."""
    return {column: value_from_json(value) for column, value in data.items()}
