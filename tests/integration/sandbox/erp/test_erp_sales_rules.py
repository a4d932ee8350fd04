"""What the sandbox ERP refuses and derives when documents are entered: blocked records, discounts, quotes, release."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from .client import Refusal
from .services import COMPANY, Services
from .shop import Shop

D = Decimal
DIALOG = (400, "Application_DialogException")
FIELD = (400, "Application_FieldValidationException")


@pytest.mark.parametrize(
    ("blocked", "refused"),
    [
        ("Ship", {"salesQuotes", "salesOrders"}),
        ("Invoice", {"salesQuotes", "salesOrders", "salesInvoices"}),
        ("All", {"salesQuotes", "salesOrders", "salesInvoices", "salesCreditMemos"}),
    ],
)
async def test_a_blocked_customer_gets_no_document(
    shop: Shop, refusal: Refusal, blocked: str, refused: set[str]
) -> None:
    """Each kind of block refuses its documents, in the application's words."""
    await shop.erp.patch("customers", shop.customer, blocked=blocked)
    number = shop.customer["number"]
    for entity_set in ("salesQuotes", "salesOrders", "salesInvoices", "salesCreditMemos"):
        answer = await shop.erp.http.post(entity_set, json={"customerNumber": number})
        if entity_set in refused:
            text = f"You cannot create this type of document when Customer {number} is blocked with type {blocked}"
            assert refusal(answer) == (*DIALOG, text)
        else:
            assert answer.status_code == 201


async def test_a_customer_blocked_meanwhile_stops_the_posting(shop: Shop, refusal: Refusal) -> None:
    """An order of a customer who was blocked after it was made is not posted, and stays as it was."""
    order = await shop.document("salesOrders", shop.item(shop.chair, 2))
    await shop.erp.patch("customers", shop.customer, blocked="Ship")
    answer = await shop.erp.http.post(f"salesOrders({order['id']})/Microsoft.NAV.shipAndInvoice")
    text = f"You cannot post this type of document when Customer {shop.customer['number']} is blocked with type Ship"
    assert refusal(answer) == (*DIALOG, text)
    assert await shop.read("salesOrders", order["id"]) == order
    assert await shop.rows("salesShipments") == []
    assert await shop.stock(shop.chair) == 50


async def test_a_blocked_item_is_not_sold(shop: Shop, refusal: Refusal) -> None:
    """A blocked item is refused on a line; one blocked later stops the posting."""
    order = await shop.document("salesOrders", shop.item(shop.chair, 2))
    await shop.erp.patch("items", shop.chair, blocked=True)
    text = f"Blocked must be equal to 'No'  in Item: No.={shop.chair['number']}. Current value is 'Yes'."
    line = await shop.erp.http.post(f"salesOrders({order['id']})/salesOrderLines", json=shop.item(shop.chair, 1))
    assert refusal(line) == (*FIELD, text)
    posting = await shop.erp.http.post(f"salesOrders({order['id']})/Microsoft.NAV.shipAndInvoice")
    assert refusal(posting) == (*FIELD, text)
    services = Services(shop.erp)
    services.publish()
    card = f"ItemCard('{shop.chair['number']}')"
    assert (await services.patch(card, Blocked=False, Sales_Blocked=True)).status_code == 200
    line = await shop.erp.http.post(f"salesOrders({order['id']})/salesOrderLines", json=shop.item(shop.chair, 1))
    text = (
        f"You cannot sell Item {shop.chair['number']} because the Sales Blocked check box is selected on the Item card."
    )
    assert refusal(line) == (*DIALOG, text)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, 'A "customerNumber" or a "customerId" must be provided.'),
        ({"customerNumber": "NOBODY"}, "The sell-to customer cannot be found."),
        ({"customerId": "00000000-0000-0000-0000-000000000009"}, "The sell-to customer cannot be found."),
        ({"customerNumber": "C00010", "billToCustomerNumber": "X"}, "The bill-to customer cannot be found."),
        ({"customerNumber": "C00010", "currencyCode": "XXX"}, 'The "currencyCode" does not match to a Currency.'),
        (
            {"customerNumber": "C00010", "paymentTermsId": "00000000-0000-0000-0000-000000000009"},
            'The "paymentTermsId" does not match to a Payment Terms.',
        ),
    ],
)
async def test_a_document_needs_right_references(
    shop: Shop, refusal: Refusal, body: dict[str, object], text: str
) -> None:
    """What a document names must be there; nothing of a refused document stays."""
    for entity_set in ("salesQuotes", "salesOrders", "salesInvoices", "salesCreditMemos"):
        assert refusal(await shop.erp.http.post(entity_set, json=body)) == (*DIALOG, text)
        assert await shop.rows(entity_set) == []


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"itemId": "00000000-0000-0000-0000-000000000009"}, "Item does not exist."),
        ({"lineType": "Item", "lineObjectNumber": "NONE"}, "Item does not exist."),
        ({"lineType": "Account", "lineObjectNumber": "NONE"}, "Account does not exist."),
        (
            {"lineType": "Comment", "unitOfMeasureCode": "PCS"},
            "Unit of Measure can be set only for lines with type Item.",
        ),
        ({"sequence": 10000}, "You cannot insert a line because a line already exists."),
        ({"documentId": "00000000-0000-0000-0000-000000000009"}, "No document with the specified ID exists."),
    ],
)
async def test_a_line_needs_right_references(
    shop: Shop, refusal: Refusal, fields: dict[str, object], text: str
) -> None:
    """What a line names must be there, and the document is as before when it is not."""
    order = await shop.document("salesOrders", shop.item(shop.chair, 2))
    answer = await shop.erp.http.post("salesOrderLines", json={"documentId": order["id"], **fields})
    assert refusal(answer) == (*DIALOG, text)
    assert await shop.read("salesOrders", order["id"]) == order


