"""Reads both sandbox servers by plain requests of its own and says what is equal on both sides and what is not.

It shares nothing with the product: the field pairs below are written down a second time, from the mapping tables of
the documentation. Customers are paired by accountnumber = number, currencies by ISO code, salespeople by e-mail, and
contacts, which share no key, by the couplings in the product's database, read with plain SQL.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import httpx2
import simplejson

Row: TypeAlias = Mapping[str, Any]
Details: TypeAlias = Mapping[str, Mapping[str, Any]]
"""The first line of the sandbox: addresses and credentials of both servers."""

_PATIENCE_S = 120
_EXAMPLES = 10
_NOBODY = "00000000-0000-0000-0000-000000000000"
_ADDRESS = {
    "addressLine1": "address1_line1",
    "addressLine2": "address1_line2",
    "postalCode": "address1_postalcode",
    "city": "address1_city",
    "state": "address1_stateorprovince",
    "country": "address1_country",
    "phoneNumber": "telephone1",
    "email": "emailaddress1",
    "website": "websiteurl",
}
_CUSTOMER = {"number": "accountnumber", "displayName": "name", **_ADDRESS}
_CONTACT = {**_ADDRESS, "mobilePhoneNumber": "mobilephone"}


@dataclass(slots=True)
class Figures:
    """What the comparison of one kind of record came to; lists hold everything, examples are cut when shown."""

    compared: int = 0
    """Pairs whose every mapped field was compared."""
    fields: int = 0
    differing: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """Records of the ERP that should be in the CRM and are not."""
    doubled: list[str] = field(default_factory=list)
    """More than one record of the CRM for one of the ERP, or the other way round."""
    unpaired: list[str] = field(default_factory=list)
    """Records of the CRM with no record of the ERP behind them."""
    excused: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """What needs no counterpart, by the reason."""

    @property
    def is_clean(self) -> bool:
        """Everything is there once, and equal."""
        return not (self.differing or self.missing or self.doubled or self.unpaired)

    def shown(self) -> dict[str, Any]:
        """Numbers, with a few examples where something is wrong."""
        said: dict[str, Any] = {"compared": self.compared, "fields": self.fields}
        wrong = {
            "differing": self.differing,
            "missing": self.missing,
            "doubled": self.doubled,
            "unpaired": self.unpaired,
        }
        said |= {name: len(found) for name, found in wrong.items()}
        said |= {f"{name}_examples": found[:_EXAMPLES] for name, found in wrong.items() if found}
        return {**said, "excused": {reason: len(found) for reason, found in self.excused.items()}}

    def compare(self, label: str, pairs: Iterable[tuple[str, Any, Any]]) -> None:
        """Compare the fields of one pair: (name, what the ERP holds, what the CRM holds)."""
        self.compared += 1
        for name, erp, crm in pairs:
            self.fields += 1
            if _plain(erp) != _plain(crm):
                self.differing.append(f"{label}: {name} is {erp!r} in the ERP and {crm!r} in the CRM")


@dataclass(frozen=True, slots=True)
class Systems:
    """Everything that both servers hold of the tables that are synchronized."""

    erp: Mapping[str, Sequence[Row]]
    crm: Mapping[str, Sequence[Row]]


def read_systems(details: Details) -> Systems:
    """Read every table of both servers to its end."""
    with erp_client(details) as erp, crm_client(details) as crm:
        return Systems(
            erp={
                name: _rows(erp, name)
                for name in (
                    "customers",
                    "contacts",
                    "customerContacts",
                    "currencies",
                    "currencyExchangeRates",
                    "generalLedgerSetup",
                    "salespeoplePurchasers",
                )
            },
            crm={
                name: _rows(crm, f"{name}?$select={','.join(columns)}")
                for name, columns in {
                    "accounts": ["statecode", "customertypecode", "creditlimit", *_CUSTOMER.values(), *_LOOKUPS],
                    "contacts": ["firstname", "middlename", "lastname", "_parentcustomerid_value", *_CONTACT.values()],
                    "transactioncurrencies": ["isocurrencycode", "currencyname", "currencysymbol", "exchangerate"],
                    "systemusers": ["fullname", "internalemailaddress", "mobilephone"],
                }.items()
            },
        )


_LOOKUPS = ("_transactioncurrencyid_value", "_ownerid_value")


def erp_client(details: Details) -> httpx2.Client:
    """A client of the ERP, signed in with its web service access key, at the company."""
    erp = details["erp"]
    return httpx2.Client(
        base_url=f"{erp['url']}/api/v2.0/companies({erp['company_id']})/",
        auth=(erp["user"], erp["web_service_access_key"]),
        timeout=_PATIENCE_S,
    )


def crm_client(details: Details) -> httpx2.Client:
    """A client of the CRM, signed in with a token."""
    crm = details["crm"]
    form = {"grant_type": "client_credentials", "client_id": crm["client_id"], "client_secret": crm["client_secret"]}
    answer = httpx2.post(crm["token_url"], data={**form, "scope": f"{crm['url']}/.default"}).raise_for_status()
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}", "Prefer": "odata.maxpagesize=5000"}
    return httpx2.Client(base_url=f"{crm['url']}/api/data/v9.2/", headers=headers, timeout=_PATIENCE_S)


def writes_of(details: Details) -> tuple[int, int]:
    """How many records were written so far: in the ERP, in the CRM."""
    erp, crm = (ask(details[side]["url"], "GET", "/sandbox/stats")["writes"] for side in ("erp", "crm"))
    return erp, crm


def ask(url: str, method: str, path: str) -> dict[str, Any]:
    """One request without sign-in, cheap enough to be made over and over while something else is measured."""
    with closing(HTTPConnection(urlsplit(url).netloc, timeout=_PATIENCE_S)) as connection:
        connection.request(method, path)
        answer = connection.getresponse()
        assert answer.status == HTTPStatus.OK, answer.status
        found: dict[str, Any] = simplejson.loads(answer.read())
        return found


def _rows(client: httpx2.Client, address: str | None) -> list[Row]:
    rows: list[Row] = []
    while address:
        answer = client.get(address).raise_for_status()
        page = simplejson.loads(answer.content.decode("utf-8"), use_decimal=True)
        rows += page["value"]
        address = page.get("@odata.nextLink")
    return rows


def compare(systems: Systems, database: Path) -> dict[str, Figures]:
    """Compare both sides, mapping by mapping; ``database`` is the product's, for the couplings of contacts."""
    couplings = _contact_couplings(database)
    return {
        "CURRENCY": _currencies(systems),
        "SALESPEOPLE": _salespeople(systems),
        "CUSTOMER": _customers(systems),
        "CONTACT": _contacts(systems, couplings),
    }


