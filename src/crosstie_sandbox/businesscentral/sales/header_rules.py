"""The rules of sales documents: what a new one gets from its customers, and what follows when it is changed."""

from collections.abc import Mapping
from decimal import Decimal

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.rows import Row, change
from crosstie_sandbox.businesscentral.sales import refusals
from crosstie_sandbox.businesscentral.sales.amounts import product, quotient, rounded
from crosstie_sandbox.businesscentral.sales.conditions import due_date, terms_of, units_of_currency
from crosstie_sandbox.businesscentral.sales.kinds import ORDER, QUOTE, DocumentKind
from crosstie_sandbox.businesscentral.sales.line import UNIT_PRICE_PRECISION, DiscountError
from crosstie_sandbox.businesscentral.sales.lines import lines_of, recalculate, store_changes, value_of
from crosstie_sandbox.businesscentral.sales.partners import bill_to, customer_of, sell_to
from crosstie_sandbox.businesscentral.sales.stored import NO_DATE, day, number, text, today
from crosstie_sandbox.businesscentral.sales.totals import Terms, spread_invoice_discount
from crosstie_sandbox.businesscentral.values import ZERO_GUID, Stored

_FIXED_WHILE_RELEASED = ("customerNumber", "billToCustomerNumber", "currencyCode", "pricesIncludeTax")
_FIXED_WHILE_SHIPPED = ("customerNumber", "billToCustomerNumber", "currencyCode")
_NO_TIME = "0001-01-01T00:00:00Z"


class HeaderRules(Behaviour):
    """The rules of one of the four documents."""

    def __init__(self, kind: DocumentKind) -> None:
        self.kind = kind

    def complete(self, write: Write) -> None:
        """Fill in what follows from what was entered, and compute the document anew."""
        row, before = write.row, write.before
        if before is None:
            self._begin(write)
        else:
            self._check_changeable(write, before)
        if row["customerNumber"] == "":
            raise dialog('A "customerNumber" or a "customerId" must be provided.', "customerNumber")
        self._take_customers(write)
        self._date(write)
        if write.changed("currencyCode", "postingDate"):
            factor = units_of_currency(write.database, str(row["currencyCode"]), day(row, "postingDate"))
            row["currencyFactor"] = text(factor)
        if self.kind is QUOTE:
            row["status"] = _status_of_quote(row, today(write.database))
        self._compute(write)

    def _begin(self, write: Write) -> None:
        row = write.row
        for name in (self.kind.date, "postingDate"):
            if name not in write.changes:
                row[name] = today(write.database)
        row["status"] = "Draft"
        if self.kind is ORDER and "partialShipping" not in write.changes:
            row["partialShipping"] = 1

    def _check_changeable(self, write: Write, before: Row) -> None:
        refusals.check_draft(self.kind, before)
        if write.changed(*_FIXED_WHILE_RELEASED):
            refusals.check_open(self.kind, before)
        if self.kind is ORDER and write.changed(*_FIXED_WHILE_SHIPPED) and _has_shipped(write.database, row=before):
            raise dialog("You cannot change the customer or the currency of an order that is partly shipped.")

    def _take_customers(self, write: Write) -> None:
        row, database = write.row, write.database
        if write.changed("customerNumber"):
            customer = customer_of(database, row["customerNumber"])
            sell_to(row, customer)
            if not write.changes.get("billToCustomerNumber"):
                row["billToCustomerNumber"], row["billToCustomerId"] = customer["number"], customer["id"]
        if row["billToCustomerNumber"] == "":
            row["billToCustomerNumber"], row["billToCustomerId"] = row["customerNumber"], row["customerId"]
        if write.changed("billToCustomerNumber"):
            bill_to(database, row, customer_of(database, row["billToCustomerNumber"]))
        row.update(write.changes)
        for name in ("billToCustomerNumber", "billToCustomerId"):
            if row[name] in {"", ZERO_GUID}:
                row[name] = row[name.replace("billToCustomer", "customer")]
        if row["currencyCode"] == "":
            row["currencyCode"] = database.local_currency
        if write.changed("customerNumber", "billToCustomerNumber"):
            for customer_number in (str(row["customerNumber"]), str(row["billToCustomerNumber"])):
                refusals.check_customer(database, customer_number, self.kind, shipping=False, posting=False)

    def _date(self, write: Write) -> None:
        row = write.row
        if row[self.kind.date] == NO_DATE:
            row[self.kind.date] = row["postingDate"]
        if "dueDate" not in write.changes and write.changed(self.kind.date, "paymentTermsId"):
            due = due_date(write.database, str(row["paymentTermsId"]), day(row, self.kind.date))
            row["dueDate"] = due.isoformat()

    def _compute(self, write: Write) -> None:
        row, database = write.row, write.database
        lines = [] if write.before is None else lines_of(database, self.kind, str(row["id"]))
        before = [dict(line) for line in lines]
        if write.before is not None:
            _reprice(lines, write.before, row, terms_of(database, row))
        if "discountAmount" in write.changes:
            row["invoiceDiscountEntered"] = row["discountAmount"]
            _check_discount(lines, row, terms_of(database, row))
        recalculate(database, row, lines)
        store_changes(database, self.kind, lines, before)

    def deleting(self, write: Write) -> None:
        """Posted documents stay; the lines of others go along."""
        refusals.check_draft(self.kind, write.row)
        if self.kind is ORDER and _has_uninvoiced(write.database, write.row):
            raise dialog(
                "You cannot delete the order because at least one line is shipped but not invoiced: "
                f"Sales Header Document Type={self.kind.name}, No.={write.row['number']}."
            )
        remove_lines(write.database, self.kind, write.row)


