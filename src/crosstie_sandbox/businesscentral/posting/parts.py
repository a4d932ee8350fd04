"""The part of an order line that one invoice takes.

Gross amount, line discount and invoice discount are shared by quantity so that the parts of a line add up to the line:
each part is the difference between what was reached after it and before it. VAT is each invoice's own.
"""

from dataclasses import replace
from decimal import Decimal

from crosstie_sandbox.businesscentral.sales.amounts import product, quotient, rounded
from crosstie_sandbox.businesscentral.sales.line import Line


def part(line: Line, before: Decimal, after: Decimal, precision: Decimal) -> Line:
    """What an invoice takes of a line of which `before` was invoiced and `after` will be, in the line's unit."""
    quantity = after - before
    taken = replace(line, quantity=quantity)
    gross = _step(line.gross(precision), line.quantity, before, after, precision)
    return replace(
        taken,
        discount_amount=_step(line.discount_amount, line.quantity, before, after, precision),
        invoice_discount=_step(line.invoice_discount, line.quantity, before, after, precision),
        rounding=gross - replace(taken, rounding=Decimal(0)).gross(precision),
    )


def _step(total: Decimal, whole: Decimal, before: Decimal, after: Decimal, precision: Decimal) -> Decimal:
    return _reached(total, whole, after, precision) - _reached(total, whole, before, precision)


def _reached(total: Decimal, whole: Decimal, quantity: Decimal, precision: Decimal) -> Decimal:
    return rounded(quotient(product(total, quantity), whole), precision)
