"""A filter tree to a WHERE text for SQLite with bound values.

How values are stored: Guid as lower-case text; DateTimeOffset as UTC text `YYYY-MM-DDTHH:MM:SS.mmmZ`; Date
as `YYYY-MM-DD`; Decimal as text that keeps every digit, compared as REAL (so two amounts that differ beyond
fifteen significant digits count as equal in a filter); Boolean as 0 or 1; String as text in the collation of
its column.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, auto
from types import MappingProxyType
from uuid import UUID

from crosstie_sandbox.odata.errors import TypeMismatchError, UnsupportedError
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
    chain,
    nesting,
)
from crosstie_sandbox.odata.folding import fold
from crosstie_sandbox.odata.parse import parse_date_time


class Kind(Enum):
    """What a column holds, as far as comparing is concerned."""

    STRING = auto()
    INTEGER = auto()
    DECIMAL = auto()
    BOOLEAN = auto()
    GUID = auto()
    DATE = auto()
    DATE_TIME = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """A column in SQL and what it holds."""

    sql: str
    kind: Kind

    @property
    def comparable(self) -> str:
        """The column as it must be written in a comparison or an ORDER BY."""
        return f"CAST({self.sql} AS REAL)" if self.kind is Kind.DECIMAL else self.sql


Fragment = tuple[str, list[object]]
ColumnOf = Callable[[tuple[str, ...]], Column]
FunctionToSql = Callable[[QueryFunction, ColumnOf], Fragment]
QuantifiedToSql = Callable[[Lambda], Fragment]
NO_FUNCTIONS: Mapping[str, FunctionToSql] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Matching:
    """What a vendor makes of texts: exact or folded, `%` a letter or a wildcard, which functions exist.

    For folded comparison the columns themselves must be declared with the collation of `folding.py`.
    """

    case_sensitive: bool = True
    wildcards: bool = False
    calls: frozenset[str] = frozenset({"contains", "startswith", "endswith", "tolower", "toupper"})
    functions: Mapping[str, FunctionToSql] = field(default_factory=lambda: NO_FUNCTIONS)


EXACT = Matching()
_OPERATORS = {"eq": "=", "ne": "IS NOT", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_MIRRORED = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
_WILDCARDS = frozenset("%_[")
_CHANGES_OF_CASE = {"tolower": "odata_lower", "toupper": "odata_upper"}


def to_sql(
    expression: Expression, column: ColumnOf, matching: Matching = EXACT, quantified: QuantifiedToSql | None = None
) -> Fragment:
    """The WHERE text of a filter and the values bound to its question marks, in order.

    `quantified` writes `any` and `all`, where there are collections to ask about.
    """
    return _Writer(column, matching, quantified).predicate(expression)


@dataclass(frozen=True, slots=True)
class _Writer:
    column: ColumnOf
    matching: Matching
    quantified: QuantifiedToSql | None

    def predicate(self, node: Expression) -> Fragment:
        match node:
            case And() | Or():
                return self._connect(node)
            case Not(operand):
                text, values = self.predicate(operand)
                return not_so(text), values
            case Compare():
                return self._compare(node)
            case Call():
                return self._call(node)
            case QueryFunction() | Lambda() | Alias():
                return self._function(node)
            case Property() | Literal():
                return self._flag(node)

    def _connect(self, node: And | Or) -> Fragment:
        operands = _deepest_first(chain(node))
        if isinstance(node, And):
            return _joined([self.predicate(operand) for operand in operands], "AND")
        return self._disjunction(operands)

    def _disjunction(self, operands: list[Expression]) -> Fragment:
        """One IN for all equalities of the same column: a chain of hundreds costs one index search each."""
        wanted: dict[tuple[str, ...], list[object]] = {}
        fragments: list[Fragment] = []
        for operand in operands:
            match operand:
                case Compare("eq", Property(path), Literal(value)) if value is not None:
                    wanted.setdefault(path, []).append(stored(value, self.column(path).kind))
                case _:
                    fragments.append(self.predicate(operand))
        for path, values in wanted.items():
            marks = ", ".join("?" * len(values))
            fragments.append((f"{self.column(path).comparable} IN ({marks})", values))
        return _joined(fragments, "OR")

    def _compare(self, node: Compare) -> Fragment:
        op, left, right = node.op, node.left, node.right
        if isinstance(left, Literal) and not isinstance(right, Literal):
            op, left, right = _MIRRORED[op], right, left
        match left, right:
            case (Call(), Literal(bool(value))) if op in {"eq", "ne"} and left.name not in _CHANGES_OF_CASE:
                text, values = self.predicate(left)
                return (text if (op == "eq") is value else not_so(text)), values
            case _, Literal(None):
                return self._compare_with_null(op, left)
            case _, Literal(value):
                operand, values, kind = self._operand(left)
                if kind is Kind.BOOLEAN and op not in {"eq", "ne"}:
                    raise TypeMismatchError(f"A yes/no value cannot be compared with '{op}'.")
                return f"{operand} {_OPERATORS[op]} ?", [*values, stored(value, kind)]
            case _:
                return self._compare_columns(op, left, right)

    def _compare_with_null(self, op: str, left: Expression) -> Fragment:
        if op not in {"eq", "ne"}:
            return "0", []
        operand, values, _ = self._operand(left)
        return f"{operand} IS {'NOT ' if op == 'ne' else ''}NULL", values

    def _compare_columns(self, op: str, left: Expression, right: Expression) -> Fragment:
        one, one_values, one_kind = self._operand(left)
        other, other_values, other_kind = self._operand(right)
        if one_kind is not other_kind and {one_kind, other_kind} != {Kind.INTEGER, Kind.DECIMAL}:
            raise TypeMismatchError(_incompatible(one_kind.name, other_kind.name))
        return f"{one} {_OPERATORS[op]} {other}", [*one_values, *other_values]

    def _operand(self, node: Expression) -> tuple[str, list[object], Kind]:
        match node:
            case Property(path):
                column = self.column(path)
                return column.comparable, [], column.kind
            case Call(name, (inner,)) if name in _CHANGES_OF_CASE:
                self._check_call(name)
                text, values, kind = self._operand(inner)
                if kind is not Kind.STRING:
                    raise TypeMismatchError(f"The function '{name}' takes a text.")
                return f"{_CHANGES_OF_CASE[name]}({text})", values, kind
            case Literal(str(value)):
                return "?", [value], Kind.STRING
            case Call(name, _):
                self._check_call(name)
                raise UnsupportedError(f"The function '{name}' cannot be compared like this.")
            case _:
                raise UnsupportedError("Only a property, or a function of one, can be compared.")

    def _check_call(self, name: str) -> None:
        if name not in self.matching.calls:
            raise UnsupportedError(f"The function '{name}' is not supported.")

    def _call(self, node: Call) -> Fragment:
        self._check_call(node.name)
        match node:
            case Call("contains" | "startswith" | "endswith", (subject, Literal(str(value)))):
                operand, values, kind = self._operand(subject)
                if kind is not Kind.STRING:
                    raise TypeMismatchError(f"The function '{node.name}' searches texts only.")
                text, pattern = self._search(node.name, operand, value)
                return text, [*values, pattern]
            case _:
                raise UnsupportedError(f"The function '{node.name}' cannot be used like this in a filter.")

    def _search(self, name: str, operand: str, value: str) -> tuple[str, str]:
        if self.matching.wildcards and not _WILDCARDS.isdisjoint(value):
            pattern = {"contains": f"%{value}%", "startswith": f"{value}%", "endswith": f"%{value}"}[name]
            return f"odata_like(?, {operand})", pattern
        if not value:
            return f"({operand} IS NOT NULL AND ? = '')", value
        if not self.matching.case_sensitive:
            operand, value = f"odata_fold({operand})", fold(value)
        match name:
            case "contains":
                return f"instr({operand}, ?) > 0", value
            case "startswith":
                return f"substr({operand}, 1, {len(value)}) = ? COLLATE BINARY", value
            case _:
                return f"substr({operand}, -{len(value)}) = ? COLLATE BINARY", value

    def _function(self, node: QueryFunction | Lambda | Alias) -> Fragment:
        if isinstance(node, Alias):
            raise UnsupportedError(f"The alias '{node.name}' cannot be used here.")
        if isinstance(node, Lambda):
            if self.quantified is None:
                raise UnsupportedError(f"The operator '{node.quantifier}' is not supported.")
            return self.quantified(node)
        writer = self.matching.functions.get(node.name)
        if writer is None:
            raise UnsupportedError(f"The query function '{node.name}' is not supported.")
        return writer(node, self.column)

    def _flag(self, node: Property | Literal) -> Fragment:
        if isinstance(node, Literal):
            if not isinstance(node.value, bool):
                raise TypeMismatchError(f"The value '{node.value}' stands where a condition is expected.")
            return ("1" if node.value else "0"), []
        column = self.column(node.path)
        if column.kind is not Kind.BOOLEAN:
            raise TypeMismatchError(f"The property '{'/'.join(node.path)}' stands where a condition is expected.")
        return f"{column.sql} = 1", []


def not_so(condition: str) -> str:
    """The opposite of a condition, null counting as untrue; no deeper than the condition by more than a parenthesis."""
    return f"({condition}) IS NOT 1"


def _deepest_first(operands: list[Expression]) -> list[Expression]:
    """SQLite's parser remembers what stands before the place it is at: before the deepest operand stands nothing."""
    depths = [1 if isinstance(one, Compare) else nesting(one) for one in operands]
    deepest = depths.index(max(depths))
    return [operands[deepest], *operands[:deepest], *operands[deepest + 1 :]]


