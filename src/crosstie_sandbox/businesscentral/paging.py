"""Where a page of an answer ends and the next one begins.

The `$skiptoken` holds the sort keys of the last row sent, so that rows added or removed meanwhile neither repeat nor
hide others, and what is left of `$top`.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_plus

import simplejson

from crosstie_sandbox.businesscentral.errors import bad_token
from crosstie_sandbox.odata.sql import Column, Fragment, Kind

LARGEST_PAGE = 20_000
Key = str | int | float


@dataclass(frozen=True, slots=True)
class Sort:
    """One column of the order of an answer."""

    name: str
    column: Column
    descending: bool

    @property
    def sql(self) -> str:
        """The term of ORDER BY."""
        return f"{self.column.comparable}{' DESC' if self.descending else ''}"


@dataclass(frozen=True, slots=True)
class Position:
    """The place after the last row that was sent."""

    keys: tuple[Key, ...]
    left: int | None

    def token(self) -> str:
        """The text that stands in the address of the next page."""
        data = simplejson.dumps([self.left, *self.keys], separators=(",", ":"))
        return urlsafe_b64encode(data.encode()).decode().rstrip("=")


def read_token(token: str, sorts: Sequence[Sort]) -> Position:
    """The place that a token of ours names."""
    try:
        data = simplejson.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        raise bad_token("The skip token is not valid.") from None
    match data:
        case [None | int() as left, *keys] if len(keys) == len(sorts) and all(
            isinstance(key, str | int | float) for key in keys
        ):
            return Position(tuple(keys), left)
        case _:
            raise bad_token("The skip token does not belong to this query.")


def after(sorts: Sequence[Sort], keys: Sequence[Key]) -> Fragment:
    """The condition that a row comes after the one with these keys."""
    if not any(sort.descending for sort in sorts):
        names = ", ".join(sort.column.comparable for sort in sorts)
        return f"({names}) > ({', '.join('?' * len(keys))})", list(keys)
    terms: list[str] = []
    values: list[object] = []
    for last, sort in enumerate(sorts):
        equal = [f"{earlier.column.comparable} = ?" for earlier in sorts[:last]]
        beyond = f"{sort.column.comparable} {'<' if sort.descending else '>'} ?"
        terms.append(" AND ".join([*equal, beyond]))
        values.extend(keys[: last + 1])
    return f"({' OR '.join(terms)})", values


def keys_of(sorts: Sequence[Sort], row: dict[str, str | int]) -> tuple[Key, ...]:
    """The sort keys of a row as the store compares them."""
    return tuple(float(row[sort.name]) if sort.column.kind is Kind.DECIMAL else row[sort.name] for sort in sorts)


def next_query(query: str, token: str) -> str:
    """The query part of the address of the next page."""
    kept = [
        pair
        for pair in query.split("&")
        if pair and unquote_plus(pair.partition("=")[0]) not in {"$skiptoken", "$skip", "aid"}
    ]
    return "&".join([*kept, f"$skiptoken={token}"])
