"""Answers to reads: one row, a page of a set, a count."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import bad_request, dialog, unknown_property
from crosstie_sandbox.businesscentral.filters import column, where
from crosstie_sandbox.businesscentral.page import Kind, Navigation, Page, pages
from crosstie_sandbox.businesscentral.paging import (
    LARGEST_PAGE,
    Position,
    Sort,
    after,
    keys_of,
    read_token,
)
from crosstie_sandbox.businesscentral.rows import Row
from crosstie_sandbox.businesscentral.values import ZERO_GUID, Stored
from crosstie_sandbox.odata.expression import properties
from crosstie_sandbox.odata.query import Expand, QueryOptions
from crosstie_sandbox.odata.sql import Fragment

Shown = dict[str, object]
Scope = Mapping[str, Stored]
_ANSWERED = frozenset({"company", "tenant", "$schemaversion", "$format", "aid"})


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an answer."""

    rows: list[Shown]
    count: int | None
    next_token: str | None


def read_part(database: Database, page: Page, options: QueryOptions, *, scope: Scope, size: int | None) -> Part:
    """The rows that a query asks for, up to a page of them."""
    check_options(page, options, scope)
    sorts = _sorts(page, options)
    conditions = _conditions(page, options, scope)
    count = _count(database, page, conditions) if options.count else None
    left = options.top
    if options.skiptoken is not None:
        position = read_token(options.skiptoken, sorts)
        left = position.left
        conditions = [*conditions, after(sorts, position.keys)]
    limit = max(1, min(size or LARGEST_PAGE, LARGEST_PAGE))
    wanted = limit if left is None else min(limit, left)
    found = _select(database, page, conditions, sorts, limit=wanted + 1, skip=options.skip or 0)
    more = len(found) > wanted and (left is None or left > wanted)
    rows = found[:wanted]
    token = None
    if more:
        token = Position(keys_of(sorts, rows[-1]), None if left is None else left - wanted).token()
    return Part(_shown_rows(database, page, options, rows), count, token)


def count_rows(database: Database, page: Page, options: QueryOptions, *, scope: Scope) -> int:
    """How many rows a query finds."""
    check_options(page, options, scope)
    return _count(database, page, _conditions(page, options, scope))


def show_row(database: Database, page: Page, options: QueryOptions, row: Row) -> Shown:
    """One row as it is sent."""
    check_options(page, options, {"id": str(row[page.identity])})
    return _shown_rows(database, page, options, [row])[0]


def check_options(page: Page, options: QueryOptions, scope: Scope) -> None:
    """Refuse what the page cannot answer."""
    for name in options.other:
        if name.startswith("$") and name not in _ANSWERED:
            raise bad_request(f"The query parameter '{name}' is not supported.")
    for name in options.select or ():
        if name not in page.properties:
            raise unknown_property(page, name)
    if page.needs is not None and not scope:
        named = set() if options.filter is None else {path[0] for path in properties(options.filter)}
        if not named.issuperset(page.needs.all_of) or (page.needs.one_of and named.isdisjoint(page.needs.one_of)):
            raise dialog(page.needs.text)


def _conditions(page: Page, options: QueryOptions, scope: Scope) -> list[Fragment]:
    conditions: list[Fragment] = [(f'"{name}" = ?', [value]) for name, value in scope.items()]
    if options.filter is not None:
        conditions.append(where(page, options.filter))
    return conditions


def _sorts(page: Page, options: QueryOptions) -> tuple[Sort, ...]:
    sorts = {order.path: Sort(order.path[0], column(page, order.path), order.descending) for order in options.orderby}
    for name in page.order:
        sorts.setdefault((name,), Sort(name, column(page, (name,)), descending=False))
    return tuple(sorts.values())


def _where(conditions: list[Fragment]) -> tuple[str, list[object]]:
    if not conditions:
        return "", []
    text = " AND ".join(f"({condition})" for condition, _ in conditions)
    return f" WHERE {text}", [value for _, values in conditions for value in values]


def _count(database: Database, page: Page, conditions: list[Fragment]) -> int:
    text, values = _where(conditions)
    query = f'SELECT count(*) FROM "{page.entity_set}"{text}'
    return int(database.connection.execute(query, values).fetchone()[0])


def _select(
    database: Database,
    page: Page,
    conditions: list[Fragment],
    sorts: tuple[Sort, ...],
    *,
    limit: int,
    skip: int,
) -> list[Row]:
    names = (*page.properties, "etag")
    listed = ", ".join([*(f'{column.sql} AS "{column.name}"' for column in page.properties.values()), '"etag"'])
    text, values = _where(conditions)
    order = ", ".join(sort.sql for sort in sorts)
    query = f'SELECT {listed} FROM "{page.entity_set}"{text} ORDER BY {order} LIMIT ? OFFSET ?'
    found = database.connection.execute(query, (*values, limit, skip)).fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]


def _shown_rows(database: Database, page: Page, options: QueryOptions, rows: list[Row]) -> list[Shown]:
    names = tuple(options.select or page.properties)
    converted = _converted(page, names)
    shown: list[Shown] = []
    for row in rows:
        item: Shown = {"@odata.etag": row["etag"]}
        for name in names:
            item[name] = row[name]
        for name, convert in converted:
            item[name] = convert(row[name])
        shown.append(item)
    for expand in options.expand:
        _expand(database, page, expand, rows, shown)
    return shown


@cache
def _converted(page: Page, names: tuple[str, ...]) -> tuple[tuple[str, Callable[[str | int], object]], ...]:
    """The columns whose stored form is not the one that is sent."""
    forms: dict[Kind, Callable[[str | int], object]] = {Kind.BOOLEAN: bool, Kind.DECIMAL: Decimal}
    kinds = {name: page.properties[name].kind for name in names}
    return tuple((name, forms[kind]) for name, kind in kinds.items() if kind in forms)


def _expand(database: Database, page: Page, expand: Expand, rows: list[Row], shown: list[Shown]) -> None:
    navigation = page.navigations.get(expand.name)
    if navigation is None:
        raise unknown_property(page, expand.name)
    by = navigation.by or "id"
    parts = _parts_of(database, navigation, expand.options, sorted({str(row[by]) for row in rows}))
    for row, item in zip(rows, shown, strict=True):
        found = parts[str(row[by])]
        if navigation.leads_to_one:
            item[expand.name] = found[0] if found else None
            continue
        first, top = expand.options.skip or 0, expand.options.top
        item[expand.name] = found[first : None if top is None else first + top]
        if expand.options.count:
            item[f"{expand.name}@odata.count"] = len(found)


def _parts_of(
    database: Database, navigation: Navigation, options: QueryOptions, owners: list[str]
) -> defaultdict[str, list[Shown]]:
    """The rows that each owner leads to, by its id; none at all for the zero Guid."""
    target = pages()[navigation.target]
    named = "id" if navigation.by else navigation.on
    check_options(target, options, {named: ""})
    sorts = _sorts(target, options)
    grouped: defaultdict[str, list[Shown]] = defaultdict(list)
    wanted: list[object] = [owner for owner in owners if owner != ZERO_GUID]
    for begin in range(0, len(wanted), 500):
        some = wanted[begin : begin + 500]
        conditions = [*_conditions(target, options, {}), (f'"{named}" IN ({", ".join("?" * len(some))})', some)]
        rows = _select(database, target, conditions, sorts, limit=-1, skip=0)
        for row, item in zip(rows, _shown_rows(database, target, options, rows), strict=True):
            grouped[str(row[named])].append(item)
    return grouped
