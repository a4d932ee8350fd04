"""Tables that no API page shows: resources, units of items and resources, price groups, price lists and their lines."""

import pytest

from .client import Refusal
from .services import COMPANY, Services


@pytest.fixture
async def shop(services: Services) -> Services:
    """An item and a resource in their units, a price group and a currency."""
    for code in ("PCS", "BOX", "HOUR"):
        await services.erp.add("unitsOfMeasure", code=code)
    await services.erp.add("currencies", code="USD")
    await services.erp.add("items", number="I1", displayName="Wheel", baseUnitOfMeasureCode="PCS", unitPrice=12)
    await services.post("ResourceCard", No="R1", Name="Fitter", Base_Unit_of_Measure="HOUR", Unit_Price=80)
    await services.post("CustomerPriceGroups", Code="gold", Description="Gold")
    return services


async def test_a_resource_keeps_cost_profit_and_price_in_step(shop: Services) -> None:
    """Cost follows direct cost and indirect share; profit follows price, or price follows profit, as the card says."""
    made = await shop.post("ResourceCard", Name="Press", Type="Machine", Direct_Unit_Cost=50, Indirect_Cost_Percent=20)
    assert (made["Unit_Cost"], made["Search_Name"], made["Profit_Percent"]) == (60, "PRESS", 0)
    card = f"ResourceCard('{made['No']}')"
    priced = (await shop.patch(card, Unit_Price=80)).json()
    assert (priced["Profit_Percent"], priced["Price_Profit_Calculation"]) == (25, "Profit=Price-Cost")
    planned = await shop.patch(card, Price_Profit_Calculation="Price=Cost+Profit", Profit_Percent=40)
    assert planned.json()["Unit_Price"] == 100
    free = (await shop.patch(card, Price_Profit_Calculation="No Relationship", Unit_Price=7)).json()
    assert (free["Unit_Price"], free["Profit_Percent"]) == (7, 40)


async def test_the_list_of_resources_is_read_only(shop: Services, refusal: Refusal) -> None:
    """Page 77 shows what page 76 wrote and takes nothing."""
    shop.publish((77,))
    [row] = await shop.all("Resources")
    assert (row["No"], row["Name"], row["Unit_Price"]) == ("R1", "Fitter", 80)
    refused = await shop.http.post(f"{COMPANY}/Resources", json={"Name": "B"})
    assert refusal(refused)[:2] == (405, "BadRequest_MethodNotAllowed")


async def test_the_base_unit_is_a_unit_of_its_owner(shop: Services) -> None:
    """Items and resources get a unit with quantity one for their base unit, and lose their units with themselves."""
    assert [
        (row["Item_No"], row["Code"], row["Qty_per_Unit_of_Measure"]) for row in await shop.all("ItemUnitsOfMeasure")
    ] == [("I1", "PCS", 1)]
    assert [(row["Resource_No"], row["Code"]) for row in await shop.all("ResourceUnitsOfMeasure")] == [("R1", "HOUR")]
    await shop.post("ItemUnitsOfMeasure", Item_No="I1", Code="BOX", Qty_per_Unit_of_Measure=12)
    for card in ("ItemCard('I1')", "ResourceCard('R1')"):
        assert (await shop.http.delete(f"{COMPANY}/{card}")).status_code == 204
    assert await shop.all("ItemUnitsOfMeasure") == await shop.all("ResourceUnitsOfMeasure") == []


async def test_an_item_unit_has_a_volume(shop: Services) -> None:
    """The cubage is length times width times height."""
    made = await shop.post("ItemUnitsOfMeasure", Item_No="I1", Code="BOX", Length=2, Width=3, Height=0.5)
    assert (made["Cubage"], made["Qty_per_Unit_of_Measure"]) == (3, 1)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"Item_No": "I1", "Code": "BOX", "Qty_per_Unit_of_Measure": 0},
            "Qty. per Unit of Measure must be greater than 0.",
        ),
        ({"Item_No": "I1"}, "Code must have a value in Item Unit of Measure: Item No.=I1,Code=."),
        ({"Item_No": "I9", "Code": "BOX"}, "The field Item No. of table Item Unit of Measure contains a value (I9)"),
        ({"Item_No": "I1", "Code": "XXX"}, "The field Code of table Item Unit of Measure contains a value (XXX)"),
    ],
)
async def test_item_units_that_are_refused(
    shop: Services, refusal: Refusal, fields: dict[str, object], text: str
) -> None:
    """A unit needs an item, a known code and a quantity above zero."""
    status, _, message = refusal(await shop.http.post(f"{COMPANY}/ItemUnitsOfMeasure", json=fields))
    assert status == 400
    assert message.startswith(text)


