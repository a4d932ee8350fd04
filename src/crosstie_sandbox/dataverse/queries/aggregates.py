"""Sums, averages and extremes of amounts: SQLite knows binary fractions only, so the CRM brings exact functions.

They take the stored digits and give such digits; null if there is nothing to add up.
"""

import sqlite3
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

_PRECISION = 60


class _Total:
    def __init__(self) -> None:
        self.total: Decimal | None = None
        self.number = 0

    def step(self, value: str | None) -> None:
        """Take one more amount."""
        if value is not None:
            with localcontext() as context:
                context.prec = _PRECISION
                self.total = (self.total or Decimal()) + Decimal(value)
            self.number += 1

    def finalize(self) -> str | None:
        """The sum."""
        return None if self.total is None else format(self.total, "f")


class _Average(_Total):
    def __init__(self) -> None:
        super().__init__()
        self.digits = 0

    def step(self, value: str | None, digits: int = 0) -> None:
        """Take one more amount; the average has so many digits after the point."""
        super().step(value)
        self.digits = digits

    def finalize(self) -> str | None:
        """The average."""
        if self.total is None:
            return None
        with localcontext() as context:
            context.prec = _PRECISION
            return format((self.total / self.number).quantize(Decimal(1).scaleb(-self.digits), ROUND_HALF_EVEN), "f")


class _Least:
    def __init__(self) -> None:
        self.found: Decimal | None = None

    def step(self, value: str | None) -> None:
        """Take one more amount."""
        if value is not None and (self.found is None or self.better(Decimal(value), self.found)):
            self.found = Decimal(value)

    def better(self, one: Decimal, other: Decimal) -> bool:
        """Whether the first goes before the second."""
        return one < other

    def finalize(self) -> str | None:
        """The least amount."""
        return None if self.found is None else format(self.found, "f")


class _Greatest(_Least):
    def better(self, one: Decimal, other: Decimal) -> bool:
        """Whether the first goes before the second."""
        return one > other


def install(connection: sqlite3.Connection) -> None:
    """Make the functions known to a connection."""
    functions: dict[str, tuple[int, Any]] = {
        "amount_sum": (1, _Total),
        "amount_avg": (2, _Average),
        "amount_min": (1, _Least),
        "amount_max": (1, _Greatest),
    }
    for name, (arguments, function) in functions.items():
        connection.create_aggregate(name, arguments, function)
