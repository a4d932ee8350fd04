"""Making an order or an invoice of a quote: lines and amounts stay as they are, the quote is gone."""

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.posting.checks import check_lines
from crosstie_sandbox.businesscentral.posting.posted import add_lines, draft_number, new_header
from crosstie_sandbox.businesscentral.rows import Row, add, remove
from crosstie_sandbox.businesscentral.sales import refusals
from crosstie_sandbox.businesscentral.sales.draft_line import quantities_of, store_quantities
from crosstie_sandbox.businesscentral.sales.header_rules import remove_lines
from crosstie_sandbox.businesscentral.sales.kinds import INVOICE, ORDER, QUOTE, DocumentKind
from crosstie_sandbox.businesscentral.sales.lines import lines_of


def make_order(database: Database, quote: Row) -> None:
    """Turn a quote into an order, of which everything is still to be shipped."""
    order = _turn(database, quote, ORDER)
    order |= {"quoteNumber": quote["number"], "partialShipping": 1}
    lines = [{**line, "shippedQuantity": "0", "invoicedQuantity": "0"} for line in _lines(database, quote)]
    for line in lines:
        store_quantities(line, quantities_of({**line, "shipQuantity": "0", "invoiceQuantity": "0"}).proposed())
    _finish(database, quote, ORDER, order, lines)


def make_invoice(database: Database, quote: Row) -> None:
    """Turn a quote into a draft invoice."""
    invoice = _turn(database, quote, INVOICE)
    invoice["remainingAmount"] = invoice["totalAmountIncludingTax"]
    _finish(database, quote, INVOICE, invoice, _lines(database, quote))


def _lines(database: Database, quote: Row) -> list[Row]:
    return lines_of(database, QUOTE, str(quote["id"]))


def _turn(database: Database, quote: Row, kind: DocumentKind) -> Row:
    check_lines(database, _lines(database, quote))
    for customer in {str(quote["customerNumber"]), str(quote["billToCustomerNumber"])}:
        refusals.check_customer(database, customer, kind, shipping=False, posting=False)
    return new_header(database, kind, quote, draft_number(database, kind))


def _finish(database: Database, quote: Row, kind: DocumentKind, header: Row, lines: list[Row]) -> None:
    add(database, kind.header_page, header)
    add_lines(database, kind.line_page, str(header["id"]), lines)
    remove_lines(database, QUOTE, quote)
    remove(database, QUOTE.header_page, quote)