async def test_lines_are_asked_for_by_document(shop: Shop, refusal: Refusal) -> None:
    """A set of lines is only there within a document, or with its id in the filter."""
    order = await shop.document("salesOrders", shop.item(shop.chair, 2))
    text = "You must specify an Id or a Document Id to get the lines."
    assert refusal(await shop.erp.http.get("salesOrderLines")) == (*DIALOG, text)
    assert len(await shop.rows(f"salesOrderLines?$filter=documentId eq {order['id']}")) == 1
    assert len(await shop.rows(f"salesOrders({order['id']})/salesOrderLines")) == 1


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"shipQuantity": 3}, "You cannot ship more than 2 units."),
        ({"invoiceQuantity": 3}, "You cannot invoice more than 2 units."),
        ({"shippedQuantity": 1}, 'The value for "shippedQuantity" cannot be modified.'),
        ({"sequence": 5}, "The value for sequence cannot be modified. Delete and insert the line again."),
        ({"lineObjectNumber": "1001"}, 'The value for "lineObjectNumber" cannot be modified.'),
    ],
)
async def test_a_line_keeps_its_limits(shop: Shop, refusal: Refusal, fields: dict[str, object], text: str) -> None:
    """A line refuses what its quantities and its identity do not allow."""
    order = await shop.document("salesOrders", shop.item(shop.chair, 2))
    line = order["salesOrderLines"][0]
    answer = await shop.erp.http.patch(f"salesOrderLines({line['id']})", json=fields, headers={"If-Match": "*"})
    assert refusal(answer) == (*DIALOG, text)


async def test_properties_count_in_the_order_they_were_sent(shop: Shop) -> None:
    """A price before the item is overwritten by the item's; after it, it stands; a discount follows the quantity."""
    chair = shop.chair["id"]
    order = await shop.document(
        "salesOrders",
        {"unitPrice": 5, "itemId": chair, "quantity": 1},
        {"itemId": chair, "unitPrice": 5, "quantity": 3, "discountPercent": 10},
        {"itemId": chair, "quantity": 3, "discountAmount": 30},
        {"lineType": "Comment", "description": "Thank you"},
    )
    first, second, third, comment = order["salesOrderLines"]
    assert [first["unitPrice"], second["unitPrice"]] == [100, 5]
    assert [second["discountAmount"], third["discountPercent"]] == [D("1.5"), 10]
    assert (comment["lineType"], comment["description"], comment["netAmount"]) == ("Comment", "Thank you", 0)
    third = await shop.set_line("salesOrderLines", third, quantity=6)
    assert third["discountAmount"] == 60


