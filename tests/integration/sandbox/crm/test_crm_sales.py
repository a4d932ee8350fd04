"""Sales documents of the sandbox CRM: prices, amounts, totals, numbers, and what each state lets be changed."""

import pytest
from tests.integration.sandbox.crm.shop import LINES, SETS, open_shop


@pytest.fixture
async def shop(crm):
    """A customer, a product and its price."""
    return await open_shop(crm)


DOCUMENTS = ["opportunity", "quote", "salesorder", "invoice"]


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_totals_follow_lines_and_terms(shop, document) -> None:
    """Every kind of document computes amounts of lines and totals as soon as a line or a term is written."""
    made = await shop.document(SETS[document])
    identity = made[f"{document}id"]
    first = await shop.line(document, identity, 3, manualdiscountamount=2.5, tax=4)
    assert (first["priceperunit"], first["baseamount"], first["extendedamount"]) == (10, 30, 31.5)
    second = await shop.line(
        document, identity, 2, isproductoverridden=True, productdescription="Work", priceperunit=7.25, tax=1.33
    )
    assert (second["baseamount"], second["extendedamount"], second["lineitemnumber"]) == (14.5, 15.83, 2)
    row = await shop.read(SETS[document], identity)
    assert row["totallineitemamount"] == 42
    assert (row["totaltax"], row["totalamount"]) == (5.33, 47.33)
    await shop.crm.http.patch(
        f"{SETS[document]}({identity})", json={"discountpercentage": 10, "discountamount": 1, "freightamount": 5}
    )
    row = await shop.read(SETS[document], identity)
    assert (row["totalamountlessfreight"], row["totaldiscountamount"]) == (36.8, 7.7)
    assert row["totalamount"] == row["totalamount_base"] == 47.13
    await shop.crm.http.delete(f"{LINES[document]}({first[f'{LINES[document][:-1]}id']})")
    row = await shop.read(SETS[document], identity)
    assert (row["totallineitemamount"], row["totaltax"], row["totalamount"]) == (14.5, 1.33, 18.38)


@pytest.mark.scenario("EMU-003")
async def test_an_invoice_line_computes_its_own_amounts(shop) -> None:
    """Amounts that the caller gives are not believed: without price and quantity they are zero."""
    invoice = await shop.document("invoices")
    line = await shop.crm.add(
        "invoicedetails",
        {
            "isproductoverridden": True,
            "productdescription": "Work",
            "baseamount": 100,
            "extendedamount": 120,
            "invoiceid@odata.bind": f"/invoices({invoice['invoiceid']})",
        },
    )
    assert (line["baseamount"], line["extendedamount"]) == (0, 0)


@pytest.mark.scenario("EMU-005")
async def test_a_submitted_order_is_read_only(shop) -> None:
    """An order that was submitted, and not yet taken over by the back office, cannot be changed until it is active."""
    order = (await shop.document("salesorders"))["salesorderid"]
    line = (await shop.line("salesorder", order))["salesorderdetailid"]
    url = f"salesorders({order})"
    assert (await shop.crm.http.patch(url, json={"statecode": 1, "statuscode": 3})).status_code == 204
    assert (await shop.read("salesorders", order))["lastbackofficesubmit"] is None
    for body in ({"description": "x"}, {"lastbackofficesubmit": "2026-01-02T00:00:00Z"}, {"discountamount": 1}):
        refusal = await shop.crm.refused("PATCH", url, body)
        assert refusal == (400, "0x8004022e", "The sales order cannot be updated because it is not editable.")
    for method, address, body in (
        ("PATCH", f"salesorderdetails({line})", {"quantity": 2}),
        ("DELETE", f"salesorderdetails({line})", None),
    ):
        refusal = await shop.crm.refused(method, address, body)
        assert refusal == (400, "0x80043b09", "The parent is read only and cannot be edited.")
    assert (await shop.read("salesorders", order))["totalamount"] == 10
    for body in ({"statecode": 0, "statuscode": 2}, {"description": "x"}, {"statecode": 1}):
        assert (await shop.crm.http.patch(url, json=body)).status_code == 204


