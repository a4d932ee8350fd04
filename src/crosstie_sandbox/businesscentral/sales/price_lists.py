"""Prices and units for a sales line, out of the price lists, the items and their units of measure."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import ApiError
from crosstie_sandbox.businesscentral.page import pages, tables
from crosstie_sandbox.businesscentral.rows import Row, find, those
from crosstie_sandbox.businesscentral.sales.amounts import ONE
from crosstie_sandbox.businesscentral.sales.pricing import ListPrice, Offer, Price, Sale, Source, best_price
from crosstie_sandbox.businesscentral.sales.stored import day, number
from crosstie_sandbox.businesscentral.values import Stored, unescaped

_SOURCES = {source.value: source for source in Source}
_WITH_PRICE = {"Price", "Any"}
_WITH_DISCOUNT = {"Discount", "Any"}


def unit_price(database: Database, header: Row, line: Row) -> Price:
    """The price and discount that an item line of a document gets."""
    item = find(database, pages()["items"], number=line["lineObjectNumber"])
    if item is None:
        raise LookupError(line["lineObjectNumber"])
    foreign = header["currencyCode"] != database.local_currency
    sale = Sale(
        customer=str(header["billToCustomerNumber"]),
        price_group=str(header["priceGroup"]),
        item=str(item["number"]),
        unit=str(line["unitOfMeasureCode"]),
        quantity=number(line, "quantity"),
        day=_day_of_prices(header),
        currency=str(header["currencyCode"]) if foreign else "",
        units_of_currency=number(header, "currencyFactor"),
        quantity_per_unit=number(line, "quantityPerUnit"),
        vat_percent=number(line, "taxPercent"),
        prices_include_vat=bool(header["pricesIncludeTax"]),
    )
    listed = ListPrice(number(item, "unitPrice"), bool(item["priceIncludesTax"]))
    return best_price(_offers(database, sale.item), listed, sale)


def _day_of_prices(header: Row) -> date:
    """Orders and quotes are priced as of their own date, invoices and credit memos as of the posting date."""
    own = next((name for name in ("orderDate", "documentDate") if name in header), "postingDate")
    return day(header, own)


def _offers(database: Database, item: str) -> Iterator[Offer]:
    """The lines about an item in active price lists."""
    for row in those(database, tables()["priceListLines"], assetNumber=item, assetType="Item", status="Active"):
        source = _SOURCES.get(unescaped(str(row["sourceType"])))
        amount_type = unescaped(str(row["amountType"]))
        if source is None:
            continue
        yield Offer(
            source=source,
            source_number=str(row["sourceNumber"]),
            item=item,
            unit=str(row["unitOfMeasureCode"]),
            minimum_quantity=number(row, "minimumQuantity"),
            starts=day(row, "startingDate"),
            ends=day(row, "endingDate"),
            currency=str(row["currencyCode"]),
            unit_price=number(row, "unitPrice") if amount_type in _WITH_PRICE else None,
            discount_percent=number(row, "lineDiscountPercent") if amount_type in _WITH_DISCOUNT else Decimal(0),
            includes_vat=bool(row["priceIncludesVat"]),
            allows_line_discount=bool(row["allowLineDiscount"]),
            allows_invoice_discount=bool(row["allowInvoiceDiscount"]),
        )


def quantity_per_unit(database: Database, item: str, unit: str) -> Decimal:
    """How many base units of an item one of its units holds; raises when the item has no such unit."""
    if unit == "":
        return ONE
    found = find(database, tables()["itemUnitsOfMeasure"], itemNumber=item, code=unit)
    if found is None:
        raise ApiError(
            400,
            "Internal_RecordNotFound",
            "The Item Unit of Measure does not exist. Identification fields and values: "
            f"Item No.='{item}',Code='{unit}'",
            "unitOfMeasureCode",
        )
    return number(found, "quantityPerUnit")


def unit_code(database: Database, identity: Stored) -> str | None:
    """The code of a unit of measure."""
    unit = find(database, pages()["unitsOfMeasure"], id=identity)
    return None if unit is None else str(unit["code"])


def resource_of(database: Database, resource: str) -> Row | None:
    """A resource whose time is sold."""
    return find(database, tables()["resources"], number=resource)