def _contact_couplings(database: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return list(connection.execute("SELECT erp_id, crm_id FROM coupling WHERE mapping = 'CONTACT'"))


def _customers(systems: Systems) -> Figures:
    figures = Figures()
    accounts: dict[str, list[Row]] = defaultdict(list)
    for account in systems.crm["accounts"]:
        accounts[account["accountnumber"] or ""].append(account)
    codes = {row["transactioncurrencyid"]: row["isocurrencycode"] for row in systems.crm["transactioncurrencies"]}
    owners = {row["systemuserid"]: row["internalemailaddress"] for row in systems.crm["systemusers"]}
    salespeople = {row["code"]: row["email"] for row in systems.erp["salespeoplePurchasers"]}
    local = systems.erp["generalLedgerSetup"][0]["localCurrencyCode"]
    for customer in systems.erp["customers"]:
        number = customer["number"]
        found = accounts.pop(number, [])
        if not found and _is_blocked(customer):
            figures.excused["blocked"].append(number)
        elif not found:
            figures.missing.append(f"customer {number}")
        elif len(found) > 1:
            figures.doubled.append(f"customer {number}: {', '.join(one['accountid'] for one in found)}")
        else:
            account = found[0]
            owner = salespeople.get(customer["salespersonCode"]) or owners.get(account["_ownerid_value"])
            derived = [
                ("creditLimit", Decimal(customer["creditLimit"]), Decimal(account["creditlimit"] or 0)),
                ("currency", customer["currencyCode"] or local, codes[account["_transactioncurrencyid_value"]]),
                ("owner", owner, owners.get(account["_ownerid_value"])),
                ("type", 3, account["customertypecode"]),
            ]
            figures.compare(f"customer {number}", [*_pairs(_CUSTOMER, customer, account), *derived])
    figures.unpaired += [f"account {one['name']} ({one['accountid']})" for rest in accounts.values() for one in rest]
    return figures


def _is_blocked(customer: Row) -> bool:
    return customer["blocked"] not in {"", " ", "_x0020_"}


def _contacts(systems: Systems, couplings: Sequence[tuple[str, str]]) -> Figures:
    figures = Figures()
    crm = {row["contactid"]: row for row in systems.crm["contacts"]}
    numbers = {row["accountid"]: row["accountnumber"] for row in systems.crm["accounts"]}
    customers = {row["id"]: row for row in systems.erp["customers"]}
    customer_of = {row["id"]: customers.get(row["customerId"]) for row in systems.erp["customerContacts"]}
    paired: dict[str, list[str]] = defaultdict(list)
    for erp_id, crm_id in couplings:
        paired[erp_id].append(crm_id)
    for contact in systems.erp["contacts"]:
        found = [crm.pop(id_) for id_ in paired[contact["id"]] if id_ in crm]
        customer = customer_of.get(contact["id"])
        label = f"contact {contact['number']}"
        if not found:
            reason = _needs_none(contact, customer)
            (figures.excused[reason] if reason else figures.missing).append(label)
        elif len(found) > 1:
            figures.doubled.append(f"{label}: {', '.join(one['contactid'] for one in found)}")
        else:
            names = [found[0][part] for part in ("firstname", "middlename", "lastname")]
            company = numbers.get(found[0]["_parentcustomerid_value"])
            derived = [
                ("name", contact["displayName"].split(), " ".join(part for part in names if part).split()),
                ("customer", None if customer is None else customer["number"], company),
            ]
            figures.compare(label, [*_pairs(_CONTACT, contact, found[0]), *derived])
    figures.unpaired += [f"contact {one['lastname']} ({one['contactid']})" for one in crm.values()]
    return figures


def _needs_none(contact: Row, customer: Row | None) -> str | None:
    """Why a contact of the ERP has no counterpart, where it needs none."""
    if contact["type"] != "Person" or not contact["companyNumber"]:
        return "no person of a company"
    if customer is None:
        return "its company is no customer"
    if _is_blocked(customer):
        return "its customer is blocked"
    return None if contact["displayName"].strip() else "nameless"


def _currencies(systems: Systems) -> Figures:
    figures = Figures()
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in systems.crm["transactioncurrencies"]:
        rows[row["isocurrencycode"]].append(row)
    rates = _rates_of_today(systems.erp["currencyExchangeRates"])
    for currency in systems.erp["currencies"]:
        code = currency["code"]
        found = rows.pop(code, [])
        if not found:
            (figures.missing if code in rates else figures.excused["no exchange rate"]).append(f"currency {code}")
        elif len(found) > 1:
            figures.doubled.append(f"currency {code}")
        else:
            pairs = [
                ("name", currency["displayName"], found[0]["currencyname"]),
                ("symbol", currency["symbol"] or code, found[0]["currencysymbol"]),
                ("rate", rates.get(code), Decimal(found[0]["exchangerate"])),
            ]
            figures.compare(f"currency {code}", pairs)
    local = systems.erp["generalLedgerSetup"][0]["localCurrencyCode"]
    figures.unpaired += [f"currency {code}" for code in rows if code != local]
    return figures


def _rates_of_today(rows: Sequence[Row]) -> dict[str, Decimal]:
    """Units of each currency for one of the local currency, to ten places, as of the day."""
    today = datetime.now(UTC).date().isoformat()  # noqa: TID251 - rates hold from a day of the real calendar
    rates: dict[str, Decimal] = {}
    for row in sorted(rows, key=lambda row: str(row["startingDate"])):
        if row["startingDate"] <= today:
            rate = Decimal(row["exchangeRateAmount"]) / Decimal(row["relationalExchangeRateAmount"])
            rates[row["currencyCode"]] = rate.quantize(Decimal("1e-10"), rounding=ROUND_HALF_UP)
    return rates


def _salespeople(systems: Systems) -> Figures:
    figures = Figures()
    users = {row["internalemailaddress"]: row for row in systems.crm["systemusers"] if row["internalemailaddress"]}
    for person in systems.erp["salespeoplePurchasers"]:
        user = users.get(person["email"])
        label = f"salesperson {person['code']}"
        if user is None:
            figures.excused["no user has this e-mail"].append(label)
            continue
        pairs = [
            ("email", person["email"], user["internalemailaddress"]),
            ("name", person["displayName"], user["fullname"]),
        ]
        if user["mobilephone"]:
            pairs.append(("phone", person["phoneNo"], user["mobilephone"]))
        elif person["phoneNo"]:
            figures.excused["a blank of the CRM overwrote no telephone number"].append(label)
        figures.compare(label, pairs)
    return figures


def _pairs(columns: Mapping[str, str], erp: Row, crm: Row) -> Iterator[tuple[str, Any, Any]]:
    for name, column in columns.items():
        yield name, erp[name], crm[column]


def _plain(value: object) -> object:
    return None if value in ("", _NOBODY) else value
