"""Actions of the sandbox CRM that end, make, price and merge rows."""

import pytest
from tests.integration.sandbox.crm.shop import LINES, SETS, open_shop


@pytest.fixture
async def shop(crm):
    """A customer, a product and its price."""
    return await open_shop(crm)


async def filled(shop, document: str, **values: object) -> str:
    """A document with two lines; says its id."""
    identity = (await shop.document(SETS[document], **values))[f"{document}id"]
    await shop.line(document, identity, 3, tax=2)
    work = {"isproductoverridden": True, "productdescription": "Work", "priceperunit": 5}
    await shop.line(document, identity, 1, **work)
    return identity


def closing(document: str, identity: str, **values: object) -> dict[str, object]:
    """A closing activity for a document."""
    kind = {"salesorder": "orderclose"}.get(document, f"{document}close")
    bound = {f"{document}id@odata.bind": f"/{SETS[document]}({identity})"}
    return {"@odata.type": f"Microsoft.Dynamics.CRM.{kind}", "subject": "the end", **bound, **values}


async def activate(shop, quote: str) -> None:
    """Make a draft quote active."""
    answer = await shop.crm.http.patch(f"quotes({quote})", json={"statecode": 1, "statuscode": 2})
    assert answer.status_code == 204


@pytest.mark.parametrize(
    ("action", "document", "parameter", "ending"),
    [
        ("WinOpportunity", "opportunity", "OpportunityClose", (3, 1)),
        ("LoseOpportunity", "opportunity", "OpportunityClose", (4, 2)),
        ("LoseOpportunity", "opportunity", "OpportunityClose", (5, 2)),
        ("CloseQuote", "quote", "QuoteClose", (5, 3)),
        ("CloseQuote", "quote", "QuoteClose", (6, 3)),
        ("FulfillSalesOrder", "salesorder", "OrderClose", (100001, 3)),
        ("FulfillSalesOrder", "salesorder", "OrderClose", (100002, 3)),
        ("salesorders/Microsoft.Dynamics.CRM.FulfillSalesOrder", "salesorder", "OrderClose", (100001, 3)),
        ("CancelSalesOrder", "salesorder", "OrderClose", (4, 2)),
        ("CancelSalesOrder", "salesorder", "OrderClose", (-1, 2)),
    ],
)
async def test_documents_end(shop, action, document, parameter, ending) -> None:
    """The document gets its final state, an activity tells of it, nothing can be changed, and it ends only once."""
    identity = await filled(shop, document)
    status, state = ending
    body = {"Status": status, parameter: closing(document, identity)}
    await shop.act(action, body)
    row = await shop.read(SETS[document], identity)
    assert (row["statecode"], row["statuscode"]) == (state, 4 if status == -1 else status)
    activities = (await shop.crm.get(f"{parameter.lower()}s"))["value"]
    assert [(one["subject"], one[f"_{document}id_value"], one["statecode"]) for one in activities] == [
        ("the end", identity, 1)
    ]
    assert (await shop.crm.refused("PATCH", f"{SETS[document]}({identity})", {"description": "x"}))[1] == "0x8004022e"
    code = "0x80040515" if document == "opportunity" else "0x80048408"
    assert (await shop.crm.refused("POST", action, body))[1] == code


@pytest.mark.parametrize(
    ("action", "document", "parameter", "status"),
    [
        ("WinOpportunity", "opportunity", "OpportunityClose", 4),
        ("WinQuote", "quote", "QuoteClose", 4),
        ("FulfillSalesOrder", "salesorder", "OrderClose", 4),
    ],
)
async def test_an_ending_that_does_not_fit_changes_nothing(shop, action, document, parameter, status) -> None:
    """A status of another state, or a draft quote that would be won, is refused with nothing left behind."""
    identity = await filled(shop, document)
    refusal = await shop.crm.refused("POST", action, {"Status": status, parameter: closing(document, identity)})
    assert refusal[:2] == (400, "0x80048408")
    assert (await shop.read(SETS[document], identity))["statecode"] == 0
    assert (await shop.crm.get(f"{parameter.lower()}s"))["value"] == []


async def test_a_won_opportunity_knows_what_it_brought(shop) -> None:
    """Revenue and day come from the closing activity; reopened it can be changed again."""
    identity = await filled(shop, "opportunity")
    told = closing("opportunity", identity, actualrevenue=40, actualend="2026-01-05T00:00:00Z")
    await shop.act("WinOpportunity", {"Status": 3, "OpportunityClose": told})
    row = await shop.read("opportunities", identity)
    assert (row["actualvalue"], row["actualclosedate"][:10]) == (40, "2026-01-05")
    for body in ({"statecode": 0, "statuscode": 1}, {"description": "x"}):
        assert (await shop.crm.http.patch(f"opportunities({identity})", json=body)).status_code == 204


