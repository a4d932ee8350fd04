"""Amounts of money: rounding as the application rounds, and dividing a total without losing a cent.

Everything is exact until it is rounded; a half goes away from zero. A precision is the smallest step of an amount,
such as 0.01, and a currency has its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

_EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
"""Wide enough for the product and the quotient of any two values that fit a field."""
ZERO = Decimal(0)
ONE = Decimal(1)
HUNDRED = Decimal(100)
LOCAL_PRECISION = Decimal("0.01")
PERCENT_PRECISION = Decimal("0.00001")


def rounded(amount: Decimal, precision: Decimal) -> Decimal:
    """The multiple of the precision next to an amount; halves go away from zero."""
    steps = _EXACT.divide(amount, precision).quantize(ONE, context=_EXACT)
    return _EXACT.multiply(steps, precision)


def product(left: Decimal, right: Decimal) -> Decimal:
    """Two values multiplied, exactly."""
    return _EXACT.multiply(left, right)


def quotient(left: Decimal, right: Decimal) -> Decimal:
    """Two values divided, to eighty digits."""
    return _EXACT.divide(left, right)


def percentage(amount: Decimal, percent: Decimal) -> Decimal:
    """So many per cent of an amount, exactly."""
    return quotient(product(amount, percent), HUNDRED)


def shares(total: Decimal, weights: Sequence[Decimal], precision: Decimal) -> tuple[Decimal, ...]:
    """A total divided in proportion to weights: every share is rounded, and together they are the total.

    Raises ValueError for a total that nothing can bear, because the weights add up to nothing.
    """
    whole = sum(weights, ZERO)
    if whole == 0:
        if total != 0:
            raise ValueError(total)
        return tuple(ZERO for _ in weights)
    reached = (rounded(quotient(product(total, part), whole), precision) for part in running(weights))
    return tuple(steps(reached))


def running(values: Iterable[Decimal]) -> Iterator[Decimal]:
    """The sums up to each value."""
    total = ZERO
    for value in values:
        total += value
        yield total


def steps(reached: Iterable[Decimal]) -> Iterator[Decimal]:
    """The differences between sums that follow each other."""
    before = ZERO
    for now in reached:
        yield now - before
        before = now
