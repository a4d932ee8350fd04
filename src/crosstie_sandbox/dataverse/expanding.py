"""`$expand`: the rows that lookups point to, and pages of the collections that point to a row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from crosstie_sandbox.dataverse.conditions import Joins, sort_columns, typed, where
from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.errors import bad_request, unknown_property
from crosstie_sandbox.dataverse.paging import next_cookie
from crosstie_sandbox.dataverse.schema import Collection, Navigation, Schema, Table
from crosstie_sandbox.dataverse.selection import Row, Selection, selection
from crosstie_sandbox.odata.query import Expand, QueryOptions, split

MOST_EXPANDS = 15
REFERENCES = "/$ref"
_IDS_PER_QUERY = 500
Item = dict[str, object]


class RowReader(Protocol):
    """What reading the rows to expand by needs of the reader of the rows that are expanded."""

    @property
    def database(self) -> Database:
        """Where the rows are."""

    @property
    def root(self) -> str:
        """The address of the service."""

    @property
    def page_size(self) -> int:
        """How many rows of a collection are shown at most."""

    def joins(self, table: Table) -> Joins:
        """Names the columns of a table for a query of this caller."""

    def render(
        self, chosen: Selection, rows: Sequence[Row], expands: Sequence[Expand] = ..., offset: int = ...
    ) -> list[Item]:
        """Rows fetched by the selection, with what they are expanded by."""


def check_expands(schema: Schema, table: Table, options: QueryOptions, seen: int = 0) -> int:
    """Refuse what cannot be expanded; says how many expands there are in all."""
    for expand in options.expand:
        seen += 1
        if seen > MOST_EXPANDS:
            raise bad_request(f"The number of expanded properties exceeds the maximum of {MOST_EXPANDS}.")
        nested = expand.options
        refused = {"$skip": nested.skip is not None, "$count": nested.count, **dict.fromkeys(nested.other, True)}
        if any(refused.values()):
            first = next(option for option, given in refused.items() if given)
            raise bad_request(f"The query parameter {first} is not supported within $expand.")
        name = expand.name.removesuffix(REFERENCES)
        if name in table.navigations and (nested.filter or nested.orderby or nested.top is not None):
            raise bad_request(f"Only $select and $expand can be given for the single-valued '{name}'.")
        if name not in table.navigations and name != expand.name:
            raise bad_request(f"'{expand.name}': only references of single-valued properties can be expanded.")
        seen = check_expands(schema, target_of(schema, table, name), nested, seen)
    return seen


def target_of(schema: Schema, table: Table, name: str) -> Table:
    """The table that a navigation property leads to, be it a lookup or a collection."""
    navigation = table.navigations.get(name)
    if navigation is not None:
        return schema.tables[navigation.targets[0]]
    collection = schema.collections[table.logical_name].get(name)
    if collection is None:
        raise unknown_property(name, table.logical_name)
    return schema.tables[collection.table]


def expand_keys(table: Table, expands: Sequence[Expand]) -> list[str]:
    """The columns that say which rows to expand to: a lookup, or the row's own id for a collection."""
    keys = []
    for expand in expands:
        navigation = table.navigations.get(expand.name.removesuffix(REFERENCES))
        keys.append(f't0."{table.primary_key}"' if navigation is None else pointer(navigation))
    return keys


def pointer(navigation: Navigation) -> str:
    """A lookup in SQL, null if it points to another table than the navigation property leads to."""
    column = f't0."{navigation.column.name}"'
    if navigation.type_column is None:
        return column
    choice = f't0."{navigation.type_column.name}"'
    return f"CASE {choice} WHEN '{navigation.targets[0]}' THEN {column} END"