@pytest.mark.parametrize(
    ("table", "state"), [("opportunity", 1), ("quote", 2), ("quote", 3), ("salesorder", 3), ("salesorder", 2)]
)
async def test_some_states_are_reached_by_actions_only(shop, table, state) -> None:
    """An update to a state that an action leads to is refused."""
    identity = await filled(shop, table)
    assert (await shop.crm.refused("PATCH", f"{SETS[table]}({identity})", {"statecode": state}))[1] == "0x80048408"


async def test_an_opportunity_becomes_quote_order_and_invoice(shop) -> None:
    """Each step copies columns and lines, links back, and comes to the same total."""
    opportunity = await filled(shop, "opportunity", discountpercentage=10)
    quote = await shop.act("GenerateQuoteFromOpportunity", {"OpportunityId": opportunity, "ColumnSet": {}}, 200)
    assert quote["@odata.context"].endswith("#quotes/$entity")
    assert (quote["_opportunityid_value"], quote["_customerid_value"]) == (opportunity, shop.customer)
    assert (quote["totalamount"], quote["statecode"]) == (33.5, 0)
    await activate(shop, quote["quoteid"])
    await shop.act("WinQuote", {"Status": 4, "QuoteClose": closing("quote", quote["quoteid"])})
    await shop.crm.http.patch(
        f"productpricelevels({(await shop.crm.get('productpricelevels'))['value'][0]['productpricelevelid']})",
        json={"amount": 99},
    )
    whole = {"QuoteId": quote["quoteid"], "ColumnSet": {"AllColumns": True}}
    order = await shop.act("ConvertQuoteToSalesOrder", whole, 200)
    assert (order["_quoteid_value"], order["ispricelocked"], order["totalamount"]) == (quote["quoteid"], True, 33.5)
    assert order["ordernumber"].startswith("ORD-")
    body = {"SalesOrderId": order["salesorderid"], "ColumnSet": {}}
    invoice = await shop.act("ConvertSalesOrderToInvoice", body, 200)
    assert (invoice["_salesorderid_value"], invoice["totalamount"]) == (order["salesorderid"], 33.5)
    lines = (await shop.crm.get("invoicedetails?$orderby=lineitemnumber"))["value"]
    assert [(one["quantity"], one["priceperunit"], one["productdescription"]) for one in lines] == [
        (3, 10, None),
        (1, 5, "Work"),
    ]
    direct = await shop.act("GenerateSalesOrderFromOpportunity", {"OpportunityId": opportunity}, 200)
    assert direct["totallineitemamount"] == 3 * 99 + 5
    assert (await shop.act("GenerateInvoiceFromOpportunity", {"OpportunityId": opportunity}, 200))["totaltax"] == 2


async def test_converting_an_active_quote_wins_it(shop) -> None:
    """The order is made and the quote is won; a draft cannot be converted."""
    quote = await filled(shop, "quote")
    assert (await shop.crm.refused("POST", "ConvertQuoteToSalesOrder", {"QuoteId": quote}))[1] == "0x80048408"
    await activate(shop, quote)
    await shop.act("ConvertQuoteToSalesOrder", {"QuoteId": quote, "QuoteCloseSubject": "yes"}, 200)
    row = await shop.read("quotes", quote)
    assert (row["statecode"], row["statuscode"]) == (2, 4)
    assert [one["subject"] for one in (await shop.crm.get("quotecloses"))["value"]] == ["yes"]


async def test_a_revised_quote_keeps_its_number(shop) -> None:
    """The active quote is closed as revised; the draft has the same number, the next revision and the same lines."""
    quote = await filled(shop, "quote")
    assert (await shop.crm.refused("POST", "ReviseQuote", {"QuoteId": quote}))[1] == "0x80048408"
    for revision in (1, 2):
        await activate(shop, quote)
        draft = await shop.act("ReviseQuote", {"QuoteId": quote, "ColumnSet": {"AllColumns": True}}, 200)
        before = await shop.read("quotes", quote)
        assert (before["statecode"], before["statuscode"]) == (3, 7)
        assert (draft["quotenumber"], draft["revisionnumber"]) == (before["quotenumber"], revision)
        assert (draft["statecode"], draft["totalamount"]) == (0, 37)
        quote = draft["quoteid"]


@pytest.mark.parametrize(("document", "parameter"), [("salesorder", "SalesOrderId"), ("invoice", "InvoiceId")])
async def test_locked_prices_stay(shop, document, parameter) -> None:
    """Locked, lines keep their price whatever the price list says; unlocked they follow it."""
    identity = await filled(shop, document)
    (price,) = (await shop.crm.get("productpricelevels"))["value"]
    name = {"salesorder": "SalesOrder", "invoice": "Invoice"}[document]
    await shop.act(f"Lock{name}Pricing", {parameter: identity})
    await shop.crm.http.patch(f"productpricelevels({price['productpricelevelid']})", json={"amount": 20})
    await shop.act(f"{SETS[document]}({identity})/Microsoft.Dynamics.CRM.CalculatePrice", {})
    assert (await shop.read(SETS[document], identity))["totallineitemamount"] == 35
    await shop.act(f"Unlock{name}Pricing", {parameter: identity})
    assert (await shop.read(SETS[document], identity))["totallineitemamount"] == 65
    lines = (await shop.crm.get(f"{LINES[document]}?$filter=isproductoverridden eq false"))["value"]
    assert [line["priceperunit"] for line in lines] == [20]


