"""Values between JSON and the form that SQLite stores, checked as Dataverse checks them."""

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from uuid import UUID

from simplejson import RawJSON

from crosstie_sandbox.dataverse.errors import ServiceError, bad_option, bad_request, invalid_argument, too_long
from crosstie_sandbox.dataverse.schema import Column, Table, Type
from crosstie_sandbox.odata.parse import parse_date_time
from crosstie_sandbox.odata.sql import stored_time

_INT32 = 2**31
_MONEY_DIGITS = 4
_EARLIEST_YEAR = 1753


def to_stored(column: Column, value: object, table: Table) -> object:
    """A JSON value as its column keeps it; raises the vendor's refusal if it does not fit."""
    if value is None:
        if column.required:
            raise invalid_argument(f"Required field '{column.name}' is missing on the table '{table.logical_name}'.")
        return None
    return _TO_STORED[column.type](column, value, table)


def quantized(amount: Decimal, digits: int) -> Decimal:
    """An amount with a fixed number of digits after the point, rounded half to even."""
    with localcontext() as context:
        context.prec = 60
        return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)


def money(amount: Decimal, digits: int) -> str:
    """An amount rounded to its column's digits and stored with four, as Dataverse stores money."""
    return format(quantized(quantized(amount, digits), _MONEY_DIGITS), "f")


def _string(column: Column, value: object, table: Table) -> object:
    if not isinstance(value, str):
        raise _cannot_convert(column, value, "Edm.String")
    if len(value) > column.length:
        raise too_long(column.name, table.logical_name, column.length)
    return value or None


def _integer(column: Column, value: object, table: Table) -> object:
    del table
    if isinstance(value, bool) or not isinstance(value, int):
        raise _cannot_convert(column, value, "Edm.Int32")
    if not -_INT32 <= value < _INT32:
        raise _cannot_convert(column, value, "Edm.Int32")
    _check_range(column, Decimal(value))
    return value


def _choice(column: Column, value: object, table: Table) -> object:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _cannot_convert(column, value, "Edm.Int32")
    if column.options is not None and value not in column.options:
        raise bad_option(value, column.name, table.logical_name)
    return value


def _choices(column: Column, value: object, table: Table) -> object:
    """Several options as Dataverse writes them: values with commas between."""
    if not isinstance(value, str):
        raise _cannot_convert(column, value, "Edm.String")
    chosen = [part.strip() for part in value.split(",") if part.strip()]
    if not all(part.removeprefix("-").isdecimal() for part in chosen):
        raise _cannot_convert(column, value, "Edm.String")
    for part in chosen:
        _choice(column, int(part), table)
    return ",".join(sorted(set(chosen), key=int)) or None


def _decimal(column: Column, value: object, table: Table) -> object:
    del table
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _cannot_convert(column, value, "Edm.Decimal")
    amount = Decimal(value)
    _check_range(column, amount)
    try:
        if column.type is Type.MONEY:
            return money(amount, column.precision)
        return format(quantized(amount, column.precision), "f")
    except InvalidOperation:
        raise _out_of_range(column, amount) from None


def _boolean(column: Column, value: object, table: Table) -> object:
    del table
    if not isinstance(value, bool):
        raise _cannot_convert(column, value, "Edm.Boolean")
    return int(value)


def _guid(column: Column, value: object, table: Table) -> object:
    del table
    try:
        return str(UUID(_plain_text(value)))
    except ValueError:
        raise _cannot_convert(column, value, "Edm.Guid") from None


def _date(column: Column, value: object, table: Table) -> object:
    del table
    try:
        day = date.fromisoformat(_plain_text(value))
    except ValueError:
        raise _cannot_convert(column, value, "Edm.Date") from None
    _check_year(column, day)
    return day.isoformat()


def _datetime(column: Column, value: object, table: Table) -> object:
    del table
    try:
        moment = parse_date_time(_plain_text(value))
        kept = stored_time(moment.replace(microsecond=0))
    except (ValueError, OverflowError):
        raise _cannot_convert(column, value, "Edm.DateTimeOffset") from None
    _check_year(column, moment)
    return kept


_TO_STORED: dict[Type, Callable[[Column, object, Table], object]] = {
    Type.STRING: _string,
    Type.MEMO: _string,
    Type.INTEGER: _integer,
    Type.BIGINT: _integer,
    Type.CHOICE: _choice,
    Type.CHOICES: _choices,
    Type.DECIMAL: _decimal,
    Type.DOUBLE: _decimal,
    Type.MONEY: _decimal,
    Type.BOOLEAN: _boolean,
    Type.GUID: _guid,
    Type.DATE: _date,
    Type.DATETIME: _datetime,
}


def _plain_text(value: object) -> str:
    """A text to be read; anything else is as unreadable as an empty one."""
    return value if isinstance(value, str) else ""


def _check_year(column: Column, value: date) -> None:
    if value.year < _EARLIEST_YEAR:
        raise invalid_argument(f"The date of '{column.name}' is earlier than 1753, which cannot be stored.")


def _check_range(column: Column, value: Decimal) -> None:
    too_low = column.minimum is not None and value < column.minimum
    if too_low or (column.maximum is not None and value > column.maximum):
        raise _out_of_range(column, value)


def _out_of_range(column: Column, value: Decimal) -> ServiceError:
    text = f"The value {value} of '{column.name}' is outside the valid range."
    return ServiceError(400, "0x80044330", f"A validation error occurred. {text}")


def _cannot_convert(column: Column, value: object, expected: str) -> ServiceError:
    text = f"Cannot convert the literal '{value}' to the expected type '{expected}' of the property '{column.name}'."
    return bad_request(f"An error occurred while validating input parameters: {text}")


FromStored = Callable[[object], object]


def from_stored(column: Column) -> FromStored | None:
    """How a stored value becomes JSON; None if it already is."""
    return _FROM_STORED.get(column.type)


def _wire_time(value: object) -> object:
    return f"{str(value)[:19]}Z"


def _wire_number(value: object) -> object:
    """The stored digits as they are: no detour through a number that might lose some."""
    return RawJSON(str(value))


_FROM_STORED: dict[Type, FromStored] = {
    Type.BOOLEAN: bool,
    Type.DATETIME: _wire_time,
    Type.MONEY: _wire_number,
    Type.DECIMAL: _wire_number,
}
