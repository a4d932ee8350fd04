"""Rules between a value and its written form, and between a day and the moment it starts.

They look at what they are given: a date becomes a text and a text becomes a date, whichever side holds which. So they
can go both ways.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from crosstie.engine.transform_step import Arguments, NotTakenError, Step
from crosstie.model.schema import Column, Kind
from crosstie.model.value import Value
from crosstie.model.words import Side

_SAMPLES = (date(2026, 2, 3), date(1987, 12, 31))
_FIRST_YEAR = 1000
"""The first year that is always written with four digits."""
_MOST_DECIMALS = 12
_MOST_DIGITS = 15
"""Digits before the decimal separator; both systems hold fewer."""


def date_format(given: Arguments) -> Step:
    """A date ↔ its written form, as ``%d.%m.%Y``."""
    format_ = given.text("format")

    def read(text: str) -> date:
        return datetime.strptime(text, format_).replace(tzinfo=UTC).date()

    try:
        is_kept = all(read(day.strftime(format_)) == day for day in _SAMPLES)
    except ValueError:
        raise ValueError(f"'{format_}' is not the format of a date; write it as '%d.%m.%Y'") from None
    if given.goes_both_ways and not is_kept:
        raise ValueError(f"a date cannot be read back from the format '{format_}'; give day, month and year")

    def step(value: Value) -> Value:
        if value is None:
            return None
        if isinstance(value, str):
            try:
                return read(value.strip())
            except ValueError:
                raise NotTakenError(f", which is no date written as {format_}") from None
        if isinstance(value, datetime) or not isinstance(value, date) or value.year < _FIRST_YEAR:
            raise NotTakenError(", which is no date")
        return value.strftime(format_)

    return Step(step, step)


def decimal_format(given: Arguments) -> Step:
    """A decimal ↔ its written form with so many ``decimals``, rounded half up."""
    decimals, separator = given.number("decimals"), given.text("decimal_separator", ".")
    if decimals > _MOST_DECIMALS:
        raise ValueError(f"'decimals' of the rule 'decimal_format' must not be more than {_MOST_DECIMALS}")
    if len(separator) != 1 or separator.isalnum() or separator in "+-":
        raise ValueError("'decimal_separator' of the rule 'decimal_format' must be one sign, as '.' or ','")
    unit = Decimal(1).scaleb(-decimals)

    def step(value: Value) -> Value:
        if value is None:
            return None
        try:
            if isinstance(value, str):
                return _read_decimal(value.strip(), separator)
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                return f"{Decimal(value).quantize(unit, rounding=ROUND_HALF_UP):f}".replace(".", separator)
        except (InvalidOperation, ValueError):
            pass
        raise NotTakenError(f", which is no number with the decimal separator '{separator}'")

    return Step(step, step)


def _read_decimal(text: str, separator: str) -> Decimal:
    whole, _, fraction = text.removeprefix("-").partition(separator)
    digits = whole + fraction
    if not whole or not (digits.isascii() and digits.isdigit()) or text.endswith(separator):
        raise ValueError(text)
    return _plain_decimal(text.replace(separator, "."))


def _plain_decimal(text: str) -> Decimal:
    """A number of a size that both systems hold; no infinity, no underscores."""
    number = Decimal(text)
    if "_" in text or not number.is_finite() or number.adjusted() >= _MOST_DIGITS:
        raise ValueError(text)
    return number


def _plain_integer(text: str) -> int:
    if "_" in text or len(text) > _MOST_DIGITS:
        raise ValueError(text)
    return int(text)


def time_zone(given: Arguments) -> Step:
    """A date ↔ the moment at which that day starts in the zone, in UTC."""
    name = given.text("name")
    try:
        zone = ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ValueError(f"there is no time zone '{name}'; name one as 'Europe/Zurich'") from None

    def step(value: Value) -> Value:
        try:
            match value:
                case None:
                    return None
                case datetime():
                    return value.astimezone(zone).date()
                case date():
                    return datetime.combine(value, time.min, tzinfo=zone).astimezone(UTC)
                case _:
                    raise NotTakenError(", which is neither date nor time")
        except OverflowError:
            raise NotTakenError(", which is too far away") from None

    return Step(step, step)


def in_kind(value: Value, column: Column, to: Side) -> Value:
    """``value`` in the kind of the destination's column: texts are read, and other values written, as needed."""
    if isinstance(value, str):
        read = _READ.get(column.kind)
        if read is None or (column.kind is Kind.OPTION and to is Side.ERP):
            return value
        try:
            return read(value.strip())
        except (LookupError, ValueError, InvalidOperation):
            raise NotTakenError(f"'{value}' is no {column.kind.value} for {column.name}") from None
    if column.kind in {Kind.TEXT, Kind.CODE} and value is not None:
        return value.isoformat() if isinstance(value, date) else str(value)
    return value


_READ: dict[Kind, Callable[[str], Value]] = {
    Kind.OPTION: _plain_integer,
    Kind.INTEGER: _plain_integer,
    Kind.DECIMAL: _plain_decimal,
    Kind.DATE: date.fromisoformat,
    Kind.TIME: lambda text: datetime.fromisoformat(text).astimezone(UTC),
    Kind.BOOLEAN: lambda text: {"true": True, "false": False}[text.lower()],
}