async def test_publishing_makes_products_active(shop) -> None:
    """A draft below a product becomes active with it."""
    group = {"defaultuomscheduleid@odata.bind": f"/uomschedules({shop.unit_group})"}
    parent = (await shop.crm.add("products", {"name": "A", "productnumber": "A", **group}))["productid"]
    below = {"name": "B", "productnumber": "B", "parentproductid@odata.bind": f"/products({parent})", **group}
    child = (await shop.crm.add("products", below))["productid"]
    await shop.act(f"products({parent})/Microsoft.Dynamics.CRM.PublishProductHierarchy", {})
    for identity in (parent, child):
        row = await shop.read("products", identity)
        assert (row["statecode"], row["statuscode"]) == (0, 1)


async def test_two_accounts_become_one(shop) -> None:
    """What pointed to the subordinate points to the target, which takes over the content given; one is inactive."""
    crm = shop.crm
    other = await crm.add("accounts", {"name": "Double", "fax": "9", "telephone1": "8"})
    double = other["accountid"]
    contact = await crm.add("contacts", {"parentcustomerid_account@odata.bind": f"/accounts({double})"})
    kind = {"@odata.type": "Microsoft.Dynamics.CRM.account"}
    body = {
        "Target": {**kind, "accountid": shop.customer},
        "Subordinate": {**kind, "accountid": double},
        "UpdateContent": {**kind, "fax": "9"},
        "PerformParentingChecks": False,
    }
    await shop.act("Merge", body)
    kept, gone = await shop.read("accounts", shop.customer), await shop.read("accounts", double)
    assert (kept["name"], kept["fax"], kept["telephone1"], kept["statecode"]) == ("Customer", "9", None, 0)
    assert (gone["statecode"], gone["statuscode"], gone["merged"], gone["_masterid_value"]) == (
        1,
        2,
        True,
        shop.customer,
    )
    assert (await shop.read("contacts", contact["contactid"]))["_parentcustomerid_value"] == shop.customer
    assert (await crm.refused("POST", "Merge", body | {"Subordinate": body["Target"]}))[:2] == (400, "0x80040203")


async def test_bulk_delete_is_a_job(crm) -> None:
    """The rows that the query finds are deleted, what is still used stays, and the job says so."""
    ids = [(await crm.add("accounts", {"name": name, "creditlimit": size}))["accountid"] for name, size in NAMES]
    condition = {"AttributeName": "accountid", "Operator": "In", "Values": [{"Value": ids[0], "Type": "System.Guid"}]}
    criteria = {
        "FilterOperator": "Or",
        "Conditions": [condition],
        "Filters": [
            {
                "FilterOperator": "And",
                "Conditions": [
                    {"AttributeName": "creditlimit", "Operator": "GreaterThan", "Values": [9]},
                    {"AttributeName": "name", "Operator": "NotEqual", "Values": ["D"]},
                    {"AttributeName": "fax", "Operator": "Null", "Values": []},
                ],
            }
        ],
    }
    query = {"@odata.type": "Microsoft.Dynamics.CRM.QueryExpression", "EntityName": "account", "Criteria": criteria}
    answer = await crm.http.post("BulkDelete", json={"JobName": "J", "QuerySet": [query]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["@odata.context"].endswith("#Microsoft.Dynamics.CRM.BulkDeleteResponse")
    assert sorted(await crm.names("accounts")) == ["B", "D"]
    job = await crm.get(f"asyncoperations({answer.json()['JobId']})")
    assert (job["operationtype"], job["statecode"], job["statuscode"]) == (13, 3, 30)
    assert job["message"] == "2 rows deleted, 0 not."
    currencies = {"EntityName": "transactioncurrency", "Criteria": {}}
    answer = await crm.http.post("BulkDelete", json={"JobName": "J", "QuerySet": [currencies]})
    job = await crm.get(f"asyncoperations({answer.json()['JobId']})")
    assert (job["statuscode"], job["message"].split("\n")[0]) == (31, "0 rows deleted, 1 not.")
    refusal = await crm.refused("POST", "BulkDelete", {"QuerySet": [{"EntityName": "nosuch"}]})
    assert refusal[:2] == (400, "0x80041102")


NAMES = [("A", 1), ("B", 2), ("C", 10.5), ("D", 11)]


async def test_actions_need_rights(shop) -> None:
    """Who may not write orders cannot fulfil one by an action either."""
    crm = shop.crm
    order = await filled(shop, "salesorder")
    me = (await crm.add("systemusers", {"lastname": "reader"}))["systemuserid"]
    body = {"Status": 100001, "OrderClose": closing("salesorder", order)}
    refusal = await crm.refused("POST", "FulfillSalesOrder", body, MSCRMCallerID=me)
    assert refusal[:2] == (403, "0x80040220")
    assert (await shop.read("salesorders", order))["statecode"] == 0
