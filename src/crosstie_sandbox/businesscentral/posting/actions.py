"""The bound actions of the sales documents and of the payment journal, as pages offer them."""

from collections.abc import Mapping

from crosstie_sandbox.businesscentral.behaviour import Action
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.posting.cancel import (
    cancel_credit_memo,
    cancel_invoice,
    make_corrective_credit_memo,
)
from crosstie_sandbox.businesscentral.posting.converting import make_invoice, make_order
from crosstie_sandbox.businesscentral.posting.payment_rules import post_journal
from crosstie_sandbox.businesscentral.posting.post_invoice import post_credit_memo, post_invoice
from crosstie_sandbox.businesscentral.posting.post_order import ship_and_invoice
from crosstie_sandbox.businesscentral.rows import Row
from crosstie_sandbox.businesscentral.sales.kinds import CREDIT_MEMO, INVOICE, DocumentKind
from crosstie_sandbox.businesscentral.sales.release import release_order, reopen_order
from crosstie_sandbox.businesscentral.sales.sending import check_email, send_quote


def _sent(kind: DocumentKind, action: Action) -> Action:
    """An action after which the document is sent; nothing happens when it could not be."""

    def act(database: Database, row: Row) -> None:
        action(database, row)
        check_email(database, kind, row)

    return act


def _nothing(_: Database, __: Row) -> None:
    """Sending alone changes nothing."""


SALES_ACTIONS: Mapping[tuple[str, str], Action] = {
    ("salesQuotes", "makeOrder"): make_order,
    ("salesQuotes", "makeInvoice"): make_invoice,
    ("salesQuotes", "send"): send_quote,
    ("salesOrders", "shipAndInvoice"): ship_and_invoice,
    ("salesOrders", "Release"): release_order,
    ("salesOrders", "Reopen"): reopen_order,
    ("salesInvoices", "post"): post_invoice,
    ("salesInvoices", "postAndSend"): _sent(INVOICE, post_invoice),
    ("salesInvoices", "send"): _sent(INVOICE, _nothing),
    ("salesInvoices", "cancel"): cancel_invoice,
    ("salesInvoices", "cancelAndSend"): _sent(INVOICE, cancel_invoice),
    ("salesInvoices", "makeCorrectiveCreditMemo"): make_corrective_credit_memo,
    ("salesCreditMemos", "post"): post_credit_memo,
    ("salesCreditMemos", "postAndSend"): _sent(CREDIT_MEMO, post_credit_memo),
    ("salesCreditMemos", "send"): _sent(CREDIT_MEMO, _nothing),
    ("salesCreditMemos", "cancel"): cancel_credit_memo,
    ("salesCreditMemos", "cancelAndSend"): _sent(CREDIT_MEMO, cancel_credit_memo),
    ("customerPaymentJournals", "post"): post_journal,
}
"""By entity set and name; Release and Reopen are on the published page of orders only."""