@dataclass(frozen=True, slots=True)
class Expander:
    """Completes rows of a table with what they are expanded by."""

    reader: RowReader
    table: Table

    def expand(self, expands: Sequence[Expand], items: Sequence[Item], keys: Sequence[Row]) -> None:
        """Set the properties; `keys` has a row of the values of `expand_keys` for each item."""
        for index, expand in enumerate(expands):
            wanted = [row[index] for row in keys]
            name = expand.name.removesuffix(REFERENCES)
            navigation = self.table.navigations.get(name)
            if navigation is None:
                self._set_collections(expand, items, wanted)
                continue
            target = self._schema.tables[navigation.targets[0]]
            related = self._referred(target, wanted) if name != expand.name else self._related(target, expand, wanted)
            for item, key in zip(items, wanted, strict=True):
                item[name] = related.get(key)

    @property
    def _schema(self) -> Schema:
        return self.reader.database.schema

    def _referred(self, target: Table, wanted: Sequence[object]) -> Mapping[object, Item]:
        """No more than the addresses of the rows that lookups point to."""
        root = self.reader.root
        return {key: {"@odata.id": f"{root}{target.entity_set}({key})"} for key in wanted if key is not None}

    def _related(self, table: Table, expand: Expand, wanted: Sequence[object]) -> Mapping[object, Item]:
        """The rows that lookups point to, by id."""
        found: dict[object, Item] = {}
        options = expand.options
        chosen = selection(table, options.select)
        sql = ", ".join([chosen.sql, *expand_keys(table, options.expand), f't0."{table.primary_key}"'])
        for some in _portions(wanted):
            marks = ", ".join("?" * len(some))
            query = f'SELECT {sql} FROM "{table.logical_name}" AS t0 WHERE t0."{table.primary_key}" IN ({marks})'
            rows = self.reader.database.execute(query, some).fetchall()
            items = self.reader.render(chosen, rows, options.expand, chosen.width)
            found.update((row[-1], item) for row, item in zip(rows, items, strict=True))
        return found

    def _set_collections(self, expand: Expand, items: Sequence[Item], owners: Sequence[object]) -> None:
        collection = self._schema.collections[self.table.logical_name][expand.name]
        found: dict[object, tuple[list[Item], str | None]] = {}
        for some in _portions(owners):
            found.update(_Pages(self.reader, self.table, collection, expand.options).of(some))
        for item, owner in zip(items, owners, strict=True):
            related, token = found.get(owner, ([], None))
            item[expand.name] = related
            if token is not None:
                item[f"{expand.name}@odata.nextLink"] = self._link(expand, owner, token)

    def _link(self, expand: Expand, owner: object, token: str) -> str:
        options = [quote(part, safe="$=&'(),/;:@+!*") for part in split(expand.text, ";") if part]
        query = "&".join([*options, f"$skiptoken={quote(token, safe='=')}"])
        return f"{self.reader.root}{self.table.entity_set}({owner})/{expand.name}?{query}"


@dataclass(frozen=True, slots=True)
class _Pages:
    """The first pages of a collection for many owners at once."""

    reader: RowReader
    owner: Table
    collection: Collection
    options: QueryOptions

    def of(self, owners: Sequence[str]) -> Mapping[object, tuple[list[Item], str | None]]:
        """Rows and the token of the next page, by owner; one without rows is missing."""
        options, table = self.options, self.reader.database.schema.tables[self.collection.table]
        joins = self.reader.joins(table)
        condition, values = where(options.filter, joins) if options.filter else ("1", [])
        sorts = sort_columns(table, options, joins)
        chosen = selection(table, options.select)
        size = self.reader.page_size if options.top is None else min(options.top, self.reader.page_size)
        order = ", ".join(sort.sql for sort in sorts)
        key, source, tie = self._source(table)
        keys = expand_keys(table, options.expand)
        sql = ", ".join([chosen.sql, *(sort.column.comparable for sort in sorts), *keys, key])
        number = f"row_number() OVER (PARTITION BY {key} ORDER BY {order}) AS n"
        marks = ", ".join("?" * len(owners))
        query = (
            f"SELECT * FROM (SELECT {sql}, {number} FROM {source}{joins.added}"
            f" WHERE {key} IN ({marks}){tie} AND {condition}) WHERE n <= ? ORDER BY n"
        )
        by_owner: dict[object, list[Row]] = {}
        for row in self.reader.database.execute(query, [*owners, *values, size + 1]):
            by_owner.setdefault(row[-2], []).append(row)
        offset = chosen.width + len(sorts)
        found = {}
        for owner, rows in by_owner.items():
            more = len(rows) > size and (options.top is None or size < options.top)
            token = next_cookie(None, sorts, rows[:size], chosen.width) if more else None
            found[owner] = (self.reader.render(chosen, rows[:size], options.expand, offset), token)
        return found

    def _source(self, table: Table) -> tuple[str, str, str]:
        """The owner's id in SQL, the tables it stands in, and what else ties the rows to it."""
        collection = self.collection
        if not collection.intersect:
            tie = typed(collection, "t0", self.owner)
            return f't0."{collection.column}"', f'"{table.logical_name}" AS t0', tie
        far = f't0."{table.primary_key}" = x."{collection.far}"'
        source = f'"{collection.intersect}" AS x JOIN "{table.logical_name}" AS t0 ON {far}'
        return f'x."{collection.column}"', source, ""


def _portions(wanted: Sequence[object]) -> Iterator[list[str]]:
    ids = sorted({str(identity) for identity in wanted if identity is not None})
    for begin in range(0, len(ids), _IDS_PER_QUERY):
        yield ids[begin : begin + _IDS_PER_QUERY]
