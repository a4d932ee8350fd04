"""`$filter` and `$orderby` over a table and the tables its lookups lead to."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from crosstie_sandbox.dataverse.errors import NAMESPACE, ServiceError, invalid_argument
from crosstie_sandbox.dataverse.schema import Schema, Table
from crosstie_sandbox.odata.errors import UnknownPropertyError
from crosstie_sandbox.odata.expression import Expression, QueryFunction
from crosstie_sandbox.odata.sql import Column, ColumnOf, Fragment, FunctionToSql, Kind, Matching, stored, to_sql


class Joins:
    """Names columns in SQL; a path through a lookup adds the join it needs."""

    def __init__(self, table: Table, schema: Schema) -> None:
        self.table = table
        self._schema = schema
        self._aliases: dict[tuple[str, ...], tuple[str, Table]] = {(): ("t0", table)}
        self._joins: list[str] = []

    @property
    def sql(self) -> str:
        """The FROM text, complete once all columns have been named."""
        return " ".join([f'"{self.table.logical_name}" AS t0', *self._joins])

    def column(self, path: tuple[str, ...]) -> Column:
        """The column at the end of a path."""
        alias, table = self._follow(path[:-1])
        column = table.by_wire.get(path[-1])
        if column is None:
            raise UnknownPropertyError(path[-1])
        return Column(f'{alias}."{column.name}"', column.kind)

    def _follow(self, path: tuple[str, ...]) -> tuple[str, Table]:
        known = self._aliases.get(path)
        if known is not None:
            return known
        alias, table = self._follow(path[:-1])
        navigation = table.navigations.get(path[-1])
        if navigation is None:
            raise UnknownPropertyError(path[-1])
        target = self._schema.tables[navigation.targets[0]]
        joined = f"t{len(self._aliases)}"
        condition = f'{joined}."{target.primary_key}" = {alias}."{navigation.column.name}"'
        self._joins.append(f'LEFT JOIN "{target.logical_name}" AS {joined} ON {condition}')
        self._aliases[path] = (joined, target)
        return joined, target


def where(expression: Expression, joins: Joins) -> Fragment:
    """A filter in SQL."""
    return to_sql(expression, joins.column, _MATCHING)


def _membership(connective: str) -> FunctionToSql:
    def write(function: QueryFunction, column: ColumnOf) -> Fragment:
        subject, values = _subject(function, column)
        marks = ", ".join("?" * len(values))
        return f"{subject.comparable} {connective} ({marks})", values

    return write


def _between(connective: str) -> FunctionToSql:
    def write(function: QueryFunction, column: ColumnOf) -> Fragment:
        subject, values = _subject(function, column)
        match values:
            case [_, _]:
                return f"{subject.comparable} {connective} ? AND ?", values
            case _:
                raise invalid_argument(f"'{function.name}' takes exactly two values.")

    return write


def _subject(function: QueryFunction, column: ColumnOf) -> tuple[Column, list[object]]:
    match function.arguments:
        case {"PropertyName": str(name), "PropertyValues": list(values)}:
            subject = column(tuple(name.split("/")))
            return subject, [_typed(value, subject.kind) for value in values]
        case _:
            text = f"'{function.name}' needs a PropertyName and an array of PropertyValues."
            raise invalid_argument(text)


def _typed(value: object, kind: Kind) -> object:
    """All values of query functions are texts, also those of numbers and Guids."""
    if not isinstance(value, str) or kind in {Kind.STRING, Kind.GUID, Kind.DATE, Kind.DATE_TIME}:
        return stored(value, kind)
    try:
        if kind is Kind.BOOLEAN:
            return stored({"true": True, "1": True, "false": False, "0": False}[value.lower()], kind)
        return stored(Decimal(value), kind)
    except (InvalidOperation, KeyError):
        raise _not_a(value, kind) from None


def _not_a(value: str, kind: Kind) -> ServiceError:
    return invalid_argument(f"The value '{value}' is not of the type {kind.name} of the property.")


_FUNCTIONS: Mapping[str, FunctionToSql] = MappingProxyType(
    {
        f"{NAMESPACE}.In": _membership("IN"),
        f"{NAMESPACE}.NotIn": _membership("NOT IN"),
        f"{NAMESPACE}.Between": _between("BETWEEN"),
        f"{NAMESPACE}.NotBetween": _between("NOT BETWEEN"),
    }
)
_MATCHING = Matching(
    case_sensitive=False,
    wildcards=True,
    calls=frozenset({"contains", "startswith", "endswith"}),
    functions=_FUNCTIONS,
)
