"""Functions that views compute amounts with: SQLite's own would be in binary fractions.

`decimal_sum` adds decimals exactly (of no rows at all it is NULL), `work_date` is today, and `local_part` is what one
quantity less another is worth of an amount for a whole quantity, in local currency.
"""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from crosstie_sandbox.businesscentral.sales.amounts import LOCAL_PRECISION, ZERO, product, quotient, rounded
from crosstie_sandbox.businesscentral.values import decimal_text


class _DecimalSum:
    def __init__(self) -> None:
        self.total = ZERO

    def step(self, value: str | int | None) -> None:
        """Add one value."""
        if value is not None:
            self.total += Decimal(value)

    def finalize(self) -> str:
        """The sum of what was not NULL."""
        return decimal_text(self.total)


def install_amounts(connection: sqlite3.Connection, clock: Callable[[], datetime]) -> None:
    """Make the functions known to a connection."""
    aggregate: Any = _DecimalSum  # the type stubs know aggregates of whole numbers only
    connection.create_aggregate("decimal_sum", 1, aggregate)
    connection.create_function("work_date", 0, lambda: clock().astimezone(UTC).date().isoformat())
    connection.create_function("local_part", 5, _local_part, deterministic=True)


def _local_part(amount: str, more: str, less: str, whole: str, currency_factor: str) -> str:
    if not Decimal(whole):
        return "0"
    share = quotient(product(Decimal(amount), Decimal(more) - Decimal(less)), Decimal(whole))
    return decimal_text(rounded(quotient(share, Decimal(currency_factor)), LOCAL_PRECISION))
