"""Rows by key or by another column, and how many there are.

Many values are asked for with the query function ``In`` (there is no ``in`` operator); a URL stays well under the
service's 32 kB and under 16 kB, which is what proxies on the way let pass. Counts are capped at 5000 by the service.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus

from crosstie.connectors.dataverse.errors import ROW_MISSING
from crosstie.connectors.dataverse.schema import Table, WireColumn
from crosstie.connectors.dataverse.service import Service, annotations
from crosstie.connectors.dataverse.values import RowReader, literal, selected
from crosstie.model.mapping import Condition, Operator
from crosstie.model.record import Record
from crosstie.model.schema import Kind
from crosstie.model.value import Value
from crosstie.model.words import RecordId
from crosstie.odata.errors import NotUnderstoodError, RefusedError
from crosstie.odata.literals import text, text_array, within_length
from crosstie.odata.paging import page_of

VALUES_LENGTH = 12_000
"""Percent-encoded length of the values in one URL."""
COUNT_CAP = 5000
_BY_FUNCTION = frozenset({Kind.TEXT, Kind.CODE, Kind.GUID, Kind.OPTION, Kind.INTEGER})
"""Kinds that the query function takes for sure; a lookup is compared by its own property."""


async def read(
    service: Service, table: Table, ids: Sequence[RecordId], columns: Sequence[WireColumn]
) -> Mapping[RecordId, Record]:
    """The records with these ids."""
    key = table.column(table.primary_key)
    filters = list(_any_of(key, list(dict.fromkeys(ids))))
    return await _matching(service, table, filters, columns, "read")


async def gone(service: Service, table: Table, ids: Sequence[RecordId]) -> frozenset[RecordId]:
    """Which of these rows a read by key says do not exist; one that we may not read is there."""

    async def is_missing(id_: RecordId) -> bool:
        url = service.url(f"{table.entity_set}({id_})", {"$select": table.primary_key})
        try:
            await service.get(url, purpose="gone")
        except RefusedError as error:
            if error.status == HTTPStatus.NOT_FOUND and error.code.lower() == ROW_MISSING:
                return True
            if error.status == HTTPStatus.FORBIDDEN:
                return False
            raise
        return False

    answers = await asyncio.gather(*(is_missing(id_) for id_ in ids))
    return frozenset(id_ for id_, missing in zip(ids, answers, strict=True) if missing)


async def find(
    service: Service, table: Table, column: WireColumn, values: Sequence[Value], columns: Sequence[WireColumn]
) -> Sequence[Record]:
    """The records whose ``column`` equals one of ``values``; texts are compared without case, as Dataverse does."""
    wanted = list(dict.fromkeys(values))
    filters = list(_any_of(column, [value for value in wanted if value is not None]))
    if None in wanted:
        filters.append(f"{column.wire} eq null")
    found = await _matching(service, table, filters, columns, "find")
    return list(found.values())


def _any_of(column: WireColumn, values: Sequence[Value]) -> Iterator[str]:
    """Filters, each short enough for a URL, for rows whose ``column`` is one of ``values``."""
    if column.kind in _BY_FUNCTION:
        for chosen in within_length([str(value) for value in values], VALUES_LENGTH):
            named = f"PropertyName={text(column.wire)},PropertyValues={text_array(chosen)}"
            yield f"Microsoft.Dynamics.CRM.In({named})"
    else:
        comparisons = [f"{column.wire} eq {literal(column, value)}" for value in values]
        for chosen in within_length(comparisons, VALUES_LENGTH):
            yield " or ".join(chosen)


async def _matching(
    service: Service, table: Table, filters: Sequence[str], columns: Sequence[WireColumn], purpose: str
) -> dict[RecordId, Record]:
    reader = RowReader(service.host, table, columns)
    select = selected(table, columns)

    async def listed(filter_: str) -> list[Record]:
        url = service.url(table.entity_set, {"$select": select, "$filter": filter_})
        return [
            reader.record(row)
            async for page in service.pages(url, purpose=purpose, prefer=annotations(columns))
            for row in page.rows
        ]

    parts = await asyncio.gather(*(listed(filter_) for filter_ in filters))
    return {record.id: record for part in parts for record in part}


async def count(service: Service, table: Table, conditions: Sequence[Condition]) -> int:
    """How many rows meet all conditions."""
    options = {"$select": table.primary_key, "$count": "true"}
    if conditions:
        options["$filter"] = " and ".join(_condition(table, condition) for condition in conditions)
    url = service.url(table.entity_set, options)
    answer = await service.get(url, purpose="count", prefer=("odata.maxpagesize=1",))
    number = page_of(answer).count
    if number is None:
        raise NotUnderstoodError(service.host, "a list without the count that was asked for")
    if number < COUNT_CAP:
        return number
    return await _count_many(service, table, options) if conditions else await _count_table(service, table)


async def _count_many(service: Service, table: Table, options: Mapping[str, str]) -> int:
    """Count rows beyond the cap by listing their keys."""
    url = service.url(table.entity_set, {name: text for name, text in options.items() if name != "$count"})
    listed = service.pages(url, purpose="count", prefer=(f"odata.maxpagesize={COUNT_CAP}",))
    return sum([len(page.rows) async for page in listed])


async def _count_table(service: Service, table: Table) -> int:
    """The service's own figure for a whole table; it may be a day old."""
    url = service.url(f"RetrieveTotalRecordCount(EntityNames=['{table.name}'])")
    counts = (await service.get(url, purpose="count")).json().get("EntityRecordCountCollection")
    numbers = counts.get("Values") if isinstance(counts, dict) else None
    match numbers:
        case [int(number)]:
            return max(COUNT_CAP, number)
        case _:
            raise NotUnderstoodError(service.host, "a record count without a number")


def _condition(table: Table, condition: Condition) -> str:
    column = table.column(condition.column)
    value = literal(column, condition.value)
    match condition.operator:
        case Operator.EQUALS:
            return f"{column.wire} eq {value}"
        case Operator.IS_SET:
            return f"{column.wire} ne null"
        case Operator.DIFFERS if condition.value is None:
            return f"{column.wire} ne null"
        case Operator.DIFFERS:
            return f"({column.wire} ne {value} or {column.wire} eq null)"
