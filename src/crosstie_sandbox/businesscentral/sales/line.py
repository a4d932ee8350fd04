"""A line of a sales document as a value: what is entered in it, and how its discount follows.

Percentage and amount of the discount say the same thing; the one that was entered last decides the other, and the
percentage stays when quantity or price change (table 37, "Line Discount %" and "Line Discount Amount").
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from crosstie_sandbox.businesscentral.sales.amounts import (
    HUNDRED,
    PERCENT_PRECISION,
    ZERO,
    percentage,
    product,
    quotient,
    rounded,
)

UNIT_PRICE_PRECISION = Decimal("0.00001")


class DiscountError(ValueError):
    """A discount that is negative or more than the line is worth."""


@dataclass(frozen=True, slots=True)
class Vat:
    """The VAT of a line: lines of one identifier are taxed together."""

    identifier: str
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Line:
    """What a line says; prices and discounts include VAT where the document says so."""

    quantity: Decimal
    unit_price: Decimal
    vat: Vat
    discount_percent: Decimal = ZERO
    discount_amount: Decimal = ZERO
    invoice_discount: Decimal = ZERO
    """The line's share of the discount on the whole document."""
    takes_invoice_discount: bool = True
    rounding: Decimal = ZERO
    """What quantity times price lacks to be this part of a larger line (see `posting.parts`)."""

    def gross(self, precision: Decimal) -> Decimal:
        """Quantity times price, before any discount."""
        return rounded(product(self.quantity, self.unit_price), precision) + self.rounding

    def amount(self, precision: Decimal) -> Decimal:
        """What the line comes to after its own discount."""
        return self.gross(precision) - self.discount_amount

    def repriced(self, quantity: Decimal, unit_price: Decimal, precision: Decimal) -> Self:
        """The line with another quantity or price, at the same percentage of discount."""
        changed = replace(self, quantity=quantity, unit_price=unit_price)
        return changed.discounted_by_percent(self.discount_percent, precision)

    def discounted_by_percent(self, percent: Decimal, precision: Decimal) -> Self:
        """The line with a percentage of discount; raises DiscountError outside 0 to 100."""
        if not 0 <= percent <= HUNDRED:
            raise DiscountError(percent)
        amount = rounded(percentage(self.gross(precision), percent), precision)
        return replace(self, discount_percent=percent, discount_amount=amount)

    def discounted_by_amount(self, amount: Decimal, precision: Decimal) -> Self:
        """The line with an amount of discount; raises DiscountError if it is more than the line is worth."""
        gross = self.gross(precision)
        amount = rounded(amount, precision)
        if gross == 0:
            if amount != 0:
                raise DiscountError(amount)
            return replace(self, discount_percent=ZERO, discount_amount=ZERO)
        percent = rounded(quotient(product(amount, HUNDRED), gross), PERCENT_PRECISION)
        if not 0 <= percent <= HUNDRED or abs(amount) > abs(gross):
            raise DiscountError(amount)
        return replace(self, discount_percent=percent, discount_amount=amount)
