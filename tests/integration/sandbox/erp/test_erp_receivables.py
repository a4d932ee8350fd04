"""What customers of the sandbox ERP owe: invoices, payments, credit memos and cancellations over HTTP."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from .client import Refusal
from .shop import Shop

D = Decimal


async def posted_invoice(shop: Shop, quantity: int = 2, **fields: object) -> dict[str, Any]:
    """A posted invoice about chairs."""
    draft = await shop.document("salesInvoices", shop.item(shop.chair, quantity), **fields)
    await shop.act("salesInvoices", draft, "post")
    return await shop.read("salesInvoices", draft["id"])


async def finances(shop: Shop) -> tuple[Decimal, Decimal, Decimal]:
    """Balance, overdue amount and sales of the customer."""
    found = await shop.erp.get(f"customers({shop.customer['id']})/customerFinancialDetail")
    return tuple(D(str(found[name])) for name in ("balance", "overdueAmount", "totalSalesExcludingTax"))  # type: ignore[return-value]


async def pay(shop: Shop, amount: object, **fields: object) -> None:
    """Enter a payment and post its journal."""
    journals = await shop.rows("customerPaymentJournals")
    journal = journals[0] if journals else await shop.erp.add("customerPaymentJournals", code="CASH")
    await shop.erp.add("customerPayments", journalId=journal["id"], amount=amount, **fields)
    await shop.act("customerPaymentJournals", journal, "post")


async def test_posting_keeps_the_id_and_gives_a_number(shop: Shop, refusal: Refusal) -> None:
    """A draft becomes the posted invoice, numbered as posted ones are; from then on nothing of it can be changed."""
    draft = await shop.document("salesInvoices", shop.item(shop.chair, 2))
    assert (draft["number"], draft["status"], draft["remainingAmount"]) == ("S-INV102201", "Draft", 250)
    await shop.act("salesInvoices", draft, "post")
    invoice = await shop.read("salesInvoices", draft["id"])
    assert (invoice["number"], invoice["status"], invoice["remainingAmount"]) == ("PS-INV103001", "Open", 250)
    assert invoice["dueDate"] == "2026-01-16"
    text = "The invoice has been posted and can no longer be modified."
    any_version = {"If-Match": "*"}
    path, line = f"salesInvoices({draft['id']})", f"salesInvoiceLines({invoice['salesInvoiceLines'][0]['id']})"
    answers = [
        await shop.erp.http.patch(path, json={"discountAmount": 1}, headers=any_version),
        await shop.erp.http.delete(path),
        await shop.erp.http.patch(line, json={"quantity": 1}, headers=any_version),
        await shop.erp.http.delete(line),
        await shop.erp.http.post(f"{path}/salesInvoiceLines", json=shop.item(shop.chair, 1)),
    ]
    assert {refusal(answer) for answer in answers} == {(400, "Application_DialogException", text)}
    again = await shop.erp.http.post(f"{path}/Microsoft.NAV.post")
    assert refusal(again)[2] == "The action can be applied to a draft invoice only."
    assert await shop.stock(shop.chair) == 48


async def test_payments_pay_an_invoice(shop: Shop) -> None:
    """A part leaves the rest open, the whole makes the invoice Paid; each is a change of the invoice."""
    invoice = await posted_invoice(shop)
    await pay(shop, -100, appliesToInvoiceId=invoice["id"])
    partly = await shop.read("salesInvoices", invoice["id"])
    assert (partly["status"], partly["remainingAmount"]) == ("Open", 150)
    assert partly["@odata.etag"] != invoice["@odata.etag"]
    await pay(shop, -160, appliesToInvoiceNumber=invoice["number"], customerNumber=shop.customer["number"])
    paid = await shop.read("salesInvoices", invoice["id"])
    assert (paid["status"], paid["remainingAmount"]) == ("Paid", 0)
    assert await finances(shop) == (D(-10), D(-10) * 0, D(200))
    assert await shop.rows("customerPayments?$filter=journalId eq 00000000-0000-0000-0000-000000000001") == []


async def test_what_is_due_is_overdue_the_day_after(shop: Shop) -> None:
    """Overdue is what was to be paid before today: the page of the customer says it as balanceDue."""
    await posted_invoice(shop)
    assert await finances(shop) == (D(250), D(0), D(200))
    shop.erp.clock.now += timedelta(days=14)
    assert (await finances(shop))[1] == 0
    shop.erp.clock.now += timedelta(days=1)
    assert (await finances(shop))[1] == 250
    customer = await shop.erp.get(f"customers({shop.customer['id']})")
    assert (customer["balanceDue"], customer["@odata.etag"]) == (250, shop.customer["@odata.etag"])
    assert len(await shop.rows("customers?$filter=balanceDue gt 249.99")) == 1


async def test_a_cancelled_invoice_is_taken_back(shop: Shop, refusal: Refusal) -> None:
    """Cancelling posts a corrective credit memo: nothing is owed, the stock is back, and it cannot be done twice."""
    invoice = await posted_invoice(shop)
    await shop.act("salesInvoices", invoice, "cancel")
    cancelled = await shop.read("salesInvoices", invoice["id"])
    assert (cancelled["status"], cancelled["remainingAmount"]) == ("Canceled", 0)
    (memo,) = await shop.rows("salesCreditMemos?$expand=salesCreditMemoLines")
    assert (memo["status"], memo["number"], memo["invoiceNumber"]) == ("Corrective", "PS-CR104001", invoice["number"])
    assert (memo["totalAmountIncludingTax"], memo["invoiceId"]) == (250, invoice["id"])
    assert await finances(shop) == (D(0), D(0), D(0))
    assert await shop.stock(shop.chair) == 50
    again = await shop.erp.http.post(f"salesInvoices({invoice['id']})/Microsoft.NAV.cancel")
    assert refusal(again)[2] == "The invoice cannot be canceled because it has already been canceled."
    await shop.act("salesCreditMemos", memo, "cancel")
    assert (await shop.read("salesCreditMemos", memo["id"]))["status"] == "Canceled"
    assert (await finances(shop))[0] == 250
    assert await shop.stock(shop.chair) == 48


async def test_a_paid_invoice_cannot_be_cancelled(shop: Shop, refusal: Refusal) -> None:
    """An invoice of which something is paid stays, and so does everything else."""
    invoice = await posted_invoice(shop)
    await pay(shop, -1, appliesToInvoiceId=invoice["id"])
    answer = await shop.erp.http.post(f"salesInvoices({invoice['id']})/Microsoft.NAV.cancelAndSend")
    assert "because it is fully or partially paid" in refusal(answer)[2]
    assert await shop.rows("salesCreditMemos") == []


async def test_a_credit_memo_is_applied_to_its_invoice(shop: Shop) -> None:
    """A corrective credit memo is made as a draft, can be changed, and reduces what remains of the invoice."""
    invoice = await posted_invoice(shop)
    await shop.act("salesInvoices", invoice, "makeCorrectiveCreditMemo")
    (memo,) = await shop.rows("salesCreditMemos?$expand=salesCreditMemoLines")
    assert (memo["status"], memo["number"], memo["totalAmountIncludingTax"]) == ("Draft", "S-CR1001", 250)
    await shop.set_line("salesCreditMemoLines", memo["salesCreditMemoLines"][0], quantity=1)
    await shop.act("salesCreditMemos", memo, "postAndSend")
    assert (await shop.read("salesCreditMemos", memo["id"]))["status"] == "Paid"
    assert (await shop.read("salesInvoices", invoice["id"]))["remainingAmount"] == 125
    assert await finances(shop) == (D(125), D(0), D(100))
    assert await shop.stock(shop.chair) == 49


async def test_a_foreign_invoice_is_owed_at_its_rate(shop: Shop) -> None:
    """Prices are converted into the currency of the document, and the ledger keeps the local amount of its day."""
    usd = await posted_invoice(shop, currencyCode="USD")
    assert (usd["currencyCode"], usd["totalAmountIncludingTax"]) == ("USD", D("312.5"))
    assert await finances(shop) == (D(250), D(0), D(200))
    await pay(shop, -312.5, appliesToInvoiceId=usd["id"])
    assert (await shop.read("salesInvoices", usd["id"]))["status"] == "Paid"
    assert await finances(shop) == (D(0), D(0), D(200))


async def test_nothing_is_sent_without_an_address(shop: Shop, refusal: Refusal) -> None:
    """An invoice that cannot be sent is not posted either."""
    await shop.erp.patch("customers", shop.customer, email="")
    draft = await shop.document("salesInvoices", shop.item(shop.chair, 1))
    answer = await shop.erp.http.post(f"salesInvoices({draft['id']})/Microsoft.NAV.postAndSend")
    assert refusal(answer)[2].startswith("The send-to email is empty. Specify email either for the customer")
    assert (await shop.read("salesInvoices", draft["id"]))["status"] == "Draft"
