"""What a sales document comes to: net, VAT and gross of every line and of the whole.

VAT is rounded once per VAT identifier, as the document states it, and the lines divide it: the sums of the lines are
the totals of the document, to the last cent (table 37, UpdateVATOnLines). Lines with a negative amount are a group of
their own. Where prices include VAT, the amount including VAT is the fixed one and the net is what remains.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from crosstie_sandbox.businesscentral.sales.amounts import (
    HUNDRED,
    ZERO,
    percentage,
    product,
    quotient,
    rounded,
    running,
    shares,
    steps,
)
from crosstie_sandbox.businesscentral.sales.line import DiscountError, Line


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all lines of a document."""

    precision: Decimal
    prices_include_vat: bool


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """The amounts of a line before (`line_…`) and after (`net_…`) its share of the invoice discount."""

    line_net: Decimal
    line_gross: Decimal
    invoice_discount: Decimal
    net: Decimal
    vat: Decimal

    @property
    def line_vat(self) -> Decimal:
        """The VAT of the line before invoice discount."""
        return self.line_gross - self.line_net

    @property
    def gross(self) -> Decimal:
        """What is to be paid for the line."""
        return self.net + self.vat


@dataclass(frozen=True, slots=True)
class Totals:
    """The amounts of a document."""

    invoice_discount: Decimal
    net: Decimal
    vat: Decimal

    @property
    def gross(self) -> Decimal:
        """What is to be paid."""
        return self.net + self.vat


def spread_invoice_discount(lines: Sequence[Line], discount: Decimal, precision: Decimal) -> tuple[Line, ...]:
    """The lines, each with its share of a discount on the document.

    Raises DiscountError for a discount that is negative or more than the lines it may fall on come to.
    """
    discount = rounded(discount, precision)
    weights = [_bears(line, precision) for line in lines]
    if not 0 <= discount <= max(sum(weights, ZERO), ZERO):
        raise DiscountError(discount)
    parts = shares(discount, weights, precision) if discount else [ZERO] * len(lines)
    return tuple(replace(line, invoice_discount=part) for line, part in zip(lines, parts, strict=True))


def largest_invoice_discount(lines: Iterable[Line], precision: Decimal) -> Decimal:
    """The most that can be taken off a document."""
    return max(sum((_bears(line, precision) for line in lines), ZERO), ZERO)


def _bears(line: Line, precision: Decimal) -> Decimal:
    return line.amount(precision) if line.takes_invoice_discount else ZERO


def amounts(lines: Sequence[Line], terms: Terms) -> tuple[LineAmounts, ...]:
    """The amounts of every line of a document."""
    groups: Mapping[tuple[str, bool], list[int]] = defaultdict(list)
    payable = [line.amount(terms.precision) - line.invoice_discount for line in lines]
    for index, line in enumerate(lines):
        groups[line.vat.identifier, payable[index] < 0].append(index)
    found: dict[int, LineAmounts] = {}
    for members in groups.values():
        percent = lines[members[0]].vat.percent
        converted = _converted([payable[index] for index in members], percent, terms)
        for index, other in zip(members, converted, strict=True):
            found[index] = _line_amounts(lines[index], payable[index], other, terms)
    return tuple(found[index] for index in range(len(lines)))


def _converted(payable: Sequence[Decimal], percent: Decimal, terms: Terms) -> list[Decimal]:
    """Net amounts to amounts of VAT; where prices include VAT, payable amounts to net ones."""
    if terms.prices_include_vat:
        reached = (rounded(without_vat(total, percent), terms.precision) for total in running(payable))
    else:
        reached = (rounded(percentage(total, percent), terms.precision) for total in running(payable))
    return list(steps(reached))


def without_vat(amount: Decimal, percent: Decimal) -> Decimal:
    """An amount that includes VAT, without it."""
    return quotient(product(amount, HUNDRED), HUNDRED + percent)


def _line_amounts(line: Line, payable: Decimal, other: Decimal, terms: Terms) -> LineAmounts:
    amount = line.amount(terms.precision)
    percent = line.vat.percent
    if terms.prices_include_vat:
        line_net = rounded(without_vat(amount, percent), terms.precision)
        return LineAmounts(line_net, amount, line_net - other, other, payable - other)
    line_gross = amount + rounded(percentage(amount, percent), terms.precision)
    return LineAmounts(amount, line_gross, line.invoice_discount, payable, other)


def totals(lines: Iterable[Line], found: Iterable[LineAmounts]) -> Totals:
    """The amounts of a document; its discount is in the same terms as its prices."""
    rows = list(found)
    return Totals(
        sum((line.invoice_discount for line in lines), ZERO),
        sum((row.net for row in rows), ZERO),
        sum((row.vat for row in rows), ZERO),
    )
