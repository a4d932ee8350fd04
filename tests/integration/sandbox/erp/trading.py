"""Random trade in the shop, with an oracle of its own: what must hold after any sequence of actions."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from random import Random  # noqa: TID251 - the test chooses the seeds
from typing import Any

from .services import Services
from .shop import Shop

Document = dict[str, Any]
HEADERS = ("salesQuotes", "salesOrders", "salesInvoices", "salesCreditMemos")
SUMS = {
    "netAmount": "totalAmountExcludingTax",
    "netTaxAmount": "totalTaxAmount",
    "netAmountIncludingTax": "totalAmountIncludingTax",
}
ZERO = Decimal(0)


@dataclass
class Trader:
    """Somebody who does whatever comes to mind, and keeps books of his own."""

    shop: Shop
    chance: Random
    ordered: dict[str, Document] = field(default_factory=dict)
    """Orders as they were when they were last changed, by id; deleted ones are not among them."""
    paid: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    done: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def act(self) -> None:
        """Do one thing."""
        actions: list[Callable[[], Awaitable[None]]] = [
            self.order,
            self.order,
            self.change_line,
            self.choose_parts,
            self.choose_parts,
            self.post_order,
            self.post_order,
            self.post_order_again,
            self.delete_order,
            self.quote,
            self.invoice,
            self.pay,
            self.pay,
            self.cancel,
            self.credit,
        ]
        action = self.chance.choice(actions)
        await action()
        self.done[action.__name__] += 1

    def lines(self) -> list[dict[str, object]]:
        """Some lines with any prices and discounts."""
        found = []
        for _ in range(self.chance.randint(1, 4)):
            item = self.chance.choice([self.shop.chair, self.shop.table])
            line = self.shop.item(item, self.chance.choice([1, 2, 3, 7, 2.5]))
            if self.chance.random() < 0.5:
                line["unitPrice"] = self.chance.choice([0.333, 19.99, 33.333, 1000.005])
            if self.chance.random() < 0.4:
                line["discountPercent"] = self.chance.choice([2.5, 10, 33.33])
            found.append(line)
        return found

    async def make(self, entity_set: str) -> Document:
        """A document in any currency, with any discount on the whole of it."""
        discount = self.chance.choice([0, 0, 0.07, 0.5])
        currency = self.chance.choice(["EUR", "EUR", "USD"])
        made = await self.shop.document(entity_set, *self.lines(), currencyCode=currency)
        if discount:
            answer = await self.shop.erp.patch(entity_set, made, discountAmount=discount)
            if answer.status_code == 400:
                assert made["totalAmountExcludingTax"] < discount, answer.text
            else:
                assert answer.status_code == 200, answer.text
        return await self.shop.read(entity_set, made["id"])

    async def open_orders(self) -> list[Document]:
        """The orders that are there."""
        return await self.shop.rows("salesOrders?$expand=salesOrderLines")

    async def some(self, documents: list[Document]) -> Document | None:
        """One of some documents, if there is any."""
        return self.chance.choice(documents) if documents else None

    async def order(self) -> None:
        """Make an order."""
        made = await self.make("salesOrders")
        self.ordered[made["id"]] = made

    async def change_line(self) -> None:
        """Change how much is ordered; a released order refuses it."""
        order = await self.some(await self.open_orders())
        if order is None:
            return
        line = self.chance.choice(order["salesOrderLines"])
        quantity = float(line["shippedQuantity"]) + self.chance.choice([0.5, 1, 4])
        path = f"salesOrderLines({line['id']})"
        answer = await self.shop.erp.http.patch(path, json={"quantity": quantity}, headers={"If-Match": "*"})
        assert answer.status_code == (200 if order["status"] == "Draft" else 400), answer.text
        self.ordered[order["id"]] = await self.shop.read("salesOrders", order["id"])

    async def choose_parts(self) -> None:
        """Say what of an order is to be shipped and invoiced next."""
        order = await self.some(await self.open_orders())
        if order is None:
            return
        for line in order["salesOrderLines"]:
            outstanding = line["quantity"] - line["shippedQuantity"]
            ship = outstanding * self.chance.randint(0, 2) / 2
            most = line["shippedQuantity"] + ship - line["invoicedQuantity"]
            await self.shop.set_line("salesOrderLines", line, shipQuantity=float(ship))
            invoice = most * self.chance.randint(0, 2) / 2
            await self.shop.set_line("salesOrderLines", line, invoiceQuantity=float(invoice))

    async def post_order(self) -> None:
        """Ship and invoice what was chosen; nothing chosen is refused."""
        order = await self.some(await self.open_orders())
        if order is None:
            return
        lines = order["salesOrderLines"]
        chosen = any(line["shipQuantity"] or line["invoiceQuantity"] for line in lines)
        answer = await self.shop.erp.http.post(f"salesOrders({order['id']})/Microsoft.NAV.shipAndInvoice")
        assert answer.status_code == (204 if chosen else 400), answer.text

    async def post_order_again(self) -> None:
        """Send a request to post twice, as a client does that lost the first answer: the version tells them apart."""
        order = await self.some(await self.open_orders())
        if order is None:
            return
        path = f"salesOrders({order['id']})/Microsoft.NAV.shipAndInvoice"
        version = {"If-Match": order["@odata.etag"]}
        first = await self.shop.erp.http.post(path, headers=version)
        second = await self.shop.erp.http.post(path, headers=version)
        if first.status_code == 204:
            assert second.status_code in {404, 409}
        else:
            assert (first.status_code, second.status_code) == (400, 400)

    async def delete_order(self) -> None:
        """Delete an order, which is refused while something of it is shipped and not invoiced."""
        order = await self.some(await self.open_orders())
        if order is None:
            return
        answer = await self.shop.erp.http.delete(f"salesOrders({order['id']})")
        between = any(line["shippedQuantity"] != line["invoicedQuantity"] for line in order["salesOrderLines"])
        assert answer.status_code == (400 if between else 204), answer.text
        if not between:
            del self.ordered[order["id"]]

    async def quote(self) -> None:
        """Make a quote and an order of it."""
        quote = await self.make("salesQuotes")
        before = {order["id"] for order in await self.open_orders()}
        await self.shop.act("salesQuotes", quote, "makeOrder")
        (order,) = [order for order in await self.open_orders() if order["id"] not in before]
        assert order["totalAmountIncludingTax"] == quote["totalAmountIncludingTax"]
        self.ordered[order["id"]] = order

    async def invoice(self) -> None:
        """Make an invoice without an order and post it."""
        draft = await self.make("salesInvoices")
        await self.shop.act("salesInvoices", draft, "post")

    async def pay(self) -> None:
        """Pay a part of an invoice, or all of it, or too much."""
        invoice = await self.some(await self.shop.rows("salesInvoices?$filter=status eq 'Open'"))
        if invoice is None:
            return
        journals = await self.shop.rows("customerPaymentJournals")
        journal = journals[0] if journals else await self.shop.erp.add("customerPaymentJournals", code="CASH")
        amount = self.chance.choice([Decimal("0.01"), invoice["remainingAmount"], invoice["remainingAmount"] + 1])
        body = {"journalId": journal["id"], "appliesToInvoiceId": invoice["id"], "amount": -float(amount)}
        await self.shop.erp.add("customerPayments", **body)
        await self.shop.act("customerPaymentJournals", journal, "post")
        self.paid[invoice["currencyCode"]] += amount

    async def cancel(self) -> None:
        """Cancel an invoice, which is refused once something of it is paid."""
        invoice = await self.some(await self.shop.rows("salesInvoices?$filter=status ne 'Draft'"))
        if invoice is None:
            return
        answer = await self.shop.erp.http.post(f"salesInvoices({invoice['id']})/Microsoft.NAV.cancel")
        untouched = invoice["remainingAmount"] == invoice["totalAmountIncludingTax"]
        possible = invoice["status"] == "Open" and untouched
        if invoice["totalAmountIncludingTax"]:
            assert answer.status_code == (204 if possible else 400), answer.text

    async def credit(self) -> None:
        """Post a credit memo about some of an invoice."""
        invoice = await self.some(await self.shop.rows("salesInvoices?$filter=status eq 'Open'"))
        if invoice is None:
            return
        await self.shop.act("salesInvoices", invoice, "makeCorrectiveCreditMemo")
        (memo,) = await self.shop.rows("salesCreditMemos?$filter=status eq 'Draft'&$expand=salesCreditMemoLines")
        for line in memo["salesCreditMemoLines"][1:]:
            assert (await self.shop.erp.http.delete(f"salesCreditMemoLines({line['id']})")).status_code == 204
        await self.shop.act("salesCreditMemos", memo, "post")


async def check(trader: Trader, services: Services) -> None:
    """Everything that must hold whatever was done."""
    documents = {name: await trader.shop.rows(f"{name}?$expand={name[:-1]}Lines") for name in HEADERS}
    _check_sums(documents)
    await _check_orders(trader, documents)
    await _check_stock(trader, documents)
    await _check_ledger(trader, services, documents)


def _check_sums(documents: dict[str, list[Document]]) -> None:
    """The lines of every document add up to it, and no number is there twice."""
    for name, rows in documents.items():
        assert len({row["number"] for row in rows}) == len(rows)
        for row in rows:
            for of_line, of_document in SUMS.items():
                assert sum((line[of_line] for line in row[f"{name[:-1]}Lines"]), ZERO) == row[of_document], row


async def _check_orders(trader: Trader, documents: dict[str, list[Document]]) -> None:
    """No order is lost or invoiced twice: what is invoiced of it is on its invoices, and all of it when it is gone."""
    there = {order["id"]: order for order in documents["salesOrders"]}
    assert there.keys() <= trader.ordered.keys()
    for identity, known in trader.ordered.items():
        invoices = [invoice for invoice in documents["salesInvoices"] if invoice["orderId"] == identity]
        invoiced = sum((line["quantity"] for row in invoices for line in row["salesInvoiceLines"]), ZERO)
        lines = there.get(identity, known)["salesOrderLines"]
        of_lines = "invoicedQuantity" if identity in there else "quantity"
        assert invoiced == sum((line[of_lines] for line in lines), ZERO)
        if identity not in there:
            net = sum((invoice["totalAmountExcludingTax"] for invoice in invoices), ZERO)
            assert abs(net - known["totalAmountExcludingTax"]) <= Decimal("0.01") * trader.done["change_line"]


async def _check_stock(trader: Trader, documents: dict[str, list[Document]]) -> None:
    """Stock is what was there, less what was shipped, more what came back; the entries say the same."""
    shipments = await trader.shop.rows("salesShipments?$expand=salesShipmentLines")
    for item in (trader.shop.chair, trader.shop.table):
        number = item["number"]
        shipped = [line for row in shipments for line in row["salesShipmentLines"]]
        direct = [
            line
            for row in documents["salesInvoices"]
            if row["status"] != "Draft" and row["orderNumber"] == ""
            for line in row["salesInvoiceLines"]
        ]
        back = [line for row in documents["salesCreditMemos"] for line in row["salesCreditMemoLines"]]
        out = sum((line["quantity"] for line in [*shipped, *direct] if line["lineObjectNumber"] == number), ZERO)
        returned = sum((line["quantity"] for line in back if line["lineObjectNumber"] == number), ZERO)
        stock = await trader.shop.stock(item)
        assert stock == 50 - out + returned
        entries = await trader.shop.rows(f"itemLedgerEntries?$filter=itemNumber eq '{number}'")
        assert sum((entry["quantity"] for entry in entries), ZERO) == stock
    await _check_sales(trader, documents)


async def _check_sales(trader: Trader, documents: dict[str, list[Document]]) -> None:
    """What the item ledger says was earned is the net of invoices less that of credit memos, at the rate of the day."""
    entries = await trader.shop.rows("itemLedgerEntries")
    earned = ZERO
    for name, sign in (("salesInvoices", 1), ("salesCreditMemos", -1)):
        for row in documents[name]:
            rate = Decimal("1.25") if row["currencyCode"] == "USD" else Decimal(1)
            for line in row[f"{name[:-1]}Lines"] if row["status"] != "Draft" else ():
                earned += sign * (line["netAmount"] / rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert sum((entry["salesAmountActual"] for entry in entries), ZERO) == earned


async def _check_ledger(trader: Trader, services: Services, documents: dict[str, list[Document]]) -> None:
    """What is owed is what was invoiced, less what was credited and paid; invoices say the same as their entries."""
    entries = await services.all("CustomerLedgerEntries")
    posted = [row for row in documents["salesInvoices"] if row["status"] != "Draft"]
    for currency in ("EUR", "USD"):
        owed = sum((row["totalAmountIncludingTax"] for row in posted if row["currencyCode"] == currency), ZERO)
        memos = documents["salesCreditMemos"]
        credited = sum((row["totalAmountIncludingTax"] for row in memos if row["currencyCode"] == currency), ZERO)
        code = "" if currency == "EUR" else currency
        mine = [entry for entry in entries if entry["Currency_Code"] == code]
        for amount in ("Amount", "Remaining_Amount"):
            total = sum((Decimal(str(entry[amount])) for entry in mine), ZERO)
            assert total == owed - credited - trader.paid[currency]
    remaining = {entry["Document_No"]: entry for entry in entries if entry["Document_Type"] == "Invoice"}
    for invoice in posted:
        entry = remaining[invoice["number"]]
        assert Decimal(str(entry["Remaining_Amount"])) == invoice["remainingAmount"]
        if invoice["status"] in {"Open", "Paid"}:
            assert entry["Open"] is (invoice["status"] == "Open")
    local = sum((Decimal(str(entry["Remaining_Amt_LCY"])) for entry in entries), ZERO)
    details = await trader.shop.erp.get(f"customers({trader.shop.customer['id']})/customerFinancialDetail")
    assert Decimal(str(details["balance"])) == local
    assert all(entry["Remaining_Amt_LCY"] == 0 for entry in entries if not entry["Open"])