def _joined(fragments: Sequence[Fragment], connective: str) -> Fragment:
    """Join conditions, the first of which may be deep, with one parenthesis around that one."""
    first, *others = fragments
    return balanced([first, balanced(others, connective)], connective) if others else first


def balanced(fragments: Sequence[Fragment], connective: str) -> Fragment:
    """Join many conditions as a tree of small height: SQLite refuses expressions higher than a thousand."""
    level = list(fragments)
    while len(level) > 1:
        level = [
            (f"({level[i][0]} {connective} {level[i + 1][0]})", [*level[i][1], *level[i + 1][1]])
            if i + 1 < len(level)
            else level[i]
            for i in range(0, len(level), 2)
        ]
    return level[0]


def stored(value: object, kind: Kind) -> object:
    """A literal in the form that the column stores; a quoted Guid, date or time counts as what it spells."""
    if value is None:
        return None
    kept = _STORED[kind](value)
    if kept is None:
        raise TypeMismatchError(_incompatible(kind.name, type(value).__name__))
    return kept


def _text(value: object) -> object:
    return value if isinstance(value, str) else None


def _number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return value if isinstance(value, int) and -(2**63) <= value < 2**63 else float(Decimal(value))


def _truth(value: object) -> object:
    return int(value) if isinstance(value, bool) else None