def remove_lines(database: Database, kind: DocumentKind, header: Row) -> None:
    """Delete all lines of a document, without computing it anew each time."""
    database.connection.execute(f'DELETE FROM "{kind.lines}" WHERE "documentId" = ?', (header["id"],))


def touch(database: Database, kind: DocumentKind, header: Row, changes: Mapping[str, Stored]) -> None:
    """Write what changed of a document along with its lines; its time of change moves in any case."""
    change(database, kind.header_page, header, changes)


def _has_shipped(database: Database, *, row: Row) -> bool:
    return any(number(line, "shippedQuantity") for line in lines_of(database, ORDER, str(row["id"])))


def _has_uninvoiced(database: Database, header: Row) -> bool:
    lines = lines_of(database, ORDER, str(header["id"]))
    return any(number(line, "shippedQuantity") != number(line, "invoicedQuantity") for line in lines)


def _status_of_quote(row: Row, now: str) -> str:
    if row["acceptedDate"] != NO_DATE:
        return "Accepted"
    if row["sentDate"] == _NO_TIME:
        return "Draft"
    expired = row["validUntilDate"] != NO_DATE and str(row["validUntilDate"]) < now
    return "Expired_x0020_" if expired else "Sent"


def _reprice(lines: list[Row], before: Row, header: Row, terms: Terms) -> None:
    """Prices follow the currency and whether they include VAT; the percentages of the discounts stay."""
    old, new = number(before, "currencyFactor"), number(header, "currencyFactor")
    same_currency = before["currencyCode"] == header["currencyCode"]
    if same_currency and before["pricesIncludeTax"] == header["pricesIncludeTax"]:
        return
    for line in lines:
        price = number(line, "unitPrice")
        if not same_currency:
            price = quotient(product(price, new), old)
        if before["pricesIncludeTax"] != header["pricesIncludeTax"]:
            factor = quotient(Decimal(100) + number(line, "taxPercent"), Decimal(100))
            price = product(price, factor) if header["pricesIncludeTax"] else quotient(price, factor)
        value = value_of(line)
        changed = value.repriced(value.quantity, rounded(price, UNIT_PRICE_PRECISION), terms.precision)
        line["unitPrice"], line["discountAmount"] = text(changed.unit_price), text(changed.discount_amount)


def _check_discount(lines: list[Row], header: Row, terms: Terms) -> None:
    if not lines:
        return
    try:
        spread_invoice_discount([value_of(line) for line in lines], number(header, "discountAmount"), terms.precision)
    except DiscountError:
        raise dialog(
            f"The invoice discount amount {header['discountAmount']} must lie between 0 and the amount of the lines "
            "that allow an invoice discount.",
            "discountAmount",
        ) from None
