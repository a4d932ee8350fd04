"""What sales documents of the sandbox ERP come to, to the last cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstie_sandbox.businesscentral.posting.parts import part
from crosstie_sandbox.businesscentral.sales.amounts import rounded, shares
from crosstie_sandbox.businesscentral.sales.line import DiscountError, Line, Vat
from crosstie_sandbox.businesscentral.sales.totals import (
    LineAmounts,
    Terms,
    Totals,
    amounts,
    largest_invoice_discount,
    spread_invoice_discount,
    totals,
)

D = Decimal
CENT = D("0.01")
PRECISIONS = st.sampled_from([D("0.01"), D("0.05"), D("0.001"), D(1)])
VATS = st.sampled_from([Vat("A", D(25)), Vat("B", D("8.1")), Vat("C", D(0)), Vat("D", D("25.5"))])
QUANTITIES = st.decimals("0.00001", "9999", places=5)
PRICES = st.decimals(0, "99999", places=5)


@st.composite
def lines(draw: st.DrawFn, precision: Decimal, *, returns: bool = False) -> Line:
    """A line with any discount."""
    quantity = draw(QUANTITIES)
    if returns and draw(st.booleans()):
        quantity = -quantity
    line = Line(quantity, draw(PRICES), draw(VATS), takes_invoice_discount=draw(st.booleans()))
    return line.discounted_by_percent(draw(st.decimals(0, 100, places=5)), precision)


@st.composite
def documents(draw: st.DrawFn, *, returns: bool = False) -> tuple[tuple[Line, ...], Terms]:
    """A document with any discount on the whole of it."""
    terms = Terms(draw(PRECISIONS), draw(st.booleans()))
    entered = draw(st.lists(lines(terms.precision, returns=returns), min_size=1, max_size=6))
    most = largest_invoice_discount(entered, terms.precision)
    discount = rounded(most * draw(st.decimals(0, 1, places=4)), terms.precision)
    return spread_invoice_discount(entered, min(discount, most), terms.precision), terms


def added(rows: tuple[LineAmounts, ...]) -> tuple[Decimal, Decimal, Decimal]:
    """Net, VAT and gross of all lines."""
    return (
        sum((row.net for row in rows), D(0)),
        sum((row.vat for row in rows), D(0)),
        sum((row.gross for row in rows), D(0)),
    )


@pytest.mark.parametrize(
    ("amount", "precision", "expected"),
    [
        ("0.005", "0.01", "0.01"),
        ("-0.005", "0.01", "-0.01"),
        ("1.025", "0.05", "1.05"),
        ("1.0249", "0.05", "1.00"),
        ("2.5", "1", "3"),
        ("123456789012345.675", "0.01", "123456789012345.68"),
    ],
)
def test_halves_go_away_from_zero(amount: str, precision: str, expected: str) -> None:
    """An amount is rounded to the nearest step of its currency, a half away from zero."""
    assert rounded(D(amount), D(precision)) == D(expected)


@given(st.integers(0, 10**9), st.lists(st.decimals(0, 10**6, places=2), min_size=1, max_size=9), PRECISIONS)
def test_shares_are_the_total(total_steps: int, weights: list[Decimal], precision: Decimal) -> None:
    """A divided total loses nothing, and no share is a step or more away from its proportion."""
    total = total_steps * precision
    if not any(weights):
        weights = [*weights, D(1)]
    parts = shares(total, weights, precision)
    assert sum(parts) == total
    for share, weight in zip(parts, weights, strict=True):
        assert abs(share - total * weight / sum(weights)) <= precision * D("1.000001")


@given(documents(returns=True))
def test_the_lines_add_up_to_the_document(document: tuple[tuple[Line, ...], Terms]) -> None:
    """Net, VAT and gross of the document are the sums of its lines, under any discounts, currency and terms."""
    entered, terms = document
    rows = amounts(entered, terms)
    whole = totals(entered, rows)
    assert added(rows) == (whole.net, whole.vat, whole.gross)
    payable = sum((line.amount(terms.precision) - line.invoice_discount for line in entered), D(0))
    assert (whole.gross if terms.prices_include_vat else whole.net) == payable
    for row in rows:
        assert rounded(row.net, terms.precision) == row.net
        assert rounded(row.vat, terms.precision) == row.vat


@given(documents())
def test_vat_is_rounded_once_per_identifier(document: tuple[tuple[Line, ...], Terms]) -> None:
    """The VAT of a document is its rate on the net of each VAT identifier, rounded once."""
    entered, terms = document
    rows = amounts(entered, terms)
    for identifier in {line.vat.identifier for line in entered}:
        members = [(line, row) for line, row in zip(entered, rows, strict=True) if line.vat.identifier == identifier]
        percent = members[0][0].vat.percent
        net = sum((row.net for _, row in members), D(0))
        vat = sum((row.vat for _, row in members), D(0))
        exact = (net + vat) * percent / (100 + percent) if terms.prices_include_vat else net * percent / 100
        assert abs(vat - exact) <= terms.precision / 2 + D("1e-15")


@given(documents(), st.data())
def test_the_parts_of_an_order_are_the_order(document: tuple[tuple[Line, ...], Terms], data: st.DataObject) -> None:
    """Invoices of parts add up to the order; VAT, rounded per invoice and rate, within half a step each."""
    entered, terms = document
    stops = [
        sorted({D(0), line.quantity, *(data.draw(st.decimals(0, line.quantity, places=5)) for _ in range(2))})
        for line in entered
    ]
    steps = max(len(reached) for reached in stops)
    invoices: list[Totals] = []
    taken: list[list[Line]] = [[] for _ in entered]
    for step in range(1, steps):
        pieces: list[Line] = []
        for index, (line, reached) in enumerate(zip(entered, stops, strict=True)):
            if step < len(reached):
                piece = part(line, reached[step - 1], reached[step], terms.precision)
                pieces.append(piece)
                taken[index].append(piece)
        invoices.append(totals(pieces, amounts(pieces, terms)))
    whole = totals(entered, amounts(entered, terms))
    for line, pieces in zip(entered, taken, strict=True):
        assert sum((piece.quantity for piece in pieces), D(0)) == line.quantity
        assert sum((piece.amount(terms.precision) for piece in pieces), D(0)) == line.amount(terms.precision)
        assert sum((piece.discount_amount for piece in pieces), D(0)) == line.discount_amount
    assert sum((invoice.invoice_discount for invoice in invoices), D(0)) == whole.invoice_discount
    tolerance = terms.precision / 2 * 4 * (len(invoices) + 1) + D("1e-15")
    if terms.prices_include_vat:
        assert sum((invoice.gross for invoice in invoices), D(0)) == whole.gross
        assert abs(sum((invoice.net for invoice in invoices), D(0)) - whole.net) <= tolerance
    else:
        assert sum((invoice.net for invoice in invoices), D(0)) == whole.net
        assert abs(sum((invoice.vat for invoice in invoices), D(0)) - whole.vat) <= tolerance


def test_a_line_after_the_book() -> None:
    """Ten per cent off three at 33.33, five off the document, 25 % VAT: every amount as a clerk computes it."""
    line = Line(D(3), D("33.33"), Vat("A", D(25))).discounted_by_percent(D(10), CENT)
    (line,) = spread_invoice_discount([line], D(5), CENT)
    (row,) = amounts([line], Terms(CENT, prices_include_vat=False))
    assert (line.gross(CENT), line.discount_amount) == (D("99.99"), D("10.00"))
    assert (row.line_net, row.line_vat, row.line_gross) == (D("89.99"), D("22.50"), D("112.49"))
    assert (row.invoice_discount, row.net, row.vat, row.gross) == (D(5), D("84.99"), D("21.25"), D("106.24"))


def test_prices_that_include_vat() -> None:
    """A price that includes VAT stays what is paid; the net is what remains."""
    line = Line(D(1), D(100), Vat("A", D(25)))
    (line,) = spread_invoice_discount([line], D(10), CENT)
    (row,) = amounts([line], Terms(CENT, prices_include_vat=True))
    assert (row.line_gross, row.line_net) == (D(100), D(80))
    assert (row.gross, row.net, row.vat, row.invoice_discount) == (D(90), D(72), D(18), D(8))


def test_percentage_and_amount_of_a_discount_say_the_same() -> None:
    """An amount gives its percentage, and the percentage stays when the quantity changes."""
    line = Line(D(4), D(25), Vat("A", D(25))).discounted_by_amount(D("12.50"), CENT)
    assert line.discount_percent == D("12.5")
    assert line.repriced(D(8), D(25), CENT).discount_amount == D(25)


@pytest.mark.parametrize("percent", ["-0.01", "100.01"])
def test_a_percentage_has_limits(percent: str) -> None:
    """No discount is negative or above a hundred per cent."""
    with pytest.raises(DiscountError):
        Line(D(1), D(10), Vat("A", D(0))).discounted_by_percent(D(percent), CENT)


@pytest.mark.parametrize("amount", ["-1", "10.01"])
def test_a_discount_is_no_more_than_the_line(amount: str) -> None:
    """No amount of discount is negative or above what it is taken from."""
    line = Line(D(1), D(10), Vat("A", D(0)))
    with pytest.raises(DiscountError):
        line.discounted_by_amount(D(amount), CENT)
    with pytest.raises(DiscountError):
        spread_invoice_discount([line], D(amount), CENT)


def test_a_line_may_be_spared_the_invoice_discount() -> None:
    """A discount on the document falls on the lines that allow it only."""
    spared = Line(D(1), D(10), Vat("A", D(0)), takes_invoice_discount=False)
    other = Line(D(1), D(30), Vat("A", D(0)))
    shared = spread_invoice_discount([spared, other], D(3), CENT)
    assert [line.invoice_discount for line in shared] == [D(0), D(3)]
