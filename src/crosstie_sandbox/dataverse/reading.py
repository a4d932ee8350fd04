"""Sets and rows of a table as JSON: selection, filter, order, pages, counts, expanded lookups."""

from collections.abc import Sequence
from dataclasses import dataclass

from crosstie_sandbox.dataverse.annotations import Annotator
from crosstie_sandbox.dataverse.conditions import Joins, where
from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.errors import bad_request, row_missing, unknown_property
from crosstie_sandbox.dataverse.paging import Cookie, SortColumn, behind, braced, read_cookie
from crosstie_sandbox.dataverse.schema import Navigation, Schema, Table
from crosstie_sandbox.dataverse.selection import Row, Selection, selection
from crosstie_sandbox.odata.query import Expand, QueryOptions
from crosstie_sandbox.odata.sql import Fragment

COUNT_LIMIT = 5000
_MOST_EXPANDS = 15
_IDS_PER_QUERY = 500
Item = dict[str, object]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a set; `next` is the `$skiptoken` of the page after it."""

    items: list[Item]
    count: int | None
    next: str | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads within one snapshot."""

    database: Database
    annotations: frozenset[str] = frozenset()

    def page(self, table: Table, options: QueryOptions, size: int) -> Page:
        """The rows of a set that match, at most `size`, from where the skip token says."""
        joins = Joins(table, self.database.schema)
        condition, values = where(options.filter, joins) if options.filter else ("1", [])
        sorts = _sorts(table, options, joins)
        cookie = read_cookie(options.skiptoken, sorts) if options.skiptoken else None
        count = self._count(joins, (condition, values)) if options.count else None
        seen = cookie.rows if cookie else 0
        wanted = size if options.top is None else min(size, options.top - seen)
        chosen = selection(table, options.select)
        extra = [*(sort.column.comparable for sort in sorts), *_keys(table, options.expand)]
        sql = ", ".join([chosen.sql, *extra])
        if cookie:
            further, more = behind(cookie, sorts)
            condition, values = f"{condition} AND {further}", [*values, *more]
        order = ", ".join(sort.sql for sort in sorts)
        query = f"SELECT {sql} FROM {joins.sql} WHERE {condition} ORDER BY {order} LIMIT ?"
        rows = self.database.execute(query, [*values, max(wanted, 0) + 1]).fetchall()
        kept = rows[: max(wanted, 0)]
        exhausted = len(rows) <= len(kept) or (options.top is not None and seen + len(kept) >= options.top)
        following = None
        if not exhausted:
            following = _next(cookie, sorts, kept, chosen.width)
        items = self._render(chosen, options.expand, kept, chosen.width + len(sorts))
        return Page(items, count, following)

    def count(self, table: Table, options: QueryOptions) -> int:
        """How many rows of a set match, at most the vendor's limit."""
        joins = Joins(table, self.database.schema)
        return self._count(joins, where(options.filter, joins) if options.filter else ("1", []))

    def row(self, table: Table, identity: str, options: QueryOptions) -> Item:
        """One row, which must exist."""
        chosen = selection(table, options.select)
        sql = ", ".join([chosen.sql, *_keys(table, options.expand)])
        query = f'SELECT {sql} FROM "{table.logical_name}" AS t0 WHERE t0."{table.primary_key}" = ?'
        found = self.database.execute(query, (identity,)).fetchone()
        if found is None:
            raise row_missing(table.logical_name, identity)
        return self._render(chosen, options.expand, [found], chosen.width)[0]

    def render(self, chosen: Selection, rows: Sequence[Row]) -> list[Item]:
        """Rows fetched elsewhere."""
        return self._render(chosen, (), rows, chosen.width)

    def _count(self, joins: Joins, condition: Fragment) -> int:
        query = f"SELECT count(*) FROM (SELECT 1 FROM {joins.sql} WHERE {condition[0]} LIMIT {COUNT_LIMIT})"
        return int(self.database.execute(query, condition[1]).fetchone()[0])

    def _render(self, chosen: Selection, expands: Sequence[Expand], rows: Sequence[Row], offset: int) -> list[Item]:
        items = [chosen.render(row) for row in rows]
        if self.annotations:
            annotator = Annotator(self.database, chosen, self.annotations)
            items = [annotator.annotate(item) for item in items]
        for expand in expands:
            navigation = chosen.table.navigations[expand.name]
            related = self._related(navigation, expand.options, [row[offset] for row in rows])
            for item, row in zip(items, rows, strict=True):
                item[expand.name] = related.get(row[offset])
            offset += 1
        return items

    def _related(self, navigation: Navigation, options: QueryOptions, wanted: Sequence[object]) -> dict[object, Item]:
        """The rows that lookups point to, by id."""
        found: dict[object, Item] = {}
        ids = sorted({str(identity) for identity in wanted if identity is not None})
        table = self.database.schema.tables[navigation.targets[0]]
        chosen = selection(table, options.select)
        sql = ", ".join([chosen.sql, *_keys(table, options.expand), f't0."{table.primary_key}"'])
        for begin in range(0, len(ids), _IDS_PER_QUERY):
            some = ids[begin : begin + _IDS_PER_QUERY]
            marks = ", ".join("?" * len(some))
            query = f'SELECT {sql} FROM "{table.logical_name}" AS t0 WHERE t0."{table.primary_key}" IN ({marks})'
            rows = self.database.execute(query, some).fetchall()
            items = self._render(chosen, options.expand, rows, chosen.width)
            found.update((row[-1], item) for row, item in zip(rows, items, strict=True))
        return found


def check_expands(schema: Schema, table: Table, options: QueryOptions, seen: int = 0) -> int:
    """Refuse what cannot be expanded; says how many expands there are in all."""
    for expand in options.expand:
        seen += 1
        if seen > _MOST_EXPANDS:
            raise bad_request(f"The number of expanded properties exceeds the maximum of {_MOST_EXPANDS}.")
        navigation = table.navigations.get(expand.name)
        if navigation is None:
            raise unknown_property(expand.name, table.logical_name)
        nested = expand.options
        if nested.filter or nested.orderby or nested.top is not None or nested.skip is not None or nested.count:
            raise bad_request(f"Only $select and $expand can be given for the single-valued '{expand.name}'.")
        seen = check_expands(schema, schema.tables[navigation.targets[0]], nested, seen)
    return seen


def _keys(table: Table, expands: Sequence[Expand]) -> list[str]:
    """The columns that say which rows to expand to."""
    return [_key(table.navigations[expand.name]) for expand in expands]


def _key(navigation: Navigation) -> str:
    column = f't0."{navigation.column.name}"'
    if navigation.type_column is None:
        return column
    return f"CASE t0.\"{navigation.type_column.name}\" WHEN '{navigation.targets[0]}' THEN {column} END"


def _sorts(table: Table, options: QueryOptions, joins: Joins) -> list[SortColumn]:
    """The order asked for, made total by the primary key."""
    sorts = [SortColumn("_".join(order.path), joins.column(order.path), order.descending) for order in options.orderby]
    key = joins.column((table.primary_key,))
    return [*sorts, SortColumn(table.primary_key, key, descending=False)]


def _next(before: Cookie | None, sorts: Sequence[SortColumn], rows: Sequence[Row], offset: int) -> str | None:
    if not rows:
        return None
    first, last = (
        [braced(value, sort.column.kind) for sort, value in zip(sorts, row[offset:], strict=False)]
        for row in (rows[0], rows[-1])
    )
    page, seen = (before.page, before.rows) if before else (1, 0)
    return Cookie(page + 1, seen + len(rows), tuple(last)).write(sorts, first)
