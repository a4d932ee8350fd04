"""Addresses of web services: `Company('X')/SalesOrder(Document_Type='Order',No='1')/SalesOrderSalesLines`."""

import re
from dataclasses import dataclass, field

from crosstie_sandbox.businesscentral.errors import bad_request, no_set
from crosstie_sandbox.odata.query import split

COMPANY = "Company"
_SEGMENT = re.compile(r"([A-Za-z$_][\w.$]*)(?:\((.*)\))?", re.DOTALL)
_NAMED = re.compile(r"(\w+)\s*=\s*(.*)", re.DOTALL)
_NUMBER = re.compile(r"-?\d{1,18}")
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")

KeyValue = str | int
Key = tuple[tuple[str | None, KeyValue], ...]
"""Values of a key, each with the name of its property if the address gives it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of an address."""

    name: str
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What an address points to."""

    company: str | None
    segments: tuple[Segment, ...] = field(default=())
    counted: bool = False


def find_target(path: str) -> Target:
    """Take an address apart; it comes decoded, so only a slash outside of quotes ends a segment."""
    segments = [_segment(text) for text in _cut(path) if text]
    company = None
    if segments and segments[0].name == COMPANY and segments[0].key is not None and len(segments) > 1:
        company = company_of(segments.pop(0).key or ())
    counted = bool(segments) and segments[-1] == Segment("$count")
    if counted:
        segments.pop()
    return Target(company, tuple(segments), counted)


def company_of(key: Key) -> str:
    """The name or id in `Company('X')` or `Company(Id=…)`."""
    if len(key) != 1 or not isinstance(key[0][1], str):
        raise bad_request("The key of a company is its name in quotes, or Id= and its id.")
    return key[0][1]


def _cut(path: str) -> list[str]:
    parts: list[str] = []
    begin, quoted = 0, False
    for position, character in enumerate(path):
        if character == "'":
            quoted = not quoted
        elif character == "/" and not quoted:
            parts.append(path[begin:position])
            begin = position + 1
    return [*parts, path[begin:]]


def _segment(text: str) -> Segment:
    match = _SEGMENT.fullmatch(text)
    if match is None:
        raise no_set(text)
    return Segment(match[1], None if match[2] is None else _key(match[2]))


def _key(text: str) -> Key:
    return tuple(_key_part(part) for part in split(text, ",")) if text.strip() else ()


def _key_part(text: str) -> tuple[str | None, KeyValue]:
    named = None if text.startswith("'") else _NAMED.fullmatch(text)
    return (named[1], _literal(named[2])) if named else (None, _literal(text))


def _literal(text: str) -> KeyValue:
    if len(text) > 1 and text.startswith("'") and text.endswith("'"):
        return text[1:-1].replace("''", "'")
    if _NUMBER.fullmatch(text):
        return int(text)
    if _GUID.fullmatch(text) or _DATE.fullmatch(text):
        return text.lower()
    raise bad_request(f"The key value '{text}' is no literal; a text stands in single quotes.")
