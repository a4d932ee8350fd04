"""How much of an order line is shipped and invoiced, and how much of it the next posting takes.

Rules of table 37 ("Qty. to Ship", "Qty. to Invoice"): a posting ships what is entered, at most what is outstanding, and
invoices at most what will be shipped by then; afterwards the rest is proposed.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from crosstie_sandbox.businesscentral.sales.amounts import ZERO


class QuantityError(ValueError):
    """A quantity that a line does not allow; the text is the application's."""


@dataclass(frozen=True, slots=True)
class Quantities:
    """One line's quantities, in its own unit; all have the sign of the ordered one."""

    ordered: Decimal
    shipped: Decimal = ZERO
    invoiced: Decimal = ZERO
    to_ship: Decimal = ZERO
    to_invoice: Decimal = ZERO

    @property
    def outstanding(self) -> Decimal:
        """What is still to be shipped."""
        return self.ordered - self.shipped

    @property
    def invoiceable(self) -> Decimal:
        """The most that the next posting can invoice."""
        return self.shipped + self.to_ship - self.invoiced

    @property
    def is_complete(self) -> bool:
        """Whether nothing of the line is left to ship or invoice."""
        return self.invoiced == self.ordered

    def proposed(self) -> Self:
        """All that is left, as the next posting would take it."""
        changed = replace(self, to_ship=self.outstanding)
        return replace(changed, to_invoice=changed.invoiceable)

    def reordered(self, ordered: Decimal) -> Self:
        """The line with another ordered quantity, no less than what has been shipped."""
        if self.shipped and (ordered * self.shipped < 0 or abs(ordered) < abs(self.shipped)):
            raise QuantityError(f"Quantity must not be less than {self.shipped.normalize():f}.")
        return replace(self, ordered=ordered).proposed()

    def with_to_ship(self, quantity: Decimal) -> Self:
        """The line with what the next posting is to ship; it will be invoiced as far as it is shipped."""
        if not _is_part(quantity, self.outstanding):
            raise QuantityError(f"You cannot ship more than {self.outstanding.normalize():f} units.")
        changed = replace(self, to_ship=quantity)
        return replace(changed, to_invoice=changed.invoiceable)

    def with_to_invoice(self, quantity: Decimal) -> Self:
        """The line with what the next posting is to invoice."""
        if not _is_part(quantity, self.invoiceable):
            raise QuantityError(f"You cannot invoice more than {self.invoiceable.normalize():f} units.")
        return replace(self, to_invoice=quantity)

    def posted(self) -> Self:
        """The line after a posting that shipped and invoiced what was entered."""
        return replace(self, shipped=self.shipped + self.to_ship, invoiced=self.invoiced + self.to_invoice).proposed()


def _is_part(quantity: Decimal, whole: Decimal) -> bool:
    """Whether a quantity lies between none and the whole, on its side of zero."""
    return quantity * whole >= 0 and abs(quantity) <= abs(whole)
