"""The query part of an address, read once into a frozen record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import unquote_plus

from crosstie_sandbox.odata.errors import ODataSyntaxError
from crosstie_sandbox.odata.expression import Expression
from crosstie_sandbox.odata.parse import DEPTH_LIMIT, parse_filter

_NOTHING: Mapping[str, str] = MappingProxyType({})
_LONGEST_NUMBER = 10
_MOST_ORDERS = 100


@dataclass(frozen=True, slots=True)
class Order:
    """One column to sort by."""

    path: tuple[str, ...]
    descending: bool


@dataclass(frozen=True, slots=True)
class Expand:
    """A navigation property to follow, with the options in its parentheses, read and as they were written."""

    name: str
    options: "QueryOptions"
    text: str = ""


@dataclass(frozen=True, slots=True)
class QueryOptions:
    """What a reader asked for; `other` holds every option that is not spelled out here, by its full name."""

    select: tuple[str, ...] | None = None
    filter: Expression | None = None
    orderby: tuple[Order, ...] = ()
    top: int | None = None
    skip: int | None = None
    count: bool = False
    expand: tuple[Expand, ...] = ()
    skiptoken: str | None = None
    deltatoken: str | None = None
    other: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


EVERYTHING = QueryOptions()


@lru_cache(maxsize=256)
def parse_query(query_string: str) -> QueryOptions:
    """Read the part of an address after `?`; blanks may be `+` or `%20`, the dollar sign `%24`."""
    if not query_string:
        return EVERYTHING
    pairs = [pair.partition("=") for pair in query_string.split("&") if pair]
    return _options([(unquote_plus(name), unquote_plus(value)) for name, _, value in pairs], depth=1)


def _options(pairs: list[tuple[str, str]], *, depth: int) -> QueryOptions:
    if depth > DEPTH_LIMIT:
        raise ODataSyntaxError("The $expand option is nested too deep.")
    given: dict[str, str] = {}
    for name, value in pairs:
        if name.startswith("$") and name in given:
            raise ODataSyntaxError(
                f"Query option '{name}' was specified more than once, but it must be specified at most once."
            )
        given[name] = value
    aliases = {name: value for name, value in given.items() if name.startswith("@")} if depth == 1 else {}
    select = given.pop("$select", None)
    expand = given.pop("$expand", None)
    filter_text = given.pop("$filter", None)
    return QueryOptions(
        select=None if select is None or select.strip() in {"", "*"} else _names(select),
        filter=None if filter_text is None else parse_filter(filter_text, aliases),
        orderby=_orderby(given.pop("$orderby", ""), aliases),
        top=_whole_number("$top", given.pop("$top", None)),
        skip=_whole_number("$skip", given.pop("$skip", None)),
        count=_truth("$count", given.pop("$count", "false")),
        expand=() if expand is None else tuple(_expand(item, depth) for item in split(expand, ",")),
        skiptoken=given.pop("$skiptoken", None),
        deltatoken=given.pop("$deltatoken", None),
        other=MappingProxyType(given) if given else _NOTHING,
    )


def split(text: str, separator: str) -> list[str]:
    """Cut a list at its separators, except those within parentheses or quotes; items come trimmed."""
    items: list[str] = []
    depth, quoted, begin = 0, False, 0
    for position, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth < 0:
                raise ODataSyntaxError(f"There is a ')' too many at position {position} in '{text}'.", position)
        elif character == separator and depth == 0:
            items.append(text[begin:position].strip())
            begin = position + 1
    if depth or quoted:
        raise ODataSyntaxError(f"A parenthesis or a quote is not closed in '{text}'.", len(text))
    items.append(text[begin:].strip())
    return items


def _names(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(split(text, ",")))
    if "" in names:
        raise ODataSyntaxError(f"The $select option '{text}' names nothing between two commas.")
    return names


def _orderby(text: str, aliases: Mapping[str, str]) -> tuple[Order, ...]:
    if not text.strip():
        return ()
    orders: list[Order] = []
    items = split(text, ",")
    if len(items) > _MOST_ORDERS:
        raise ODataSyntaxError(f"The $orderby option names {len(items)} columns; the most are {_MOST_ORDERS}.")
    for item in items:
        match item.split():
            case [name] | [name, "asc"]:
                orders.append(Order(_path(name, aliases), descending=False))
            case [name, "desc"]:
                orders.append(Order(_path(name, aliases), descending=True))
            case _:
                raise ODataSyntaxError(f"The $orderby option '{text}' cannot be read at '{item}'.")
    return tuple(orders)


def _path(name: str, aliases: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(aliases.get(name, name).split("/"))


def _expand(text: str, depth: int) -> Expand:
    name, parenthesis, rest = text.partition("(")
    if not name.strip():
        raise ODataSyntaxError(f"The $expand option names nothing at '{text}'.")
    if not parenthesis:
        return Expand(name.strip(), EVERYTHING)
    inside = rest.strip()[:-1]
    pairs = [pair.partition("=") for pair in split(inside, ";") if pair]
    return Expand(name.strip(), _options([(key.strip(), value) for key, _, value in pairs], depth=depth + 1), inside)


def _whole_number(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise ODataSyntaxError(
            f"Invalid value '{text}' for {name} query option found. It needs a non-negative integer."
        )
    return int(text)


def _truth(name: str, text: str) -> bool:
    if text not in {"true", "false"}:
        raise ODataSyntaxError(
            f"Invalid value '{text}' for {name} query option found. Valid values are 'true' and 'false'."
        )
    return text == "true"
