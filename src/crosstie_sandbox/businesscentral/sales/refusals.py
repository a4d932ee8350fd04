"""Why a sales document cannot be made, changed or posted, in the application's own words."""

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import ApiError, dialog
from crosstie_sandbox.businesscentral.page import pages, tables
from crosstie_sandbox.businesscentral.rows import Row, find
from crosstie_sandbox.businesscentral.sales.kinds import CREDIT_MEMO, INVOICE, KINDS, DocumentKind
from crosstie_sandbox.businesscentral.values import unescaped

_RELEASED = "Open"
_READ_ONLY = {
    INVOICE: "The invoice has been posted and can no longer be modified.",
    CREDIT_MEMO: "The credit memo has been posted and can no longer be modified.",
}


def wrong_field(field: str, wanted: str, record: str, current: str) -> ApiError:
    """A field of another record does not hold what it must (TestField)."""
    return ApiError(
        400,
        "Application_FieldValidationException",
        f"{field} must be equal to '{wanted}'  in {record}. Current value is '{current}'.",
    )


def check_draft(kind: DocumentKind, header: Row) -> None:
    """Refuse to change a posted document."""
    if kind.posts and header["posted"]:
        raise dialog(_READ_ONLY[kind])


def check_open(kind: DocumentKind, header: Row) -> None:
    """Refuse to change what is fixed while an order is released."""
    if header["status"] == _RELEASED and not kind.posts:
        record = f"Sales Header: Document Type={kind.name}, No.={header['number']}"
        raise wrong_field("Status", "Open", record, "Released")


def check_customer(database: Database, number: str, kind: DocumentKind, *, shipping: bool, posting: bool) -> None:
    """Refuse a document for a blocked customer (table 18, CheckBlockedCustOnDocs)."""
    customer = find(database, pages()["customers"], number=number)
    blocked = "" if customer is None else unescaped(str(customer["blocked"]))
    refused = (
        blocked == "All"
        or (blocked == "Invoice" and kind is not CREDIT_MEMO)
        or (blocked == "Ship" and kind is not CREDIT_MEMO and (shipping if posting else kind is not INVOICE))
    )
    if refused:
        action = "post" if posting else "create"
        raise dialog(f"You cannot {action} this type of document when Customer {number} is blocked with type {blocked}")


def check_no_trade(database: Database, customer: str) -> None:
    """Refuse to delete a customer whom documents or entries name."""
    for kind in KINDS.values():
        for column in ("customerNumber", "billToCustomerNumber"):
            wanted: Row = {column: customer, **({"posted": 0} if kind.posts else {})}
            if find(database, kind.header_page, **wanted) is not None:
                raise dialog(
                    f"You cannot delete Customer {customer} because there is at least one outstanding "
                    f"Sales {kind.name} for this customer."
                )
    if find(database, tables()["customerLedgerEntries"], customerNumber=customer) is not None:
        raise dialog(
            f"You cannot delete Customer {customer} because it has ledger entries in a fiscal year that has not been "
            "closed yet."
        )


def check_item(item: Row) -> None:
    """Refuse a blocked item, or one that is not for sale."""
    if item["blocked"]:
        raise wrong_field("Blocked", "No", f"Item: No.={item['number']}", "Yes")
    if item.get("salesBlocked"):
        raise dialog(
            f"You cannot sell Item {item['number']} because the Sales Blocked check box is selected on the Item card."
        )
