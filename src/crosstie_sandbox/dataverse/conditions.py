"""`$filter` and `$orderby` over a table, the tables its lookups lead to, and the rows of its collections."""

from collections.abc import Iterator
from functools import cached_property
from itertools import count

from crosstie_sandbox.dataverse.errors import invalid_argument, too_many_joins
from crosstie_sandbox.dataverse.paging import SortColumn
from crosstie_sandbox.dataverse.queries.functions import query_functions
from crosstie_sandbox.dataverse.queries.operators import Asker
from crosstie_sandbox.dataverse.schema import Collection, Schema, Table
from crosstie_sandbox.odata.errors import ODataSyntaxError, UnknownPropertyError
from crosstie_sandbox.odata.expression import Expression, Lambda
from crosstie_sandbox.odata.query import QueryOptions
from crosstie_sandbox.odata.sql import Column, Fragment, Matching, to_sql

Path = tuple[str, ...]
_CALLS = frozenset({"contains", "startswith", "endswith"})
_MOST_JOINS = 15
"""The vendor's, for link entities of a query; every step of a path is one."""


class Joins:
    """Names columns in SQL; a path through a lookup adds the join it needs.

    Within `any` and `all` paths that begin with the variable belong to the row of the collection, and all others
    to what stands around it.
    """

    def __init__(self, table: Table, schema: Schema, asker: Asker, *, mark: str = "t0") -> None:
        self.table = table
        self.mark = mark
        self.schema = schema
        self._asker = asker
        self._around: Joins | None = None
        self.variable = ""
        self._numbers: Iterator[int] = count(1)
        self._places: dict[Path, tuple[str, Table]] = {(): (mark, table)}
        self._joins: list[str] = []

    @cached_property
    def matching(self) -> Matching:
        """How texts compare, and which functions there are; only filters ask."""
        functions = query_functions(self._asker)
        return Matching(case_sensitive=False, wildcards=True, calls=_CALLS, functions=functions)

    @property
    def sql(self) -> str:
        """The FROM text, complete once all columns have been named."""
        return " ".join([f'"{self.table.logical_name}" AS {self.mark}', *self._joins])

    @property
    def added(self) -> str:
        """The joins without the table itself."""
        return " ".join(["", *self._joins])

    def column(self, path: Path) -> Column:
        """The column at the end of a path, by the name that readers see or by its logical name."""
        joins, path = self._owner(path)
        mark, table = joins.follow(path[:-1])
        name = path[-1] if path else joins.variable
        column = table.by_wire.get(name) or table.by_name.get(name)
        if column is None or not column.wire:
            raise UnknownPropertyError(name)
        return Column(f'{mark}."{column.name}"', column.kind)

    def quantified(self, node: Lambda) -> Fragment:
        """`any` and `all` over the rows of a collection."""
        joins, path = self._owner(node.path)
        mark, table = joins.follow(path[:-1])
        collection = self.schema.collections[table.logical_name].get(path[-1]) if path else None
        if collection is None:
            raise UnknownPropertyError("/".join(node.path))
        inner = self._within(collection, node.variable)
        related, source = _related(collection, inner, (mark, table), self._mark())
        if node.condition is None:
            if node.quantifier == "all":
                raise ODataSyntaxError("The operator 'all' needs a condition.")
            return f"EXISTS (SELECT 1 FROM {source} WHERE {related})", []
        condition, values = where(node.condition, inner)
        text = f"FROM {source}{inner.added} WHERE {related}"
        if node.quantifier == "all":
            return f"NOT EXISTS (SELECT 1 {text} AND NOT ifnull({condition}, 0))", values
        return f"EXISTS (SELECT 1 {text} AND {condition})", values

    def _within(self, collection: Collection, variable: str) -> "Joins":
        inner = Joins(self.schema.tables[collection.table], self.schema, self._asker, mark=self._mark())
        inner._around, inner.variable, inner._numbers = self, variable, self._numbers
        return inner

    def _mark(self) -> str:
        return f"j{next(self._numbers)}"

    def _owner(self, path: Path) -> tuple["Joins", Path]:
        """Whose columns a path leads to, and the path from there."""
        joins = self
        while joins._around is not None:
            if path[0] == joins.variable:
                return joins, path[1:]
            joins = joins._around
        return joins, path

    def follow(self, path: Path) -> tuple[str, Table]:
        """The mark and the table at the end of a path of lookups, joined if they were not yet."""
        known = self._places.get(path)
        if known is not None:
            return known
        if len(path) > _MOST_JOINS or len(self._joins) >= _MOST_JOINS:
            raise too_many_joins(_MOST_JOINS)
        mark, table = self.follow(path[:-1])
        navigation = table.navigations.get(path[-1])
        if navigation is None:
            raise UnknownPropertyError(path[-1])
        target = self.schema.tables[navigation.targets[0]]
        joined = self._mark()
        condition = f'{joined}."{target.primary_key}" = {mark}."{navigation.column.name}"'
        self._joins.append(f'LEFT JOIN "{target.logical_name}" AS {joined} ON {condition}')
        self._places[path] = (joined, target)
        return joined, target


def where(expression: Expression, joins: Joins) -> Fragment:
    """A filter in SQL."""
    try:
        return to_sql(expression, joins.column, joins.matching, joins.quantified)
    except OverflowError:
        raise invalid_argument("A date and time of the filter lies outside the calendar when taken as UTC.") from None


def sort_columns(table: Table, options: QueryOptions, joins: Joins) -> list[SortColumn]:
    """The order asked for, made total by the primary key."""
    sorts = [SortColumn("_".join(order.path), joins.column(order.path), order.descending) for order in options.orderby]
    key = joins.column((table.primary_key,))
    return [*sorts, SortColumn(table.primary_key, key, descending=False)]


def related_to(collection: Collection, table: Table, owner: tuple[Table, str]) -> Fragment:
    """The rows of a collection, those of the table `t0`, as a condition; the owner is a table and an id."""
    if collection.intersect:
        inner = f'SELECT "{collection.far}" FROM "{collection.intersect}" WHERE "{collection.column}" = ?'
        return f't0."{table.primary_key}" IN ({inner})', [owner[1]]
    return f't0."{collection.column}" = ?{typed(collection, "t0", owner[0])}', [owner[1]]


def typed(collection: Collection, mark: str, owner: Table) -> str:
    """That a lookup which may point to several tables points to the owner's."""
    return f" AND {mark}.\"{collection.type_column}\" = '{owner.logical_name}'" if collection.type_column else ""


def _related(collection: Collection, inner: Joins, owner: tuple[str, Table], mark: str) -> tuple[str, str]:
    """The condition that ties the rows of a collection to their owner, and the tables they come from."""
    source = f'"{inner.table.logical_name}" AS {inner.mark}'
    key = f'{owner[0]}."{owner[1].primary_key}"'
    if not collection.intersect:
        return f'{inner.mark}."{collection.column}" = {key}{typed(collection, inner.mark, owner[1])}', source
    far = f'{inner.mark}."{inner.table.primary_key}" = {mark}."{collection.far}"'
    return f'{mark}."{collection.column}" = {key}', f'"{collection.intersect}" AS {mark} JOIN {source} ON {far}'