async def test_a_discount_on_the_document_is_shared(shop: Shop, refusal: Refusal) -> None:
    """The discount falls on the lines in proportion, stays when they change, and is no more than they come to."""
    order = await shop.document("salesOrders", shop.item(shop.chair, 1), shop.item(shop.table, 2), discountAmount=10)
    assert order["discountAmount"] == 10
    assert [line["invoiceDiscountAllocation"] for line in order["salesOrderLines"]] == [D("5.00"), D("5.00")]
    await shop.set_line("salesOrderLines", order["salesOrderLines"][0], quantity=3)
    changed = await shop.read("salesOrders", order["id"])
    assert (changed["discountAmount"], changed["totalAmountExcludingTax"]) == (10, D("389.9"))
    lines = changed["salesOrderLines"]
    assert sum(line["netAmountIncludingTax"] for line in lines) == changed["totalAmountIncludingTax"]
    answer = await shop.erp.patch("salesOrders", changed, discountAmount=400)
    assert refusal(answer)[:2] == DIALOG
    answer = await shop.erp.patch("salesOrders", changed, discountAmount=0)
    assert answer.json()["totalAmountExcludingTax"] == 399.9


async def test_prices_can_include_tax(shop: Shop) -> None:
    """Prices follow when a document is told that they include tax, and come back when it is told that they do not."""
    order = await shop.document("salesOrders", shop.item(shop.chair, 2))
    assert (await shop.erp.patch("salesOrders", order, pricesIncludeTax=True)).status_code == 200
    incl = await shop.read("salesOrders", order["id"])
    assert incl["salesOrderLines"][0]["unitPrice"] == 125
    assert (incl["totalAmountExcludingTax"], incl["totalAmountIncludingTax"]) == (200, 250)
    assert incl["discountAppliedBeforeTax"] is False


async def test_a_line_changes_its_document(shop: Shop) -> None:
    """Adding, changing and deleting a line is a change of the document: version, totals and time."""
    order = await shop.document("salesOrders", shop.item(shop.chair, 2))
    shop.erp.clock.tick(5)
    added = await shop.erp.http.post(f"salesOrders({order['id']})/salesOrderLines", json=shop.item(shop.table, 1))
    assert added.status_code == 201
    changed = await shop.read("salesOrders", order["id"])
    assert changed["lastModifiedDateTime"] > order["lastModifiedDateTime"]
    assert changed["totalAmountExcludingTax"] == D("249.95")
    answer = await shop.erp.http.delete(f"salesOrderLines({added.json()['id']})")
    assert answer.status_code == 204
    assert (await shop.read("salesOrders", order["id"]))["totalAmountExcludingTax"] == 200
    assert (await shop.erp.patch("salesOrders", order, salesperson="")).status_code == 409


@pytest.mark.parametrize(("action", "into"), [("makeOrder", "salesOrders"), ("makeInvoice", "salesInvoices")])
async def test_a_quote_becomes_another_document(shop: Shop, action: str, into: str) -> None:
    """The quote is gone, and the new document has its lines, amounts and the number by which it can be found."""
    quote = await shop.document(
        "salesQuotes", shop.item(shop.chair, 2, discountPercent=5), externalDocumentNumber="Q-77", discountAmount=4
    )
    assert (quote["number"], quote["status"], quote["totalAmountExcludingTax"]) == ("S-QUO1001", "Draft", 186)
    await shop.act("salesQuotes", quote, "send")
    assert (await shop.read("salesQuotes", quote["id"]))["status"] == "Sent"
    await shop.act("salesQuotes", quote, action)
    assert await shop.rows("salesQuotes") == []
    (made,) = await shop.rows(f"{into}?$filter=externalDocumentNumber eq 'Q-77'&$expand={into[:-1]}Lines")
    assert (made["status"], made["customerName"]) == ("Draft", "Fjord Interiors")
    for name in ("discountAmount", "totalAmountExcludingTax", "totalAmountIncludingTax"):
        assert made[name] == quote[name]
    assert made[f"{into[:-1]}Lines"][0]["discountAmount"] == 10
    again = await shop.erp.http.post(f"salesQuotes({quote['id']})/Microsoft.NAV.{action}")
    assert again.status_code == 404
    await shop.act(into, made, "shipAndInvoice" if into == "salesOrders" else "post")
    assert (await shop.rows("salesInvoices"))[0]["totalAmountIncludingTax"] == quote["totalAmountIncludingTax"]


