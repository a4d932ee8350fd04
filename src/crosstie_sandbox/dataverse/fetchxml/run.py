"""Runs a query and renders its rows, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

from crosstie_sandbox.dataverse.annotations import Annotations
from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.errors import ServiceError, bad_request
from crosstie_sandbox.dataverse.fetchxml.model import Fetch
from crosstie_sandbox.dataverse.fetchxml.outputs import Shown
from crosstie_sandbox.dataverse.fetchxml.statement import Statement, statement
from crosstie_sandbox.dataverse.paging import Cookie, behind, braced, inner_cookie, outer_cookie, read_inner
from crosstie_sandbox.dataverse.queries.operators import Asker
from crosstie_sandbox.dataverse.schema import Type
from crosstie_sandbox.odata.sql import Fragment

MOST_AGGREGATED = 50_000
COUNT_LIMIT = 5000
Item = dict[str, object]
Row = Sequence[object]


@dataclass(frozen=True, slots=True)
class FetchPage:
    """Some rows; `following` is the outer cookie of the page after them, `keyed` if it says where that begins."""

    items: list[Item]
    following: str | None
    keyed: bool
    total: int | None


def following(fetch: Fetch, token: str) -> Fetch:
    """The query for the page that an outer cookie leads to."""
    number, inner = outer_cookie(token)
    return replace(fetch, page=number, cookie=unquote(unquote(inner)))


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs queries within one snapshot."""

    database: Database
    asker: Asker
    annotations: frozenset[str] = frozenset()

    def page(self, fetch: Fetch, largest: int) -> FetchPage:
        """The rows of a page, at most as many as the query says and the service allows."""
        if fetch.top is not None and fetch.page > 1:
            raise bad_request("The top attribute can't be specified with the paging attribute page.")
        query = statement(fetch, self.database.schema, self.asker)
        if fetch.aggregate:
            self._check_aggregate(query)
        size = min(fetch.size or largest, largest)
        wanted = size if fetch.top is None else min(size, fetch.top)
        total = self._total(query) if fetch.total else None
        keyed = query.on_root and not (fetch.distinct or fetch.aggregate)
        cookie = read_inner(fetch.page, fetch.cookie, query.sorts) if fetch.cookie and keyed else None
        beyond = behind(cookie, query.sorts) if cookie else ("1", [])
        skipped = fetch.skip + (0 if cookie else (fetch.page - 1) * size)
        rows = self._rows(fetch, query, beyond, (wanted + 1, skipped))
        kept = rows[:wanted]
        token = None
        if len(rows) > wanted and kept and fetch.top is None:
            token = self._token(fetch, query, kept) if keyed else _plain_token(fetch.page + 1)
        return FetchPage(self._render(fetch, query, kept), token, keyed, total)

    def _rows(self, fetch: Fetch, query: Statement, beyond: Fragment, limit: tuple[int, int]) -> list[Row]:
        plain = not (fetch.distinct or fetch.aggregate)
        columns = [one.sql for one in query.shown] + [_target_column(one) for one in query.shown]
        if plain:
            columns = [f"{query.places.root.mark}.versionnumber", *columns]
            columns += [sort.column.comparable for sort in query.sorts]
        group = f" GROUP BY {query.groups}" if query.groups else ""
        text = (
            f"SELECT {'DISTINCT ' if fetch.distinct else ''}{', '.join(columns)} FROM {query.source[0]}"
            f" WHERE {query.where[0]} AND {beyond[0]}{group}{query.order(unique=plain)} LIMIT ? OFFSET ?"
        )
        values = [*query.source[1], *query.where[1], *beyond[1], *limit]
        return self.database.execute(text, values).fetchall()

    def _render(self, fetch: Fetch, query: Statement, rows: Sequence[Row]) -> list[Item]:
        plain = not (fetch.distinct or fetch.aggregate)
        begin = 1 if plain else 0
        number = len(query.shown)
        annotations = Annotations(self.database, self.annotations)
        items: list[Item] = []
        for row in rows:
            item: Item = {"@odata.etag": f'W/"{row[0]}"'} if plain else {}
            for one, stored, target in zip(
                query.shown, row[begin : begin + number], row[begin + number :], strict=False
            ):
                value = one.value(stored)
                if value is not None and one.column is not None and self.annotations:
                    item |= annotations.of(one.name, one.column, value, (one.place.table, target))
                item[one.name] = value
            items.append(item)
        return items

    def _token(self, fetch: Fetch, query: Statement, rows: Sequence[Row]) -> str:
        first, last = (
            [braced(value, sort.column.kind) for sort, value in zip(query.sorts, row[-len(query.sorts) :], strict=True)]
            for row in (rows[0], rows[-1])
        )
        inner = inner_cookie(Cookie(fetch.page + 1, len(rows), tuple(last)), query.sorts, first)
        return _plain_token(fetch.page + 1, quote(quote(inner, safe=""), safe=""))

    def _total(self, query: Statement) -> int:
        text = f"SELECT count(*) FROM (SELECT 1 FROM {query.source[0]} WHERE {query.where[0]} LIMIT {COUNT_LIMIT})"
        return int(self.database.execute(text, [*query.source[1], *query.where[1]]).fetchone()[0])

    def _check_aggregate(self, query: Statement) -> None:
        inner = f"SELECT 1 FROM {query.source[0]} WHERE {query.where[0]} LIMIT {MOST_AGGREGATED + 1}"
        values = [*query.source[1], *query.where[1]]
        if self.database.execute(f"SELECT count(*) FROM ({inner})", values).fetchone()[0] > MOST_AGGREGATED:
            text = (
                "AggregateQueryRecordLimit exceeded. Cannot perform this operation: the maximum number of records "
                f"that an aggregate query can work on is {MOST_AGGREGATED}."
            )
            raise ServiceError(400, "0x8004e023", text)


def _plain_token(page: int, inner: str = "") -> str:
    return f'<cookie pagenumber="{page}" pagingcookie="{inner}" istracking="False" />'


def _target_column(one: Shown) -> str:
    """The column that says to which table a lookup points, if it may point to several."""
    if one.column is None or one.column.type is not Type.LOOKUP:
        return "NULL"
    column = one.place.table.by_name.get(f"{one.column.name}_type")
    if column is None:
        return "NULL"
    text = one.place.in_sql(column).sql
    return text if one.sql == one.place.in_sql(one.column).sql and not one.grouped else f"max({text})"
