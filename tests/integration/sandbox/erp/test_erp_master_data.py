"""Items, vendors and the small tables they name, in the sandbox ERP."""

from pathlib import Path

import pytest

from crosstie_sandbox.businesscentral.database import Settings
from crosstie_sandbox.businesscentral.load import load

from .client import ZERO_GUID, Erp, Refusal, TestClock, counted_ids, open_erp

NOBODY = "11111111-1111-1111-1111-111111111111"


async def test_an_item_names_records_by_code_or_by_id(erp: Erp) -> None:
    """A code fills in the id beside it and the other way round."""
    category = await erp.add("itemCategories", code="table", displayName="Tables")
    unit = await erp.add("unitsOfMeasure", code="pcs", displayName="Piece", internationalStandardCode="EA")
    by_code = await erp.add("items", displayName="A", itemCategoryCode="table", baseUnitOfMeasureCode="PCS")
    by_id = await erp.add("items", displayName="B", itemCategoryId=category["id"], baseUnitOfMeasureId=unit["id"])
    for item in (by_code, by_id):
        assert (item["itemCategoryId"], item["itemCategoryCode"]) == (category["id"], "TABLE")
        assert (item["baseUnitOfMeasureId"], item["baseUnitOfMeasureCode"]) == (unit["id"], "PCS")
    assert (by_code["number"], by_id["number"]) == ("1000", "1001")
    assert (await erp.get(f"items({by_id['id']})/unitOfMeasure"))["code"] == "PCS"


async def test_a_new_item_is_blank_where_nothing_was_said(erp: Erp) -> None:
    """Blanks are "", zero, false and the zero Guid; the type of a new item is Inventory."""
    item = await erp.add("items", displayName="A")
    assert item["type"] == "Inventory"
    assert (item["itemCategoryCode"], item["itemCategoryId"], item["inventory"]) == ("", ZERO_GUID, 0)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"inventory": 3}, "Inventory cannot be changed during on insert."),
        ({"itemCategoryCode": "NO"}, 'The "itemCategoryCode" does not match to a Item Category.'),
        ({"itemCategoryId": NOBODY}, 'The "itemCategoryId" does not match to a specific Item Category group.'),
        ({"taxGroupCode": "NO"}, 'The "taxGroupCode" does not match to a Tax Group.'),
        ({"taxGroupId": NOBODY}, 'The "taxGroupId" does not match to a Tax Group.'),
        ({"baseUnitOfMeasureId": NOBODY}, 'The "baseUnitOfMeasureId" does not match to a Unit of Measure.'),
        (
            {"baseUnitOfMeasureCode": "NO"},
            (
                "The field Base Unit of Measure of table Item contains a value (NO) "
                "that cannot be found in the related table (Unit of Measure)."
            ),
        ),
        (
            {"itemCategoryCode": "A", "itemCategoryId": "b"},
            "The item categories values do not match to a specific item category.",
        ),
        (
            {"baseUnitOfMeasureId": "pcs", "baseUnitOfMeasureCode": "BOX"},
            "The unit of measure values do not match to a specific Unit of Measure.",
        ),
    ],
)
async def test_what_an_item_names_must_exist_and_agree(
    erp: Erp, refusal: Refusal, fields: dict[str, object], text: str
) -> None:
    """A code or id that names nothing, and a pair that names two records, are refused in the vendor's words."""
    ids = {
        "b": (await erp.add("itemCategories", code="B"))["id"],
        "pcs": (await erp.add("unitsOfMeasure", code="PCS"))["id"],
    }
    await erp.add("itemCategories", code="A")
    await erp.add("unitsOfMeasure", code="BOX")
    sent = {name: ids.get(str(value), value) for name, value in fields.items()}
    assert refusal(await erp.http.post("items", json={"displayName": "A", **sent}))[2] == text
    assert await erp.all("items") == []


async def test_enum_names_are_escaped_and_taken_in_either_spelling(erp: Erp) -> None:
    """`Non-Inventory` is sent as `Non_x002D_Inventory`; both spellings are understood in bodies and filters."""
    item = await erp.add("items", displayName="A", type="Non-Inventory")
    assert item["type"] == "Non_x002D_Inventory"
    for spelling in ("Non-Inventory", "Non_x002D_Inventory"):
        assert len(await erp.all(f"items?$filter=type eq '{spelling}'")) == 1


async def test_vendors_trade_in_the_local_currency(erp: Erp, refusal: Refusal) -> None:
    """A vendor has a name and a number of its series; a blank currency is answered as the local one."""
    vendor = await erp.add("vendors", displayName="Rails & Sons")
    assert (vendor["number"], vendor["currencyCode"], vendor["currencyId"]) == ("V00010", "EUR", ZERO_GUID)
    assert vendor["blocked"] == "_x0020_"
    assert refusal(await erp.http.post("vendors", json={"city": "Biel"}))[2] == 'A "displayName" must be provided.'


