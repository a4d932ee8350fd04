"""The customer ledger in the store: what is owed and paid, how entries are applied, and the state of the invoices.

An invoice's remaining amount and state follow its entry, and the invoice is a changed record then.
"""

from dataclasses import dataclass
from decimal import Decimal

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.page import tables
from crosstie_sandbox.businesscentral.posting.item_ledger import next_entry
from crosstie_sandbox.businesscentral.posting.receivables import Entry, apply
from crosstie_sandbox.businesscentral.rows import Row, add, change, find
from crosstie_sandbox.businesscentral.sales.amounts import LOCAL_PRECISION
from crosstie_sandbox.businesscentral.sales.kinds import CREDIT_MEMO, INVOICE
from crosstie_sandbox.businesscentral.sales.stored import day, number, text
from crosstie_sandbox.businesscentral.values import blank

_FINAL = {"Canceled", "Corrective"}


@dataclass(frozen=True, slots=True)
class Claim:
    """What a posting adds to what a customer owes (positive) or has paid (negative)."""

    customer: str
    document_type: str
    document_number: str
    posting_date: str
    due_date: str
    currency: str
    amount: Decimal
    amount_local: Decimal
    sales_local: Decimal = Decimal(0)
    external_number: str = ""
    description: str = ""


def post_claim(database: Database, claim: Claim) -> Row:
    """Write an entry of which everything remains."""
    page = tables()["customerLedgerEntries"]
    entry: Row = {name: blank(column) for name, column in page.columns.items()}
    entry |= {
        "id": str(database.ids()),
        "entryNumber": next_entry(database, page.entity_set),
        "customerNumber": claim.customer,
        "postingDate": claim.posting_date,
        "documentType": claim.document_type,
        "documentNumber": claim.document_number,
        "externalDocumentNumber": claim.external_number,
        "description": claim.description,
        "currencyCode": claim.currency,
        "amount": text(claim.amount),
        "amountLocal": text(claim.amount_local),
        "remainingAmount": text(claim.amount),
        "remainingAmountLocal": text(claim.amount_local),
        "salesLocal": text(claim.sales_local),
        "dueDate": claim.due_date,
        "open": int(claim.amount != 0),
    }
    add(database, page, entry)
    return entry


def entry_of(database: Database, document_type: str, document_number: str) -> Row | None:
    """The entry of a posted document."""
    page = tables()["customerLedgerEntries"]
    return find(database, page, documentType=document_type, documentNumber=document_number)


def apply_entries(database: Database, debit: Row, credit: Row) -> None:
    """Apply as much of a credit as fits to a debit, and let the documents of both follow."""
    after = apply(_value(debit), _value(credit), LOCAL_PRECISION)
    for row, other, value in ((debit, credit, after[0]), (credit, debit, after[1])):
        changes: Row = {
            "remainingAmount": text(value.remaining),
            "remainingAmountLocal": text(value.remaining_local),
            "open": int(value.is_open),
            "closedByEntryNumber": 0 if value.is_open else other["entryNumber"],
        }
        change(database, tables()["customerLedgerEntries"], row, changes)
        follow_entry(database, row)


def follow_entry(database: Database, entry: Row) -> None:
    """Give the document of an entry what remains and the state that goes with it."""
    kind = {"Invoice": INVOICE, "Credit_x0020_Memo": CREDIT_MEMO}.get(str(entry["documentType"]))
    if kind is None:
        return
    document = find(database, kind.header_page, number=entry["documentNumber"])
    if document is None:
        return
    changes: Row = {}
    if document["status"] not in _FINAL:
        changes["status"] = "Open" if entry["open"] else "Paid"
    if "remainingAmount" in document:
        changes["remainingAmount"] = entry["remainingAmount"]
    if any(document[name] != value for name, value in changes.items()):
        change(database, kind.header_page, document, changes)


def _value(row: Row) -> Entry:
    return Entry(
        number(row, "amount"),
        number(row, "remainingAmount"),
        number(row, "amountLocal"),
        number(row, "remainingAmountLocal"),
        day(row, "dueDate"),
    )
