"""The layout of Microsoft's sample company, with rows of our own."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from crosstie_sandbox.company.build import CRM_FILE, ERP_FILE, build
from crosstie_sandbox.company.choose import Choice, read
from crosstie_sandbox.company.data import CompanyDataError
from crosstie_sandbox.odata.folding import install

FILES = {
    "customers.csv": (
        "customer_id,customer_number,customer_type,name,salesperson_id,address_line1,address_line2,city,state_code,"
        "postal_code,country_code,phone,email\r\n"
        "1,AW1,store,Great Rails ,901,1 Main Street,,Bothell,WA,01234,US,,\r\n"
        "2,AW2,individual,José García,,2 Rue Royale,Apt 4,Sèvres,92,92310,FR,1 (11) 500 555-0118,josé2@m.example\r\n"
    ),
    "contacts.csv": (
        "contact_id,store_customer_id,contact_type,first_name,middle_name,last_name,phone,email\r\n"
        "31,1,Owner,Ann,B.,Lee,398-555-0132,ann0@mail.example\r\n"
        "33,1,Purchasing Agent,,,,747-555-0171,kim0@mail.example\r\n"
    ),
    "salespeople.csv": (
        "salesperson_id,name,first_name,last_name,job_title,email,phone,commission_pct\r\n"
        "901,José Sá,José,Sá,Sales Representative,jose1@mail.example,238-555-0197,0.012\r\n"
    ),
    "currencies.csv": "currency_code,name\r\nAUD,Australian Dollar\r\nUSD,US Dollar\r\nXAF,Unused\r\n",
    "exchange_rates.csv": (
        "rate_date,from_currency,to_currency,average_rate,end_of_day_rate\r\n"
        "2011-05-31,USD,AUD,1.5491,1.55\r\n2011-05-31,USD,USD,1,1\r\n"
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny company in that layout."""
    made = tmp_path / "data"
    made.mkdir()
    for name, text in FILES.items():
        (made / name).write_bytes(text.encode())
    return made


def load(folder: Path, target: Path) -> None:
    """Load a folder as the program does."""
    numbers = count(1)
    target.mkdir(exist_ok=True)
    data = read(Choice(folder=str(folder)), lambda seed, name: pytest.fail(f"no chance here: {seed} {name}"))
    build(target, data, clock=lambda: datetime(2026, 1, 2, tzinfo=UTC), ids=lambda: UUID(int=next(numbers)))


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    """What a file holds."""
    with closing(sqlite3.connect(database)) as connection:
        install(connection)
        return connection.execute(query).fetchall()


def test_customers_and_their_people_arrive(folder: Path, tmp_path: Path) -> None:
    """Stores become companies, individuals persons, and persons belong to the contact of their store."""
    load(folder, tmp_path / "loaded")
    erp = tmp_path / "loaded" / ERP_FILE
    query = "SELECT number, displayName, type, state, postalCode, currencyCode, salespersonCode, email FROM customers"
    assert rows(erp, f"{query} ORDER BY 1") == [
        ("AW1", "Great Rails ", "Company", "WA", "01234", "USD", "JS901", ""),
        ("AW2", "José García", "Person", "92", "92310", "USD", "", "josé2@m.example"),
    ]
    query = "SELECT number, type, displayName, companyName, jobTitle, contactBusinessRelation FROM contacts ORDER BY 1"
    assert rows(erp, query) == [
        ("CT-AW1", "Company", "Great Rails ", "Great Rails ", "", "Customer"),
        ("CT-P31", "Person", "Ann B. Lee", "Great Rails ", "Owner", "Customer"),
        ("CT-P33", "Person", "", "Great Rails ", "Purchasing Agent", "Customer"),
        ("CT000010", "Person", "José García", "", "", "Customer"),
    ]


def test_currencies_have_rates_and_dollars_are_local(folder: Path, tmp_path: Path) -> None:
    """Only currencies with rates arrive; the dollar is the local currency on both sides, not a row of the ERP."""
    load(folder, tmp_path / "loaded")
    erp, crm = tmp_path / "loaded" / ERP_FILE, tmp_path / "loaded" / CRM_FILE
    assert rows(erp, "SELECT localCurrencyCode FROM generalLedgerSetup") == [("USD",)]
    assert rows(erp, "SELECT code, displayName FROM currencies") == [("AUD", "Australian Dollar")]
    query = (
        "SELECT currencyCode, startingDate, exchangeRateAmount, relationalExchangeRateAmount FROM currencyExchangeRates"
    )
    assert rows(erp, query) == [("AUD", "2011-05-31", "1.55", "1")]
    assert rows(erp, "SELECT code, email, commisionPercent FROM salespeoplePurchasers") == [
        ("JS901", "jose1@mail.example", "1.2")
    ]
    assert rows(crm, "SELECT isocurrencycode FROM transactioncurrency") == [("USD",)]
    assert ("jose1@mail.example",) in rows(crm, "SELECT internalemailaddress FROM systemuser")


def test_nothing_is_cut_to_fit(folder: Path, tmp_path: Path) -> None:
    """A value that is too long for its column stops the load and names the line."""
    text = FILES["customers.csv"].replace("Bothell", "B" * 31)
    (folder / "customers.csv").write_bytes(text.encode())
    with pytest.raises(CompanyDataError) as refused:
        load(folder, tmp_path / "loaded")
    assert [(problem.file, problem.line, problem.column) for problem in refused.value.problems] == [
        ("row 1 of erp/contacts, made from customers.csv and contacts.csv", None, "city"),
        ("customers.csv", 2, "city"),
    ]


