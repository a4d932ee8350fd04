"""Customer payments: lines of a journal, entered for a customer or an invoice, and their posting."""

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.posting.customer_ledger import Claim, apply_entries, entry_of, post_claim
from crosstie_sandbox.businesscentral.rows import Row, find, remove, those
from crosstie_sandbox.businesscentral.sales.amounts import LOCAL_PRECISION, quotient, rounded
from crosstie_sandbox.businesscentral.sales.conditions import units_of_currency
from crosstie_sandbox.businesscentral.sales.kinds import INVOICE
from crosstie_sandbox.businesscentral.sales.stored import day, number, today
from crosstie_sandbox.businesscentral.values import ZERO_GUID

_STEP = 10_000


class PaymentRules(Behaviour):
    """A payment belongs to a journal; the invoice it is for names the customer where nobody else does."""

    def complete(self, write: Write) -> None:
        """Fill in journal, line, day, invoice and customer."""
        row = write.row
        journal = _journal(write)
        row["journalId"], row["journalDisplayName"] = journal["id"], journal["code"]
        if not row["lineNumber"]:
            lines = those(write.database, write.page, journalId=journal["id"])
            row["lineNumber"] = max((int(line["lineNumber"]) for line in lines), default=0) + _STEP
        if row["postingDate"] == "0001-01-01":
            row["postingDate"] = today(write.database)
        if write.before is None and row["documentNumber"] == "":
            row["documentNumber"] = f"{journal['code']}{int(row['lineNumber']) // _STEP:05d}"[-20:]
        _name_invoice(write)


def _journal(write: Write) -> Row:
    row, before = write.row, write.before
    if before is not None and write.changed("journalId"):
        raise dialog("The Journal Id cannot be changed.", "journalId")
    if before is not None and write.changed("journalDisplayName"):
        raise dialog("The Journal Batch Display Name cannot be changed.", "journalDisplayName")
    page = pages()["customerPaymentJournals"]
    journal = find(write.database, page, id=row["journalId"])
    if journal is None:
        raise dialog("You must specify a journal batch ID or a journal ID to get a journal line.", "journalId")
    if row["journalDisplayName"] not in {"", journal["code"]}:
        raise dialog("The Journal Id and Journal Display Name do not match.", "journalDisplayName")
    return journal


def _name_invoice(write: Write) -> None:
    row, database = write.row, write.database
    if write.before is not None and not write.changed("appliesToInvoiceId", "appliesToInvoiceNumber"):
        return
    if write.changes.get("appliesToInvoiceId", ZERO_GUID) != ZERO_GUID:
        invoice = find(database, INVOICE.header_page, id=row["appliesToInvoiceId"], posted=1)
        if invoice is None:
            text = 'The "appliesToInvoiceId" should be the ID of an Open, Paid, Corrective, or Canceled Invoice.'
            raise dialog(text, "appliesToInvoiceId")
        if write.changes.get("appliesToInvoiceNumber", invoice["number"]) != invoice["number"]:
            raise dialog("The Applies To Invoice values do not match to the same Invoice.", "appliesToInvoiceNumber")
    else:
        invoice = find(database, INVOICE.header_page, number=row["appliesToInvoiceNumber"], posted=1)
    row["appliesToInvoiceId"] = ZERO_GUID if invoice is None else invoice["id"]
    if invoice is not None:
        row["appliesToInvoiceNumber"] = invoice["number"]
        if row["customerNumber"] == "":
            row["customerNumber"], row["customerId"] = invoice["billToCustomerNumber"], invoice["billToCustomerId"]


def post_journal(database: Database, journal: Row) -> None:
    """Post all payments of a journal, or none of them; they are gone from it afterwards."""
    page = pages()["customerPayments"]
    lines = sorted(those(database, page, journalId=journal["id"]), key=lambda line: int(line["lineNumber"]))
    if not lines:
        raise dialog("There is nothing to post because the journal does not contain a line with an amount.")
    for line in lines:
        _post_payment(database, line)
        remove(database, page, line)


def _post_payment(database: Database, line: Row) -> None:
    """Payments are negative amounts; one that names an invoice is applied to it, in the invoice's currency."""
    if line["customerNumber"] == "" or number(line, "amount") == 0:
        raise dialog(f"Line {line['lineNumber']} of the journal needs a customer and an amount.")
    invoice = entry_of(database, "Invoice", str(line["appliesToInvoiceNumber"]))
    if line["appliesToInvoiceNumber"] and invoice is None:
        raise dialog(f"The invoice {line['appliesToInvoiceNumber']} that the payment is for does not exist.")
    if invoice is not None and invoice["customerNumber"] != line["customerNumber"]:
        raise dialog(f"The invoice {invoice['documentNumber']} is not one of customer {line['customerNumber']}.")
    currency = database.local_currency if invoice is None else str(invoice["currencyCode"])
    rate = units_of_currency(database, currency, day(line, "postingDate"))
    payment = post_claim(
        database,
        Claim(
            customer=str(line["customerNumber"]),
            document_type="Payment",
            document_number=str(line["documentNumber"]),
            posting_date=str(line["postingDate"]),
            due_date=str(line["postingDate"]),
            currency=currency,
            amount=number(line, "amount"),
            amount_local=rounded(quotient(number(line, "amount"), rate), LOCAL_PRECISION),
            external_number=str(line["externalDocumentNumber"]),
            description=str(line["description"]),
        ),
    )
    if invoice is not None:
        if not invoice["open"] or number(payment, "amount") > 0:
            raise dialog(f"The payment cannot be applied to {invoice['description']}, which is not open.")
        apply_entries(database, invoice, payment)
