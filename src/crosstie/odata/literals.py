"""Values and options in URLs: quoting of OData literals, percent-encoding, and long OR chains cut to size."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar
from urllib.parse import quote

_T = TypeVar("_T")


def text(value: str) -> str:
    """A string literal; quotes are doubled.

    >>> text("O'Hara")
    "'O''Hara'"
    """
    return "'" + value.replace("'", "''") + "'"


def time(value: datetime) -> str:
    """A point in time, to the millisecond, in UTC.

    >>> time(datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC))
    '2026-01-02T03:04:05.678Z'
    """
    return value.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def plain(value: bool | int | Decimal | date | None) -> str:
    """A literal without quotes: number, truth value, date, null.

    >>> plain(True), plain(Decimal("1E+2")), plain(date(2026, 1, 31)), plain(None)
    ('true', '100', '2026-01-31', 'null')
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
        case _:
            return str(value)


def text_array(values: Iterable[str]) -> str:
    r"""An array of strings, as query functions take it.

    >>> text_array(["a", 'b"c'])
    '["a","b\\"c"]'
    """
    return json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))


def query(options: Mapping[str, str]) -> str:
    """The part of a URL after ``?``.

    >>> query({"$select": "name,accountid", "$filter": "name eq 'A & B'"})
    "$select=name,accountid&$filter=name%20eq%20'A%20%26%20B'"
    """
    return "&".join(f"{name}={encoded(value)}" for name, value in options.items())


def encoded(value: str) -> str:
    """Percent-encode the value of an option, sparing what OData uses and URLs allow."""
    return quote(value, safe="$',()/:@!*;")


def within_length(values: Sequence[str], length: int) -> Iterator[Sequence[str]]:
    """Cut ``values`` into runs whose percent-encoded text stays within ``length``, a dozen characters each spared."""
    start, used = 0, 0
    for index, value in enumerate(values):
        needs = len(encoded(value)) + 12
        if index > start and used + needs > length:
            yield values[start:index]
            start, used = index, 0
        used += needs
    if start < len(values):
        yield values[start:]


def within_number(values: Sequence[_T], number: int) -> Iterator[Sequence[_T]]:
    """Cut ``values`` into runs of at most ``number``.

    >>> list(within_number("abcde", 2))
    ['ab', 'cd', 'e']
    """
    for start in range(0, len(values), number):
        yield values[start : start + number]