def _guid(value: object) -> object:
    return str(_spelled(value, UUID, "Guid")) if isinstance(value, str | UUID) else None


def _day(value: object) -> object:
    moment = _spelled(value, parse_date_time, "date")
    return moment.isoformat()[:10] if isinstance(moment, date) else None


def _moment(value: object) -> object:
    moment = _spelled(value, parse_date_time, "date and time")
    return stored_time(moment) if isinstance(moment, date) else None


_STORED: dict[Kind, Callable[[object], object]] = {
    Kind.STRING: _text,
    Kind.INTEGER: _number,
    Kind.DECIMAL: _number,
    Kind.BOOLEAN: _truth,
    Kind.GUID: _guid,
    Kind.DATE: _day,
    Kind.DATE_TIME: _moment,
}


def _spelled(value: object, read: Callable[[str], object], name: str) -> object:
    if not isinstance(value, str):
        return value
    try:
        return read(value)
    except ValueError:
        raise TypeMismatchError(f"The text '{value}' is not a {name}.") from None


def stored_time(value: datetime | date) -> str:
    """A moment as UTC text with milliseconds; a date is its midnight, a time without zone is UTC."""
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day, tzinfo=UTC)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return f"{moment.astimezone(UTC).isoformat(timespec='milliseconds')[:23]}Z"


def _incompatible(one: str, other: str) -> str:
    return f"A binary operator with incompatible types was detected. Found operand types '{one}' and '{other}'."
