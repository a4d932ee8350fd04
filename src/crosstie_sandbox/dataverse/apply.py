"""`$apply`: groups and aggregates of a set, as the kind of query that FetchXML makes.

Taken are `filter(...)`, `groupby((a,nav/b),aggregate(...))` and `aggregate(...)`, joined by `/`; aggregates are
`x with sum|average|min|max|countdistinct as y` and `$count as y`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce

from crosstie_sandbox.dataverse.errors import bad_request
from crosstie_sandbox.dataverse.fetchxml.model import Entity, Fetch, Link, Order, Output
from crosstie_sandbox.dataverse.schema import Schema, Table
from crosstie_sandbox.odata.errors import ODataSyntaxError, UnknownPropertyError
from crosstie_sandbox.odata.expression import And, Expression
from crosstie_sandbox.odata.parse import parse_filter
from crosstie_sandbox.odata.query import QueryOptions, split

_STEP = re.compile(r"(filter|groupby|aggregate)\((.*)\)", re.DOTALL)
_AGGREGATE = re.compile(r"(?:(\$count)|([\w/]+)\s+with\s+(\w+))\s+as\s+(\w+)")
_METHODS = {"sum": "sum", "average": "avg", "min": "min", "max": "max", "countdistinct": "countcolumn"}
_LONGEST = 32_768
_ON_THE_WAY = 2


def read_apply(text: str, table: Table, schema: Schema, options: QueryOptions) -> Fetch:
    """The query that `$apply` asks; `$filter` comes before it, `$orderby` and `$top` after it."""
    if len(text) > _LONGEST:
        raise ODataSyntaxError(f"The $apply option is longer than {_LONGEST} characters.")
    reading = _Reading(table, schema, [] if options.filter is None else [options.filter])
    for step in split(text, "/"):
        found = _STEP.fullmatch(step)
        if found is None:
            raise ODataSyntaxError(f"The $apply option cannot be read at '{step[:100]}'.")
        reading.take(found[1], found[2])
    if not reading.outputs:
        raise bad_request("The $apply option needs 'groupby' or 'aggregate'.")
    aliases = {output.alias for _, output in reading.outputs}
    for order in options.orderby:
        if "/".join(order.path) not in aliases:
            raise UnknownPropertyError("/".join(order.path))
    return Fetch(
        entity=Entity(
            table=table.logical_name,
            outputs=tuple(output for way, output in reading.outputs if not way),
            orders=tuple(Order("", "/".join(order.path), order.descending) for order in options.orderby),
            links=tuple(reading.links()),
        ),
        top=options.top,
        aggregate=True,
        condition=reduce(And, reading.conditions) if reading.conditions else None,
    )


def nested(item: dict[str, object]) -> dict[str, object]:
    """A row whose values of related rows stand in objects of their own."""
    made: dict[str, object] = {}
    for name, value in item.items():
        way, slash, rest = name.partition("/")
        if not slash:
            made[name] = value
            continue
        inner = made.setdefault(way, {})
        if isinstance(inner, dict):
            inner[rest] = value
    return made


@dataclass(slots=True)
class _Reading:
    table: Table
    schema: Schema
    conditions: list[Expression]
    outputs: list[tuple[str, Output]] = field(default_factory=list)

    def take(self, step: str, inside: str) -> None:
        """One transformation; what is grouped cannot be transformed further."""
        if self.outputs:
            raise bad_request("Nothing can follow 'groupby' or 'aggregate' in $apply.")
        match step:
            case "filter":
                self.conditions.append(parse_filter(inside))
            case "aggregate":
                self.outputs = list(self._aggregates(inside))
            case _:
                self._group(inside)

    def links(self) -> Iterator[Link]:
        """The lookups that lead to what is grouped by."""
        for way in dict.fromkeys(way for way, _ in self.outputs if way):
            navigation = self.table.navigations[way]
            target = self.schema.tables[navigation.targets[0]]
            entity = Entity(target.logical_name, way, tuple(output for one, output in self.outputs if one == way))
            yield Link(entity, navigation.column.name, target.primary_key, "outer")

    def _group(self, inside: str) -> None:
        columns, *rest = split(inside, ",")
        if not (columns.startswith("(") and columns.endswith(")")):
            raise ODataSyntaxError(f"The 'groupby' of $apply needs its columns in parentheses, not '{columns[:100]}'.")
        for name in split(columns[1:-1], ","):
            way, column = self._column(name)
            self.outputs.append((way, Output(column, name, grouped=True)))
        for one in rest:
            found = _STEP.fullmatch(one)
            if found is None or found[1] != "aggregate":
                raise ODataSyntaxError(f"Within 'groupby' only 'aggregate' can follow the columns, not '{one[:100]}'.")
            self.outputs += self._aggregates(found[2])

    def _aggregates(self, text: str) -> Iterator[tuple[str, Output]]:
        for item in split(text, ","):
            found = _AGGREGATE.fullmatch(item)
            if found is None or (found[3] and found[3] not in _METHODS):
                raise ODataSyntaxError(f"The aggregate '{item[:100]}' of $apply cannot be read.")
            if found[1]:
                yield "", Output("", found[4], "count")
                continue
            way, column = self._column(found[2])
            yield way, Output(column, found[4], _METHODS[found[3]], distinct=found[3] == "countdistinct")

    def _column(self, path: str) -> tuple[str, str]:
        """The navigation that a path goes through, empty for none, and the logical name of its column."""
        parts = path.split("/")
        table, way = self.table, ""
        if len(parts) == _ON_THE_WAY:
            way = parts[0]
            navigation = table.navigations.get(way)
            if navigation is None:
                raise UnknownPropertyError(way)
            table = self.schema.tables[navigation.targets[0]]
        column = table.by_wire.get(parts[-1])
        if column is None or len(parts) > _ON_THE_WAY:
            raise UnknownPropertyError(path)
        return way, column.name
