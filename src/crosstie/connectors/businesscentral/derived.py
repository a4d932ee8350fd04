"""Columns that no page has, joined here so that nobody else knows: the customer of a person, the rate of a currency.

A person belongs to a customer through the company contact that stands for the customer. The page customerContacts
tells the customer of a person; the list contactsInformation of a customer tells its company contact. A new exchange
rate does not touch the row of its currency, so the version of a currency carries a fingerprint of the rate.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from crosstie.connectors.businesscentral.schema import Table
from crosstie.connectors.businesscentral.service import Service
from crosstie.connectors.businesscentral.values import ZERO, RowReader, name_from_wire
from crosstie.model.record import Record
from crosstie.model.schema import Column
from crosstie.model.value import Value, Values
from crosstie.model.words import RecordId, Version
from crosstie.odata.errors import NotUnderstoodError
from crosstie.odata.etag import with_fingerprint
from crosstie.odata.literals import text, within_number
from crosstie.odata.message import JsonObject

CONTACTS, CURRENCIES = "contacts", "currencies"
CUSTOMER_ID, COMPANY_NUMBER = "customerId", "companyNumber"
IDS_IN_FILTER = 50
_RATES = ("exchangeRateAmount", "relationalExchangeRateAmount")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of some rows."""

    table: Table
    columns: Sequence[Column]
    today: date
    """The day whose exchange rates hold."""
    purpose: str


async def completed(
    service: Service,
    asked: Asked,
    rows: Sequence[JsonObject],
    proven: Mapping[RecordId, Value] = MappingProxyType({}),
) -> list[Record]:
    """The rows as records, derived columns included where they are asked for.

    ``proven`` holds customers of persons that need no look-up.
    """
    reader = RowReader(service.host, asked.table, asked.columns)
    records = [reader.record(row) for row in rows]
    if asked.table.name == CURRENCIES:
        return await _with_rates(service, asked, rows, records)
    if asked.table.name == CONTACTS and any(column.name == CUSTOMER_ID for column in asked.columns):
        persons = [record.id for record, row in zip(records, rows, strict=True) if belongs_to_company(row)]
        unknown = [person for person in persons if person not in proven]
        customers = {**await customers_of(service, unknown, asked.purpose), **proven}
        return [_with(record, {CUSTOMER_ID: customers.get(record.id)}) for record in records]
    return records


def belongs_to_company(row: JsonObject) -> bool:
    """Whether the contact is a person of a company: only such a one has a customer in our sense."""
    return name_from_wire(str(row.get("type"))) == "Person" and bool(row.get(COMPANY_NUMBER))


def _with(record: Record, values: Values, version: Version | None = None) -> Record:
    return replace(record, values={**record.values, **values}, version=version or record.version)


async def customers_of(service: Service, persons: Sequence[RecordId], purpose: str) -> Mapping[RecordId, Value]:
    """The customer of each person that has one."""
    urls = [
        service.inner_url(
            "customerContacts",
            {"$select": "id,customerId", "$filter": " or ".join(f"id eq {person}" for person in chosen)},
        )
        for chosen in within_number(persons, IDS_IN_FILTER)
    ]
    return {
        RecordId(str(row["id"]).lower()): str(row["customerId"]).lower()
        for rows in await service.lists(urls, purpose=purpose)
        for row in rows
        if row.get("customerId") not in {None, "", ZERO}
    }


async def company_numbers(service: Service, customers: Iterable[str]) -> Mapping[str, str]:
    """The number of the company contact that stands for each customer; a customer without one is left out."""
    wanted = list(dict.fromkeys(customers))
    urls = [service.inner_url(f"customers({customer})/contactsInformation") for customer in wanted]
    found: dict[str, str] = {}
    lists = await service.lists(urls, purpose="write", may_be_missing=True)
    for customer, rows in zip(wanted, lists, strict=True):
        for row in rows:
            if name_from_wire(str(row.get("contactType"))) == "Company" and row.get("contactNumber"):
                found.setdefault(customer, str(row["contactNumber"]))
    return found


async def _with_rates(
    service: Service, asked: Asked, rows: Sequence[JsonObject], records: Sequence[Record]
) -> list[Record]:
    rates = await _latest_rates(service, [str(row.get("code")) for row in rows], asked.today, asked.purpose)
    names = {column.name for column in asked.columns}
    return [
        _with(
            record,
            {name: value for name, value in rate.items() if name in names},
            Version(with_fingerprint(record.version, rate.values())),
        )
        for record, rate in zip(records, rates, strict=True)
    ]


async def _latest_rates(service: Service, codes: Sequence[str], today: date, purpose: str) -> list[Mapping[str, Value]]:
    """The rate that holds ``today`` for each code; blank where none has started."""
    urls = [
        service.inner_url(
            "currencyExchangeRates",
            {
                "$select": ",".join(("currencyCode", "startingDate", *_RATES)),
                "$filter": f"currencyCode eq {text(code)} and startingDate le {today.isoformat()}",
                "$orderby": "startingDate desc",
                "$top": "1",
            },
        )
        for code in codes
    ]
    return [
        {name: _amount(service.host, rows[0], name) if rows else None for name in _RATES}
        for rows in await service.lists(urls, purpose=purpose)
    ]


def _amount(host: str, row: JsonObject, name: str) -> Value:
    try:
        return Decimal(str(row[name]))
    except (KeyError, ArithmeticError) as error:
        raise NotUnderstoodError(host, f"an exchange rate without {name}") from error
