"""Microsoft's fictitious bicycle maker as plain CSV (one folder with `customers.csv`, `contacts.csv` and the like).

Individuals become customers of type Person; stores and those who order for one, of type Company. The persons of
`contacts.csv` belong to the company contact of their store; some have no name, and get none here. Rates are all from
US dollars: so many units of the currency are worth one dollar, which is the local currency. Texts are kept as they
are, and what is too long for its column stops the load.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path

from crosstie_sandbox.company import adventureworks_items, adventureworks_prices
from crosstie_sandbox.company.data import CompanyData, CompanyDataError, Fields, Place, Problem, Side
from crosstie_sandbox.company.fiction import slug

LOCAL_CURRENCY = "USD"
COMPANY = "Adventure Works Cycles"
_COLUMNS = {
    "customers.csv": frozenset(
        {"customer_id", "customer_number", "customer_type", "name", "salesperson_id", "address_line1"}
        | {"address_line2", "city", "state_code", "postal_code", "country_code", "phone", "email"}
    ),
    "contacts.csv": frozenset(
        {"contact_id", "store_customer_id", "contact_type", "first_name", "middle_name", "last_name", "phone", "email"}
    ),
    "salespeople.csv": frozenset(
        {"salesperson_id", "name", "first_name", "last_name", "job_title", "email", "phone", "commission_pct"}
    ),
    "currencies.csv": frozenset({"currency_code", "name"}),
    "exchange_rates.csv": frozenset({"rate_date", "from_currency", "to_currency", "end_of_day_rate"}),
}
_FILE_OF = {
    "customers": "customers.csv",
    "salespeoplePurchasers": "salespeople.csv",
    "systemusers": "salespeople.csv",
    **adventureworks_items.FILE_OF,
}
_MADE_FROM = {
    **adventureworks_prices.FILE_OF,
    "contacts": "customers.csv and contacts.csv",
    "contactsInformation": "customers.csv and contacts.csv",
    "currencies": "currencies.csv",
    "currencyExchangeRates": "exchange_rates.csv",
}
_SHARED = (
    "displayName",
    "addressLine1",
    "addressLine2",
    "city",
    "state",
    "country",
    "postalCode",
    "phoneNumber",
    "email",
)
_PERCENT = 100


def is_adventureworks(folder: Path) -> bool:
    """Whether a folder has this layout."""
    try:
        with (folder / "customers.csv").open(encoding="utf-8") as file:
            return file.readline().startswith("customer_id,customer_number,customer_type,")
    except (OSError, UnicodeDecodeError):
        return False


def read_adventureworks(folder: Path) -> CompanyData:
    """Read the folder; raises CompanyDataError when a file or a column is missing."""
    optional = {**adventureworks_items.COLUMNS, **adventureworks_prices.COLUMNS}
    wanted = {**_COLUMNS, **{name: columns for name, columns in optional.items() if (folder / name).is_file()}}
    problems = [problem for name, columns in wanted.items() for problem in _missing(folder, name, columns)]
    if problems:
        raise CompanyDataError(problems)
    tables = {name: _records(folder / name) for name in wanted}
    erp: dict[str, Callable[[], Iterator[Fields]]] = {
        "generalLedgerSetup": _ledger_setup,
        "companyInformation": _company_information,
        "currencies": partial(_currencies, tables),
        "currencyExchangeRates": partial(_rates, tables),
        "salespeoplePurchasers": partial(_salespeople, tables),
        "contacts": partial(_contacts, tables),
        "customers": partial(_customers, tables),
        "contactsInformation": partial(_relations, tables),
    }
    for part in (adventureworks_items, adventureworks_prices):
        for entity_set, file in part.FILE_OF.items():
            if file in tables:
                erp[entity_set] = partial(part.MADE[entity_set], tables)
    crm: dict[str, Callable[[], Iterator[Fields]]] = {
        "organizations": _organization,
        "transactioncurrencies": _crm_currencies,
        "systemusers": partial(_users, tables),
    }
    return CompanyData(erp, crm, _place)


Records = list[dict[str, str]]
Tables = Mapping[str, Records]


def _place(side: Side, entity_set: str, row_number: int) -> Place:
    file = _FILE_OF.get(entity_set)
    if file is None:
        return Place(f"row {row_number} of {side}/{entity_set}, made from {_MADE_FROM.get(entity_set, COMPANY)}", None)
    return Place(file, row_number + 1)


def _missing(folder: Path, name: str, columns: frozenset[str]) -> Iterator[Problem]:
    path = folder / name
    if not path.is_file():
        yield Problem(name, None, "", "", "the file is missing")
        return
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as reason:
        line = content.count(b"\n", 0, reason.start) + 1
        yield Problem(name, line, "", "", f"byte 0x{content[reason.start]:02x} is not UTF-8")
        return
    heading = next(csv.reader(io.StringIO(text, newline="")), [])
    for column in sorted(columns - set(heading)):
        yield Problem(name, 1, column, "", "the column is missing")
    fields = len(heading)
    for line, record in enumerate(csv.reader(io.StringIO(text, newline="")), 1):
        if len(record) != fields:
            yield Problem(name, line, "", "", f"{len(record)} fields where the heading has {fields}")


def _records(path: Path) -> Records:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _ledger_setup() -> Iterator[Fields]:
    yield {"localCurrencyCode": LOCAL_CURRENCY, "localCurrencySymbol": "$"}


def _company_information() -> Iterator[Fields]:
    yield {"displayName": COMPANY}


def _organization() -> Iterator[Fields]:
    yield {"name": COMPANY, "basecurrencyid": LOCAL_CURRENCY}


def _crm_currencies() -> Iterator[Fields]:
    yield {
        "isocurrencycode": LOCAL_CURRENCY,
        "currencyname": "US Dollar",
        "currencysymbol": "$",
        "currencyprecision": "2",
        "exchangerate": "1",
    }


def _currencies(tables: Tables) -> Iterator[Fields]:
    rated = {record["to_currency"] for record in tables["exchange_rates.csv"]} - {LOCAL_CURRENCY}
    for record in tables["currencies.csv"]:
        if record["currency_code"] in rated:
            yield {"code": record["currency_code"], "displayName": record["name"]}


def _rates(tables: Tables) -> Iterator[Fields]:
    for record in tables["exchange_rates.csv"]:
        if record["to_currency"] != LOCAL_CURRENCY:
            yield {
                "currencyCode": record["to_currency"],
                "startingDate": record["rate_date"],
                "exchangeRateAmount": record["end_of_day_rate"],
                "relationalExchangeRateAmount": "1",
            }


def _salesperson_codes(tables: Tables) -> dict[str, str]:
    return {
        record["salesperson_id"]: (
            f"{slug(record['first_name'])[0]}{slug(record['last_name'])[0]}{record['salesperson_id']}".upper()
        )
        for record in tables["salespeople.csv"]
    }


def _salespeople(tables: Tables) -> Iterator[Fields]:
    codes = _salesperson_codes(tables)
    for record in tables["salespeople.csv"]:
        yield {
            "code": codes[record["salesperson_id"]],
            "displayName": record["name"],
            "email": record["email"],
            "phoneNo": record["phone"],
            "jobTitle": record["job_title"],
            "commisionPercent": _percent(record["commission_pct"]),
        }


def _percent(share: str) -> str:
    """1.2 for 0.012; what is no number is left for the load to refuse."""
    try:
        return str(Decimal(share) * _PERCENT)
    except InvalidOperation:
        return share


def _users(tables: Tables) -> Iterator[Fields]:
    for record in tables["salespeople.csv"]:
        yield {
            "firstname": record["first_name"],
            "lastname": record["last_name"],
            "internalemailaddress": record["email"],
            "domainname": record["email"],
            "jobtitle": record["job_title"],
            "mobilephone": record["phone"],
            "islicensed": "true",
            "isdisabled": "false",
            "accessmode": "0",
        }


def _customers(tables: Tables) -> Iterator[Fields]:
    codes = _salesperson_codes(tables)
    for record in tables["customers.csv"]:
        yield _customer(record, codes)


def _customer(record: Mapping[str, str], codes: Mapping[str, str]) -> Fields:
    salesperson = record["salesperson_id"]
    return {
        "number": record["customer_number"],
        "displayName": record["name"],
        "type": "Person" if record["customer_type"] == "individual" else "Company",
        "addressLine1": record["address_line1"],
        "addressLine2": record["address_line2"],
        "city": record["city"],
        "state": record["state_code"],
        "country": record["country_code"],
        "postalCode": record["postal_code"],
        "phoneNumber": record["phone"],
        "email": record["email"],
        "salespersonCode": codes.get(salesperson, salesperson),
    }


def _stores(tables: Tables) -> Iterator[tuple[str, Fields]]:
    """The customers that persons belong to, with their ids."""
    wanted = {record["store_customer_id"] for record in tables["contacts.csv"]}
    codes = _salesperson_codes(tables)
    for record in tables["customers.csv"]:
        if record["customer_id"] in wanted:
            yield record["customer_id"], _customer(record, codes)


def _contact_number(customer_number: str) -> str:
    return f"CT-{customer_number}"


def _contacts(tables: Tables) -> Iterator[Fields]:
    companies: dict[str, str] = {}
    for identity, customer in _stores(tables):
        companies[identity] = _contact_number(customer["number"])
        yield {
            "number": companies[identity],
            "type": "Company",
            **{name: customer[name] for name in _SHARED},
        }
    for record in tables["contacts.csv"]:
        parts = (record["first_name"], record["middle_name"], record["last_name"])
        yield {
            "number": f"CT-P{record['contact_id']}",
            "type": "Person",
            "displayName": " ".join(part for part in parts if part),
            "jobTitle": record["contact_type"],
            "companyNumber": companies.get(record["store_customer_id"], record["store_customer_id"]),
            "phoneNumber": record["phone"],
            "email": record["email"],
        }


def _relations(tables: Tables) -> Iterator[Fields]:
    for _, customer in _stores(tables):
        number = customer["number"]
        yield {"contactNumber": _contact_number(number), "relatedType": "Customer", "relatedId": number}
