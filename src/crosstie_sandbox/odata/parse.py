"""Text of a `$filter` to its tree, by an LALR grammar that needs no recursion however long a chain is."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import cast
from uuid import UUID

import simplejson
from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError

from crosstie_sandbox.odata.errors import ODataSyntaxError
from crosstie_sandbox.odata.expression import (
    Alias,
    And,
    Call,
    Compare,
    Expression,
    Lambda,
    Literal,
    Not,
    Or,
    Property,
    QueryFunction,
    Scalar,
    bound,
    nesting,
)

LENGTH_LIMIT = 32_768
DEPTH_LIMIT = 60
"""What SQLite can read of one statement, with room for what stands around a filter."""
_NO_ALIASES: Mapping[str, str] = MappingProxyType({})


def parse_filter(text: str, aliases: Mapping[str, str] = _NO_ALIASES) -> Expression:
    """The tree of a `$filter`; raises ODataSyntaxError with the position that could not be understood.

    `aliases` has the texts of parameter aliases by name, the `@` included: constants, columns or JSON arrays.
    """
    expression = _tree(text)
    if "@" not in text:
        return expression
    return bound(expression, {name: _assigned(value) for name, value in aliases.items() if name in text})


def _assigned(text: str) -> object:
    """What an alias stands for; another alias in it stands for nothing."""
    return _array(text) if text.lstrip().startswith("[") else bound(_tree(text), {})


def _tree(text: str) -> Expression:
    if len(text) > LENGTH_LIMIT:
        raise ODataSyntaxError(f"The filter is longer than {LENGTH_LIMIT} characters.", LENGTH_LIMIT)
    try:
        expression = cast("Expression", _parser().parse(text))
    except UnexpectedInput as refusal:
        raise _syntax_error(refusal, text) from None
    except VisitError as refusal:
        if isinstance(refusal.orig_exc, ODataSyntaxError):
            raise refusal.orig_exc from None
        raise
    if nesting(expression) > DEPTH_LIMIT:
        raise ODataSyntaxError(f"The filter is nested deeper than {DEPTH_LIMIT} levels.", 0)
    return expression


def parse_date_time(text: str) -> datetime:
    """An ISO 8601 time; without a zone it is taken as UTC by whoever stores it."""
    return datetime.fromisoformat(_seven_digits_to_six(text))


def _seven_digits_to_six(text: str) -> str:
    """.NET writes ticks (seven digits of a second); Python reads at most microseconds."""
    whole, dot, rest = text.partition(".")
    if not dot:
        return text
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return f"{whole}.{digits[:6]}{rest[len(digits) :]}"


class _Builder(Transformer[Token, object]):
    """Makes a node of each rule as the parser reduces it, so no parse tree is ever built."""

    def start(self, items: list[Expression]) -> Expression:
        return items[0]

    def disjunction(self, items: list[Expression]) -> Expression:
        return Or(items[0], items[1])

    def conjunction(self, items: list[Expression]) -> Expression:
        return And(items[0], items[1])

    def negation(self, items: list[Expression]) -> Expression:
        return Not(items[0])

    def comparison(self, items: list[Expression | Token]) -> Expression:
        left, op, right = items
        return Compare(str(op), cast("Expression", left), cast("Expression", right))

    def literal(self, items: list[Token]) -> Expression:
        return Literal(_value(items[0]))

    def property(self, items: list[Token]) -> Expression:
        return Property(tuple(str(name) for name in items))

    def call(self, items: list[Token | Expression]) -> Expression:
        name, *args = items
        return Call(str(name), tuple(cast("list[Expression]", args)))

    def query_function(self, items: list[Token | tuple[str, object]]) -> Expression:
        name, *arguments = items
        return QueryFunction(str(name), dict(cast("tuple[str, object]", pair) for pair in arguments))

    def argument(self, items: list[Token | Literal | Alias]) -> tuple[str, object]:
        name, value = items
        if isinstance(value, Alias):
            return str(name), value
        return str(name), value.value if isinstance(value, Literal) else _array(value)

    def quantified(self, items: list[Token | Expression]) -> Expression:
        at = next(index for index, item in enumerate(items) if isinstance(item, Token) and item.type == "QUANTIFIER")
        path = tuple(str(name) for name in items[:at])
        match items[at + 1 :]:
            case [variable, condition]:
                return Lambda(path, str(items[at]), str(variable), cast("Expression", condition))
            case _:
                return Lambda(path, str(items[at]), "", None)

    def alias(self, items: list[Token]) -> Expression:
        return Alias(str(items[0]))


def _quoted(text: str) -> str:
    return text[text.index("'") + 1 : -1].replace("''", "'")


_VALUES: dict[str, Callable[[str], Scalar]] = {
    "NULL": lambda _: None,
    "TRUE": lambda _: True,
    "FALSE": lambda _: False,
    "GUID": UUID,
    "DATE_TIME": parse_date_time,
    "DATE": date.fromisoformat,
    "DECIMAL": Decimal,
    "INTEGER": int,
    "STRING": _quoted,
    "ENUMERATION": _quoted,
}


def _value(token: Token) -> Scalar:
    try:
        return _VALUES[token.type](str(token))
    except ValueError as reason:
        raise ODataSyntaxError(f"'{token[:100]}' is not a value: {reason}.", token.start_pos or 0) from None


def _array(token: str) -> object:
    try:
        return simplejson.loads(str(token), use_decimal=True)
    except (ValueError, RecursionError):
        position = token.start_pos if isinstance(token, Token) else 0
        raise ODataSyntaxError(f"'{token}' is not a JSON array.", position or 0) from None


@cache
def _parser() -> Lark:
    grammar = files("crosstie_sandbox.odata").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", transformer=_Builder(), maybe_placeholders=False)


def _syntax_error(refusal: UnexpectedInput, text: str) -> ODataSyntaxError:
    position = cast("int | None", refusal.pos_in_stream) or 0
    if isinstance(refusal, UnexpectedToken) and refusal.token.type == "$END":
        return ODataSyntaxError(f"The filter ends too early at position {len(text)} in '{text}'.", len(text))
    if isinstance(refusal, UnexpectedCharacters | UnexpectedToken):
        return ODataSyntaxError(f"Syntax error at position {position} in '{text}'.", position)
    return ODataSyntaxError(f"The filter '{text}' cannot be read.", position)
