"""Numbers and days between the rows of the store and the values that documents are computed with."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.values import Stored, decimal_text

NO_DATE = "0001-01-01"


def number(row: Mapping[str, Stored], name: str) -> Decimal:
    """A decimal of a row."""
    return Decimal(row[name])


@lru_cache(maxsize=16_384)
def text(value: Decimal) -> str:
    """A decimal as a row holds it."""
    return decimal_text(value)


def day(row: Mapping[str, Stored], name: str) -> date:
    """A date of a row."""
    return date.fromisoformat(str(row[name]))


def today(database: Database) -> str:
    """The day on which the transaction that is going on takes place."""
    return database.now[: len(NO_DATE)]
