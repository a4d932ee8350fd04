"""Posting invoices and credit memos that are not made from an order: the draft becomes the posted document."""

from decimal import Decimal

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.posting.checks import check_lines, check_posting_date
from crosstie_sandbox.businesscentral.posting.customer_ledger import (
    Claim,
    apply_entries,
    entry_of,
    follow_entry,
    post_claim,
)
from crosstie_sandbox.businesscentral.posting.item_ledger import Movement, move_stock
from crosstie_sandbox.businesscentral.posting.posted import location_code, posted_number, variant_code
from crosstie_sandbox.businesscentral.rows import Row, change, get
from crosstie_sandbox.businesscentral.sales import refusals
from crosstie_sandbox.businesscentral.sales.amounts import LOCAL_PRECISION, product, quotient, rounded
from crosstie_sandbox.businesscentral.sales.kinds import CREDIT_MEMO, INVOICE, DocumentKind
from crosstie_sandbox.businesscentral.sales.lines import lines_of
from crosstie_sandbox.businesscentral.sales.stored import number


def post_invoice(database: Database, invoice: Row) -> None:
    """Post a draft invoice; it ships what it invoices."""
    _post(database, INVOICE, invoice)


def post_credit_memo(database: Database, memo: Row) -> None:
    """Post a draft credit memo: what it is about comes back into stock, and it is applied to the invoice it names."""
    _post(database, CREDIT_MEMO, memo)


def _post(database: Database, kind: DocumentKind, header: Row) -> None:
    _check_draft(kind, header)
    lines = lines_of(database, kind, str(header["id"]))
    check_posting_date(database, kind, header)
    check_lines(database, lines)
    for customer in {str(header["customerNumber"]), str(header["billToCustomerNumber"])}:
        refusals.check_customer(database, customer, kind, shipping=kind is INVOICE, posting=True)
    post_draft(database, kind, header, lines, status="Open")


def _check_draft(kind: DocumentKind, header: Row) -> None:
    if header["posted"]:
        raise dialog(f"The action can be applied to a draft {kind.name.lower()} only.")


def post_draft(database: Database, kind: DocumentKind, header: Row, lines: list[Row], *, status: str) -> None:
    """Give a checked draft its posted number and write both ledgers."""
    changes: Row = {
        "preAssignedNumber": header["number"],
        "number": posted_number(database, kind),
        "posted": 1,
        "status": status,
    }
    change(database, kind.header_page, header, changes)
    _move_stock(database, kind, header, lines)
    if kind is INVOICE:
        claim_invoice(database, header)
    else:
        _claim_credit(database, header)


def _move_stock(database: Database, kind: DocumentKind, header: Row, lines: list[Row]) -> None:
    outwards = kind is INVOICE
    for line in lines:
        if line["lineType"] != "Item":
            continue
        quantity = product(number(line, "quantity"), number(line, "quantityPerUnit"))
        sales = number(line, "netAmount") if outwards else -number(line, "netAmount")
        movement = Movement(
            item=str(line["lineObjectNumber"]),
            quantity=-quantity if outwards else quantity,
            posting_date=str(header["postingDate"]),
            entry_type="Sale",
            location=location_code(database, line),
            variant=variant_code(database, line),
            source_type="Customer",
            source_number=str(header["customerNumber"]),
            document_type="Sales_x0020_Invoice" if outwards else "Sales_x0020_Credit_x0020_Memo",
            document_number=str(header["number"]),
            sales_amount=in_local_currency(header, sales),
        )
        move_stock(database, movement)


def claim_invoice(database: Database, invoice: Row) -> None:
    """Write what the customer owes for a posted invoice."""
    follow_entry(database, post_claim(database, _claim(invoice, "Invoice", str(invoice["dueDate"]), sign=1)))
    invoice.update(get(database, INVOICE.header_page, str(invoice["id"])))


def _claim_credit(database: Database, memo: Row) -> None:
    due = str(memo["postingDate"])
    credit = post_claim(database, _claim(memo, "Credit_x0020_Memo", due, sign=-1))
    invoice = entry_of(database, "Invoice", str(memo["invoiceNumber"])) if memo["invoiceNumber"] else None
    same = invoice is not None and (invoice["customerNumber"], invoice["currencyCode"]) == (
        credit["customerNumber"],
        credit["currencyCode"],
    )
    if invoice is not None and same and invoice["open"] and credit["open"]:
        apply_entries(database, invoice, credit)
    else:
        follow_entry(database, credit)
    memo.update(get(database, CREDIT_MEMO.header_page, str(memo["id"])))


def _claim(header: Row, document_type: str, due: str, *, sign: int) -> Claim:
    amount = number(header, "totalAmountIncludingTax") * sign
    sales = number(header, "totalAmountExcludingTax") * sign
    return Claim(
        customer=str(header["billToCustomerNumber"]),
        document_type=document_type,
        document_number=str(header["number"]),
        posting_date=str(header["postingDate"]),
        due_date=due,
        currency=str(header["currencyCode"]),
        amount=amount,
        amount_local=in_local_currency(header, amount),
        sales_local=in_local_currency(header, sales),
        external_number=str(header["externalDocumentNumber"]),
        description=f"{'Invoice' if sign > 0 else 'Credit Memo'} {header['number']}",
    )


def in_local_currency(header: Row, amount: Decimal) -> Decimal:
    """An amount of a document, at its exchange rate."""
    return rounded(quotient(amount, number(header, "currencyFactor")), LOCAL_PRECISION)
