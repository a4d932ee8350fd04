"""The four sales documents that can be changed, and where they differ."""

from collections.abc import Mapping
from dataclasses import dataclass

from crosstie_sandbox.businesscentral.page import Page, pages


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """One document type of table 36."""

    name: str
    """As the application names it in its messages."""
    headers: str
    """The entity set of the documents."""
    lines: str
    """The entity set of their lines."""
    date: str
    """The property that holds the document date."""
    posts: bool
    """Whether posted documents live in the same set."""

    @property
    def header_page(self) -> Page:
        """The page of the documents."""
        return pages()[self.headers]

    @property
    def line_page(self) -> Page:
        """The page of the lines."""
        return pages()[self.lines]


QUOTE = DocumentKind("Quote", "salesQuotes", "salesQuoteLines", "documentDate", posts=False)
ORDER = DocumentKind("Order", "salesOrders", "salesOrderLines", "orderDate", posts=False)
INVOICE = DocumentKind("Invoice", "salesInvoices", "salesInvoiceLines", "invoiceDate", posts=True)
CREDIT_MEMO = DocumentKind("Credit Memo", "salesCreditMemos", "salesCreditMemoLines", "creditMemoDate", posts=True)
KINDS: Mapping[str, DocumentKind] = {kind.headers: kind for kind in (QUOTE, ORDER, INVOICE, CREDIT_MEMO)}
"""By the entity set of the documents."""
