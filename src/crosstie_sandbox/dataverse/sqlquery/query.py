"""A SELECT as a query of the kind that FetchXML makes: joins are links, WHERE stands over all of them."""

from dataclasses import replace

from crosstie_sandbox.dataverse.errors import bad_request
from crosstie_sandbox.dataverse.fetchxml.model import Condition, Entity, Fetch, Filter, Group, Link, Order, Output
from crosstie_sandbox.dataverse.sqlquery.read import Join, Reference, Select, Selected, read_select

_FUNCTIONS = {"count": "countcolumn", "sum": "sum", "avg": "avg", "min": "min", "max": "max"}


def read_sql(text: str) -> Fetch:
    """The query that a SELECT asks."""
    return _Assembly(read_select(text)).fetch()


class _Assembly:
    def __init__(self, select: Select) -> None:
        self._select = select
        self._root = select.source.name
        names = [self._root, *(join.source.name for join in select.joins)]
        if len(set(names)) < len(names):
            raise bad_request("Invalid SQL: two tables have the same name; give one of them an alias.")
        self._names = frozenset(names)

    def fetch(self) -> Fetch:
        """The whole query."""
        select = self._select
        return Fetch(
            entity=self._entity(self._root, select.source.table),
            top=select.top,
            skip=select.skip,
            distinct=select.distinct,
            aggregate=self._aggregate,
        )

    @property
    def _aggregate(self) -> bool:
        return bool(self._select.groups) or any(item.function for item in self._select.columns)

    def _entity(self, name: str, table: str) -> Entity:
        select = self._select
        root = name == self._root
        mine = [item for item in select.columns if self._owner(item.reference, star=not root) == name]
        joins = [join for join in select.joins if self._near(join).table == name]
        return Entity(
            table=table,
            alias="" if root else name,
            outputs=tuple(self._output(item, root=root) for item in mine if not _is_star(item)),
            everything=any(_is_star(item) for item in mine),
            filters=(self._filter(select.where),) if root and select.where is not None else (),
            orders=tuple(self._orders()) if root else (),
            links=tuple(self._link(join) for join in joins),
        )

    def _owner(self, reference: Reference, *, star: bool) -> str:
        """The name of the table that a column belongs to; a bare `*` belongs to each."""
        if reference.table and reference.table not in self._names:
            raise bad_request(f"Invalid SQL: there is no table '{reference.table}' in the statement.")
        if not reference.table and reference.column == "*" and star and not self._aggregate:
            return ""
        return reference.table or self._root

    def _output(self, item: Selected, *, root: bool) -> Output:
        reference = item.reference
        if item.function:
            alias = item.alias or f"{item.function}_{reference.column}".removesuffix("_*")
            if reference.column == "*":
                return Output("", alias, "count")
            return Output(reference.column, alias, _FUNCTIONS[item.function], distinct=item.distinct)
        if not self._aggregate:
            return Output(reference.column, item.alias or ("" if root else reference.column))
        wanted = (self._owner(reference, star=False), reference.column)
        if wanted not in {(self._owner(one, star=False), one.column) for one in self._select.groups}:
            raise bad_request(f"Invalid SQL: the column '{reference.column}' must stand in the GROUP BY clause.")
        return Output(reference.column, item.alias or reference.column, grouped=True)

    def _near(self, join: Join) -> Reference:
        """The side of a join that was there before."""
        near = join.right if join.left.table == join.source.name else join.left
        return Reference(near.table or self._root, near.column)

    def _link(self, join: Join) -> Link:
        far = join.left if join.left.table == join.source.name else join.right
        if far.table != join.source.name:
            raise bad_request(f"Invalid SQL: the ON clause must compare with a column of '{join.source.name}'.")
        entity = self._entity(join.source.name, join.source.table)
        return Link(entity, self._near(join).column, far.column, "outer" if join.outer else "inner")

    def _filter(self, one: Filter) -> Filter:
        if isinstance(one, Group):
            return replace(one, parts=tuple(self._filter(part) for part in one.parts))
        other = None if one.other is None else (self._alias(one.other[0]), one.other[1])
        return Condition(self._alias(one.entity), one.column, one.operator, one.values, other)

    def _alias(self, name: str) -> str:
        self._owner(Reference(name, ""), star=False)
        return "" if name == self._root else name

    def _orders(self) -> list[Order]:
        aliases = {item.alias for item in self._select.columns if item.alias}
        found = []
        for sorting in self._select.orders:
            reference = sorting.reference
            if not reference.table and (reference.column in aliases or self._aggregate):
                found.append(Order("", reference.column, sorting.descending))
            else:
                entity = self._alias(reference.table)
                found.append(Order(reference.column, descending=sorting.descending, entity=entity))
        return found


def _is_star(item: Selected) -> bool:
    return item.reference.column == "*" and not item.function