async def test_nothing_can_be_made_of_nothing(shop: Shop, refusal: Refusal) -> None:
    """A document without lines, or with a line without a quantity, is not posted."""
    empty = await shop.document("salesOrders")
    path = f"salesOrders({empty['id']})/Microsoft.NAV.shipAndInvoice"
    text = "There is nothing to post because the document does not contain a quantity or amount."
    assert refusal(await shop.erp.http.post(path)) == (*DIALOG, text)
    await shop.erp.http.post(f"salesOrders({empty['id']})/salesOrderLines", json={"itemId": shop.chair["id"]})
    text = "One or more document lines with a value in the No. field do not have a quantity specified."
    assert refusal(await shop.erp.http.post(path)) == (*DIALOG, text)


async def test_an_order_shipped_in_part_must_allow_it(shop: Shop, refusal: Refusal) -> None:
    """An order that must be shipped at once refuses a part."""
    order = await shop.document("salesOrders", shop.item(shop.chair, 2), partialShipping=False)
    await shop.set_line("salesOrderLines", order["salesOrderLines"][0], shipQuantity=1)
    answer = await shop.erp.http.post(f"salesOrders({order['id']})/Microsoft.NAV.shipAndInvoice")
    assert refusal(answer) == (*DIALOG, "This order must be a complete shipment.")


async def test_a_shipped_order_is_not_deleted(shop: Shop, refusal: Refusal) -> None:
    """What is shipped must be invoiced before an order, or its line, can go."""
    order = await shop.document("salesOrders", shop.item(shop.chair, 2))
    line = await shop.set_line("salesOrderLines", order["salesOrderLines"][0], invoiceQuantity=0)
    await shop.act("salesOrders", order, "shipAndInvoice")
    assert await shop.rows("salesInvoices") == []
    assert "shipped but not invoiced" in refusal(await shop.erp.http.delete(f"salesOrders({order['id']})"))[2]
    assert refusal(await shop.erp.http.delete(f"salesOrderLines({line['id']})"))[:2] == FIELD
    await shop.act("salesOrders", order, "shipAndInvoice")
    assert await shop.rows("salesOrders") == []


async def test_inventory_that_is_entered_is_posted(shop: Shop) -> None:
    """A stock that is entered on an item is posted as an adjustment; selling an item is no change of it."""
    item = await shop.erp.get(f"items({shop.chair['id']})")
    order = await shop.document("salesOrders", shop.item(shop.chair, 60))
    await shop.act("salesOrders", order, "shipAndInvoice")
    sold = await shop.erp.get(f"items({shop.chair['id']})")
    assert (sold["inventory"], sold["@odata.etag"]) == (-10, item["@odata.etag"])
    assert (await shop.erp.patch("items", sold, inventory=5)).status_code == 200
    entries = await shop.rows(f"itemLedgerEntries?$filter=itemNumber eq '{shop.chair['number']}'")
    assert [(entry["quantity"], entry["entryType"]) for entry in entries] == [
        (50, "Positive_x0020_Adjmt_x002E_"),
        (-60, "Sale"),
        (15, "Positive_x0020_Adjmt_x002E_"),
    ]


def orders_page(order: dict[str, Any], tail: str = "") -> str:
    """The address of an order in the published page."""
    return f"{COMPANY}/SalesOrder(Document_Type='Order',No='{order['number']}'){tail}"


async def test_a_released_order_is_fixed(shop: Shop, refusal: Refusal) -> None:
    """Releasing fixes customer, lines and prices; what is to be shipped can still be said; reopening undoes it."""
    services = Services(shop.erp)
    services.publish()
    order = await shop.document("salesOrders", shop.item(shop.chair, 2))
    assert (await services.http.post(orders_page(order, "/NAV.Release"))).status_code == 204
    released = await shop.read("salesOrders", order["id"])
    assert released["status"] == "Open"
    assert (await services.http.get(orders_page(order))).json()["Status"] == "Released"
    line = f"salesOrderLines({order['salesOrderLines'][0]['id']})"
    text = f"Status must be equal to 'Open'  in Sales Header: Document Type=Order, No.={order['number']}."
    any_version = {"If-Match": "*"}
    answer = await shop.erp.http.patch(line, json={"quantity": 3}, headers=any_version)
    assert refusal(answer) == (*FIELD, f"{text} Current value is 'Released'.")
    assert refusal(await shop.erp.http.delete(line))[:2] == FIELD
    answer = await shop.erp.http.patch(line, json={"shipQuantity": 1}, headers=any_version)
    assert answer.status_code == 200
    assert (await services.http.post(orders_page(order, "/NAV.Reopen"))).status_code == 204
    answer = await shop.erp.http.patch(line, json={"quantity": 3}, headers=any_version)
    assert answer.json()["quantity"] == 3


