"""Cancelling a posted invoice by a corrective credit memo, and a corrective credit memo by a corrective invoice.

What was posted stays; a document of the opposite kind takes all of it back, in both ledgers.
"""

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.posting.post_invoice import post_draft
from crosstie_sandbox.businesscentral.posting.posted import add_lines, draft_number, new_header
from crosstie_sandbox.businesscentral.rows import Row, add, change
from crosstie_sandbox.businesscentral.sales import refusals
from crosstie_sandbox.businesscentral.sales.kinds import CREDIT_MEMO, INVOICE, DocumentKind
from crosstie_sandbox.businesscentral.sales.lines import lines_of
from crosstie_sandbox.businesscentral.sales.stored import number, today
from crosstie_sandbox.businesscentral.values import ZERO_GUID


def cancel_invoice(database: Database, invoice: Row) -> None:
    """Take a posted invoice back, of which nothing has been paid."""
    _check_posted(INVOICE, invoice)
    if invoice["status"] == "Canceled":
        raise dialog("The invoice cannot be canceled because it has already been canceled.")
    if invoice["status"] == "Corrective":
        raise dialog("You cannot cancel this posted sales invoice because it represents a correction of a credit memo.")
    _check_unpaid(invoice)
    _check_customer(database, invoice)
    memo = _opposite(database, INVOICE, invoice, CREDIT_MEMO)
    change(database, INVOICE.header_page, invoice, {"status": "Canceled"})
    change(database, CREDIT_MEMO.header_page, memo, _corrects(invoice))
    _post(database, CREDIT_MEMO, memo)


def cancel_credit_memo(database: Database, memo: Row) -> None:
    """Take a corrective credit memo back; the customer owes the amount again."""
    _check_posted(CREDIT_MEMO, memo)
    if memo["status"] == "Canceled":
        raise dialog("The credit memo cannot be canceled because it has already been canceled.")
    if memo["status"] != "Corrective":
        raise dialog(
            "You cannot cancel this posted sales credit memo because it is not a corrective credit memo.",
        )
    _check_customer(database, memo)
    invoice = _opposite(database, CREDIT_MEMO, memo, INVOICE)
    change(database, CREDIT_MEMO.header_page, memo, {"status": "Canceled"})
    _post(database, INVOICE, invoice)


def make_corrective_credit_memo(database: Database, invoice: Row) -> None:
    """Make a draft credit memo of all that a posted invoice says, which will be applied to it."""
    _check_posted(INVOICE, invoice)
    if number(invoice, "remainingAmount") == 0:
        raise dialog("The invoice is closed. The corrective credit memo will not be applied to the invoice.")
    memo = _opposite(database, INVOICE, invoice, CREDIT_MEMO)
    change(database, CREDIT_MEMO.header_page, memo, _corrects(invoice))


def _corrects(invoice: Row) -> Row:
    """What a credit memo says of the invoice that it corrects."""
    return {"invoiceId": invoice["id"], "invoiceNumber": invoice["number"]}


def _check_posted(kind: DocumentKind, header: Row) -> None:
    if not header["posted"]:
        raise dialog(f"The action can be applied to a posted {kind.name.lower()} only.")


def _check_unpaid(invoice: Row) -> None:
    if number(invoice, "remainingAmount") != number(invoice, "totalAmountIncludingTax"):
        raise dialog(
            f"You cannot cancel the posted sales invoice {invoice['number']} because it is fully or partially paid. "
            "To reverse a paid sales invoice, you must manually create a sales credit memo."
        )


def _check_customer(database: Database, header: Row) -> None:
    for customer in {str(header["customerNumber"]), str(header["billToCustomerNumber"])}:
        refusals.check_customer(database, customer, CREDIT_MEMO, shipping=False, posting=True)


def _opposite(database: Database, kind: DocumentKind, source: Row, into: DocumentKind) -> Row:
    """A draft of the opposite kind with the same lines, dated today."""
    header = new_header(database, into, source, draft_number(database, into))
    header |= {"postingDate": today(database), into.date: today(database), "dueDate": today(database)}
    if into is INVOICE:
        header |= {"orderId": ZERO_GUID, "orderNumber": ""}
    add(database, into.header_page, header)
    add_lines(database, into.line_page, str(header["id"]), lines_of(database, kind, str(source["id"])))
    return header


def _post(database: Database, kind: DocumentKind, header: Row) -> None:
    post_draft(database, kind, header, lines_of(database, kind, str(header["id"])), status="Corrective")
