"""Sets and rows of a table as JSON: selection, filter, order, pages, counts; what is expanded is in `expanding.py`."""

from collections.abc import Sequence
from dataclasses import dataclass

from crosstie_sandbox.dataverse.annotations import Annotator
from crosstie_sandbox.dataverse.conditions import Joins, sort_columns, where
from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.errors import row_missing
from crosstie_sandbox.dataverse.expanding import Expander, expand_keys
from crosstie_sandbox.dataverse.paging import behind, next_cookie, read_cookie
from crosstie_sandbox.dataverse.preferences import LARGEST_PAGE
from crosstie_sandbox.dataverse.queries.operators import Asker
from crosstie_sandbox.dataverse.schema import Table
from crosstie_sandbox.dataverse.selection import Row, Selection, selection
from crosstie_sandbox.odata.query import Expand, QueryOptions
from crosstie_sandbox.odata.sql import Fragment

COUNT_LIMIT = 5000
EVERYTHING: Fragment = ("1", [])
Item = dict[str, object]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a set; `next` is the `$skiptoken` of the page after it."""

    items: list[Item]
    count: int | None
    next: str | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads within one snapshot; `root` is the address of the service, `page_size` that of expanded collections."""

    database: Database
    asker: Asker
    root: str
    annotations: frozenset[str] = frozenset()
    page_size: int = LARGEST_PAGE

    def page(self, table: Table, options: QueryOptions, size: int, within: Fragment = EVERYTHING) -> Page:
        """The rows of a set that match, at most `size`, from where the skip token says."""
        joins = self.joins(table)
        condition, values = self._condition(joins, options, within)
        sorts = sort_columns(table, options, joins)
        cookie = read_cookie(options.skiptoken, sorts) if options.skiptoken else None
        count = self._count(joins, (condition, values)) if options.count else None
        seen = cookie.rows if cookie else 0
        wanted = size if options.top is None else min(size, options.top - seen)
        chosen = selection(table, options.select)
        extra = [*(sort.column.comparable for sort in sorts), *expand_keys(table, options.expand)]
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
            following = next_cookie(cookie, sorts, kept, chosen.width)
        items = self.render(chosen, kept, options.expand, chosen.width + len(sorts))
        return Page(items, count, following)

    def count(self, table: Table, options: QueryOptions, within: Fragment = EVERYTHING) -> int:
        """How many rows of a set match, at most the vendor's limit."""
        joins = self.joins(table)
        return self._count(joins, self._condition(joins, options, within))

    def row(self, table: Table, identity: str, options: QueryOptions) -> Item:
        """One row, which must exist."""
        chosen = selection(table, options.select)
        sql = ", ".join([chosen.sql, *expand_keys(table, options.expand)])
        query = f'SELECT {sql} FROM "{table.logical_name}" AS t0 WHERE t0."{table.primary_key}" = ?'
        found = self.database.execute(query, (identity,)).fetchone()
        if found is None:
            raise row_missing(table.logical_name, identity)
        return self.render(chosen, [found], options.expand, chosen.width)[0]

    def render(
        self, chosen: Selection, rows: Sequence[Row], expands: Sequence[Expand] = (), offset: int = 0
    ) -> list[Item]:
        """Rows fetched by the selection, with what they are expanded by, whose keys stand from `offset` on."""
        items = [chosen.render(row) for row in rows]
        if self.annotations:
            annotator = Annotator(self.database, chosen, self.annotations)
            items = [annotator.annotate(item) for item in items]
        if expands:
            Expander(self, chosen.table).expand(expands, items, [row[offset:] for row in rows])
        return items

    def joins(self, table: Table) -> Joins:
        """Names the columns of a table for a query of this caller."""
        return Joins(table, self.database.schema, self.asker)

    def _condition(self, joins: Joins, options: QueryOptions, within: Fragment) -> Fragment:
        condition, values = where(options.filter, joins) if options.filter else EVERYTHING
        return (condition, values) if within == EVERYTHING else (f"{within[0]} AND {condition}", [*within[1], *values])

    def _count(self, joins: Joins, condition: Fragment) -> int:
        query = f"SELECT count(*) FROM (SELECT 1 FROM {joins.sql} WHERE {condition[0]} LIMIT {COUNT_LIMIT})"
        return int(self.database.execute(query, condition[1]).fetchone()[0])
