"""What a posting takes from an order, and the two ledgers it writes to."""

from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstie_sandbox.businesscentral.posting.receivables import ApplicationError, Entry, apply, balance
from crosstie_sandbox.businesscentral.posting.stock import settle
from crosstie_sandbox.businesscentral.sales.quantities import Quantities, QuantityError

D = Decimal
CENT = D("0.01")
TODAY = date(2026, 1, 2)


@given(st.decimals("-999", "999", places=2), st.data())
def test_shipping_in_parts_reaches_the_whole(ordered: Decimal, data: st.DataObject) -> None:
    """Whatever is entered before each posting, nothing is shipped or invoiced twice and the last one takes the rest."""
    line = Quantities(ordered).proposed()
    for _ in range(3):
        line = line.with_to_ship(line.outstanding * data.draw(st.integers(0, 4)) / 4)
        line = line.with_to_invoice(line.invoiceable * data.draw(st.integers(0, 4)) / 4).posted()
        assert abs(line.invoiced) <= abs(line.shipped) <= abs(line.ordered)
        assert line.to_ship == line.outstanding
        assert line.to_invoice == line.ordered - line.invoiced
    line = line.posted()
    assert (line.shipped, line.invoiced, line.is_complete) == (ordered, ordered, True)


def test_a_line_gives_no_more_than_it_has() -> None:
    """No more than what is outstanding is shipped, nor more than is shipped invoiced; the texts are the vendor's."""
    line = Quantities(D(10), shipped=D(4), invoiced=D(3)).proposed()
    with pytest.raises(QuantityError, match=r"^You cannot ship more than 6 units\.$"):
        line.with_to_ship(D(7))
    with pytest.raises(QuantityError, match=r"^You cannot invoice more than 3 units\.$"):
        line.with_to_ship(D(2)).with_to_invoice(D(4))
    with pytest.raises(QuantityError, match=r"^Quantity must not be less than 4\.$"):
        line.reordered(D(3))
    with pytest.raises(QuantityError):
        line.with_to_ship(D(-1))
    assert line.reordered(D(4)).proposed().to_ship == 0


def entry(amount: str, local: str, due: date = TODAY) -> Entry:
    """An entry of which nothing is applied yet."""
    return Entry(D(amount), D(amount), D(local), D(local), due)


def test_a_payment_closes_what_it_covers() -> None:
    """A payment takes from the invoice as much as it can, and both keep what is left over."""
    invoice, payment = apply(entry("100", "90"), entry("-40", "-38"), CENT)
    assert (invoice.remaining, invoice.remaining_local, invoice.is_open) == (D(60), D(54), True)
    assert (payment.remaining, payment.remaining_local, payment.is_open) == (D(0), D(0), False)
    invoice, payment = apply(invoice, entry("-100", "-95"), CENT)
    assert (invoice.is_open, payment.remaining, payment.remaining_local) == (False, D(-40), D(-38))


def test_only_opposite_entries_are_applied() -> None:
    """Two debts, or a closed entry, cannot be applied."""
    with pytest.raises(ApplicationError):
        apply(entry("1", "1"), entry("1", "1"), CENT)
    with pytest.raises(ApplicationError):
        apply(entry("0", "0"), entry("-1", "-1"), CENT)


@given(st.lists(st.integers(-500, 500).filter(bool), min_size=1, max_size=12))
def test_the_ledger_balances(cents: list[int]) -> None:
    """Whatever is applied to whatever, what remains adds up to what was posted, and closed entries owe nothing."""
    entries = [entry(str(D(value) / 100), str(D(value) / 100)) for value in cents]
    posted = sum((found.amount for found in entries), D(0))
    for one, two in permutations(range(len(entries)), 2):
        if entries[one].remaining < 0 < entries[two].remaining:
            entries[two], entries[one] = apply(entries[two], entries[one], CENT)
    assert not any(found.remaining < 0 for found in entries) or not any(found.remaining > 0 for found in entries)
    assert sum((found.remaining for found in entries), D(0)) == posted
    assert all(found.remaining_local == found.remaining for found in entries)
    assert balance(entries, TODAY).total == posted


def test_due_today_is_not_overdue() -> None:
    """Overdue is what was due before today."""
    entries = [entry("5", "5", date(2026, 1, 1)), entry("7", "7"), entry("-1", "-1", date(2025, 12, 31))]
    assert balance(entries, TODAY).overdue == D(4)


@given(st.lists(st.decimals("-99", "99", places=3), max_size=15))
def test_stock_is_what_remains(movements: list[Decimal]) -> None:
    """After any movements what remains of the entries is the stock, all of one sign, and the oldest are used first."""
    remaining: list[Decimal] = []
    for quantity in movements:
        remaining, left = settle(remaining, quantity)
        remaining.append(left)
        assert not any(found < 0 for found in remaining) or not any(found > 0 for found in remaining)
    assert sum(remaining, D(0)) == sum(movements, D(0))


def test_the_oldest_goes_first() -> None:
    """What goes out takes from what came first; what came too late covers what was sold before it came."""
    assert settle([D(5), D(5)], D(-7)) == ([D(0), D(3)], D(0))
    assert settle([D(0), D(-4)], D(6)) == ([D(0), D(0)], D(2))