async def test_an_order_without_lines_is_not_released(shop: Shop, refusal: Refusal) -> None:
    """There is nothing to release in an order without lines."""
    services = Services(shop.erp)
    services.publish()
    order = await shop.document("salesOrders")
    answer = await services.http.post(orders_page(order, "/NAV.Release"))
    text = f"There is nothing to release for the document of type Order with the number {order['number']}."
    assert refusal(answer) == (*DIALOG, text)


async def test_the_published_pages_show_what_the_api_lacks(shop: Shop) -> None:
    """Reference and description of an order, its lines, both ledgers and the statistics of a customer."""
    services = Services(shop.erp)
    services.publish()
    order = await shop.document("salesOrders", shop.item(shop.chair, 4))
    page = orders_page(order)
    changes = {"Your_Reference": "CRM-1", "WorkDescription": "To the back door"}
    answer = await services.http.patch(page, json=changes, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text
    (line,) = await services.all(f"SalesOrder('Order','{order['number']}')/SalesOrderSalesLines")
    assert (line["Line_No"], line["Quantity"], line["Qty_to_Ship"]) == (10000, 4, 4)
    await shop.set_line("salesOrderLines", order["salesOrderLines"][0], shipQuantity=3)
    await shop.set_line("salesOrderLines", order["salesOrderLines"][0], invoiceQuantity=1)
    await shop.act("salesOrders", order, "shipAndInvoice")
    (invoice,) = await shop.rows("salesInvoices")
    assert invoice["customerPurchaseOrderReference"] == "CRM-1"
    number = shop.customer["number"]
    statistics = await services.get(f"CustomerStatistics('{number}')")
    shown = [statistics[name] for name in ("Balance_LCY", "Outstanding_Orders_LCY", "Shipped_Not_Invoiced_LCY")]
    assert shown == [125, 125, 250]
    (owed,) = await services.all("CustomerLedgerEntries")
    assert (owed["Document_No"], owed["Remaining_Amount"], owed["Open"]) == (invoice["number"], 125, True)
    entries = await services.all("ItemLedgerEntries?$filter=Entry_Type eq 'Sale'")
    assert [(entry["Quantity"], entry["Location_Code"], entry["Remaining_Quantity"]) for entry in entries] == [
        (-3, "", 0)
    ]


async def test_a_customer_who_trades_is_not_deleted(shop: Shop, refusal: Refusal) -> None:
    """A customer with a document, and afterwards with entries, stays; so does an item that a line is about."""
    order = await shop.document("salesOrders", shop.item(shop.chair, 1))
    number = shop.customer["number"]
    path = f"customers({shop.customer['id']})"
    because = f"You cannot delete Customer {number} because"
    text = f"{because} there is at least one outstanding Sales Order for this customer."
    assert refusal(await shop.erp.http.delete(path)) == (*DIALOG, text)
    assert refusal(await shop.erp.http.delete(f"items({shop.chair['id']})"))[:2] == DIALOG
    await shop.act("salesOrders", order, "shipAndInvoice")
    text = f"{because} it has ledger entries in a fiscal year that has not been closed yet."
    assert refusal(await shop.erp.http.delete(path)) == (*DIALOG, text)


async def test_the_best_price_is_found(shop: Shop) -> None:
    """One price for everybody, one for the customer from ten pieces on; for the unit it is meant for, not by hand."""
    erp = shop.erp
    services = Services(erp)
    services.publish()
    await erp.add("unitsOfMeasure", code="BOX", displayName="Box")
    chair = shop.chair["number"]
    await services.post("ItemUnitsOfMeasure", Item_No=chair, Code="BOX", Qty_per_Unit_of_Measure=12)
    ours = {"SourceType": "Customer", "AssignToNo": shop.customer["number"]}
    for code, who, minimum, price in (("ALL", {}, 0, 90), ("OURS", ours, 10, 80)):
        await services.post("SalesPriceList", Code=code, Description=code, AmountType="Price", **who)
        line = {"Asset_Type": "Item", "Asset_No": chair, "Unit_Price": price, "Minimum_Quantity": minimum}
        await services.post("PriceListLines", Price_List_Code=code, **line)
        answer = await services.patch(f"SalesPriceList('{code}')", Status="Active")
        assert answer.status_code == 200, answer.text
    order = await shop.document(
        "salesOrders",
        shop.item(shop.chair, 1),
        shop.item(shop.chair, 10),
        shop.item(shop.chair, 1, unitOfMeasureCode="BOX"),
        shop.item(shop.chair, 1, unitPrice=7),
    )
    assert [line["unitPrice"] for line in order["salesOrderLines"]] == [90, 80, 1200, 7]
    line = await shop.set_line("salesOrderLines", order["salesOrderLines"][0], quantity=12)
    assert (line["unitPrice"], line["netAmount"]) == (80, 960)
    await shop.act("salesOrders", order, "shipAndInvoice")
    assert await shop.stock(shop.chair) == 50 - 12 - 10 - 12 - 1


async def test_an_item_has_only_its_units(shop: Shop, refusal: Refusal) -> None:
    """A unit that the item is not sold in is refused."""
    await shop.erp.add("unitsOfMeasure", code="BOX", displayName="Box")
    order = await shop.document("salesOrders")
    body = {"documentId": order["id"], "itemId": shop.chair["id"], "unitOfMeasureCode": "BOX"}
    answer = await shop.erp.http.post("salesOrderLines", json=body)
    text = "The Item Unit of Measure does not exist. Identification fields and values: "
    named = f"Item No.='{shop.chair['number']}',Code='BOX'"
    assert refusal(answer) == (400, "Internal_RecordNotFound", text + named)


async def test_a_refused_line_takes_its_document_along(shop: Shop, refusal: Refusal) -> None:
    """A document and its lines are made together: if a line is refused, nothing is there, nor is a number used up."""
    body = {"customerNumber": shop.customer["number"], "salesOrderLines": [shop.item(shop.chair, 1), {"itemId": "x"}]}
    assert refusal(await shop.erp.http.post("salesOrders", json=body))[0] == 400
    assert await shop.rows("salesOrders") == []
    assert (await shop.document("salesOrders"))["number"] == "S-ORD101001"


async def test_debts_are_sorted_by_age(shop: Shop) -> None:
    """The aged receivables of a customer say what is not due yet, and what has been for up to 30, 60 and more days."""
    path = f"customers({shop.customer['id']})?$expand=agedAccountsReceivable"
    for days in (100, 50, 20, 0):
        when = (shop.erp.clock.now - timedelta(days=days + 14)).date().isoformat()
        draft = await shop.document("salesInvoices", shop.item(shop.chair, 1), invoiceDate=when, postingDate=when)
        await shop.act("salesInvoices", draft, "post")
    aged = (await shop.erp.get(path))["agedAccountsReceivable"]
    assert isinstance(aged, dict)
    ages = ("balanceDue", "currentAmount", "period1Amount", "period2Amount", "period3Amount")
    assert [aged[name] for name in ages] == [500, 125, 125, 125, 125]


async def test_freight_is_a_line_about_an_account(shop: Shop) -> None:
    """A line of type Account is sold at the price that is entered, and moves no stock."""
    freight = {"lineType": "Account", "lineObjectNumber": "3900", "quantity": 1, "unitPrice": 12.5}
    order = await shop.document("salesOrders", freight)
    (line,) = order["salesOrderLines"]
    assert (line["description"], line["netAmount"], line["taxPercent"]) == ("Freight", D("12.5"), 0)
    await shop.act("salesOrders", order, "shipAndInvoice")
    (shipment,) = await shop.rows("salesShipments?$expand=salesShipmentLines")
    assert shipment["salesShipmentLines"][0]["lineType"] == "G_x002F_L_x0020_Account"
    assert len(await shop.rows("itemLedgerEntries")) == 2
