"""The paging cookie of Dataverse: first and last row of a page by the sort columns, so the next page starts behind it.

It looks like `<cookie pagenumber="2" pagingcookie="..." istracking="False" />` with the inner cookie, itself XML,
percent-encoded (once more than the rest of the address, when it is part of one). It lists the sort columns and
the primary key.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from urllib.parse import quote, unquote

from crosstie_sandbox.dataverse.errors import ServiceError, bad_request
from crosstie_sandbox.odata.sql import Column, Fragment, Kind

_OUTER = re.compile(
    r'<cookie pagenumber="(\d{1,9})" pagingcookie="([^"]*)" istracking="(True|False)"( since="([\d!]+)")? />'
)
_INNER = re.compile(r'<cookie page="\d+" rows="(\d{1,9})">(.*)</cookie>', re.DOTALL)
_ENTRY = re.compile(r'<(\w+) (last="([^"]*)"|lastnull="1")[^>]*/>')


@dataclass(frozen=True, slots=True)
class SortColumn:
    """One column of the order of a page."""

    name: str
    column: Column
    descending: bool

    @property
    def sql(self) -> str:
        """The term of an ORDER BY."""
        return f"{self.column.comparable}{' DESC' if self.descending else ''}"


@dataclass(frozen=True, slots=True)
class Cookie:
    """Where the next page starts: values of the last row by sort column, and how many rows came before."""

    page: int
    rows: int
    last: tuple[str | None, ...]
    since: str = ""

    def write(self, sorts: Sequence[SortColumn], first: Sequence[object]) -> str:
        """The value of `$skiptoken`, not yet percent-encoded for the address."""
        encoded = quote(inner_cookie(self, sorts, first), safe="")
        tracking = f'istracking="{bool(self.since)}"' + (f' since="{self.since}"' if self.since else "")
        return f'<cookie pagenumber="{self.page}" pagingcookie="{encoded}" {tracking} />'


def inner_cookie(cookie: Cookie, sorts: Sequence[SortColumn], first: Sequence[object]) -> str:
    """The cookie proper: the sort columns of the first and the last row."""
    entries = "".join(
        f"<{sort.name} {_attribute('last', last)} {_attribute('first', begin)}/>"
        for sort, last, begin in zip(sorts, cookie.last, first, strict=True)
    )
    return f'<cookie page="{cookie.page - 1}" rows="{cookie.rows}">{entries}</cookie>'


def outer_cookie(token: str) -> tuple[int, str]:
    """The number of the page that a cookie leads to, and the cookie in it as it is encoded there."""
    outer = _OUTER.fullmatch(token)
    if outer is None:
        raise _malformed()
    return int(outer[1]), outer[2]


def read_cookie(token: str, sorts: Sequence[SortColumn]) -> Cookie:
    """Read a `$skiptoken`; it must be of the same order as the query."""
    outer = _OUTER.fullmatch(token)
    if outer is None:
        raise _malformed()
    return read_inner(int(outer[1]), unquote(outer[2]), sorts, outer[5] or "")


def read_inner(page: int, text: str, sorts: Sequence[SortColumn], since: str = "") -> Cookie:
    """Read a cookie proper; it must be of the same order as the query."""
    inner = _INNER.fullmatch(text)
    if inner is None:
        raise _malformed()
    entries = [(found[1], None if found[3] is None else unescape(found[3])) for found in _ENTRY.finditer(inner[2])]
    if [name for name, _ in entries] != [sort.name for sort in sorts]:
        raise _malformed()
    last = tuple(_bare(value, sort.column.kind) for (_, value), sort in zip(entries, sorts, strict=True))
    return Cookie(page, int(inner[1]), last, since)


def behind(cookie: Cookie, sorts: Sequence[SortColumn]) -> Fragment:
    """The condition that holds for rows after the last one of the page before; nulls sort first."""
    alternatives: list[str] = []
    values: list[object] = []
    equal: list[str] = []
    equal_values: list[object] = []
    for sort, text in zip(sorts, cookie.last, strict=True):
        column, value = sort.column.comparable, _typed(text, sort.column.kind)
        if value is None:
            beyond, bound = ("0" if sort.descending else f"{column} IS NOT NULL"), []
        elif sort.descending:
            beyond, bound = f"({column} < ? OR {column} IS NULL)", [value]
        else:
            beyond, bound = f"{column} > ?", [value]
        alternatives.append(" AND ".join([*equal, beyond]))
        values += [*equal_values, *bound]
        equal.append(f"{column} IS ?")
        equal_values.append(value)
    return "(" + " OR ".join(f"({alternative})" for alternative in alternatives) + ")", values


def next_cookie(
    before: Cookie | None, sorts: Sequence[SortColumn], rows: Sequence[Sequence[object]], offset: int
) -> str | None:
    """The `$skiptoken` of the page after these rows, whose values of the sort columns stand from `offset` on."""
    if not rows:
        return None
    first, last = (
        [braced(value, sort.column.kind) for sort, value in zip(sorts, row[offset:], strict=False)]
        for row in (rows[0], rows[-1])
    )
    page, seen = (before.page, before.rows) if before else (1, 0)
    return Cookie(page + 1, seen + len(rows), tuple(last)).write(sorts, first)


def _attribute(name: str, value: object) -> str:
    if value is None:
        return f'{name}null="1"'
    return f'{name}="{escape(str(value))}"'


def braced(value: object, kind: Kind) -> str | None:
    """A sort value as text; Guids stand in braces."""
    if value is None:
        return None
    return f"{{{str(value).upper()}}}" if kind is Kind.GUID else str(value)


def _bare(text: str | None, kind: Kind) -> str | None:
    return text[1:-1].lower() if text is not None and kind is Kind.GUID else text


def _typed(text: str | None, kind: Kind) -> object:
    try:
        match kind:
            case _ if text is None:
                return None
            case Kind.INTEGER | Kind.BOOLEAN:
                return int(text)
            case Kind.DECIMAL:
                return float(text)
            case _:
                return text
    except ValueError:
        raise _malformed() from None


def _malformed() -> ServiceError:
    return bad_request("Malformed XML in the Paging Cookie: it belongs to another query or was changed.")