async def test_a_customer_shows_the_name_of_its_tax_area(erp: Erp) -> None:
    """TaxAreaDisplayName follows taxAreaId."""
    area = await erp.add("taxAreas", code="north", displayName="The north")
    row = await erp.add("customers", displayName="A", taxAreaId=area["id"])
    assert (row["taxAreaDisplayName"], area["taxType"]) == ("The north", "VAT")


@pytest.mark.parametrize(
    "entity_set",
    [
        "countriesRegions",
        "itemCategories",
        "locations",
        "paymentMethods",
        "paymentTerms",
        "shipmentMethods",
        "taxAreas",
        "taxGroups",
        "unitsOfMeasure",
    ],
)
async def test_small_tables_are_kept(erp: Erp, refusal: Refusal, entity_set: str) -> None:
    """A code table takes a new code once, shows it, changes it under its etag and lets it go."""
    row = await erp.add(entity_set, code=" x1 ", displayName="Ex")
    assert row["code"] == " X1"
    again = refusal(await erp.http.post(entity_set, json={"code": " X1"}))
    assert again[:2] == (400, "Internal_EntityWithSameKeyExists")
    assert refusal(await erp.http.post(entity_set, json={"displayName": "x"}))[2] == 'A "code" must be provided.'
    changed = (await erp.patch(entity_set, row, displayName="Why")).json()
    assert changed["displayName"] == "Why"
    assert refusal(await erp.patch(entity_set, row, displayName="Zed"))[0] == 409
    assert (await erp.http.delete(f"{entity_set}({row['id']})")).status_code == 204
    assert await erp.all(entity_set) == []


@pytest.mark.parametrize(
    "entity_set", ["dimensions", "dimensionValues", "inventoryPostingGroups", "generalProductPostingGroups"]
)
async def test_some_tables_are_only_read(erp: Erp, refusal: Refusal, entity_set: str) -> None:
    """Pages that the vendor made read-only refuse a new record."""
    assert await erp.all(entity_set) == []
    assert refusal(await erp.http.post(entity_set, json={"code": "A"}))[:2] == (405, "BadRequest_MethodNotAllowed")


async def test_an_opportunity_takes_four_fields(erp: Erp, refusal: Refusal) -> None:
    """Contact, salesperson and description can be written; names follow from the contact, the rest is read-only."""
    company = await erp.add("contacts", type="Company", displayName="Rails")
    person = await erp.add("contacts", type="Person", displayName="Ann Lee", companyNumber=company["number"])
    row = await erp.add("opportunities", contactNumber=person["number"], description="Forty bikes")
    assert (row["contactName"], row["contactCompanyName"]) == ("Ann Lee", "Rails")
    assert row["status"] == "Not_x0020_Started"
    text = refusal(await erp.patch("opportunities", row, estimatedValue=4))[2]
    assert text == "The property 'estimatedValue' is read-only and cannot be set."


async def test_default_dimensions_belong_to_a_record(tmp_path: Path, refusal: Refusal) -> None:
    """Under a customer its type and id are known; alone there must be both; the value must be one of the dimension."""
    file = tmp_path / "dimensions.sqlite"
    rows = {
        "dimensions": [{"code": "AREA", "displayName": "Area"}, {"code": "DEPT", "displayName": "Department"}],
        "dimensionValues": [
            {"dimensionId": "AREA", "code": "10", "displayName": "Europe"},
            {"dimensionId": "DEPT", "code": "S", "displayName": "Sales"},
        ],
    }
    load(file, rows, clock=TestClock(), ids=counted_ids(), settings=Settings())
    async with open_erp(file, Settings()) as erp:
        area, department = await erp.all("dimensions")
        (europe,) = await erp.all(f"dimensions({area['id']})/dimensionValues")
        customer = await erp.add("customers", displayName="A")
        under = f"customers({customer['id']})/defaultDimensions"
        made = await erp.add(under, dimensionId=area["id"], dimensionValueId=europe["id"])
        assert (made["parentType"], made["parentId"]) == ("Customer", customer["id"])
        assert (made["dimensionCode"], made["dimensionValueCode"]) == ("AREA", "10")
        wrong = await erp.http.post(under, json={"dimensionId": department["id"], "dimensionValueId": europe["id"]})
        assert refusal(wrong)[2] == 'The "dimensionValueId" does not match to a Dimension Value.'
        alone = await erp.http.post("defaultDimensions", json={"dimensionId": area["id"]})
        assert refusal(alone)[2] == "You must get to the parent first to get to the default dimensions."
        assert len(await erp.all(under)) == 1
