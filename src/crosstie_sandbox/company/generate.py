"""A company of any size from a seed: the shape of the small one, the same rows for the same seed every time.

Rows are made one by one when they are asked for. Each has a chance of its own, named after it, so that the customer
and the contact made for it agree however often and in whatever order they are asked for.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

from crosstie_sandbox.company.data import CompanyData, Fields
from crosstie_sandbox.company.fiction import (
    Chance,
    a_company_name,
    a_country,
    a_person,
    a_phone,
    an_address,
    names,
    slug,
)
from crosstie_sandbox.company.goods import goods_of
from crosstie_sandbox.company.price_lists import price_lists_of

ChanceOf = Callable[[str], Chance]
LOCAL_CURRENCY = "CHF"
_PERSON_SHARE = 0.12
_FAMILIAR_NAME = 0.03
_BLOCKED = 0.03
_MONTHS = 24
_HAS_EMAIL = 0.8
_HAS_WEBSITE = 0.6
_ZEROS_EVERY, _ZEROS_AT = 50, 7
_TERMS = ("14T", "30T", "30T", "30T2", "ME", "")
_SHIPMENTS = ("DAP", "EXW", "", "")
_WHOLESALE_EVERY, _WHOLESALE_AT = 10, 3
_SECOND_ADDRESS_EVERY, _SECOND_ADDRESS_AT = 20, 5
_RATES = {"EUR": Decimal("94.5"), "NZD": Decimal("52.3")}


def generate(count: int, chance_of: ChanceOf) -> CompanyData:
    """A company with so many customers, a quarter as many persons to talk to, and salespeople for them."""
    made = _Maker(count, chance_of)
    return CompanyData(
        erp={
            "generalLedgerSetup": made.ledger_setup,
            "companyInformation": made.company_information,
            "currencies": made.currencies,
            "currencyExchangeRates": made.rates,
            "salespeoplePurchasers": made.salespeople,
            "contacts": made.contacts,
            "customers": made.customers,
            "contactsInformation": made.relations,
            "shipToAddresses": made.ship_to_addresses,
            **goods_of(count, chance_of),
            **price_lists_of(count, chance_of, goods_of(count, chance_of)["items"]),
        },
        crm={
            "organizations": made.organization,
            "transactioncurrencies": made.crm_currencies,
            "systemusers": made.users,
        },
    )


class _Maker:
    def __init__(self, count: int, chance_of: ChanceOf) -> None:
        self.count = count
        self.chance_of = chance_of
        self.salespeople_count = count // 200 + 5

    def ledger_setup(self) -> Iterator[Fields]:
        yield {"localCurrencyCode": LOCAL_CURRENCY, "localCurrencySymbol": "Fr."}

    def company_information(self) -> Iterator[Fields]:
        yield {"displayName": "Gleisdreieck Handel AG", "city": "Zürich", "postalCode": "8001", "country": "CH"}

    def currencies(self) -> Iterator[Fields]:
        yield {"code": "EUR", "displayName": "Euro", "symbol": "€", "amountDecimalPlaces": "2:2"}
        yield {"code": "NZD", "displayName": "New Zealand dollar", "symbol": "$", "amountDecimalPlaces": "2:2"}

    def rates(self) -> Iterator[Fields]:
        for code, start in _RATES.items():
            chance = self.chance_of(f"rates {code}")
            rate = start
            for month in range(_MONTHS):
                rate += Decimal(chance.randrange(-80, 81)) / 100
                yield {
                    "currencyCode": code,
                    "startingDate": f"{2025 + month // 12}-{month % 12 + 1:02d}-01",
                    "exchangeRateAmount": "100",
                    "relationalExchangeRateAmount": str(rate),
                }

    def salespeople(self) -> Iterator[Fields]:
        for index in range(self.salespeople_count):
            chance = self.chance_of(f"salesperson {index}")
            person = a_person(chance)
            yield {
                "code": self._salesperson_code(index),
                "displayName": person.name,
                "email": person.email(f"sales{index}.gleisdreieck.example"),
                "phoneNo": a_phone(chance, a_country(chance)),
                "jobTitle": "Verkauf",
                "commisionPercent": str(chance.randrange(0, 8)),
            }

    def users(self) -> Iterator[Fields]:
        for index in range(self.salespeople_count):
            person = a_person(self.chance_of(f"salesperson {index}"))
            email = person.email(f"sales{index}.gleisdreieck.example")
            yield {
                "firstname": person.first_name,
                "lastname": person.last_name,
                "internalemailaddress": email,
                "domainname": email,
                "islicensed": "true",
                "isdisabled": "false",
                "accessmode": "0",
            }

    def organization(self) -> Iterator[Fields]:
        yield {"name": "Gleisdreieck", "basecurrencyid": LOCAL_CURRENCY}

    def crm_currencies(self) -> Iterator[Fields]:
        yield _crm_currency(LOCAL_CURRENCY, "Schweizer Franken", "Fr.", "1")
        yield _crm_currency("EUR", "Euro", "€", "1.0582")

    def customers(self) -> Iterator[Fields]:
        for index in range(self.count):
            yield self._customer(index)

    def contacts(self) -> Iterator[Fields]:
        for index in self._with_person():
            customer = self._customer(index)
            shared = {name: customer[name] for name in _SHARED}
            yield {"number": self._company_contact(index), "type": "Company", **shared}
            yield self._person(index, customer)

    def relations(self) -> Iterator[Fields]:
        for index in self._with_person():
            number = self._customer(index)["number"]
            yield {"contactNumber": self._company_contact(index), "relatedType": "Customer", "relatedId": number}

    def _with_person(self) -> Iterator[int]:
        """Every fourth customer has somebody to talk to; one that is a person itself gives way to the next."""
        for begin in range(0, self.count, 4):
            for index in range(begin, min(begin + 4, self.count)):
                if self._customer(index)["type"] == "Company":
                    yield index
                    break

    def _customer(self, index: int) -> Fields:
        chance = self.chance_of(f"customer {index}")
        country = a_country(chance)
        is_person = chance.random() < _PERSON_SHARE
        if is_person:
            name = a_person(chance).name
        elif chance.random() < _FAMILIAR_NAME:
            name = f"Velo Handel {country['legal_forms'][0]}"
        else:
            name = a_company_name(chance, country)
        domain = f"{slug(name)}{index}.example"
        return {
            "number": f"{index:06d}" if index % _ZEROS_EVERY == _ZEROS_AT else f"C{(index + 1) * 10:05d}",
            "displayName": name,
            "type": "Person" if is_person else "Company",
            **an_address(chance, country),
            "phoneNumber": a_phone(chance, country),
            "email": f"info@{domain}" if chance.random() < _HAS_EMAIL else "",
            "website": f"https://www.{domain}" if chance.random() < _HAS_WEBSITE else "",
            "salespersonCode": self._salesperson_code(chance.randrange(0, self.salespeople_count)),
            "creditLimit": str(chance.randrange(0, 40) * 500),
            "currencyCode": "" if country["currency"] == LOCAL_CURRENCY else country["currency"],
            "blocked": chance.choice(["Ship", "Invoice", "All"]) if chance.random() < _BLOCKED else "",
            "paymentTermsId": chance.choice(_TERMS),
            "shipmentMethodId": chance.choice(_SHIPMENTS),
            "customerPriceGroup": "GROSS" if index % _WHOLESALE_EVERY == _WHOLESALE_AT and not is_person else "",
        }

    def ship_to_addresses(self) -> Iterator[Fields]:
        """Some customers have a warehouse elsewhere."""
        for index in range(_SECOND_ADDRESS_AT, self.count, _SECOND_ADDRESS_EVERY):
            chance = self.chance_of(f"ship-to {index}")
            address = an_address(chance, a_country(chance))
            yield {"customerNumber": self._customer(index)["number"], "code": "LAGER", **address}

    def _person(self, index: int, customer: Fields) -> Fields:
        chance = self.chance_of(f"person {index}")
        person = a_person(chance)
        domain = customer["email"].partition("@")[2] or f"kontakt{index}.example"
        return {
            "number": f"P{(index + 1) * 10:06d}",
            "type": "Person",
            "displayName": person.name,
            "companyNumber": self._company_contact(index),
            "jobTitle": chance.choice(names()["job_titles"]),
            **{name: customer[name] for name in _ADDRESS},
            "phoneNumber": customer["phoneNumber"],
            "mobilePhoneNumber": a_phone(chance, a_country(chance)),
            "email": person.email(domain),
        }

    def _company_contact(self, index: int) -> str:
        return f"CC{(index + 1) * 10:06d}"

    def _salesperson_code(self, index: int) -> str:
        person = a_person(self.chance_of(f"salesperson {index}"))
        return f"{slug(person.first_name)[0]}{slug(person.last_name)[0]}{index + 1:02d}".upper()


_ADDRESS = ("addressLine1", "addressLine2", "city", "state", "country", "postalCode")
_SHARED = ("displayName", *_ADDRESS, "phoneNumber", "email", "website")


def _crm_currency(code: str, name: str, symbol: str, rate: str) -> Fields:
    return {
        "isocurrencycode": code,
        "currencyname": name,
        "currencysymbol": symbol,
        "currencyprecision": "2",
        "exchangerate": rate,
    }
