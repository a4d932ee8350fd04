"""The customer ledger as values: entries that are owed or paid, and how they are applied to each other.

An entry has an amount in its currency and one in local currency; both remain until another entry of the opposite sign
is applied. Closing an entry closes its local amount with it: what two rates make different is a gain or a loss.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Self

from crosstie_sandbox.businesscentral.sales.amounts import ZERO, product, quotient, rounded


class ApplicationError(ValueError):
    """Two entries that cannot be applied to each other."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What remains of an invoice (positive), a payment or a credit memo (negative)."""

    amount: Decimal
    remaining: Decimal
    amount_local: Decimal
    remaining_local: Decimal
    due: date

    @property
    def is_open(self) -> bool:
        """Whether something of the entry remains."""
        return self.remaining != 0

    def less(self, applied: Decimal, precision: Decimal) -> Self:
        """The entry after a part of it, of its own sign, was applied."""
        remaining = self.remaining - applied
        local = rounded(quotient(product(self.amount_local, remaining), self.amount), precision) if remaining else ZERO
        return replace(self, remaining=remaining, remaining_local=local)


def apply(debit: Entry, credit: Entry, precision_local: Decimal) -> tuple[Entry, Entry]:
    """Both entries after as much of the credit as fits is applied to the debit; raises ApplicationError."""
    if debit.remaining <= 0 or credit.remaining >= 0:
        raise ApplicationError("only open entries of opposite sign can be applied to each other")
    applied = min(debit.remaining, -credit.remaining)
    return debit.less(applied, precision_local), credit.less(-applied, precision_local)


@dataclass(frozen=True, slots=True)
class Balance:
    """What a customer owes, in local currency."""

    total: Decimal
    overdue: Decimal


def balance(entries: Iterable[Entry], today: date) -> Balance:
    """What remains of all entries, and of those that were due before today."""
    rows = list(entries)
    overdue = sum((entry.remaining_local for entry in rows if entry.due < today), ZERO)
    return Balance(sum((entry.remaining_local for entry in rows), ZERO), overdue)
