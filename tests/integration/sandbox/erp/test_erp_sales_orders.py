"""Sales orders of the sandbox ERP over HTTP: made, changed, shipped and invoiced, whole or in parts."""

from decimal import Decimal

from .client import Refusal
from .shop import Shop

D = Decimal


async def test_an_order_gets_everything_from_its_customer(shop: Shop) -> None:
    """A new order takes names, addresses, terms and currency from the customer and comes to the right amounts."""
    order = await shop.document("salesOrders", shop.item(shop.chair, 2), shop.item(shop.table, 1))
    assert order["number"] == "S-ORD101001"
    assert (order["customerName"], order["shipToName"], order["billToName"]) == ("Fjord Interiors",) * 3
    assert (order["sellToCity"], order["shipToPostCode"], order["billToCountry"]) == ("Harbourtown", "0150", "NO")
    assert (order["status"], order["currencyCode"], order["orderDate"]) == ("Draft", "EUR", "2026-01-02")
    assert (order["totalAmountExcludingTax"], order["totalTaxAmount"]) == (D("249.95"), D("55.99"))
    assert order["totalAmountIncludingTax"] == D("305.94")
    chair, table = order["salesOrderLines"]
    assert (chair["sequence"], chair["description"], chair["unitPrice"], chair["taxPercent"]) == (
        10000,
        "Chair",
        100,
        25,
    )
    assert (table["lineType"], table["unitOfMeasureCode"], table["netTaxAmount"]) == ("Item", "PCS", D("5.99"))
    assert (table["shipQuantity"], table["invoiceQuantity"], table["shippedQuantity"]) == (1, 1, 0)


async def test_ship_and_invoice_posts_it_all(shop: Shop) -> None:
    """The order is gone; a shipment, an open invoice, item ledger entries and less stock are there instead."""
    order = await shop.document("salesOrders", shop.item(shop.chair, 2), externalDocumentNumber="PO-1")
    await shop.act("salesOrders", order, "shipAndInvoice")
    assert (await shop.erp.http.get(f"salesOrders({order['id']})")).status_code == 404
    (shipment,) = await shop.rows("salesShipments?$expand=salesShipmentLines")
    assert (shipment["number"], shipment["orderNumber"]) == ("PS-SHPT102001", order["number"])
    assert [line["quantity"] for line in shipment["salesShipmentLines"]] == [2]
    (invoice,) = await shop.rows("salesInvoices?$expand=salesInvoiceLines")
    assert (invoice["number"], invoice["status"], invoice["orderId"]) == ("PS-INV103001", "Open", order["id"])
    assert (invoice["totalAmountIncludingTax"], invoice["remainingAmount"]) == (250, 250)
    assert (invoice["dueDate"], invoice["externalDocumentNumber"]) == ("2026-01-16", "PO-1")
    sale = (await shop.rows(f"itemLedgerEntries?$filter=itemNumber eq '{shop.chair['number']}'"))[-1]
    assert (sale["quantity"], sale["entryType"], sale["documentNumber"]) == (-2, "Sale", "PS-SHPT102001")
    assert (sale["salesAmountActual"], sale["costAmountActual"]) == (200, -60)
    assert await shop.stock(shop.chair) == 48


async def test_an_order_is_shipped_and_invoiced_in_parts(shop: Shop) -> None:
    """Each posting takes what is entered; the last one leaves nothing, and the invoices add up to the order."""
    order = await shop.document("salesOrders", shop.item(shop.chair, 3, unitPrice=33.333), discountAmount=0)
    (line,) = order["salesOrderLines"]
    line = await shop.set_line("salesOrderLines", line, shipQuantity=1)
    assert (line["shipQuantity"], line["invoiceQuantity"]) == (1, 1)
    await shop.act("salesOrders", order, "shipAndInvoice")
    left = await shop.read("salesOrders", order["id"])
    assert (left["status"], left["fullyShipped"]) == ("Open", False)
    (line,) = left["salesOrderLines"]
    assert (line["shippedQuantity"], line["invoicedQuantity"], line["shipQuantity"]) == (1, 1, 2)
    line = await shop.set_line("salesOrderLines", line, invoiceQuantity=0)
    await shop.act("salesOrders", order, "shipAndInvoice")
    left = await shop.read("salesOrders", order["id"])
    assert left["fullyShipped"] is True
    await shop.act("salesOrders", order, "shipAndInvoice")
    assert (await shop.erp.http.get(f"salesOrders({order['id']})")).status_code == 404
    invoices = await shop.rows("salesInvoices")
    assert [invoice["totalAmountExcludingTax"] for invoice in invoices] == [D("33.33"), D("66.67")]
    assert sum(invoice["totalAmountExcludingTax"] for invoice in invoices) == order["totalAmountExcludingTax"]
    assert await shop.stock(shop.chair) == 47


async def test_no_order_is_posted_twice(shop: Shop, refusal: Refusal) -> None:
    """A repeated request to post finds no order any more, and one with an old version is refused."""
    order = await shop.document("salesOrders", shop.item(shop.chair, 2))
    stale = order["@odata.etag"]
    await shop.set_line("salesOrderLines", order["salesOrderLines"][0], shipQuantity=1)
    path = f"salesOrders({order['id']})/Microsoft.NAV.shipAndInvoice"
    assert refusal(await shop.erp.http.post(path, headers={"If-Match": stale}))[:2] == (409, "Request_EntityChanged")
    await shop.act("salesOrders", order, "shipAndInvoice")
    await shop.act("salesOrders", order, "shipAndInvoice")
    assert (await shop.erp.http.post(path)).status_code == 404
    assert sum(row["totalAmountExcludingTax"] for row in await shop.rows("salesInvoices")) == 200
