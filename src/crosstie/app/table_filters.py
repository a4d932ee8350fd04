"""Reads the table filters of a mapping file, and holds their values against the columns that they name.

A filter that can never hold would quietly take every record out of its mapping, so it is refused when it is read.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from crosstie.model.mapping import Condition, Operator
from crosstie.model.schema import Column, Kind
from crosstie.model.words import Side

_WORDS = {"set": Operator.IS_SET, "blank": Operator.EQUALS}
_TYPES: Mapping[Kind, type] = {
    Kind.INTEGER: int,
    Kind.DECIMAL: int,
    Kind.BOOLEAN: bool,
    Kind.DATE: date,
    Kind.TIME: datetime,
}
"""What a value is in the file; text for every other kind."""
_SAID = {int: "a whole number", bool: "true or false", date: "a date", datetime: "a time", str: "a text"}


def read_filter(data: Mapping[str, Any], key: str) -> tuple[Condition, ...]:
    """The conditions of ``erp_filter`` or ``crm_filter``; raises ValueError with what is wrong."""
    found = data.get(key, {})
    if not isinstance(found, dict):
        raise ValueError(f'\'{key}\' must be a table of columns, each with its value, "blank" or "set"')  # noqa: TRY004
    return tuple(_condition(key, column, value) for column, value in found.items())


def _condition(key: str, column: str, value: object) -> Condition:
    match value:
        case str() if value in _WORDS:
            return Condition(column, _WORDS[value])
        case str() | bool() | int() | date():
            return Condition(column, Operator.EQUALS, value)
        case _:
            raise ValueError(f'{key}, {column}: give one value, "blank" or "set"')


def misfit(condition: Condition, column: Column, side: Side) -> str | None:
    """Why a condition can never hold, if so; an option is a number in the CRM and a name in the ERP.

    >>> misfit(Condition("statecode", Operator.EQUALS, "Active"), Column(name="statecode", kind=Kind.OPTION), Side.CRM)
    "'statecode' holds a whole number, and the filter asks for 'Active'"
    """
    if condition.value is None:
        return None
    wanted = int if column.kind is Kind.OPTION and side is Side.CRM else _TYPES.get(column.kind, str)
    if type(condition.value) is wanted:
        return None
    return f"'{condition.column}' holds {_SAID[wanted]}, and the filter asks for {condition.value!r}"
