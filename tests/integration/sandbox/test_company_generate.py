"""Companies made from a seed."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random  # noqa: TID251 - the test chooses the seeds
from uuid import UUID

from crosstie_sandbox.company.build import ERP_FILE, build
from crosstie_sandbox.company.generate import generate


def made(count: int, seed: int) -> dict[str, list[dict[str, str]]]:
    """Every row of a generated company."""
    data = generate(count, lambda name: Random(f"{seed} {name}"))  # noqa: S311 - no secrets here
    return {name: [dict(row) for row in rows()] for name, rows in {**data.erp, **data.crm}.items()}


def test_the_same_seed_makes_the_same_company() -> None:
    """Equal seeds give equal rows, different ones do not."""
    assert made(60, 1) == made(60, 1)
    assert made(60, 1) != made(60, 2)


def test_a_generated_company_has_the_right_shape() -> None:
    """So many customers, a quarter as many persons, salespeople who are users too, numbers without duplicates."""
    company = made(1000, 7)
    customers, contacts = company["customers"], company["contacts"]
    assert len(customers) == len({row["number"] for row in customers}) == 1000
    assert len([row for row in contacts if row["type"] == "Person"]) == 250
    assert len({row["number"] for row in contacts}) == len(contacts) == 500
    assert len(company["salespeoplePurchasers"]) == 10
    emails = [row["email"] for row in company["salespeoplePurchasers"]]
    assert emails == [row["internalemailaddress"] for row in company["systemusers"]]


def test_a_generated_company_is_as_untidy_as_a_real_one() -> None:
    """There are missing and shared telephones, names that occur twice, leading zeros and letters beyond ASCII."""
    customers = made(1000, 7)["customers"]
    phones = [row["phoneNumber"] for row in customers]
    assert 50 < phones.count("") < 300
    assert max(phones.count(phone) for phone in set(phones) - {""}) > 5
    assert len({row["displayName"] for row in customers}) < 1000
    assert any(row["number"].startswith("00") for row in customers)
    assert any(row["postalCode"].startswith("0") for row in customers)
    assert any(not row["displayName"].isascii() for row in customers)
    assert {row["country"] for row in customers} == {"CH", "DE", "FI", "IS", "NZ"}
    assert all(row["email"].endswith(".example") for row in customers if row["email"])


def test_a_generated_company_has_goods() -> None:
    """There are items of every category with a price above their cost, and all codes that are named exist."""
    company = made(400, 7)
    items = company["items"]
    assert len(items) == len({row["number"] for row in items}) == 20
    assert {row["itemCategoryCode"] for row in items} == {row["code"] for row in company["itemCategories"]}
    assert all(Decimal(row["unitPrice"]) > Decimal(row["unitCost"]) > 0 for row in items)
    for name, target in (
        ("baseUnitOfMeasureCode", "unitsOfMeasure"),
        ("taxGroupCode", "taxGroups"),
        ("inventoryPostingGroupCode", "inventoryPostingGroups"),
        ("generalProductPostingGroupCode", "generalProductPostingGroups"),
    ):
        assert {row[name] for row in items} - {""} <= {row["code"] for row in company[target]}
    assert {row["paymentTermsId"] for row in company["customers"]} - {""} <= {
        row["code"] for row in company["paymentTerms"]
    }


def test_a_lookup_by_id_takes_the_natural_key(tmp_path: Path) -> None:
    """`paymentTermsId` of a file holds the code, and the customer names those terms by their id afterwards."""
    numbers = count(1)
    data = generate(30, lambda name: Random(f"7 {name}"))  # noqa: S311 - no secrets here
    build(tmp_path, data, clock=lambda: datetime(2026, 1, 2, tzinfo=UTC), ids=lambda: UUID(int=next(numbers)))
    with closing(sqlite3.connect(tmp_path / ERP_FILE)) as connection:
        query = "SELECT c.number, t.code FROM customers c JOIN paymentTerms t ON t.id = c.paymentTermsId"
        found = dict(connection.execute(query).fetchall())
    assert found == {row["number"]: row["paymentTermsId"] for row in data.erp["customers"]() if row["paymentTermsId"]}


def test_a_generated_company_has_prices(tmp_path: Path) -> None:
    """Price lists for everybody and for a price group, resources with their units, second addresses of customers."""
    numbers = count(1)
    data = generate(60, lambda name: Random(f"7 {name}"))  # noqa: S311 - no secrets here
    build(tmp_path, data, clock=lambda: datetime(2026, 1, 2, tzinfo=UTC), ids=lambda: UUID(int=next(numbers)))
    items = list(data.erp["items"]())
    with closing(sqlite3.connect(tmp_path / ERP_FILE)) as connection:
        query = "SELECT code, status, sourceNumber, currencyCode FROM priceListHeaders ORDER BY code"
        assert connection.execute(query).fetchall() == [
            ("EXPORT", "Active", "", "EUR"),
            ("GROSS", "Active", "GROSS", ""),
            ("STAMM27", "Draft", "STAMM", ""),
        ]
        query = (
            "SELECT assetNumber, unitPrice, status, unitOfMeasureCode FROM priceListLines "
            "WHERE priceListCode = 'GROSS' ORDER BY lineNumber"
        )
        lines = connection.execute(query).fetchall()
        grouped = connection.execute("SELECT count(*) FROM customers WHERE customerPriceGroup = 'GROSS'").fetchone()
        query = "SELECT count(*) FROM resources r JOIN resourceUnitsOfMeasure u ON u.resourceNumber = r.number"
        resources = connection.execute(query).fetchone()
        addresses = connection.execute("SELECT customerNumber, code FROM shipToAddresses").fetchall()
    assert [line[0] for line in lines] == [item["number"] for item in items]
    for line, item in zip(lines, items, strict=True):
        assert abs(Decimal(line[1]) - Decimal(item["unitPrice"]) * Decimal("0.85")) <= Decimal("0.005")
        assert line[2:] == ("Active", item["baseUnitOfMeasureCode"])
    assert grouped[0] > 0
    assert resources == (4,)
    assert len(addresses) == 3