async def test_the_base_unit_stays_one(shop: Services, refusal: Refusal) -> None:
    """The quantity of a base unit cannot be changed, and the unit cannot be deleted."""
    changed = await shop.patch("ItemUnitsOfMeasure('I1','PCS')", Qty_per_Unit_of_Measure=2)
    assert refusal(changed)[2].startswith("Qty. per Unit of Measure must be equal to '1' in Item Unit of Measure")
    deleted = await shop.http.delete(f"{COMPANY}/ItemUnitsOfMeasure('I1','PCS')")
    assert "it is the Base Unit of Measure of Item I1" in refusal(deleted)[2]


async def test_a_price_list_with_lines(shop: Services) -> None:
    """Lines take number, description, unit, source, currency and dates from list and product."""
    header = await shop.post(
        "SalesPriceList",
        Description="Gold prices",
        SourceType="Customer Price Group",
        AssignToNo="gold",
        CurrencyCode="usd",
        StartingDate="2026-01-01",
    )
    assert (header["Code"], header["Status"], header["AllowLineDisc"]) == ("S00001", "Draft", True)
    lines = f"SalesPriceList('{header['Code']}')/SalesPriceListLines"
    item = await shop.post(lines, Asset_Type="Item", Asset_No="i1", Unit_Price=9.99)
    resource = await shop.post(lines, Asset_Type="Resource", Asset_No="R1", Unit_Price=70, Minimum_Quantity=8)
    assert [item[name] for name in ("Line_No", "Description", "Unit_of_Measure_Code", "CurrencyCode", "SourceNo")] == [
        10_000,
        "Wheel",
        "PCS",
        "USD",
        "GOLD",
    ]
    assert (resource["Line_No"], resource["Unit_of_Measure_Code"], resource["StartingDate"]) == (
        20_000,
        "HOUR",
        "2026-01-01",
    )
    [expanded] = await shop.all("SalesPriceList?$expand=SalesPriceListLines($select=Unit_Price;$orderby=Line_No desc)")
    assert [line["Unit_Price"] for line in expanded["SalesPriceListLines"]] == [70, 9.99]  # type: ignore[attr-defined]
    alone = await shop.get(f"PriceListLines(Price_List_Code='{header['Code']}',Line_No=10000)")
    within = await shop.get(f"{lines}(10000)")
    assert alone["Unit_Price"] == within["Unit_Price"] == 9.99
    [listed] = await shop.all("SalesPriceLists")
    assert (listed["SourceType"], listed["Currency_Code"], listed["Starting_Date"]) == (
        "Customer Price Group",
        "USD",
        "2026-01-01",
    )


