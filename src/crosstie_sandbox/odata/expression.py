"""A `$filter` as a tree of frozen nodes.

Long chains of `or` are left-deep trees thousands of nodes high, so everything that walks a tree does it with
a stack of its own instead of recursion along that spine.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from types import MappingProxyType
from uuid import UUID

Scalar = None | str | bool | int | Decimal | UUID | datetime | date


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant as it was written: a quoted text stays a text whatever it is compared with."""

    value: Scalar


@dataclass(frozen=True, slots=True)
class Property:
    """A column, or a column of the row a lookup points to."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """One of eq, ne, gt, ge, lt, le."""

    op: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class And:
    """Both hold."""

    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Or:
    """At least one holds."""

    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Not:
    """The operand does not hold."""

    operand: "Expression"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the standard: contains, startswith, endswith, tolower, toupper and the like."""

    name: str
    args: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class QueryFunction:
    """A qualified function of the vendor, such as `Microsoft.Dynamics.CRM.In`, with named arguments."""

    name: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Lambda:
    """`any` or `all` of the rows at the end of a path; within the condition paths to them begin with the variable.

    Without a condition (`any` only) it asks whether there is a row at all.
    """

    path: tuple[str, ...]
    quantifier: str
    variable: str
    condition: "Expression | None"


@dataclass(frozen=True, slots=True)
class Alias:
    """A parameter alias such as `@p1`, which stands for what another option of the query says."""

    name: str


Expression = Literal | Property | Compare | And | Or | Not | Call | QueryFunction | Lambda | Alias


def children(node: Expression) -> tuple[Expression, ...]:
    """The nodes directly below a node."""
    match node:
        case Compare(_, left, right) | And(left, right) | Or(left, right):
            return (left, right)
        case Not(operand):
            return (operand,)
        case Call(_, args):
            return args
        case Lambda(_, _, _, condition):
            return () if condition is None else (condition,)
        case Literal() | Property() | QueryFunction() | Alias():
            return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """Every node of a tree, parents first."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def properties(expression: Expression) -> set[tuple[str, ...]]:
    """The paths of all properties a filter looks at, those named in query functions included."""
    found: set[tuple[str, ...]] = set()
    for node in walk(expression):
        match node:
            case Property(path):
                found.add(path)
            case QueryFunction(_, {"PropertyName": str(name)}):
                found.add(tuple(name.split("/")))
            case _:
                pass
    return found


def nesting(expression: Expression) -> int:
    """How deep a tree is when a chain of the same connective counts as one level.

    Calls and collections count for more: so much more of SQL is open around what stands within them.
    """
    deepest = 0
    waiting: list[tuple[Expression, int]] = [(expression, 1)]
    while waiting:
        node, level = waiting.pop()
        deepest = max(deepest, level)
        for index, child in enumerate(children(node)):
            chained = index == 0 and isinstance(node, And | Or) and type(child) is type(node)
            waiting.append((child, level if chained else level + _WEIGHTS.get(type(node), 1)))
    return deepest


_WEIGHTS: Mapping[type, int] = MappingProxyType({Call: 3, Lambda: 12})


def bound(expression: Expression, aliases: Mapping[str, object]) -> Expression:
    """The tree with what its aliases stand for, a tree or an array; an alias that nobody assigned is null."""
    match expression:
        case Alias(name):
            found = aliases.get(name)
            return found if isinstance(found, Expression) else Literal(None)
        case And() | Or():
            return reduce(type(expression), [bound(operand, aliases) for operand in chain(expression)])
        case QueryFunction(name, arguments):
            return QueryFunction(name, {key: _argument(value, aliases) for key, value in arguments.items()})
        case _:
            return _with_bound_parts(expression, aliases)


def _with_bound_parts(expression: Expression, aliases: Mapping[str, object]) -> Expression:
    match expression:
        case Compare(op, left, right):
            return Compare(op, bound(left, aliases), bound(right, aliases))
        case Not(operand):
            return Not(bound(operand, aliases))
        case Call(name, args):
            return Call(name, tuple(bound(one, aliases) for one in args))
        case Lambda(path, quantifier, variable, condition) if condition is not None:
            return Lambda(path, quantifier, variable, bound(condition, aliases))
        case _:
            return expression


def _argument(value: object, aliases: Mapping[str, object]) -> object:
    """A named argument: aliases may stand for arrays, and for texts that are written like constants."""
    found = aliases.get(value.name) if isinstance(value, Alias) else value
    return found.value if isinstance(found, Literal) else found


def chain(expression: And | Or) -> list[Expression]:
    """The operands of a run of the same connective, left to right."""
    kind = type(expression)
    operands: list[Expression] = []
    waiting: list[Expression] = [expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, And | Or) and type(node) is kind:
            waiting.extend((node.right, node.left))
        else:
            operands.append(node)
    return operands
