"""Inserts, modifications and deletes: JSON batches of single writes, each with its own outcome and its own answer.

The system makes its records' ids itself (one of ours would not be kept), and wants the version of what is modified
or deleted. The customer that a person shall belong to is written as the number of the company contact that stands
for it.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from http import HTTPStatus

from crosstie.connectors.businesscentral import errors
from crosstie.connectors.businesscentral.derived import (
    COMPANY_NUMBER,
    CONTACTS,
    CUSTOMER_ID,
    Asked,
    company_numbers,
    completed,
)
from crosstie.connectors.businesscentral.schema import Table
from crosstie.connectors.businesscentral.service import BATCH_SIZE, HEADERS, Service
from crosstie.connectors.businesscentral.values import body_of
from crosstie.connectors.failure import may_have_landed
from crosstie.model.errors import CrosstieError
from crosstie.model.record import Record
from crosstie.model.words import RecordId
from crosstie.odata.batch import Operation
from crosstie.odata.errors import AnswerLostError, ODataError
from crosstie.odata.etag import bare
from crosstie.odata.literals import within_number
from crosstie.odata.message import Answer, JsonObject
from crosstie.synch.ports.connector import Deleted, Landed, NotLanded, Traffic, Write, WriteOutcome


async def write(
    service: Service, traffic: Traffic, table: Table, writes: Sequence[Write], today: date
) -> Sequence[WriteOutcome]:
    """Apply the writes; several batches may be under way at once."""
    for write_ in writes:
        table.chosen((*write_.values, *write_.answer_columns))
    batch = _Batch(service, traffic, table, today, await _Companies.of(service, table, writes))
    parts = await asyncio.gather(*(batch.apply(slice_) for slice_ in within_number(writes, BATCH_SIZE)))
    return [outcome for part in parts for outcome in part]


@dataclass(frozen=True, slots=True)
class _Companies:
    """The company contacts of the customers that persons shall belong to."""

    numbers: Mapping[str, str]
    failure: CrosstieError | None = None

    @staticmethod
    async def of(service: Service, table: Table, writes: Sequence[Write]) -> "_Companies":
        if table.name != CONTACTS:
            return _Companies({})
        customers = [customer for write_ in writes if (customer := _customer(write_)) is not None]
        try:
            return _Companies(await company_numbers(service, customers))
        except ODataError as error:
            return _Companies({}, errors.for_reading(error))

    def refusal(self, write_: Write) -> CrosstieError | None:
        """Why the write cannot be sent: nobody stands for the customer, or it could not be found out."""
        customer = _customer(write_)
        if customer is None or customer in self.numbers:
            return None
        return self.failure or errors.without_company_contact(customer)

    def body(self, table: Table, write_: Write) -> dict[str, object]:
        """The write's body, with the number of the company in place of the customer."""
        values = dict(write_.values)
        if table.name == CONTACTS and CUSTOMER_ID in values:
            customer = _customer(write_)
            values[COMPANY_NUMBER] = None if customer is None else self.numbers[customer]
        return body_of(table, values, is_insert=write_.version is None)

    def proves(self, write_: Write, row: JsonObject) -> bool:
        """Whether the answer shows that the person now belongs to the customer that was written."""
        customer = _customer(write_)
        return customer is not None and row.get(COMPANY_NUMBER) == self.numbers[customer]


def _customer(write_: Write) -> str | None:
    customer = write_.values.get(CUSTOMER_ID)
    return None if customer is None else str(customer)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What the batches of one call share."""

    service: Service
    traffic: Traffic
    table: Table
    today: date
    companies: _Companies

    async def apply(self, writes: Sequence[Write]) -> list[WriteOutcome]:
        """Send the writes that can be sent in one batch."""
        refused = [self.companies.refusal(write_) for write_ in writes]
        sent = [write_ for write_, error in zip(writes, refused, strict=True) if error is None]
        told = iter(await self._send(sent) if sent else [])
        return [next(told) if error is None else NotLanded(error=error) for error in refused]

    async def _send(self, writes: Sequence[Write]) -> list[WriteOutcome]:
        operations = [self._operation(write_) for write_ in writes]
        try:
            answers = await self.service.batch(operations, purpose="write", is_write=True)
        except ODataError as error:
            self.traffic.writes += len(operations) if may_have_landed(error) else 0
            failure = NotLanded(error=errors.for_batch(error))
            return [failure] * len(writes)
        self.traffic.writes += len(operations)
        landed = [
            (write_, answer.json())
            for write_, answer in zip(writes, answers, strict=True)
            if answer is not None and answer.status < HTTPStatus.BAD_REQUEST and not write_.is_delete
        ]
        records = iter(await self._records(landed))
        return [
            self._failed(write_, answer)
            if answer is None or answer.status >= HTTPStatus.BAD_REQUEST
            else Deleted()
            if write_.is_delete
            else next(records)
            for write_, answer in zip(writes, answers, strict=True)
        ]

    def _operation(self, write_: Write) -> Operation:
        if write_.is_delete and write_.version is not None:
            return Operation(
                method="DELETE",
                url=self.service.inner_url(f"{self.table.name}({write_.id})"),
                headers={**HEADERS, "If-Match": bare(write_.version)},
            )
        body = self.companies.body(self.table, write_)
        if write_.version is None:
            return Operation(method="POST", url=self.service.inner_url(self.table.name), headers=HEADERS, body=body)
        return Operation(
            method="PATCH",
            url=self.service.inner_url(f"{self.table.name}({write_.id})"),
            headers={**HEADERS, "If-Match": bare(write_.version)},
            body=body,
        )

    def _failed(self, write_: Write, answer: Answer | None) -> NotLanded:
        if answer is None:
            return NotLanded(error=errors.for_unanswered(self.service.host))
        return NotLanded(error=errors.for_operation(answer, is_insert=write_.version is None))

    async def _records(self, landed: Sequence[tuple[Write, JsonObject]]) -> list[WriteOutcome]:
        """The writes' own answers; one that cannot be completed leaves the outcome to a later look."""
        names = dict.fromkeys(name for write_, _ in landed for name in write_.answer_columns)
        proven = {
            RecordId(str(row.get("id")).lower()): write_.values[CUSTOMER_ID]
            for write_, row in landed
            if self.table.name == CONTACTS and self.companies.proves(write_, row)
        }
        rows = [row for _, row in landed]
        asked = Asked(table=self.table, columns=self.table.chosen(names), today=self.today, purpose="write")
        try:
            records = await completed(self.service, asked, rows, proven)
        except ODataError as error:
            unknown = AnswerLostError(self.service.host, f"the written record could not be completed: {error}")
            return [NotLanded(error=errors.for_batch(unknown))] * len(landed)
        return [Landed(record=_answered(write_, record)) for (write_, _), record in zip(landed, records, strict=True)]


def _answered(write_: Write, record: Record) -> Record:
    return replace(record, values={name: record.values[name] for name in write_.answer_columns})