@pytest.mark.scenario("EMU-006")
async def test_an_order_recalculates_lines_and_header(shop) -> None:
    """Volume discount per unit, manual discount and tax make a line; lines, discounts, freight make the header."""
    kind = await shop.crm.add("discounttypes", {"name": "Volume", "isamounttype": True})
    step = {
        "amount": 1.5,
        "lowquantity": 5,
        "highquantity": 100,
        "discounttypeid@odata.bind": f"/discounttypes({kind['discounttypeid']})",
    }
    await shop.crm.add("discounts", step)
    product = (await shop.product_of("P2"))["productid"]
    await shop.price(product, 20, **{"discounttypeid@odata.bind": f"/discounttypes({kind['discounttypeid']})"})
    order = (await shop.document("salesorders"))["salesorderid"]
    of_product = {"productid@odata.bind": f"/products({product})"}
    first = await shop.line("salesorder", order, 4, **of_product)
    assert (first["volumediscountamount"], first["baseamount"]) == (0, 80)
    url = f"salesorderdetails({first['salesorderdetailid']})"
    await shop.crm.http.patch(url, json={"quantity": 6, "manualdiscountamount": 11, "tax": 7.77})
    first = await shop.read("salesorderdetails", first["salesorderdetailid"])
    assert (first["volumediscountamount"], first["baseamount"]) == (1.5, (20 - 1.5) * 6)
    assert first["extendedamount"] == 111 - 11 + 7.77
    await shop.line("salesorder", order, 1, manualdiscountamount=1, tax=0.5)
    row = await shop.read("salesorders", order)
    assert (row["totallineitemdiscountamount"], row["totallineitemamount"]) == (12, 121 - 12)
    assert row["totaltax"] == 8.27
    terms = {"discountamount": 9, "discountpercentage": 10, "freightamount": 25}
    await shop.crm.http.patch(f"salesorders({order})", json=terms)
    row = await shop.read("salesorders", order)
    assert row["totalamountlessfreight"] == 109 - 10.9 - 9
    assert row["totalamount"] == 122.37
    assert row["totaldiscountamount"] == 12 + 10.9 + 9


@pytest.mark.scenario("EMU-007")
@pytest.mark.parametrize(
    ("state", "change", "code", "text"),
    [
        (2, {"statuscode": 100002}, "0x8004022e", "The entity cannot be updated because it is read-only."),
        (2, {"description": "x"}, "0x8004022e", "The entity cannot be updated because it is read-only."),
        (3, {"statecode": 2}, "0x80100000", "The invoice cannot be paid because it is not in active state."),
        (3, {"description": "x"}, "0x8004022e", "The entity cannot be updated because it is read-only."),
    ],
)
async def test_a_paid_or_cancelled_invoice_is_read_only(shop, state, change, code, text) -> None:
    """A paid invoice takes no other status and a cancelled one cannot be paid; put back to active both can change."""
    invoice = (await shop.document("invoices"))["invoiceid"]
    line = (await shop.line("invoice", invoice))["invoicedetailid"]
    url = f"invoices({invoice})"
    await shop.crm.http.patch(url, json={"statecode": state})
    assert await shop.crm.refused("PATCH", url, change) == (400, code, text)
    assert (await shop.crm.refused("DELETE", f"invoicedetails({line})"))[1] == "0x80043b09"
    assert (await shop.crm.http.patch(url, json={"statecode": 0, "statuscode": 4})).status_code == 204
    assert (await shop.crm.http.patch(url, json={"description": "x"})).status_code == 204


@pytest.mark.scenario("EMU-008")
async def test_the_service_stamps_rows(crm) -> None:
    """Both stamps are equal and filled after the creation; a change moves the second one only."""
    row = await crm.add("accounts", {"name": "A"})
    assert row["createdon"] == row["modifiedon"] == "2026-01-02T03:04:05Z"
    crm.clock.move(seconds=2)
    await crm.http.patch(f"accounts({row['accountid']})", json={"name": "B"})
    row = await crm.get(f"accounts({row['accountid']})")
    assert row["modifiedon"] > row["createdon"] == "2026-01-02T03:04:05Z"