async def test_only_a_draft_is_edited(shop: Services, refusal: Refusal) -> None:
    """An active list keeps its values and lines until it is a draft again, and cannot be deleted."""
    await shop.post("SalesPriceList", Code="P1")
    lines = "SalesPriceList('P1')/SalesPriceListLines"
    line = await shop.post(lines, Asset_No="I1", Unit_Price=5)
    await shop.patch("SalesPriceList('P1')", Status="Active")
    assert (await shop.get("SalesPriceList('P1')"))["Status"] == "Active"
    why = "Status must be equal to 'Draft' in Price List Header: Code=P1. Current value is 'Active'."
    for answer in (
        await shop.patch("SalesPriceList('P1')", StartingDate="2026-05-01"),
        await shop.patch(f"PriceListLines('P1',{line['Line_No']})", Unit_Price=6),
        await shop.http.post(f"{COMPANY}/{lines}", json={"Asset_No": "I1"}),
        await shop.http.delete(f"{COMPANY}/PriceListLines('P1',{line['Line_No']})"),
    ):
        assert refusal(answer)[2] == why
    deleted = await shop.http.delete(f"{COMPANY}/SalesPriceList('P1')")
    assert refusal(deleted)[2] == "You cannot delete the active price list P1."
    assert (await shop.patch("SalesPriceList('P1')", Description="Renamed")).status_code == 200
    assert (await shop.patch("SalesPriceList('P1')", Status="Draft", EndingDate="2027-01-01")).status_code == 200
    [dated] = await shop.all(lines)
    assert dated["EndingDate"] == "2027-01-01"
    assert (await shop.http.delete(f"{COMPANY}/SalesPriceList('P1')")).status_code == 204
    assert await shop.all("PriceListLines") == []


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"StartingDate": "2026-02-01", "EndingDate": "2026-01-01"}, "Starting Date cannot be after Ending Date."),
        ({"SourceType": "Customer", "AssignToNo": "K9"}, "The field Assign-to No. of table Price List Header contains"),
        ({"AssignToNo": "GOLD"}, "Assign-to No. must be blank when the price list is for All Customers."),
        ({"Status": "Active"}, "A new price list has the Status Draft"),
        ({"CurrencyCode": "XXX"}, "The field Currency Code of table Price List Header contains a value (XXX)"),
        ({"Status": "Closed"}, "The value 'Closed' is not a member of the enum of property 'Status'."),
    ],
)
async def test_price_lists_that_are_refused(
    shop: Services, refusal: Refusal, fields: dict[str, object], text: str
) -> None:
    """Dates, source, status and currency are checked."""
    status, _, message = refusal(await shop.http.post(f"{COMPANY}/SalesPriceList", json=fields))
    assert status == 400
    assert message.startswith(text)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"Asset_No": "I9"}, "The Item does not exist. Identification fields and values: No.='I9'"),
        ({"Asset_Type": "Resource", "Asset_No": "I1"}, "The Resource does not exist."),
        (
            {"Asset_No": "I1", "Unit_of_Measure_Code": "BOX"},
            "The field Unit of Measure Code of table Price List Line contains a value (BOX)",
        ),
    ],
)
async def test_price_lines_that_are_refused(
    shop: Services, refusal: Refusal, fields: dict[str, object], text: str
) -> None:
    """A line names a product that exists and one of its units."""
    await shop.post("SalesPriceList", Code="P1")
    answer = await shop.http.post(f"{COMPANY}/PriceListLines", json={"Price_List_Code": "P1", **fields})
    assert refusal(answer)[2].startswith(text)


async def test_a_list_without_products_is_not_activated(shop: Services, refusal: Refusal) -> None:
    """A line without a product keeps its list from becoming active."""
    await shop.post("SalesPriceList", Code="P1")
    await shop.post("PriceListLines", Price_List_Code="P1", Unit_Price=1)
    answer = await shop.patch("SalesPriceList('P1')", Status="Active")
    assert refusal(answer)[2].startswith("Product No. must have a value in Price List Line: ")
    assert (await shop.get("SalesPriceList('P1')"))["Status"] == "Draft"


async def test_a_price_group_in_use_stays(shop: Services, refusal: Refusal) -> None:
    """A price group that a customer is in cannot be deleted; renamed, it takes the customer along."""
    await shop.post("CustomerCard", No="K1", Name="A", Customer_Price_Group="GOLD")
    deleted = await shop.http.delete(f"{COMPANY}/CustomerPriceGroups('GOLD')")
    assert refusal(deleted)[:2] == (400, "Application_DialogException")
    assert (await shop.patch("CustomerPriceGroups('GOLD')", Code="BEST")).json()["Code"] == "BEST"
    assert (await shop.get("CustomerCard('K1')"))["Customer_Price_Group"] == "BEST"


