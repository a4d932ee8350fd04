"""Which price a sales line of the sandbox ERP gets, and which dates follow from payment terms."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from crosstie_sandbox.businesscentral.sales.dates import DateFormulaError, move
from crosstie_sandbox.businesscentral.sales.pricing import NO_DAY, ListPrice, Offer, Price, Sale, Source, best_price

D = Decimal
SALE = Sale(
    customer="C1",
    price_group="RETAIL",
    item="I1",
    unit="PCS",
    quantity=D(10),
    day=date(2026, 1, 2),
    currency="",
    units_of_currency=D(1),
    quantity_per_unit=D(1),
    vat_percent=D(25),
    prices_include_vat=False,
)
EVERYBODY = Offer(Source.ALL_CUSTOMERS, "", "I1", "PCS", D(0), NO_DAY, NO_DAY, "", D(90), D(0))
LIST = ListPrice(D(100), includes_vat=False)


def price(*offers: Offer, sale: Sale = SALE) -> Decimal:
    """The unit price of a sale."""
    return best_price(offers, LIST, sale).unit_price


def test_without_a_price_list_the_item_says_the_price() -> None:
    """The price on the item counts per base unit, converted into the document's unit, currency and terms."""
    assert best_price([], LIST, SALE) == Price(D(100), D(0), allows_invoice_discount=True, from_list=False)
    box = replace(SALE, unit="BOX", quantity_per_unit=D(12), currency="USD", units_of_currency=D("1.1"))
    assert price(sale=box) == D(1320)
    assert price(sale=replace(SALE, prices_include_vat=True)) == D(125)
    assert best_price([], ListPrice(D(125), includes_vat=True), SALE).unit_price == D(100)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, 90),
        ({"item": "I2"}, 100),
        ({"unit": "BOX"}, 100),
        ({"unit": ""}, 90),
        ({"minimum_quantity": D(10)}, 90),
        ({"minimum_quantity": D(11)}, 100),
        ({"starts": date(2026, 1, 2)}, 90),
        ({"starts": date(2026, 1, 3)}, 100),
        ({"ends": date(2026, 1, 2)}, 90),
        ({"ends": date(2026, 1, 1)}, 100),
        ({"currency": "USD"}, 100),
        ({"source": Source.CUSTOMER, "source_number": "C1"}, 90),
        ({"source": Source.CUSTOMER, "source_number": "C2"}, 100),
        ({"source": Source.PRICE_GROUP, "source_number": "RETAIL"}, 90),
        ({"source": Source.PRICE_GROUP, "source_number": "WHOLESALE"}, 100),
        ({"source": Source.PRICE_GROUP, "source_number": ""}, 100),
        ({"includes_vat": True}, 72),
    ],
)
def test_a_price_list_line_must_suit(change: dict[str, object], expected: int) -> None:
    """A line counts only for its customers, item, unit, quantity, days and currency."""
    assert price(replace(EVERYBODY, **change)) == expected  # type: ignore[arg-type]


def test_the_lowest_price_wins() -> None:
    """Of several prices the lowest is taken, whoever it is for."""
    special = replace(EVERYBODY, source=Source.CUSTOMER, source_number="C1", unit_price=D(95))
    assert price(EVERYBODY, special) == D(90)


def test_a_price_in_the_currency_of_the_document_goes_first() -> None:
    """A price in the document's currency is taken even if a converted one were lower."""
    foreign = replace(EVERYBODY, currency="USD", unit_price=D(120))
    sale = replace(SALE, currency="USD", units_of_currency=D("1.1"))
    assert price(EVERYBODY, sale=sale) == D(99)
    assert price(EVERYBODY, foreign, sale=sale) == D(120)


def test_the_highest_discount_counts_where_it_is_allowed() -> None:
    """Discounts are apart from prices: the highest counts, unless the price that was taken allows none."""
    five = replace(EVERYBODY, unit_price=None, discount_percent=D(5))
    ten = replace(five, discount_percent=D(10))
    assert best_price([EVERYBODY, five, ten], LIST, SALE).discount_percent == D(10)
    net = replace(EVERYBODY, allows_line_discount=False, allows_invoice_discount=False)
    assert best_price([net, ten], LIST, SALE) == Price(D(90), D(0), allows_invoice_discount=False, from_list=True)


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("", "2026-01-30"),
        ("0D", "2026-01-30"),
        ("14D", "2026-02-13"),
        ("1M", "2026-02-28"),
        ("1M+1D", "2026-03-01"),
        ("CM", "2026-01-31"),
        ("CM+10D", "2026-02-10"),
        ("-CM", "2026-01-01"),
        ("CW", "2026-02-01"),
        ("CQ", "2026-03-31"),
        ("CY", "2026-12-31"),
        ("2W", "2026-02-13"),
        ("1Q", "2026-04-30"),
        ("1Y-1D", "2027-01-29"),
        ("<30d>", "2026-03-01"),
    ],
)
def test_a_date_formula_leads_to_a_date(formula: str, expected: str) -> None:
    """Days, weeks, months, quarters, years and the ends of the current ones, one after the other."""
    assert move(date(2026, 1, 30), formula).isoformat() == expected


@pytest.mark.parametrize("formula", ["30", "D30", "30D10D", "X", "1M ,", "99999D", "9999Y"])
def test_what_is_no_date_formula_is_refused(formula: str) -> None:
    """A text that is no formula, or leads out of the calendar, is an error."""
    with pytest.raises(DateFormulaError):
        move(date(2026, 1, 30), formula)
