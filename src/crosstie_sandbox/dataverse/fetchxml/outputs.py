"""The columns of an answer: their SQL, their names in JSON and how their values are written there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from crosstie_sandbox.dataverse.errors import bad_request
from crosstie_sandbox.dataverse.fetchxml.model import Entity, Fetch, Output
from crosstie_sandbox.dataverse.fetchxml.places import Place, Places
from crosstie_sandbox.dataverse.schema import Column, Type
from crosstie_sandbox.dataverse.values import from_stored
from crosstie_sandbox.odata.sql import Kind

_MONEY_DIGITS = 4
_DATES_BY: Mapping[str, str] = {
    "year": "CAST(strftime('%Y', {0}) AS INTEGER)",
    "quarter": "(CAST(strftime('%m', {0}) AS INTEGER) + 2) / 3",
    "month": "CAST(strftime('%m', {0}) AS INTEGER)",
    "week": "CAST(strftime('%W', {0}) AS INTEGER) + 1",
    "day": "CAST(strftime('%d', {0}) AS INTEGER)",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One value of each row: `column` says what it is, None for a plain number."""

    name: str
    sql: str
    place: Place
    column: Column | None
    alias: str = ""
    grouped: bool = False
    comparable: str = ""

    def value(self, stored: object) -> object:
        """A stored value as JSON."""
        convert = None if self.column is None or stored is None else from_stored(self.column)
        return stored if convert is None else convert(stored)


def outputs(fetch: Fetch, places: Places) -> list[Shown]:
    """What the answer shows, in the order of the query, the primary key of a plain query included."""
    shown = [one for place in places.visible() for one in _of_entity(place, fetch)]
    if fetch.aggregate:
        if not shown:
            raise bad_request("An aggregate query needs at least one attribute with an alias.")
        return shown
    root = places.root
    key = _plain(root, Output(root.table.primary_key))
    if not (fetch.distinct or any(one.name == key.name for one in shown)):
        shown.append(key)
    return shown


def _of_entity(place: Place, fetch: Fetch) -> Iterator[Shown]:
    if fetch.aggregate:
        for output in place.entity.outputs:
            yield _aggregated(place, output)
        return
    for output in _wanted(place.entity, place):
        yield _plain(place, output)


def _wanted(entity: Entity, place: Place) -> tuple[Output, ...]:
    everything = entity.everything or (not place.linked and not entity.outputs)
    if not everything:
        return entity.outputs
    return tuple(Output(column.name) for column in place.table.columns if column.wire)


def _plain(place: Place, output: Output) -> Shown:
    column = place.column(output.column)
    name = output.alias or (f"{place.name}.{column.name}" if place.linked else column.wire)
    sql = place.in_sql(column)
    return Shown(name, sql.sql, place, column, alias=output.alias, comparable=sql.comparable)


def _aggregated(place: Place, output: Output) -> Shown:
    if not output.alias:
        raise bad_request(f"The attribute '{output.column}' of an aggregate query needs an alias.")
    column = place.column(output.column or place.table.primary_key)
    if output.grouped:
        return _grouped(place, column, output)
    sql = place.in_sql(column).sql
    match output.aggregate:
        case "":
            raise bad_request(f"The attribute '{output.column}' of an aggregate query is grouped or aggregated.")
        case "count":
            return _number(place, output, "count(*)")
        case "countcolumn":
            return _number(place, output, f"count({'DISTINCT ' if output.distinct else ''}{sql})")
        case "min" | "max" if column.kind is not Kind.DECIMAL:
            sql = f"{output.aggregate}({sql})"
            return Shown(output.alias, sql, place, column, alias=output.alias, comparable=sql)
        case function if column.kind is Kind.DECIMAL:
            digits = _MONEY_DIGITS if column.type is Type.MONEY else column.precision
            sql = f"amount_{function}({sql}{f', {digits}' if function == 'avg' else ''})"
            return Shown(output.alias, sql, place, column, alias=output.alias, comparable=f"CAST({sql} AS REAL)")
        case function if column.type in {Type.INTEGER, Type.BIGINT}:
            return _number(place, output, f"CAST({function}({sql}) AS INTEGER)")
        case function:
            raise bad_request(f"The aggregate '{function}' cannot be taken of '{output.column}'.")


def _number(place: Place, output: Output, sql: str) -> Shown:
    return Shown(output.alias, sql, place, None, alias=output.alias, comparable=sql)


def _grouped(place: Place, column: Column, output: Output) -> Shown:
    sql = place.in_sql(column)
    whole = Shown(output.alias, sql.sql, place, column, alias=output.alias, grouped=True, comparable=sql.comparable)
    if not output.dates_by:
        return whole
    text = _DATES_BY.get(output.dates_by)
    if text is None or column.kind not in {Kind.DATE, Kind.DATE_TIME}:
        raise bad_request(f"The dategrouping '{output.dates_by}' of '{output.column}' is not supported.")
    part = text.format(sql.sql)
    return replace(whole, sql=part, column=None, comparable=part)