async def test_terms_are_shown_by_their_codes(shop: Services, refusal: Refusal) -> None:
    """A card shows and takes the codes of payment terms whose ids the table holds."""
    await shop.erp.add("paymentTerms", code="30D", dueDateCalculation="30D")
    made = await shop.post("CustomerCard", No="K1", Name="A", Payment_Terms_Code="30d")
    assert (made["Payment_Terms_Code"], made["Shipment_Method_Code"]) == ("30D", "")
    assert [row["No"] for row in await shop.all("CustomerCard?$filter=Payment_Terms_Code eq '30D'")] == ["K1"]
    assert (await shop.patch("CustomerCard('K1')", Payment_Terms_Code="")).json()["Payment_Terms_Code"] == ""
    refused = await shop.patch("CustomerCard('K1')", Payment_Terms_Code="60D")
    assert refusal(refused)[2] == 'The "Payment_Terms_Code" does not match to a Payment Terms.'


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("PriceListLines", {"Price_List_Code": "P1", "Line_No": 10**30}),
        ("PriceListLines", {"Price_List_Code": "P1", "Unit_Price": 10**40}),
        ("ResourceCard", {"Name": "A", "Direct_Unit_Cost": 10**14, "Indirect_Cost_Percent": 10**14}),
        ("ItemUnitsOfMeasure", {"Item_No": "I1", "Code": "BOX", "Length": 10**14, "Width": 10**14, "Height": 10**14}),
    ],
)
async def test_numbers_that_do_not_fit(shop: Services, refusal: Refusal, path: str, fields: dict[str, object]) -> None:
    """A number beyond its type is refused, whether it was entered or worked out."""
    await shop.post("SalesPriceList", Code="P1")
    before = await shop.all(path)
    status, code, _ = refusal(await shop.http.post(f"{COMPANY}/{path}", json=fields))
    assert (status, code) == (400, "BadRequest")
    assert await shop.all(path) == before


async def test_an_order_takes_prices_of_active_lists(shop: Services) -> None:
    """An order line has the card's price until a list of the customer's price group is active; then the list's."""
    await shop.post("CustomerCard", No="K1", Name="A", Customer_Price_Group="GOLD")
    await shop.post("SalesPriceList", Code="P1", SourceType="Customer Price Group", AssignToNo="GOLD")
    await shop.post("PriceListLines", Price_List_Code="P1", Asset_No="I1", Unit_Price=9.5)
    tenth = {"Amount_Type": "Any", "Line_Discount_Percent": 10}
    await shop.post("PriceListLines", Price_List_Code="P1", Asset_No="I1", Minimum_Quantity=10, Unit_Price=9, **tenth)
    prices = []
    for status, quantity in (("Draft", 1), ("Active", 1), ("Active", 10)):
        await shop.patch("SalesPriceList('P1')", Status=status)
        order = await shop.post("SalesOrder", Document_Type="Order", Sell_to_Customer_No="K1")
        [document] = await shop.erp.all(f"salesOrders?$filter=number eq '{order['No']}'")
        line = {"lineType": "Item", "lineObjectNumber": "I1", "quantity": quantity}
        await shop.erp.add(f"salesOrders({document['id']})/salesOrderLines", **line)
        key = f"Document_Type='Order',No='{order['No']}'"
        [sold] = await shop.all(f"SalesOrder({key})/SalesOrderSalesLines")
        prices.append((sold["Unit_Price"], sold["Line_Discount_Percent"]))
    assert prices == [(12, 0), (9.5, 0), (9, 10)]


async def test_stock_is_told_per_location(shop: Services) -> None:
    """Entries of the item ledger say what remains where, and add up to the stock of the item."""
    [item] = await shop.erp.all("items")
    await shop.erp.patch("items", item, inventory=7)
    entries = await shop.all("ItemLedgerEntries?$filter=Item_No eq 'I1'&$select=Location_Code,Remaining_Quantity")
    assert [(entry["Location_Code"], entry["Remaining_Quantity"]) for entry in entries] == [("", 7)]
    assert (await shop.get("ItemCard('I1')"))["Inventory"] == 7
