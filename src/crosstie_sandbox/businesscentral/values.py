"""Values between the wire, the store and a CSV field.

Stored: Guid as lower-case text, Decimal as text without needless zeros, Boolean as 0 or 1, Date as `YYYY-MM-DD`,
DateTimeOffset as text with milliseconds and `Z`, enums by their escaped wire name. There is no null: the blank of
each type is "", the zero Guid, 0001-01-01, 0 or false. Codes are upper-cased and lose blanks at the end; a Text is
kept as written.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from crosstie_sandbox.businesscentral.errors import ApiError, bad_request, too_long, wrong_type
from crosstie_sandbox.businesscentral.page import Kind, Page, Property

ZERO_GUID = "00000000-0000-0000-0000-000000000000"
_INT32 = range(-(2**31), 2**31)
_LARGEST = Decimal("999999999999999.99")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
Stored = str | int
_BLANKS: Mapping[Kind, Stored] = {
    Kind.GUID: ZERO_GUID,
    Kind.CODE: "",
    Kind.TEXT: "",
    Kind.BOOLEAN: 0,
    Kind.DECIMAL: "0",
    Kind.INTEGER: 0,
    Kind.DATE: "0001-01-01",
    Kind.DATE_TIME: "0001-01-01T00:00:00Z",
}


def blank(column: Property) -> Stored:
    """What a new record holds when nothing was said."""
    if column.kind is Kind.ENUM:
        return column.initial or column.wire_names[0]
    return _BLANKS[column.kind]


def stored(page: Page, column: Property, value: object) -> Stored:
    """The stored form of a value that came as JSON."""
    if value is None:
        raise bad_request(
            f"A null value was found for the property named '{column.name}' on type '{page.type_name}', "
            "which does not allow null."
        )
    match column.kind:
        case Kind.BOOLEAN:
            if isinstance(value, bool):
                return int(value)
        case Kind.DECIMAL:
            if isinstance(value, int | Decimal) and not isinstance(value, bool):
                return decimal_text(Decimal(value))
        case Kind.INTEGER:
            if isinstance(value, int) and not isinstance(value, bool) and value in _INT32:
                return value
        case _:
            if isinstance(value, str):
                return _stored_text(column, value)
    raise wrong_type(column.kind, value)


def stored_from_field(page: Page, column: Property, text: str) -> Stored:
    """The stored form of a CSV field."""
    match column.kind:
        case Kind.BOOLEAN:
            if text.lower() in {"true", "false"}:
                return int(text.lower() == "true")
            raise wrong_type(column.kind, text)
        case Kind.DECIMAL | Kind.INTEGER:
            try:
                number = Decimal(text)
            except InvalidOperation:
                raise wrong_type(column.kind, text) from None
            return stored(page, column, number if column.kind is Kind.DECIMAL else _whole(number, text))
        case _:
            return _stored_text(column, text)


def _whole(number: Decimal, text: str) -> int:
    if number != number.to_integral_value():
        raise wrong_type(Kind.INTEGER, text)
    return int(number)


def _stored_text(column: Property, text: str) -> str:
    match column.kind:
        case Kind.CODE:
            return _fitting(column, upper_case(text).rstrip(" "))
        case Kind.TEXT:
            return _fitting(column, text)
        case Kind.ENUM:
            return _wire_name(column, text)
        case _:
            try:
                return _parsed(column.kind, text)
            except (ValueError, OverflowError):
                raise wrong_type(column.kind, text) from None


def _parsed(kind: Kind, text: str) -> str:
    if kind is Kind.GUID:
        if len(text.strip("{}")) != len(ZERO_GUID):
            raise ValueError(text)
        return str(UUID(text))
    if kind is Kind.DATE:
        return date.fromisoformat(text).isoformat()
    moment = datetime.fromisoformat(text)
    return date_time_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _fitting(column: Property, text: str) -> str:
    if not text.isascii():
        try:
            length = len(text.encode("utf-16-le")) // 2
        except UnicodeEncodeError:
            raise bad_request(f"The value of '{column.name}' is not valid Unicode.") from None
    else:
        length = len(text)
    if column.length is not None and length > column.length:
        raise too_long(length, column.length, text)
    return text


def upper_case(text: str) -> str:
    """Capital letters, as many as there were letters: the vendor leaves an ß alone."""
    if text.isascii():
        return text.upper()
    return "".join(upper if len(upper := letter.upper()) == 1 else letter for letter in text)


def _wire_name(column: Property, text: str) -> str:
    plain = unescaped(text)
    for name in column.wire_names:
        if unescaped(name) == plain or (plain == "" and name == "_x0020_"):
            return name
    raise wrong_enum(column, text)


def wrong_enum(column: Property, text: str) -> ApiError:
    """A name that the enum does not have."""
    return bad_request(
        f"The value '{text}' is not a member of the enum of property '{column.name}'. "
        f"Its members are: {', '.join(column.wire_names)}."
    )


def unescaped(name: str) -> str:
    """An enum name as people read it."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), name)


def decimal_text(number: Decimal) -> str:
    """A decimal without exponent and without needless zeros."""
    if not number.is_finite() or abs(number) > _LARGEST:
        raise wrong_type(Kind.DECIMAL, number)
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


def date_time_text(moment: datetime) -> str:
    """A moment in the stored form."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
