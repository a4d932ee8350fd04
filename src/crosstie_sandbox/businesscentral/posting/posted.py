"""Posted documents in the store: their numbers, headers and lines, made from those they are posted from."""

from collections.abc import Sequence

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.numbering import next_number
from crosstie_sandbox.businesscentral.page import NumberSeries, Page, pages
from crosstie_sandbox.businesscentral.rows import Row, add, find
from crosstie_sandbox.businesscentral.sales.kinds import CREDIT_MEMO, INVOICE, DocumentKind
from crosstie_sandbox.businesscentral.values import ZERO_GUID, blank

POSTED_SERIES = {
    INVOICE: NumberSeries("PS-INV", "PS-INV", 6, 103001, 1),
    CREDIT_MEMO: NumberSeries("PS-CR", "PS-CR", 6, 104001, 1),
}
_SHARED_DATES = ("invoiceDate", "orderDate", "documentDate", "creditMemoDate")
_SHIPMENT_TYPES = {
    "Comment": "_x0020_",
    "Account": "G_x002F_L_x0020_Account",
    "Charge": "Charge_x0020__x0028_Item_x0029_",
}


def posted_number(database: Database, kind: DocumentKind) -> str:
    """The next number of a posted document."""
    return next_number(database, kind.header_page, POSTED_SERIES[kind])


def copied(database: Database, page: Page, source: Row) -> Row:
    """A new row of a page that holds what a row of another page has under the same names; it has an id of its own."""
    row: Row = {name: source.get(name, blank(column)) for name, column in page.columns.items()}
    row["id"] = str(database.ids())
    return row


def draft_number(database: Database, kind: DocumentKind) -> str:
    """The next number of a draft."""
    page = kind.header_page
    if page.number_series is None:
        raise LookupError(page.entity_set)
    return next_number(database, page, page.number_series)


def new_header(database: Database, kind: DocumentKind, source: Row, number: str) -> Row:
    """A document of another kind made from one: dates, customers and terms are the same."""
    page = kind.header_page
    row = copied(database, page, source)
    dated = next(source[name] for name in _SHARED_DATES if name in source)
    row[kind.date] = dated
    row["number"] = number
    for name in ("posted", "preAssignedNumber"):
        if name in row:
            row[name] = blank(page.columns[name])
    row["status"] = "Draft"
    _carry_reference(source, row)
    return row


def _carry_reference(source: Row, row: Row) -> None:
    """The customer's reference has another name on invoices and shipments, where the pages show it."""
    reference = source.get("yourReference", source.get("customerPurchaseOrderReference", ""))
    for name in ("yourReference", "customerPurchaseOrderReference"):
        if name in row:
            row[name] = reference


def add_lines(database: Database, page: Page, document_id: str, lines: Sequence[Row]) -> None:
    """Write the lines of a new document."""
    for line in lines:
        row = copied(database, page, line)
        row["documentId"] = document_id
        add(database, page, row)


def add_shipment(database: Database, order: Row, lines: Sequence[Row]) -> Row:
    """Write a posted shipment of order lines that hold the shipped quantity."""
    page = pages()["salesShipments"]
    row = copied(database, page, order)
    row |= {
        "number": _shipment_number(database, page),
        "invoiceDate": order["orderDate"],
        "orderNumber": order["number"],
        "paymentTermsCode": _code(database, "paymentTerms", order["paymentTermsId"]),
        "shipmentMethodCode": _code(database, "shipmentMethods", order["shipmentMethodId"]),
    }
    _carry_reference(order, row)
    add(database, page, row)
    shown = [
        {
            **line,
            "lineType": _SHIPMENT_TYPES.get(str(line["lineType"]), line["lineType"]),
            "documentNo": row["number"],
            "locationCode": location_code(database, line),
        }
        for line in lines
    ]
    add_lines(database, pages()["salesShipmentLines"], str(row["id"]), shown)
    return row


def _shipment_number(database: Database, page: Page) -> str:
    if page.number_series is None:
        raise LookupError(page.entity_set)
    return next_number(database, page, page.number_series)


def location_code(database: Database, line: Row) -> str:
    """The code of a line's location; blank where it has none."""
    return _code(database, "locations", str(line["locationId"]))


def variant_code(database: Database, line: Row) -> str:
    """The code of a line's item variant."""
    return _code(database, "itemVariants", str(line["itemVariantId"]))


def _code(database: Database, entity_set: str, identity: object) -> str:
    found = None if identity == ZERO_GUID else find(database, pages()[entity_set], id=str(identity))
    return "" if found is None else str(found["code"])
