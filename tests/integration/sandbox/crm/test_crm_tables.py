"""The tables that the sandbox CRM ships with."""

import pytest

STATES = {
    "account": ({0: "Active", 1: "Inactive"}, {1: 0, 2: 1}),
    "contact": ({0: "Active", 1: "Inactive"}, {1: 0, 2: 1}),
    "transactioncurrency": ({0: "Active", 1: "Inactive"}, {1: 0, 2: 1}),
    "uomschedule": ({0: "Active", 1: "Inactive"}, {1: 0, 2: 1}),
    "product": ({0: "Active", 1: "Retired", 2: "Draft", 3: "Under Revision"}, {1: 0, 2: 1, 0: 2, 3: 3}),
    "pricelevel": ({0: "Active", 1: "Inactive"}, {100001: 0, 100002: 1}),
    "discounttype": ({0: "Active", 1: "Inactive"}, {100001: 0, 100002: 1}),
    "opportunity": ({0: "Open", 1: "Won", 2: "Lost"}, {1: 0, 2: 0, 3: 1, 4: 2, 5: 2}),
    "quote": ({0: "Draft", 1: "Active", 2: "Won", 3: "Closed"}, {1: 0, 2: 1, 3: 1, 4: 2, 5: 3, 6: 3, 7: 3}),
    "salesorder": (
        {0: "Active", 1: "Submitted", 2: "Canceled", 3: "Fulfilled", 4: "Invoiced"},
        {1: 0, 2: 0, 3: 1, 4: 2, 100001: 3, 100002: 3, 100003: 4},
    ),
    "invoice": (
        {0: "Active", 1: "Closed (deprecated)", 2: "Paid", 3: "Canceled"},
        {1: 0, 2: 0, 3: 1, 4: 0, 5: 0, 6: 0, 7: 1, 100001: 2, 100002: 2, 100003: 3},
    ),
    "incident": (
        {0: "Active", 1: "Resolved", 2: "Canceled"},
        {1: 0, 2: 0, 3: 0, 4: 0, 5: 1, 6: 2, 1000: 1, 2000: 2},
    ),
    "contract": (
        {0: "Draft", 1: "Invoiced", 2: "Active", 3: "On Hold", 4: "Canceled", 5: "Expired"},
        {1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5},
    ),
}
SETS = {
    "opportunity": "opportunities",
    "transactioncurrency": "transactioncurrencies",
    "pricelevel": "pricelevels",
    "productpricelevel": "productpricelevels",
    "uom": "uoms",
    "uomschedule": "uomschedules",
    "salesorder": "salesorders",
    "salesorderdetail": "salesorderdetails",
    "systemuser": "systemusers",
    "businessunit": "businessunits",
    "msdyn_postconfig": "msdyn_postconfigs",
    "webresource": "webresourceset",
    "systemuserroles": "systemuserrolescollection",
}
OPTIONS = [
    ("account", "paymenttermscode", {1: "Net 30", 2: "2% 10, Net 30", 3: "Net 45", 4: "Net 60"}),
    ("account", "address1_freighttermscode", {1: "FOB", 2: "No Charge"}),
    (
        "salesorder",
        "shippingmethodcode",
        {1: "Airborne", 2: "DHL", 3: "FedEx", 4: "UPS", 5: "Postal Mail", 6: "Full Load", 7: "Will Call"},
    ),
    (
        "product",
        "producttypecode",
        {1: "Sales Inventory", 2: "Miscellaneous Charges", 3: "Services", 4: "Flat Fees"},
    ),
]


@pytest.mark.parametrize("table", STATES)
async def test_states_have_the_numbers_of_the_vendor(crm, table) -> None:
    """Every state and status has the vendor's number, and statuses belong to their states."""
    states, statuses = STATES[table]
    path = f"EntityDefinitions(LogicalName='{table}')/Attributes/Microsoft.Dynamics.CRM."
    state = (await crm.get(f"{path}StateAttributeMetadata?$expand=OptionSet"))["value"][0]["OptionSet"]["Options"]
    status = (await crm.get(f"{path}StatusAttributeMetadata?$expand=OptionSet"))["value"][0]["OptionSet"]["Options"]
    assert {one["Value"]: one["Label"]["UserLocalizedLabel"]["Label"] for one in state} == states
    assert {one["Value"]: one["State"] for one in status} == statuses


async def test_sets_have_the_names_of_the_vendor(crm) -> None:
    """Irregular names of entity sets are the vendor's, and each can be read."""
    found = (await crm.get("EntityDefinitions?$select=LogicalName,EntitySetName"))["value"]
    assert {one["LogicalName"]: one["EntitySetName"] for one in found if one["LogicalName"] in SETS} == SETS
    for one in found:
        await crm.get(f"{one['EntitySetName']}?$top=1")


@pytest.mark.parametrize(("table", "column", "options"), OPTIONS)
async def test_options_have_the_numbers_of_the_vendor(crm, table, column, options) -> None:
    """Choices start with the vendor's options."""
    url = f"EntityDefinitions(LogicalName='{table}')/Attributes(LogicalName='{column}')"
    url += "/Microsoft.Dynamics.CRM.PicklistAttributeMetadata?$select=LogicalName&$expand=OptionSet"
    found = (await crm.get(url))["OptionSet"]["Options"]
    assert {one["Value"]: one["Label"]["UserLocalizedLabel"]["Label"] for one in found} == options


async def test_documents_lead_to_their_lines_and_products(crm) -> None:
    """A product with its unit group, a price list and an order line come together by lookups, with amounts in both."""
    group = await crm.add("uomschedules", {"name": "Pieces", "baseuomname": "PCS"})
    [unit] = (await crm.get(f"uoms?$filter=_uomscheduleid_value eq {group['uomscheduleid']}"))["value"] or [
        await crm.add(
            "uoms",
            {"name": "PCS", "quantity": 1, "uomscheduleid@odata.bind": f"/uomschedules({group['uomscheduleid']})"},
        )
    ]
    prices = await crm.add("pricelevels", {"name": "Retail", "begindate": "2026-01-01"})
    product = await crm.add(
        "products",
        {
            "name": "Pump",
            "productnumber": "P-1",
            "quantitydecimal": 2,
            "price": 12.5,
            "defaultuomid@odata.bind": f"/uoms({unit['uomid']})",
            "defaultuomscheduleid@odata.bind": f"/uomschedules({group['uomscheduleid']})",
        },
    )
    assert (product["statecode"], product["price"], product["price_base"]) == (2, 12.5, 12.5)
    await crm.http.patch(f"products({product['productid']})", json={"statecode": 0, "statuscode": 1})
    account = await crm.add("accounts", {"name": "Alpine"})
    order = await crm.add(
        "salesorders",
        {
            "name": "Order",
            "customerid_account@odata.bind": f"/accounts({account['accountid']})",
            "pricelevelid@odata.bind": f"/pricelevels({prices['pricelevelid']})",
        },
    )
    line = await crm.add(
        "salesorderdetails",
        {
            "salesorderid@odata.bind": f"/salesorders({order['salesorderid']})",
            "productid@odata.bind": f"/products({product['productid']})",
            "uomid@odata.bind": f"/uoms({unit['uomid']})",
            "quantity": 2,
            "priceperunit": 10,
            "ispriceoverridden": True,
        },
    )
    url = f"salesorderdetails({line['salesorderdetailid']})?$select=quantity&$expand=productid($select=name),uomid"
    found = await crm.get(url)
    assert (found["productid"]["name"], found["uomid"]["name"], found["quantity"]) == ("Pump", "PCS", 2)