async def test_prices_come_from_the_price_list_unless_overridden(shop) -> None:
    """The list's price stands against the caller's; an own price needs the flag; another list prices anew."""
    order = (await shop.document("salesorders"))["salesorderid"]
    listed = await shop.line("salesorder", order, priceperunit=99)
    own = await shop.line("salesorder", order, priceperunit=99, ispriceoverridden=True)
    assert (listed["priceperunit"], own["priceperunit"]) == (10, 99)
    cheap = (await shop.crm.add("pricelevels", {"name": "Cheap"}))["pricelevelid"]
    await shop.price(shop.product, 8, **{"pricelevelid@odata.bind": f"/pricelevels({cheap})"})
    await shop.crm.http.patch(f"salesorders({order})", json={"pricelevelid@odata.bind": f"/pricelevels({cheap})"})
    lines = (await shop.crm.get(f"salesorderdetails?$filter=_salesorderid_value eq {order}"))["value"]
    assert sorted(line["priceperunit"] for line in lines) == [8, 99]
    assert (await shop.read("salesorders", order))["totalamount"] == 107


@pytest.mark.parametrize(
    ("method", "percentage", "expected"), [(2, 50, 20), (3, 10, 33), (4, 25, 40), (5, 10, 22), (6, 50, 40)]
)
async def test_a_price_can_be_computed_from_the_product(shop, method, percentage, expected) -> None:
    """Percent of the list price, markup on or margin over the current or the standard cost."""
    product = await shop.product_of("P3", price=40, currentcost=30, standardcost=20)
    made = await shop.price(product["productid"], None, pricingmethodcode=method, percentage=percentage)
    assert (made["amount"], made["productnumber"]) == (expected, "P3")


async def test_a_line_without_a_price_says_why(shop) -> None:
    """The line has no price and the reason, the document that a line has one; with the price both are well."""
    product = (await shop.product_of("P4"))["productid"]
    order = (await shop.document("salesorders"))["salesorderid"]
    line = await shop.line("salesorder", order, **{"productid@odata.bind": f"/products({product})"})
    assert (line["priceperunit"], line["pricingerrorcode"], line["extendedamount"]) == (None, 11, 0)
    assert (await shop.read("salesorders", order))["pricingerrorcode"] == 1
    await shop.price(product, 3)
    await shop.act("CalculatePrice", {"Target": {"@odata.id": f"salesorders({order})"}})
    row = await shop.read("salesorders", order)
    assert (row["pricingerrorcode"], row["totalamount"]) == (0, 3)


async def test_amounts_are_in_the_documents_currency(shop) -> None:
    """A document in another currency has a price list in it, lines in it, and twins in the base currency."""
    crm = shop.crm
    body = {"isocurrencycode": "JPY", "currencyname": "Yen", "currencysymbol": "¥", "currencyprecision": 0}
    yen = (await crm.add("transactioncurrencies", body | {"exchangerate": 160}))["transactioncurrencyid"]
    bind = {"transactioncurrencyid@odata.bind": f"/transactioncurrencies({yen})"}
    refusal = await crm.refused(
        "POST", "salesorders", {"name": "D", "pricelevelid@odata.bind": f"/pricelevels({shop.price_list})", **bind}
    )
    assert refusal[:2] == (400, "0x80048cf6")
    prices = (await crm.add("pricelevels", {"name": "Yen", **bind}))["pricelevelid"]
    at = {"pricelevelid@odata.bind": f"/pricelevels({prices})"}
    await shop.price(shop.product, 1600.4, **at, **bind)
    order = (await shop.document("salesorders", **at, **bind))["salesorderid"]
    line = await shop.line("salesorder", order, 2)
    assert (line["priceperunit"], line["extendedamount"], line["extendedamount_base"]) == (1600, 3200, 20)
    assert line["_transactioncurrencyid_value"] == yen
    row = await shop.read("salesorders", order)
    assert (row["totalamount"], row["totalamount_base"], row["exchangerate"]) == (3200, 20, 160)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"productid@odata.bind": None}, "0x80043b01"),
        ({"uomid@odata.bind": None}, "0x80043b02"),
        ({"uomid@odata.bind": "/uoms({other})"}, "0x80043b14"),
        ({"salesorderid@odata.bind": None}, "0x80040203"),
    ],
)
async def test_a_line_names_a_product_and_one_of_its_units(shop, change, code) -> None:
    """Without product, unit or document, or with another product's unit, a line is refused."""
    group = await shop.crm.add("uomschedules", {"name": "Weight", "baseuomname": "kg"})
    (other,) = (await shop.crm.get(f"uoms?$filter=_uomscheduleid_value eq {group['uomscheduleid']}"))["value"]
    order = (await shop.document("salesorders"))["salesorderid"]
    change = {name: value and value.format(other=other["uomid"]) for name, value in change.items()}
    with pytest.raises(AssertionError, match=code):
        await shop.line("salesorder", order, **change)


