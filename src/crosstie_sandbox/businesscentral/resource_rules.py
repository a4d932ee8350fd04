"""The rules of resources: cost, price and profit follow each other, and the base unit is one of its units."""

from decimal import Context, Decimal

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.page import tables
from crosstie_sandbox.businesscentral.rows import Row, find, remove, those
from crosstie_sandbox.businesscentral.values import decimal_text, upper_case
from crosstie_sandbox.businesscentral.writing import insert

_HUNDRED = Decimal(100)
_PRECISION = Decimal("0.00001")
_LARGE = Context(prec=60)
"""So that an amount that is too large is refused as one, not lost in rounding."""


class ResourceRules(Behaviour):
    """A resource keeps its amounts in step."""

    def complete(self, write: Write) -> None:
        """Work out cost, profit and price, and the name to search by."""
        row, before = write.row, write.before
        if "searchName" not in write.changes and (before is None or write.changed("name")):
            row["searchName"] = upper_case(str(row["name"]))
        _cost(write)
        _price(row)

    def inserted(self, write: Write) -> None:
        """The base unit becomes a unit of the resource."""
        _own_base_unit(write)

    def modified(self, write: Write) -> None:
        """A new base unit becomes a unit of the resource."""
        if write.changed("baseUnitOfMeasureCode"):
            _own_base_unit(write)

    def deleting(self, write: Write) -> None:
        """The units go with the resource; prices of it stand in the way."""
        lines = those(write.database, tables()["priceListLines"], assetType="Resource", assetNumber=write.row["number"])
        if lines:
            raise dialog(
                f"You cannot delete Resource {write.row['number']} because {len(lines)} price list line(s) name it, "
                f"such as {lines[0]['priceListCode']} {lines[0]['lineNumber']}."
            )
        page = tables()["resourceUnitsOfMeasure"]
        for unit in those(write.database, page, resourceNumber=write.row["number"]):
            remove(write.database, page, unit)


def _cost(write: Write) -> None:
    if write.before is None or write.changed("directUnitCost", "indirectCostPercent"):
        entered = "unitCost" in write.changes and "directUnitCost" not in write.changes
        if not entered:
            direct = Decimal(write.row["directUnitCost"])
            share = Decimal(write.row["indirectCostPercent"])
            write.row["unitCost"] = _text(direct * (1 + share / _HUNDRED))


def _price(row: Row) -> None:
    cost, price = Decimal(row["unitCost"]), Decimal(row["unitPrice"])
    match row["priceProfitCalculation"]:
        case "Profit_x003D_Price_x002D_Cost":
            row["profitPercent"] = "0" if price == 0 else _text((1 - cost / price) * _HUNDRED)
        case "Price_x003D_Cost_x002B_Profit":
            profit = Decimal(row["profitPercent"])
            if profit >= _HUNDRED:
                raise dialog("Profit % must be less than 100 when the price is worked out from the profit.")
            row["unitPrice"] = _text(cost / (1 - profit / _HUNDRED))
        case _:
            pass


def _text(number: Decimal) -> str:
    return decimal_text(number.quantize(_PRECISION, context=_LARGE))


def _own_base_unit(write: Write) -> None:
    code = write.row["baseUnitOfMeasureCode"]
    page = tables()["resourceUnitsOfMeasure"]
    number = write.row["number"]
    if code and find(write.database, page, resourceNumber=number, code=code) is None:
        insert(write.database, page, {"resourceNumber": number, "code": code, "quantityPerUnit": "1"})
