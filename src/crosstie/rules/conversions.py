"""The conversions by the names that field mappings use."""

from collections.abc import Mapping

from crosstie.engine.convert import Conversion
from crosstie.rules.currency import currency_precision, exchange_rate, symbol_or_code
from crosstie.rules.person_name import person_name

CONVERSIONS: Mapping[str, Conversion] = {
    "person_name": person_name,
    "exchange_rate": exchange_rate,
    "symbol_or_code": symbol_or_code,
    "currency_precision": currency_precision,
}
