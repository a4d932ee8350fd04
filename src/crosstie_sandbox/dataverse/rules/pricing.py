"""Where the price of a line comes from: the price list of its document, unless the line has a price of its own."""

from dataclasses import dataclass
from decimal import Decimal

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.rules.amounts import ZERO, rounded
from crosstie_sandbox.dataverse.rules.refusals import product_missing, unit_missing, wrong_unit
from crosstie_sandbox.dataverse.rules.stored import number

NONE, DETAIL_ERROR, MISSING_PRICE_LIST, INACTIVE_PRICE_LIST, NOT_IN_PRICE_LIST = 0, 1, 2, 3, 11
"""Values of `pricingerrorcode`."""


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one unit, and why there is none."""

    amount: Decimal | None
    volume_discount: Decimal = ZERO
    error: int = NONE


def check_product(database: Database, line: Changes) -> None:
    """Refuse a line that is neither a write-in nor names a product with one of its units."""
    if line.get("isproductoverridden"):
        return
    if line.get("productid") is None:
        raise product_missing()
    if line.get("uomid") is None:
        raise unit_missing()
    query = (
        "SELECT 1 FROM product JOIN uom ON uom.uomscheduleid = product.defaultuomscheduleid"
        " WHERE productid = ? AND uomid = ?"
    )
    if database.execute(query, (line["productid"], line["uomid"])).fetchone() is None:
        raise wrong_unit()


def price_of(database: Database, line: Changes, price_list: object, digits: int) -> Price:
    """The price in a price list; what the line itself says if its price is overridden, or it is a write-in."""
    if line.get("ispriceoverridden") or line.get("isproductoverridden"):
        return Price(number(line, "priceperunit"))
    if price_list is None:
        return Price(None, error=MISSING_PRICE_LIST)
    query = "SELECT statecode FROM pricelevel WHERE pricelevelid = ?"
    state = database.execute(query, (price_list,)).fetchone()
    if state is None or state[0] != 0:
        return Price(None, error=INACTIVE_PRICE_LIST)
    query = (
        "SELECT amount, discounttypeid FROM productpricelevel WHERE pricelevelid = ? AND productid = ? AND uomid = ?"
    )
    found = database.execute(query, (price_list, line["productid"], line["uomid"])).fetchone()
    if found is None or found[0] is None:
        return Price(None, error=NOT_IN_PRICE_LIST)
    amount = rounded(Decimal(str(found[0])), digits)
    return Price(amount, _volume_discount(database, found[1], number(line, "quantity"), amount, digits))


def _volume_discount(
    database: Database, discount_list: object, quantity: Decimal, price: Decimal, digits: int
) -> Decimal:
    """Per unit, from the step of a discount list that the quantity falls into."""
    if discount_list is None:
        return ZERO
    query = (
        "SELECT discount.amount, discount.percentage, discounttype.isamounttype, discount.lowquantity,"
        " discount.highquantity FROM discount JOIN discounttype USING (discounttypeid)"
        " WHERE discounttypeid = ? AND discounttype.statecode = 0"
    )
    for amount, percentage, is_amount, low, high in database.execute(query, (discount_list,)).fetchall():
        if Decimal(str(low or 0)) <= quantity <= Decimal(str(high or 0)):
            if is_amount:
                return rounded(Decimal(str(amount or 0)), digits)
            return rounded(price * Decimal(str(percentage or 0)) / 100, digits)
    return ZERO
