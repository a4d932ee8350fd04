"""Currencies: exchange rate, symbol and precision as the CRM wants them.

The CRM's ``exchangerate`` is how many units of the currency one unit of its base currency buys. The ERP notes that
*exchange rate amount* units of the currency equal *relational exchange rate amount* units of the local currency.
"""

from decimal import ROUND_HALF_UP, Decimal

from crosstie.engine.convert import Converted, Invalid, Keep
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.value import Value, Values
from crosstie.model.words import Side

_RATE_STEP = Decimal("1e-10")


def exchange_rate(values: tuple[Value, ...], to: Side, facts: Values) -> Converted | Invalid:
    """ERP (exchange rate amount, relational exchange rate amount) → CRM ``exchangerate``.

    >>> exchange_rate((Decimal(1), Decimal("0.8")), Side.CRM, {"local_currency": "EUR", "base_currency": "EUR"}).values
    (Decimal('1.2500000000'),)
    """
    del to
    amount, relational = values
    if not isinstance(amount, Decimal) or not isinstance(relational, Decimal) or not amount or not relational:
        return Invalid(Reason(ReasonCode.NO_EXCHANGE_RATE))
    if facts.get("local_currency") != facts.get("base_currency"):
        why = f"the ERP counts in {facts.get('local_currency')}, the CRM in {facts.get('base_currency')}"
        return Invalid(Reason(ReasonCode.VALUE_REFUSED, {"why": why}))
    return Converted(((amount / relational).quantize(_RATE_STEP, rounding=ROUND_HALF_UP),))


def symbol_or_code(values: tuple[Value, ...], to: Side, facts: Values) -> Converted:
    """ERP (symbol, code) → CRM ``currencysymbol``; the code stands in for a symbol that is missing.

    >>> symbol_or_code((None, "SEK"), Side.CRM, {}).values
    ('SEK',)
    """
    del to, facts
    symbol, code = values
    return Converted((symbol or code,))


def currency_precision(values: tuple[Value, ...], to: Side, facts: Values) -> Converted | Keep:
    """The organization's currency precision, for a currency that is created."""
    del values, to
    precision = facts.get("currency_decimal_precision")
    return Keep() if precision is None else Converted((precision,))
