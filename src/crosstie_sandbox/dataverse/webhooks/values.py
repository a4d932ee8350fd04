"""Stored values as the vendor's event bodies write them: WCF's JSON, with typed values and lists of pairs."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from simplejson import RawJSON

from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.schema import Column, Table, Type

_CONTRACTS = "http://schemas.microsoft.com/xrm/2011/Contracts"
Json = dict[str, Any]


def pairs(values: Mapping[str, Any]) -> list[Json]:
    """A mapping as a list of keys and values."""
    return [{"key": key, "value": value} for key, value in values.items()]


def typed(name: str, content: Json) -> Json:
    """An object of one of the vendor's types."""
    return {"__type": f"{name}:{_CONTRACTS}", **content}


def wcf_time(moment: datetime) -> str:
    """A moment in milliseconds since 1970."""
    return f"/Date({int(moment.timestamp() * 1000)})/"


def reference(table: str, identity: object) -> Json:
    """A row without its columns."""
    content = {"Id": identity, "KeyAttributes": [], "LogicalName": table, "Name": None, "RowVersion": None}
    return typed("EntityReference", content)


def entity(table: Table, row: Changes, version: object = None) -> Json:
    """A row, or some columns of one."""
    columns = table.by_name
    shown = {name: row[name] for name in row if name in columns and columns[name].type is not Type.TABLE_NAME}
    return typed(
        "Entity",
        {
            "Attributes": pairs({name: _value(table, columns[name], row) for name in shown}),
            "EntityState": None,
            "FormattedValues": pairs(_labels(table, shown)),
            "Id": row[table.primary_key],
            "KeyAttributes": [],
            "LogicalName": table.logical_name,
            "RelatedEntities": [],
            "RowVersion": None if version is None else str(version),
        },
    )


def _value(table: Table, column: Column, row: Changes) -> object:
    value = row[column.name]
    if value is None:
        return None
    if column.type is Type.LOOKUP:
        return reference(_target(table, column, row), value)
    write = _WRITERS.get(column.type)
    return value if write is None else write(value)


def _target(table: Table, column: Column, row: Changes) -> str:
    kind = row.get(f"{column.name}_type")
    targets = [navigation.targets[0] for navigation in table.navigations.values() if navigation.column is column]
    return str(kind or (targets[0] if targets else ""))


def _labels(table: Table, row: Changes) -> dict[str, str]:
    """What people read in place of the numbers of choices."""
    labels: dict[str, str] = {}
    for name, value in row.items():
        options = table.by_name[name].options
        if value is not None and options is not None and int(str(value)) in options:
            labels[name] = options[int(str(value))]
    return labels


_WRITERS: Mapping[Type, Callable[[object], object]] = {
    Type.BOOLEAN: bool,
    Type.CHOICE: lambda value: typed("OptionSetValue", {"Value": value}),
    Type.MONEY: lambda value: typed("Money", {"Value": RawJSON(format(Decimal(str(value)), "f"))}),
    Type.DECIMAL: lambda value: RawJSON(format(Decimal(str(value)), "f")),
    Type.DATETIME: lambda value: wcf_time(datetime.fromisoformat(str(value))),
    Type.DATE: lambda value: wcf_time(datetime.fromisoformat(str(value)).replace(tzinfo=UTC)),
}
