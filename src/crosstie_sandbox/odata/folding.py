"""How texts compare: SQLite's NOCASE knows ASCII only, so the servers bring functions and a collation.

The collation ODATA_FOLD ignores case and accents, as SQL Server's usual collation does.
"""

import re
import sqlite3
import unicodedata
from collections.abc import Callable
from functools import lru_cache

COLLATION = "ODATA_FOLD"
_SET = re.compile(r"\[\^?[^\]]+\]")


@lru_cache(maxsize=16_384)
def fold(text: str) -> str:
    """The form in which texts that differ only in case or accents are equal."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in plain if not unicodedata.combining(character)).casefold()


def install(connection: sqlite3.Connection) -> None:
    """Make the functions and the collation that `sql.py` writes known to a connection."""
    connection.create_collation(COLLATION, _collate)
    connection.create_function("odata_fold", 1, _apart_from_null(fold), deterministic=True)
    connection.create_function("odata_lower", 1, _apart_from_null(str.lower), deterministic=True)
    connection.create_function("odata_upper", 1, _apart_from_null(str.upper), deterministic=True)
    connection.create_function("odata_like", 2, _like, deterministic=True)


def _collate(left: str, right: str) -> int:
    one, other = fold(left), fold(right)
    return (one > other) - (one < other)


def _apart_from_null(change: Callable[[str], str]) -> Callable[[str | None], str | None]:
    return lambda text: None if text is None else change(str(text))


def _like(pattern: str, text: str | None) -> bool | None:
    return None if text is None else _expression(pattern).fullmatch(fold(text)) is not None


@lru_cache(maxsize=256)
def _expression(pattern: str) -> re.Pattern[str]:
    """A LIKE pattern of SQL Server: `%`, `_` and sets such as `[a-f]` or `[^a-f]`."""
    parts = re.split(rf"({_SET.pattern}|%|_)", fold(pattern))
    return re.compile("".join(map(_piece, parts)), re.DOTALL)


def _piece(part: str) -> str:
    match part:
        case "%":
            return ".*"
        case "_":
            return "."
        case _ if _SET.fullmatch(part):
            return _set(part)
        case _:
            return re.escape(part)


def _set(part: str) -> str:
    """A set; one that is empty, or whose range runs backwards, matches nothing."""
    negated = part[1] == "^"
    members = part[2:-1] if negated else part[1:-1]
    text = f"[{'^' if negated else ''}{_members(members)}]"
    try:
        re.compile(text)
    except re.error:
        return "(?!)"
    return text


def _members(text: str) -> str:
    return "".join("-" if character == "-" else re.escape(character) for character in text)
