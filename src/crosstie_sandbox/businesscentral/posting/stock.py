"""The item ledger as values: what comes in is used up by what goes out, oldest first, per item and location.

An entry's remaining quantity is what of it is still in stock (positive) or still lacks (negative: sold before it came).
Stock is the sum of the quantities, which is the sum of what remains.
"""

from collections.abc import Sequence
from decimal import Decimal

from crosstie_sandbox.businesscentral.sales.amounts import ZERO


def settle(remaining: Sequence[Decimal], quantity: Decimal) -> tuple[list[Decimal], Decimal]:
    """What remains of the earlier entries, in their order, and of a new one.

    `remaining` is what remains of the earlier entries of the same item and location.
    """
    left = quantity
    after: list[Decimal] = []
    for earlier in remaining:
        used = min(abs(earlier), abs(left)) if earlier * left < 0 else ZERO
        after.append(earlier + (used if left > 0 else -used))
        left += -used if left > 0 else used
    return after, left
