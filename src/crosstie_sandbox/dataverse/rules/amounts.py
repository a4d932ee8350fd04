"""The arithmetic of sales documents: pure, in the document's currency.

A line: base amount = (price per unit - volume discount) * quantity; extended amount = base amount - manual discount
+ tax. A document: the sums of its lines, less the percentage of their amount and the discount of the whole, plus
freight and tax.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """What a line's amounts come from."""

    quantity: Decimal = ZERO
    price: Decimal = ZERO
    volume_discount: Decimal = ZERO
    """Per unit."""
    manual_discount: Decimal = ZERO
    tax: Decimal = ZERO

    def base(self, digits: int) -> Decimal:
        """The amount before the manual discount and tax."""
        return rounded((self.price - self.volume_discount) * self.quantity, digits)

    def extended(self, digits: int) -> Decimal:
        """The amount that is to be paid."""
        return self.base(digits) - self.manual_discount + self.tax


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums of the lines of a document."""

    base: Decimal
    manual_discount: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """What a document adds to its lines."""

    discount: Decimal = ZERO
    percentage: Decimal = ZERO
    freight: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals of a document."""

    line_amount: Decimal
    line_discount: Decimal
    discount: Decimal
    less_freight: Decimal
    tax: Decimal
    amount: Decimal


def totals(sums: Sums, terms: Terms, digits: int) -> Totals:
    """The totals that follow from lines and terms."""
    line_amount = sums.base - sums.manual_discount
    own_discount = terms.discount + rounded(line_amount * terms.percentage / 100, digits)
    less_freight = line_amount - own_discount
    return Totals(
        line_amount=line_amount,
        line_discount=sums.manual_discount,
        discount=own_discount + sums.manual_discount,
        less_freight=less_freight,
        tax=sums.tax,
        amount=less_freight + terms.freight + sums.tax,
    )


def summed(lines: Iterable[tuple[Decimal, Decimal, Decimal]]) -> Sums:
    """The sums of base amounts, manual discounts and taxes."""
    base = manual_discount = tax = ZERO
    for one in lines:
        base, manual_discount, tax = base + one[0], manual_discount + one[1], tax + one[2]
    return Sums(base, manual_discount, tax)


def rounded(amount: Decimal, digits: int) -> Decimal:
    """An amount with so many digits after the point, half to even as the vendor rounds."""
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
