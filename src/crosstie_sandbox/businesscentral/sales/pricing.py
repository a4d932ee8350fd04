"""The price and the discount of an item for a customer: the best that the price lists offer, else the item's own price.

Rules of "Price Calculation (Lowest Price)": a line of an active price list counts if it is for all customers, for the
customer's price group or for the customer; for the item in this unit or in any; from this quantity on; on this day.
Lines in the currency of the document go before those in local currency, which are converted. Among the rest the lowest
price wins, and apart from it the highest discount, where the price allows one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from crosstie_sandbox.businesscentral.sales.amounts import HUNDRED, ZERO, product, quotient, rounded
from crosstie_sandbox.businesscentral.sales.line import UNIT_PRICE_PRECISION

NO_DAY = date.min
"""Stands for "no limit" at either end of a period."""


class Source(StrEnum):
    """For whom a price list is."""

    ALL_CUSTOMERS = "All Customers"
    PRICE_GROUP = "Customer Price Group"
    CUSTOMER = "Customer"


@dataclass(frozen=True, slots=True)
class Offer:
    """A line of an active price list: a price, a discount, or both."""

    source: Source
    source_number: str
    item: str
    unit: str
    minimum_quantity: Decimal
    starts: date
    ends: date
    currency: str
    unit_price: Decimal | None
    discount_percent: Decimal
    includes_vat: bool = False
    allows_line_discount: bool = True
    allows_invoice_discount: bool = True


@dataclass(frozen=True, slots=True)
class Sale:
    """What is being sold, to whom and when."""

    customer: str
    price_group: str
    item: str
    unit: str
    quantity: Decimal
    day: date
    currency: str
    """Blank for the local currency."""
    units_of_currency: Decimal
    """How many units of the document's currency one unit of local currency is worth."""
    quantity_per_unit: Decimal
    """How many base units of the item one of the sold unit holds."""
    vat_percent: Decimal
    prices_include_vat: bool


@dataclass(frozen=True, slots=True)
class Price:
    """What a line gets."""

    unit_price: Decimal
    discount_percent: Decimal
    allows_invoice_discount: bool
    from_list: bool
    """Whether a price list says it, and not the item."""


@dataclass(frozen=True, slots=True)
class ListPrice:
    """The price on the item itself, in local currency per base unit."""

    unit_price: Decimal
    includes_vat: bool


def best_price(offers: Iterable[Offer], list_price: ListPrice, sale: Sale) -> Price:
    """The price and discount for a sale."""
    suited = [offer for offer in offers if _suits(offer, sale)]
    priced = _in_best_currency([offer for offer in suited if offer.unit_price is not None], sale)
    chosen = min(priced, key=lambda offer: (_offered(offer, sale), offer.source_number), default=None)
    if chosen is None:
        per_unit = product(list_price.unit_price, sale.quantity_per_unit)
        local = product(per_unit, sale.units_of_currency)
        price = rounded(_in_terms_of(local, list_price.includes_vat, sale), UNIT_PRICE_PRECISION)
    else:
        price = _offered(chosen, sale)
    discountable = chosen is None or chosen.allows_line_discount
    discounts = _in_best_currency([offer for offer in suited if offer.discount_percent], sale) if discountable else []
    discount = max((offer.discount_percent for offer in discounts), default=ZERO)
    allows_invoice_discount = chosen is None or chosen.allows_invoice_discount
    return Price(price, discount, allows_invoice_discount, chosen is not None or bool(discounts))


def _suits(offer: Offer, sale: Sale) -> bool:
    for_whom = {Source.ALL_CUSTOMERS: offer.source_number, Source.PRICE_GROUP: sale.price_group}
    return (
        offer.item == sale.item
        and offer.source_number == for_whom.get(offer.source, sale.customer)
        and (offer.source is Source.ALL_CUSTOMERS or offer.source_number != "")
        and offer.unit in {"", sale.unit}
        and offer.minimum_quantity <= abs(sale.quantity)
        and (offer.starts == NO_DAY or offer.starts <= sale.day)
        and (offer.ends == NO_DAY or sale.day <= offer.ends)
        and offer.currency in {"", sale.currency}
    )


def _in_best_currency(offers: list[Offer], sale: Sale) -> list[Offer]:
    """Those in the document's own currency, if there are any."""
    return [offer for offer in offers if offer.currency == sale.currency] or offers


def _offered(offer: Offer, sale: Sale) -> Decimal:
    """The price of an offer, in the document's currency, unit and terms."""
    price = offer.unit_price or ZERO
    if offer.unit == "":
        price = product(price, sale.quantity_per_unit)
    if offer.currency != sale.currency:
        price = product(price, sale.units_of_currency)
    return rounded(_in_terms_of(price, offer.includes_vat, sale), UNIT_PRICE_PRECISION)


def _in_terms_of(price: Decimal, includes_vat: bool, sale: Sale) -> Decimal:
    if includes_vat == sale.prices_include_vat:
        return price
    factor = HUNDRED + sale.vat_percent
    return quotient(product(price, HUNDRED), factor) if includes_vat else quotient(product(price, factor), HUNDRED)
