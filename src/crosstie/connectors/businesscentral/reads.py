"""Records by id or by another column, and how many there are.

OR is allowed over one field only, and comparisons mind the case; lists of 50 values each travel as reads inside
a batch. A count comes as plain text behind a byte order mark.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from crosstie.connectors.businesscentral.derived import IDS_IN_FILTER, Asked, completed
from crosstie.connectors.businesscentral.errors import ROW_MISSING
from crosstie.connectors.businesscentral.schema import Table
from crosstie.connectors.businesscentral.service import BATCH_SIZE, HEADERS, Service
from crosstie.connectors.businesscentral.values import literal, selected
from crosstie.model.errors import UsageError
from crosstie.model.mapping import Condition, Operator
from crosstie.model.record import Record
from crosstie.model.schema import Column, Kind
from crosstie.model.value import Value
from crosstie.model.words import RecordId
from crosstie.odata.batch import Operation
from crosstie.odata.errors import NotUnderstoodError, RefusedError
from crosstie.odata.literals import within_number


async def read(service: Service, asked: Asked, ids: Sequence[RecordId]) -> Mapping[RecordId, Record]:
    """The records with these ids."""
    found = await _matching(service, asked, asked.table.column("id"), list(dict.fromkeys(ids)))
    return {record.id: record for record in found}


async def gone(service: Service, table: Table, ids: Sequence[RecordId]) -> frozenset[RecordId]:
    """Which of these records a read by key says do not exist."""
    operations = [
        Operation(method="GET", url=service.inner_url(f"{table.name}({id_})", {"$select": "id"}), headers=HEADERS)
        for id_ in ids
    ]
    missing: set[RecordId] = set()
    for part in within_number(list(zip(ids, operations, strict=True)), BATCH_SIZE):
        answers = await service.batch([operation for _, operation in part], purpose="gone", is_write=False)
        for (id_, _), answer in zip(part, answers, strict=True):
            if answer is None:
                raise NotUnderstoodError(service.host, "a read of a batch left unanswered")
            code, message = answer.error() if answer.status >= HTTPStatus.BAD_REQUEST else ("", "")
            if answer.status == HTTPStatus.NOT_FOUND and code in ROW_MISSING:
                missing.add(id_)
            elif answer.status >= HTTPStatus.BAD_REQUEST and answer.status != HTTPStatus.FORBIDDEN:
                raise RefusedError(answer.host, answer.status, code, message)
    return frozenset(missing)


async def find(service: Service, asked: Asked, column: Column, values: Sequence[Value]) -> Sequence[Record]:
    """The records whose ``column`` equals one of ``values``."""
    refuse_derived(asked.table, column)
    if column.kind is Kind.CODE:  # stored in upper case, compared as it stands
        values = [value.upper() if isinstance(value, str) else value for value in values]
    return await _matching(service, asked, column, list(dict.fromkeys(values)))


def refuse_derived(table: Table, column: Column) -> None:
    """A derived column is no property of the page, so it cannot be filtered by."""
    if column.name in table.derived:
        raise UsageError(
            f"Business Central: {table.name} cannot be searched by {column.name}, which its page does not have.",
            "Search by another column, or filter on this side.",
        )


async def _matching(service: Service, asked: Asked, column: Column, values: Sequence[Value]) -> list[Record]:
    select = selected(asked.table, asked.columns)
    urls = [
        service.inner_url(
            asked.table.name,
            {
                "$select": select,
                "$filter": " or ".join(f"{column.name} eq {literal(column, value)}" for value in chosen),
            },
        )
        for chosen in within_number(values, IDS_IN_FILTER)
    ]
    rows = [row for rows in await service.lists(urls, purpose=asked.purpose) for row in rows]
    return await completed(service, asked, rows)


async def count(service: Service, table: Table, conditions: Sequence[Condition]) -> int:
    """How many records meet all conditions."""
    options = {}
    if conditions:
        options["$filter"] = " and ".join(_condition(table, condition) for condition in conditions)
    answer = await service.get(service.url(f"{table.name}/$count", options), purpose="count")
    try:
        return int(answer.content.decode("utf-8-sig"))
    except ValueError as error:
        raise NotUnderstoodError(service.host, "a count that is not a number") from error


def _condition(table: Table, condition: Condition) -> str:
    column = table.column(condition.column)
    refuse_derived(table, column)
    match condition.operator:
        case Operator.EQUALS:
            return f"{column.name} eq {literal(column, condition.value)}"
        case Operator.DIFFERS:
            return f"{column.name} ne {literal(column, condition.value)}"
        case Operator.IS_SET:
            return f"{column.name} ne {literal(column, None)}"