async def test_documents_are_numbered(shop) -> None:
    """Each kind counts by itself; a number that is given stays."""
    quotes = [(await shop.document("quotes"))["quotenumber"] for _ in range(2)]
    order = (await shop.document("salesorders"))["ordernumber"]
    assert [number[:10] for number in (*quotes, order)] == ["QUO-01000-", "QUO-01001-", "ORD-01000-"]
    assert (await shop.document("invoices", invoicenumber="103001"))["invoicenumber"] == "103001"


async def test_a_line_belongs_to_whom_its_document_belongs(shop) -> None:
    """A line has the owner of its document."""
    crm = shop.crm
    owner = (await crm.add("systemusers", {"lastname": "Owner"}))["systemuserid"]
    order = await shop.document("salesorders", **{"ownerid@odata.bind": f"/systemusers({owner})"})
    assert (await shop.line("salesorder", order["salesorderid"]))["_ownerid_value"] == owner


@pytest.mark.parametrize("calculated", [True, False])
async def test_an_opportunity_is_worth_its_lines_if_it_says_so(shop, calculated) -> None:
    """With the revenue computed by the system the estimate follows the total, otherwise it stays."""
    made = await shop.document("opportunities", isrevenuesystemcalculated=calculated, estimatedvalue=500)
    await shop.line("opportunity", made["opportunityid"], 5)
    row = await shop.read("opportunities", made["opportunityid"])
    assert (row["totalamount"], row["estimatedvalue"]) == (50, 50 if calculated else 500)


@pytest.mark.parametrize(
    ("first", "then", "code"),
    [
        (2, 1, "0x8004f978"),
        (2, 3, "0x8004f913"),
        (0, 2, "0x8004f912"),
        (1, 2, "0x8004f979"),
        (2, 0, None),
        (0, 1, None),
        (1, 0, None),
        (0, 3, None),
        (3, 0, None),
    ],
)
async def test_products_go_from_state_to_state(shop, first, then, code) -> None:
    """A product starts as a draft, and takes only the steps that the catalogue knows."""
    body = {
        "name": "N",
        "productnumber": "N",
        "defaultuomscheduleid@odata.bind": f"/uomschedules({shop.unit_group})",
    }
    made = await shop.crm.add("products", body)
    assert (made["statecode"], made["statuscode"], made["_defaultuomid_value"]) == (2, 0, shop.unit)
    url = f"products({made['productid']})"
    for state in {0: (0,), 1: (0, 1), 2: (), 3: (0, 3)}[first]:
        assert (await shop.crm.http.patch(url, json={"statecode": state})).status_code == 204
    if code is None:
        assert (await shop.crm.http.patch(url, json={"statecode": then})).status_code == 204
    else:
        assert (await shop.crm.refused("PATCH", url, {"statecode": then}))[:2] == (400, code)


async def test_the_catalogue_holds_no_two_of_a_kind(shop) -> None:
    """A product number, and a price of a product and unit in a list, is there once; a product needs its unit group."""
    group = {"defaultuomscheduleid@odata.bind": f"/uomschedules({shop.unit_group})"}
    crm = shop.crm
    assert (await crm.refused("POST", "products", {"name": "X", "productnumber": "P1", **group}))[1] == "0x80043b06"
    assert (await crm.refused("POST", "products", {"name": "X", "productnumber": "X"}))[1] == "0x80043b13"
    with pytest.raises(AssertionError, match="This product and unit combination has a price for this price list"):
        await shop.price(shop.product, 11)
