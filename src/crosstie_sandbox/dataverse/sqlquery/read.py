"""The text of a SELECT to the parts it names."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, reduce
from importlib.resources import files
from typing import cast

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedInput

from crosstie_sandbox.dataverse.errors import ServiceError, bad_request
from crosstie_sandbox.dataverse.fetchxml.model import Condition, Filter, Group
from crosstie_sandbox.dataverse.fetchxml.read import MOST_CONDITIONS

LENGTH_LIMIT = 32_768
DEPTH_LIMIT = 100
_OPERATORS = {"=": "eq", "<>": "ne", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}


@dataclass(frozen=True, slots=True)
class Reference:
    """A column, qualified by the name or alias of its table or not."""

    table: str
    column: str


@dataclass(frozen=True, slots=True)
class Selected:
    """One item of the select list; `column` is `*` for all columns, or for all rows if they are counted."""

    reference: Reference
    function: str = ""
    distinct: bool = False
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A table and the name under which the statement refers to it."""

    table: str
    name: str


@dataclass(frozen=True, slots=True)
class Join:
    """One more table, by two columns that must be equal."""

    source: Source
    outer: bool
    left: Reference
    right: Reference


@dataclass(frozen=True, slots=True)
class Sorting:
    """A column to sort by."""

    reference: Reference
    descending: bool


@dataclass(slots=True)
class Select:
    """A statement; conditions refer to tables as the statement does."""

    source: Source
    distinct: bool = False
    top: int | None = None
    skip: int = 0
    columns: list[Selected] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)
    where: Filter | None = None
    groups: list[Reference] = field(default_factory=list)
    orders: list[Sorting] = field(default_factory=list)


def read_select(text: str) -> Select:
    """Read a SELECT; raises ServiceError with the position that could not be understood."""
    if len(text) > LENGTH_LIMIT:
        raise bad_request(f"The SQL query is longer than {LENGTH_LIMIT} characters.")
    try:
        select = cast("Select", _parser().parse(text.strip().removesuffix(";")))
    except UnexpectedInput as refusal:
        position = cast("int | None", refusal.pos_in_stream) or 0
        raise _refused(f"Incorrect syntax at position {position}: only a single SELECT is supported.") from None
    _check_size(select.where)
    return select


def _refused(message: str) -> ServiceError:
    return bad_request(f"Invalid SQL: {message}")


def _check_size(where: Filter | None) -> None:
    depth, number, level = 0, 0, [] if where is None else [where]
    while level:
        depth, number = depth + 1, number + sum(isinstance(one, Condition) for one in level)
        level = [part for group in level if isinstance(group, Group) for part in group.parts]
    if depth > DEPTH_LIMIT:
        raise _refused(f"The conditions are nested deeper than {DEPTH_LIMIT} levels.")
    if number > MOST_CONDITIONS:
        raise _refused(f"There are {number} conditions; the most that are allowed is {MOST_CONDITIONS}.")


_Parts = list[object]


