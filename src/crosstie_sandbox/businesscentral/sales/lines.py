"""The lines of a document between the store and the values they are computed with."""

from collections.abc import Sequence
from decimal import Decimal

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.rows import Row, change, those
from crosstie_sandbox.businesscentral.sales.conditions import terms_of
from crosstie_sandbox.businesscentral.sales.kinds import DocumentKind
from crosstie_sandbox.businesscentral.sales.line import Line, Vat
from crosstie_sandbox.businesscentral.sales.stored import number, text
from crosstie_sandbox.businesscentral.sales.totals import (
    LineAmounts,
    Terms,
    amounts,
    largest_invoice_discount,
    spread_invoice_discount,
    totals,
)


def lines_of(database: Database, kind: DocumentKind, document_id: str) -> list[Row]:
    """The rows of a document's lines, in their order."""
    rows = those(database, kind.line_page, documentId=document_id)
    return sorted(rows, key=lambda row: int(row["sequence"]))


def value_of(row: Row) -> Line:
    """A line as it is computed with."""
    return Line(
        quantity=number(row, "quantity"),
        unit_price=number(row, "unitPrice"),
        vat=Vat(str(row["vatIdentifier"]), number(row, "taxPercent")),
        discount_percent=number(row, "discountPercent"),
        discount_amount=number(row, "discountAmount"),
        invoice_discount=number(row, "invoiceDiscount"),
        takes_invoice_discount=bool(row["takesInvoiceDiscount"]),
        rounding=number(row, "rounding"),
    )


def write_value(row: Row, line: Line, found: LineAmounts) -> None:
    """Put a line and its amounts into its row."""
    row["vatIdentifier"] = line.vat.identifier
    row["taxPercent"] = text(line.vat.percent)
    row["quantity"] = text(line.quantity)
    row["unitPrice"] = text(line.unit_price)
    row["discountPercent"] = text(line.discount_percent)
    row["discountAmount"] = text(line.discount_amount)
    row["invoiceDiscount"] = text(line.invoice_discount)
    row["rounding"] = text(line.rounding)
    row["amountExcludingTax"] = text(found.line_net)
    row["totalTaxAmount"] = text(found.line_vat)
    row["amountIncludingTax"] = text(found.line_gross)
    row["invoiceDiscountAllocation"] = text(found.invoice_discount)
    row["netAmount"] = text(found.net)
    row["netTaxAmount"] = text(found.vat)
    row["netAmountIncludingTax"] = text(found.gross)


def write_totals(header: Row, rows: Sequence[Row], values: Sequence[Line], terms: Terms) -> None:
    """Compute lines whose discounts are settled, and the document they make up."""
    found = amounts(values, terms)
    whole = totals(values, found)
    for row, value, line_amounts in zip(rows, values, found, strict=True):
        write_value(row, value, line_amounts)
        row["discountAppliedBeforeTax"] = int(not terms.prices_include_vat)
    header["discountAmount"] = text(whole.invoice_discount)
    header["totalAmountExcludingTax"] = text(whole.net)
    header["totalTaxAmount"] = text(whole.vat)
    header["totalAmountIncludingTax"] = text(whole.gross)
    if "discountAppliedBeforeTax" in header:
        header["discountAppliedBeforeTax"] = int(not terms.prices_include_vat)


def recalculate(database: Database, header: Row, rows: Sequence[Row]) -> None:
    """Compute a document and its lines anew, in their rows; the discount on the document is kept as far as it fits."""
    terms = terms_of(database, header)
    values = [value_of(row) for row in rows]
    most = largest_invoice_discount(values, terms.precision)
    discount = min(number(header, "invoiceDiscountEntered"), most)
    write_totals(header, rows, spread_invoice_discount(values, discount, terms.precision), terms)
    if "remainingAmount" in header:
        header["remainingAmount"] = header["totalAmountIncludingTax"]


def rows_with(rows: Sequence[Row], current: Row) -> list[Row]:
    """The lines of a document with one that is being written in its place."""
    others = [row for row in rows if row["id"] != current["id"]]
    return sorted([*others, current], key=lambda row: int(row["sequence"]))


def store_changes(database: Database, kind: DocumentKind, rows: Sequence[Row], before: Sequence[Row]) -> None:
    """Write the lines that hold something else than before."""
    for row, old in zip(rows, before, strict=True):
        news = {name: value for name, value in row.items() if old[name] != value}
        if news:
            change(database, kind.line_page, row, news)


def total_quantity(rows: Sequence[Row], name: str) -> Decimal:
    """A quantity of all lines together."""
    return sum((number(row, name) for row in rows), Decimal(0))
