"""The canonical form of a value: what a column's system keeps of it.

Business Central upper-cases Code fields and trims their blanks; both systems refuse a text that is too long, so
we cut it and say so; decimals are rounded half up to the column's scale; the lines of a long text end in one way,
whatever a system makes of them. Comparing canonical forms keeps a normalizing destination quiet.
"""

from decimal import ROUND_HALF_UP, Decimal

from crosstie.model.schema import Column, Kind
from crosstie.model.value import Value


def canonical(value: Value, column: Column) -> Value:
    """What ``column`` holds after ``value`` was written to it.

    >>> canonical(" ch ", Column(name="country", kind=Kind.CODE, length=10))
    'CH'
    >>> canonical("abcdef", Column(name="city", kind=Kind.TEXT, length=3))
    'abc'
    >>> canonical("", Column(name="city", kind=Kind.TEXT)) is None
    True
    """
    match value:
        case str():
            return _canonical_text(value, column)
        case Decimal() if column.scale is not None:
            return value.quantize(Decimal(1).scaleb(-column.scale), rounding=ROUND_HALF_UP)
        case _:
            return value


def is_truncated(value: Value, column: Column) -> bool:
    """Whether ``column`` is too short for ``value``."""
    return isinstance(value, str) and column.length is not None and len(_with_plain_lines(value)) > column.length


def _with_plain_lines(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n") if "\r" in value else value


def _canonical_text(value: str, column: Column) -> Value:
    value = _with_plain_lines(value)
    match column.kind:
        case Kind.CODE:
            value = value.strip().upper()
        case Kind.GUID | Kind.LOOKUP:
            value = value.lower()
        case _:
            pass
    if column.length is not None:
        value = value[: column.length]
    if column.kind is Kind.CODE:
        value = value.rstrip()
    return value or None