def test_a_missing_file_or_column_is_named(folder: Path, tmp_path: Path) -> None:
    """Every file and column that is not there is told at once."""
    (folder / "currencies.csv").unlink()
    (folder / "salespeople.csv").write_text("salesperson_id,name\r\n", encoding="utf-8")
    with pytest.raises(CompanyDataError) as refused:
        load(folder, tmp_path / "loaded")
    told = {(problem.file, problem.column) for problem in refused.value.problems}
    assert told >= {("currencies.csv", ""), ("salespeople.csv", "email"), ("salespeople.csv", "phone")}


ITEM_FILES = {
    "items.csv": (
        "item_id,item_number,name,standard_cost,list_price,subcategory_name\r\n"
        '1,RL-1,Rail 1,10.5000,12.2500,Long Rails\r\n2,NT-1,"Nut, small",0.0000,0.0000,\r\n'
    ),
    "item_categories.csv": "subcategory_id,subcategory_name\r\n1,Long Rails\r\n",
    "units_of_measure.csv": "unit_code,name\r\nEA,Each\r\n",
    "locations.csv": "location_id,name\r\n7,Finished Goods\r\n",
    "inventory.csv": "item_id,item_number,location_id,quantity\r\n1,RL-1,7,4\r\n1,RL-1,6,3\r\n",
    "ship_methods.csv": "ship_method_id,name\r\n3,OVERSEAS - DELUXE\r\n",
    "countries.csv": "country_code,name\r\nNZ,New Zealand\r\n",
}


def test_items_come_along_when_their_files_are_there(folder: Path, tmp_path: Path) -> None:
    """Items arrive with category, unit, price, cost and the stock of all places; the small tables with their codes."""
    for name, text in ITEM_FILES.items():
        (folder / name).write_bytes(text.encode())
    load(folder, tmp_path / "loaded")
    erp = tmp_path / "loaded" / ERP_FILE
    query = "SELECT number, displayName, itemCategoryCode, baseUnitOfMeasureCode, unitPrice, unitCost, inventory"
    assert rows(erp, f"{query} FROM items ORDER BY 1") == [
        ("NT-1", "Nut, small", "", "EA", "0", "0", "0"),
        ("RL-1", "Rail 1", "LONG RAILS", "EA", "12.25", "10.5", "7"),
    ]
    stock = rows(erp, "SELECT itemNumber, locationCode, quantity, remainingQuantity FROM itemLedgerEntries ORDER BY 2")
    assert stock == [("RL-1", "", "3", "3"), ("RL-1", "7", "4", "4")]
    for entity_set, code in (("locations", "7"), ("shipmentMethods", "OVERSEAS"), ("countriesRegions", "NZ")):
        assert rows(erp, f"SELECT code FROM {entity_set}") == [(code,)]


@pytest.mark.parametrize(
    ("right", "wrong", "where"),
    [
        ("12.2500", "dear", "items.csv line 2, column unitPrice, value 'dear'"),
        (",6,3", ",6,few", "inventory.csv line 3, column quantity, value 'few'"),
    ],
)
def test_a_wrong_number_of_an_item_is_named(folder: Path, tmp_path: Path, right: str, wrong: str, where: str) -> None:
    """A price or a stock that is no number stops the load, with its line."""
    for name, text in ITEM_FILES.items():
        (folder / name).write_bytes(text.replace(right, wrong).encode())
    with pytest.raises(CompanyDataError) as refusal:
        load(folder, tmp_path / "loaded")
    assert where in str(refusal.value)


def test_list_prices_and_shipping_addresses_arrive(folder: Path, tmp_path: Path) -> None:
    """What is sold stands on one price list, and an address of type Shipping belongs to its store's customer."""
    for name, text in ITEM_FILES.items():
        (folder / name).write_bytes(text.encode())
    stores = FILES["customers.csv"].replace("address_line1", "store_id,address_line1", 1)
    stores = stores.replace(",901,1 Main", ",901,934,1 Main").replace(",,2 Rue", ",,,2 Rue")
    (folder / "customers.csv").write_bytes(stores.encode())
    (folder / "customer_addresses.csv").write_text(
        "entity_type,entity_id,address_type,address_line1,address_line2,city,state_code,postal_code,country_code\n"
        "store,934,Main Office,1 Main Street,,Bothell,WA,01234,US\n"
        "store,934,Shipping,9 Dock Road,Gate 4,Seattle,WA,98104,US\n"
        "person,4711,Shipping,Nowhere,,Nowhere,,,US\n",
        encoding="utf-8",
    )
    load(folder, tmp_path / "loaded")
    erp = tmp_path / "loaded" / ERP_FILE
    query = "SELECT customerNumber, code, name, addressLine1, addressLine2, city FROM shipToAddresses"
    assert rows(erp, query) == [("AW1", "SHIPPING", "Great Rails ", "9 Dock Road", "Gate 4", "Seattle")]
    priced = rows(erp, "SELECT number, unitPrice FROM items WHERE CAST(unitPrice AS REAL) > 0 ORDER BY number")
    assert priced
    assert rows(erp, "SELECT assetNumber, unitPrice FROM priceListLines ORDER BY 1") == priced
    assert rows(erp, "SELECT code, status FROM priceListHeaders") == [("LIST", "Active")]
