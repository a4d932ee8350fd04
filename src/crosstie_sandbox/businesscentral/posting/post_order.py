"""Posting a sales order: ship what is to be shipped, invoice what is to be invoiced, and see what is left of it."""

from collections.abc import Sequence

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.posting.checks import check_lines, check_posting_date
from crosstie_sandbox.businesscentral.posting.item_ledger import Movement, add_sales_amount, move_stock
from crosstie_sandbox.businesscentral.posting.parts import part
from crosstie_sandbox.businesscentral.posting.post_invoice import claim_invoice, in_local_currency
from crosstie_sandbox.businesscentral.posting.posted import (
    add_lines,
    add_shipment,
    location_code,
    new_header,
    posted_number,
    variant_code,
)
from crosstie_sandbox.businesscentral.rows import Row, add, change, remove
from crosstie_sandbox.businesscentral.sales import refusals
from crosstie_sandbox.businesscentral.sales.amounts import product
from crosstie_sandbox.businesscentral.sales.conditions import terms_of
from crosstie_sandbox.businesscentral.sales.draft_line import quantities_of, store_quantities
from crosstie_sandbox.businesscentral.sales.header_rules import remove_lines
from crosstie_sandbox.businesscentral.sales.kinds import INVOICE, ORDER
from crosstie_sandbox.businesscentral.sales.line_rules import is_fully_shipped
from crosstie_sandbox.businesscentral.sales.lines import lines_of, store_changes, value_of, write_totals
from crosstie_sandbox.businesscentral.sales.quantities import Quantities
from crosstie_sandbox.businesscentral.sales.stored import number

NOTHING_TO_POST = "There is nothing to post because the document does not contain a quantity or amount."


def ship_and_invoice(database: Database, order: Row) -> None:
    """Ship and invoice what the lines say; an order of which nothing is left is deleted."""
    lines = lines_of(database, ORDER, str(order["id"]))
    check_posting_date(database, ORDER, order)
    check_lines(database, lines)
    quantities = [quantities_of(line) for line in lines]
    shipping = any(found.to_ship for found in quantities)
    invoicing = any(found.to_invoice for found in quantities)
    if not (shipping or invoicing):
        raise dialog(NOTHING_TO_POST)
    _check(database, order, quantities, shipping=shipping)
    if shipping:
        _ship(database, order, lines)
    if invoicing:
        _invoice(database, order, lines)
    _settle(database, order, lines, [found.posted() for found in quantities])


def _check(database: Database, order: Row, quantities: Sequence[Quantities], *, shipping: bool) -> None:
    refusals.check_customer(database, str(order["customerNumber"]), ORDER, shipping=shipping, posting=True)
    if order["billToCustomerNumber"] != order["customerNumber"]:
        refusals.check_customer(database, str(order["billToCustomerNumber"]), ORDER, shipping=False, posting=True)
    partly = any(found.to_ship != found.outstanding for found in quantities)
    if shipping and partly and not order["partialShipping"]:
        raise dialog("This order must be a complete shipment.")


def _ship(database: Database, order: Row, lines: Sequence[Row]) -> None:
    shipped = [{**line, "quantity": line["shipQuantity"]} for line in lines if number(line, "shipQuantity")]
    shipment = add_shipment(database, order, shipped)
    for line in shipped:
        if line["lineType"] == "Item":
            movement = Movement(
                item=str(line["lineObjectNumber"]),
                quantity=-product(number(line, "quantity"), number(line, "quantityPerUnit")),
                posting_date=str(order["postingDate"]),
                entry_type="Sale",
                location=location_code(database, line),
                variant=variant_code(database, line),
                source_type="Customer",
                source_number=str(order["customerNumber"]),
                document_type="Sales_x0020_Shipment",
                document_number=str(shipment["number"]),
                source_line=str(line["id"]),
            )
            move_stock(database, movement)


def _invoice(database: Database, order: Row, lines: Sequence[Row]) -> None:
    invoice = new_header(database, INVOICE, order, posted_number(database, INVOICE))
    invoice |= {"orderId": order["id"], "orderNumber": order["number"], "posted": 1, "status": "Open"}
    terms = terms_of(database, order)
    taken = [dict(line) for line in lines if number(line, "invoiceQuantity")]
    values = [
        part(
            value_of(line),
            number(line, "invoicedQuantity"),
            number(line, "invoicedQuantity") + number(line, "invoiceQuantity"),
            terms.precision,
        )
        for line in taken
    ]
    write_totals(invoice, taken, values, terms)
    invoice["remainingAmount"] = invoice["totalAmountIncludingTax"]
    invoice["invoiceDiscountEntered"] = invoice["discountAmount"]
    for line in taken:
        add_sales_amount(database, str(line["id"]), in_local_currency(invoice, number(line, "netAmount")))
    add(database, INVOICE.header_page, invoice)
    add_lines(database, INVOICE.line_page, str(invoice["id"]), taken)
    claim_invoice(database, invoice)


def _settle(database: Database, order: Row, lines: Sequence[Row], quantities: Sequence[Quantities]) -> None:
    if all(found.is_complete for found in quantities):
        remove_lines(database, ORDER, order)
        remove(database, ORDER.header_page, order)
        return
    before = [dict(line) for line in lines]
    for line, found in zip(lines, quantities, strict=True):
        store_quantities(line, found)
    store_changes(database, ORDER, lines, before)
    changes: Row = {"status": "Open", "fullyShipped": int(is_fully_shipped(list(lines)))}
    change(database, ORDER.header_page, order, changes)
