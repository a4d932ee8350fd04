"""Inserts, modifications and deletes: batches of single writes, each with its own outcome and its own answer.

An insert carries the primary key we chose, so that it can never make a second row; a modification or delete carries
the version that was read. Change sets and bulk actions are not used: they are all or nothing, and know no versions.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from crosstie.connectors.dataverse import errors
from crosstie.connectors.dataverse.schema import Table
from crosstie.connectors.dataverse.service import Service, annotations
from crosstie.connectors.dataverse.values import RowReader, body_of, selected
from crosstie.connectors.failure import may_have_landed
from crosstie.odata.batch import Operation
from crosstie.odata.errors import NotUnderstoodError, ODataError
from crosstie.odata.literals import within_number
from crosstie.odata.message import Answer
from crosstie.synch.ports.connector import Deleted, Landed, NotLanded, Traffic, Write, WriteOutcome

BATCH_SIZE = 200
"""Operations in one batch; the service allows 1000, works through them one by one, and answers when all are done."""


async def write(service: Service, traffic: Traffic, table: Table, writes: Sequence[Write]) -> Sequence[WriteOutcome]:
    """Apply the writes; several batches may be under way at once."""
    forms = {names: _Form.of(service, table, names) for names in {write_.answer_columns for write_ in writes}}
    prepared = [_Prepared.of(write_, forms[write_.answer_columns]) for write_ in writes]
    parts = await asyncio.gather(*(_batch(service, traffic, slice_) for slice_ in within_number(prepared, BATCH_SIZE)))
    return [outcome for part in parts for outcome in part]


@dataclass(frozen=True, slots=True)
class _Form:
    """What all writes have in common that ask for the same columns."""

    service: Service
    table: Table
    reader: RowReader
    options: Mapping[str, str]
    prefer: str

    @staticmethod
    def of(service: Service, table: Table, names: Sequence[str]) -> "_Form":
        columns = table.chosen(names)
        return _Form(
            service=service,
            table=table,
            reader=RowReader(service.host, table, columns),
            options={"$select": selected(table, columns)},
            prefer=",".join(("return=representation", *annotations(columns))),
        )

    def operation(self, write_: Write) -> Operation:
        """The write as an operation of a batch."""
        table, is_insert = self.table, write_.version is None
        if write_.is_delete and write_.version is not None:
            url = self.service.inner_url(f"{table.entity_set}({write_.id})", {})
            return Operation(method="DELETE", url=url, headers={"If-Match": write_.version})
        body = body_of(table, write_.values, is_insert=is_insert)
        headers = {"Prefer": self.prefer}
        path = table.entity_set
        if write_.version is not None:
            path = f"{path}({write_.id})"
            headers["If-Match"] = write_.version
        elif write_.id is not None:
            body = {table.primary_key: write_.id, **body}
        method = "POST" if is_insert else "PATCH"
        return Operation(method=method, url=self.service.inner_url(path, self.options), headers=headers, body=body)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A write, ready to be sent."""

    write: Write
    form: _Form
    operation: Operation

    @staticmethod
    def of(write_: Write, form: _Form) -> "_Prepared":
        return _Prepared(write_, form, form.operation(write_))

    def outcome(self, answer: Answer) -> WriteOutcome:
        """What the answer says became of it."""
        if answer.status >= HTTPStatus.BAD_REQUEST:
            return NotLanded(error=errors.for_operation(answer, is_insert=self.write.version is None))
        if self.write.is_delete:
            return Deleted()
        try:
            return Landed(record=self.form.reader.record(answer.json()))
        except NotUnderstoodError as error:
            return NotLanded(error=errors.for_batch(error))


async def _batch(service: Service, traffic: Traffic, prepared: Sequence[_Prepared]) -> Sequence[WriteOutcome]:
    try:
        answers = await service.batch([one.operation for one in prepared])
    except ODataError as error:
        traffic.writes += len(prepared) if may_have_landed(error) else 0
        failure = NotLanded(error=errors.for_batch(error))
        return [failure] * len(prepared)
    traffic.writes += len(prepared)
    missing = [NotLanded(error=errors.for_unanswered(service.host))] * (len(prepared) - len(answers))
    return [*(one.outcome(answer) for one, answer in zip(prepared, answers, strict=False)), *missing]
