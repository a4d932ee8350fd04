"""Stored values as the business logic calculates with them."""

from decimal import Decimal

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.values import money

_DIGITS = 2


def number(row: Changes, name: str) -> Decimal:
    """A number of a row; zero if it is empty or there is no such column."""
    return decimal(row.get(name))


def decimal(value: object) -> Decimal:
    """A stored number; zero for none."""
    return Decimal(0) if value is None else Decimal(str(value))


def amount(value: Decimal) -> str:
    """An amount as it is stored."""
    return money(value, 4)


def digits_of(database: Database, currency: object) -> int:
    """How many digits amounts in a currency have after the point."""
    query = "SELECT currencyprecision FROM transactioncurrency WHERE transactioncurrencyid = ?"
    found = database.execute(query, (currency,)).fetchone()
    return _DIGITS if found is None or found[0] is None else int(found[0])
