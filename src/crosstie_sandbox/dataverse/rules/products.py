"""Products, their units and their prices: what must be there, what must be unique, and which states follow which."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.rules.refusals import (
    number_exists,
    number_missing,
    price_exists,
    product_missing,
    product_state,
    unit_group_missing,
    unit_missing,
)
from crosstie_sandbox.dataverse.rules.stored import amount, decimal
from crosstie_sandbox.dataverse.schema import Table
from crosstie_sandbox.dataverse.writing import Extension, Writer

_MARKUP_ON_CURRENT, _MARGIN_ON_CURRENT = 3, 4
ACTIVE, RETIRED, DRAFT, UNDER_REVISION = 0, 1, 2, 3
_MOVES: Mapping[tuple[int, int], tuple[str, str]] = {
    (DRAFT, RETIRED): (
        "0x8004f978",
        (
            "You can't retire this product because {0} is in draft state. A product should be in Active/ Under Revision"
            " state for retiring."
        ),
    ),
    (DRAFT, UNDER_REVISION): ("0x8004f913", "You can't revise a draft or a retired product."),
    (RETIRED, UNDER_REVISION): ("0x8004f913", "You can't revise a draft or a retired product."),
    (ACTIVE, DRAFT): ("0x8004f912", "You can't set a published product to the draft state."),
    (UNDER_REVISION, DRAFT): ("0x8004f912", "You can't set a published product to the draft state."),
    (RETIRED, DRAFT): ("0x8004f979", "It is not possible to move product from Retired to Draft State."),
}


class Products(Extension):
    """Checks products and prices, and makes the base unit of a new unit group."""

    def before(self, writer: Writer, table: Table, old: Changes | None, new: Changes | None) -> None:
        """Refuse what the catalogue cannot hold."""
        if new is None:
            return
        if table.logical_name == "product":
            _check_product(writer, old, new)
        elif table.logical_name == "productpricelevel":
            _check_price(writer, new)

    def after(self, writer: Writer, table: Table, old: Changes | None, new: Changes | None, changes: Changes) -> None:
        """A new unit group has its base unit from the start."""
        del changes
        if table.logical_name == "uomschedule" and old is None and new is not None and new.get("baseuomname"):
            unit = {
                "name": new["baseuomname"],
                "uomscheduleid": new["uomscheduleid"],
                "quantity": "1.0000000000",
                "isschedulebaseuom": 1,
            }
            writer.create(writer.tables["uom"], unit)


def _check_product(writer: Writer, old: Changes | None, new: Changes) -> None:
    if new.get("productnumber") is None:
        raise number_missing()
    if new.get("defaultuomscheduleid") is None:
        raise unit_group_missing()
    query = "SELECT 1 FROM product WHERE productnumber = ? AND productid <> ?"
    if writer.database.execute(query, (new["productnumber"], new["productid"])).fetchone() is not None:
        raise number_exists()
    if new.get("defaultuomid") is None:
        query = "SELECT uomid FROM uom WHERE uomscheduleid = ? AND isschedulebaseuom = 1"
        found = writer.database.execute(query, (new["defaultuomscheduleid"],)).fetchone()
        new["defaultuomid"] = None if found is None else found[0]
    if old is not None:
        refusal = _MOVES.get((int(str(old["statecode"])), int(str(new["statecode"]))))
        if refusal is not None:
            raise product_state(refusal[0], refusal[1].format(new.get("name")))


def _check_price(writer: Writer, new: Changes) -> None:
    if new.get("productid") is None:
        raise product_missing()
    if new.get("uomid") is None:
        raise unit_missing()
    query = (
        "SELECT 1 FROM productpricelevel WHERE pricelevelid = ? AND productid = ? AND uomid = ?"
        " AND productpricelevelid <> ?"
    )
    key = (new.get("pricelevelid"), new["productid"], new["uomid"], new["productpricelevelid"])
    if writer.database.execute(query, key).fetchone() is not None:
        raise price_exists()
    query = (
        "SELECT productnumber, defaultuomscheduleid, price, currentcost, standardcost FROM product WHERE productid = ?"
    )
    product = writer.database.execute(query, (new["productid"],)).fetchone()
    if product is not None:
        new["productnumber"], new["uomscheduleid"] = product[:2]
        computed = _by_method(new, [decimal(one) for one in product[2:]])
        if computed is not None:
            new["amount"] = amount(computed)


def _by_method(price: Changes, costs: Sequence[Decimal]) -> Decimal | None:
    """The amount that a pricing method computes from the product's list price or costs; None for an amount given."""
    listed, current, standard = costs
    share = decimal(price.get("percentage")) / 100
    match price.get("pricingmethodcode"):
        case 2:
            return listed * share
        case 3 | 5 as method:
            return (current if method == _MARKUP_ON_CURRENT else standard) * (1 + share)
        case 4 | 6 as method if share < 1:
            return (current if method == _MARGIN_ON_CURRENT else standard) / (1 - share)
        case _:
            return None