class _Builder(Transformer[Token, object]):
    """Makes a part of each rule as the parser reduces it."""

    def start(self, items: _Parts) -> Select:
        select = Select(next(item for item in items if isinstance(item, Source)))
        for item in items:
            match item:
                case Token("DISTINCT"):
                    select.distinct = True
                case Selected():
                    select.columns.append(item)
                case Join():
                    select.joins.append(item)
                case ("top", int(number)):
                    select.top = number
                case ("page", top, int(skip)):
                    select.top, select.skip = cast("int | None", top) or select.top, skip
                case ("groups", list(groups)):
                    select.groups = groups
                case ("orders", list(orders)):
                    select.orders = orders
                case Condition() | Group():
                    select.where = item
                case _:
                    pass
        return select

    def top(self, items: _Parts) -> object:
        return ("top", _natural(items[0]))

    def limit(self, items: _Parts) -> object:
        return ("page", _natural(items[0]), _natural(items[1]) if len(items) > 1 else 0)

    def offset(self, items: _Parts) -> object:
        return ("page", _natural(items[1]) if len(items) > 1 else None, _natural(items[0]))

    def column(self, items: _Parts) -> Selected:
        what, *alias = items
        name = str(alias[0]) if alias else ""
        match what:
            case Selected(reference, function, distinct, _):
                return Selected(reference, function, distinct, name)
            case _:
                return Selected(cast("Reference", what), alias=name)

    def star(self, items: _Parts) -> Selected:
        return Selected(Reference(str(items[0]) if items else "", "*"))

    def aggregate(self, items: _Parts) -> Selected:
        function, *rest = items
        reference = rest[-1] if rest and isinstance(rest[-1], Reference) else Reference("", "*")
        distinct = any(isinstance(item, Token) and item.type == "DISTINCT" for item in rest)
        return Selected(reference, str(function).lower(), distinct)

    def table(self, items: _Parts) -> Source:
        return Source(str(items[0]), str(items[-1]))

    def join(self, items: _Parts) -> Join:
        outer = isinstance(items[0], Token) and items[0].type == "LEFT"
        source, left, _, right = items[-4:]
        return Join(cast("Source", source), outer, cast("Reference", left), cast("Reference", right))

    def where(self, items: _Parts) -> object:
        return items[0]

    def groups(self, items: _Parts) -> object:
        return ("groups", items)

    def orders(self, items: _Parts) -> object:
        return ("orders", items)

    def order(self, items: _Parts) -> Sorting:
        descending = len(items) > 1 and cast("Token", items[1]).type == "DESC"
        return Sorting(cast("Reference", items[0]), descending)

    def disjunction(self, items: _Parts) -> Filter:
        return _grouped(cast("list[Filter]", items), every=False)

    def conjunction(self, items: _Parts) -> Filter:
        return _grouped(cast("list[Filter]", items), every=True)

    def negation(self, items: _Parts) -> Filter:
        return Group(every=True, parts=(cast("Filter", items[-1]),), negated=True)

    def comparison(self, items: _Parts) -> Filter:
        reference, sign, value = cast("tuple[Reference, Token, Token | Reference]", tuple(items))
        operator = _OPERATORS[str(sign)]
        if isinstance(value, Reference):
            other = (value.table, value.column)
            return Condition(reference.table, reference.column, operator, other=other)
        compared = Condition(reference.table, reference.column, operator, (_value(value),))
        if operator != "ne":
            return compared
        return Group(every=True, parts=(compared, Condition(reference.table, reference.column, "not-null")))

    def between(self, items: _Parts) -> Filter:
        return _condition(items, "between", "not-between")

    def membership(self, items: _Parts) -> Filter:
        return _condition(items, "in", "not-in")

    def like(self, items: _Parts) -> Filter:
        return _condition(items, "like", "not-like")

    def nullity(self, items: _Parts) -> Filter:
        return _condition(items, "null", "not-null")

    def reference(self, items: _Parts) -> Reference:
        return Reference("" if len(items) == 1 else str(items[0]), str(items[-1]))

    def name(self, items: _Parts) -> str:
        text = str(items[0])
        return (text[1:-1] if text[0] in '["' else text).lower()


def _condition(items: _Parts, operator: str, negated: str) -> Condition:
    reference, *rest = cast("list[Reference | Token]", items)
    tokens = [item for item in rest if isinstance(item, Token)]
    values = tuple(_value(token) for token in tokens if token.type != "NOT")
    turned = len(values) < len(tokens)
    subject = cast("Reference", reference)
    return Condition(subject.table, subject.column, negated if turned else operator, values)


def _grouped(parts: list[Filter], *, every: bool) -> Group:
    """A chain of the same connective is one group, however long."""
    return Group(every, tuple(reduce(lambda flat, part: [*flat, *_members(part, every=every)], parts, list[Filter]())))


def _members(part: Filter, *, every: bool) -> Iterator[Filter]:
    if isinstance(part, Group) and part.every is every and not part.negated:
        yield from part.parts
    else:
        yield part


def _value(token: Token) -> object:
    text = str(token)
    return text[text.index("'") + 1 : -1].replace("''", "'") if token.type == "STRING" else text


def _natural(item: object) -> int:
    text = str(item)
    if text.startswith("-") or len(text) > len("999999999"):
        raise _refused(f"'{text}' is not a number of rows.")
    return int(text)


@cache
def _parser() -> Lark:
    grammar = files("crosstie_sandbox.dataverse.sqlquery").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", transformer=_Builder(), maybe_placeholders=False)
