"""Ways from one record to others in the sandbox ERP: paths, $expand, deep insert, filters on a neighbour."""

import pytest

from .client import ZERO_GUID, Erp, Refusal


@pytest.fixture
async def terms(erp: Erp) -> dict[str, object]:
    """Payment terms that can be named."""
    return await erp.add("paymentTerms", code="30d", displayName="Net 30 days", dueDateCalculation="30D")


async def test_a_path_leads_to_the_one_record_that_is_named(erp: Erp, terms: dict[str, object]) -> None:
    """`customers(id)/paymentTerm` answers the payment terms; a blank id leads to nothing, which is no content."""
    with_terms = await erp.add("customers", displayName="A", paymentTermsId=terms["id"])
    without = await erp.add("customers", displayName="B")
    found = await erp.get(f"customers({with_terms['id']})/paymentTerm")
    assert (found["id"], found["code"]) == (terms["id"], "30D")
    assert (await erp.http.get(f"customers({without['id']})/paymentTerm")).status_code == 204


async def test_expand_follows_single_and_many(erp: Erp, terms: dict[str, object]) -> None:
    """`$expand` shows the one record as an object or null, and many as an array, with the options in parentheses."""
    await erp.add("customers", displayName="A", paymentTermsId=terms["id"])
    await erp.add("customers", displayName="B")
    options = "$expand=paymentTerm($select=code),contactsInformation($select=contactName;$count=true)"
    first, second = await erp.all(f"customers?$orderby=displayName&$select=displayName&{options}")
    shown = first["paymentTerm"]
    assert isinstance(shown, dict)
    assert {name: value for name, value in shown.items() if "@" not in name} == {"code": "30D"}
    assert second["paymentTerm"] is None
    assert first["contactsInformation@odata.count"] == 1
    assert [contact["contactName"] for contact in first["contactsInformation"]] == ["A"]  # type: ignore[attr-defined]


async def test_a_filter_looks_one_step_away(erp: Erp, terms: dict[str, object]) -> None:
    """A filter may name a property of the one record that a navigation leads to."""
    await erp.add("customers", displayName="A", paymentTermsId=terms["id"])
    await erp.add("customers", displayName="B")
    found = await erp.all("customers?$filter=paymentTerm/code eq '30D'")
    assert [row["displayName"] for row in found] == ["A"]


async def test_a_property_can_be_read_alone(erp: Erp) -> None:
    """`customers(id)/displayName` answers its value with a context, and with `$value` as plain text."""
    row = await erp.add("customers", displayName="Ä & Co", taxLiable=True)
    answer = await erp.get(f"customers({row['id']})/displayName")
    assert answer["value"] == "Ä & Co"
    assert str(answer["@odata.context"]).endswith(f"/customers({row['id']})/displayName")
    raw = await erp.http.get(f"customers({row['id']})/taxLiable/$value")
    assert (raw.text, raw.headers["content-type"].split(";")[0]) == ("true", "text/plain")


async def test_variants_live_under_their_item(erp: Erp, refusal: Refusal) -> None:
    """Parts are made, read, changed and removed under their owner, and are not found under another one."""
    item = await erp.add("items", number="BIKE", displayName="Bike")
    other = await erp.add("items", number="TRIKE", displayName="Trike")
    made = await erp.http.post(f"items({item['id']})/itemVariants", json={"code": "red", "description": "Red"})
    assert made.status_code == 201, made.text
    variant = made.json()
    assert (variant["itemId"], variant["itemNumber"], variant["code"]) == (item["id"], "BIKE", "RED")
    under = f"items({item['id']})/itemVariants({variant['id']})"
    assert (await erp.get(under))["description"] == "Red"
    assert refusal(await erp.http.get(f"items({other['id']})/itemVariants({variant['id']})"))[:2] == (
        404,
        "BadRequest_ResourceNotFound",
    )
    changed = await erp.http.patch(under, json={"description": "Ruby"}, headers={"If-Match": variant["@odata.etag"]})
    assert changed.json()["description"] == "Ruby"
    assert await erp.all(f"items({other['id']})/itemVariants") == []
    assert (await erp.http.delete(under)).status_code == 204
    assert await erp.all("itemVariants") == []


async def test_deep_insert_makes_all_or_nothing(erp: Erp, refusal: Refusal) -> None:
    """A body with parts makes the record and its parts in one go; one wrong part undoes all of it."""
    body = {"number": "BIKE", "displayName": "Bike", "itemVariants": [{"code": "S"}, {"code": "M"}]}
    made = await erp.http.post("items?$expand=itemVariants", json=body)
    assert made.status_code == 201, made.text
    assert [variant["code"] for variant in made.json()["itemVariants"]] == ["M", "S"]
    twice = {**body, "number": "TRIKE", "itemVariants": [{"code": "S"}, {"code": "S"}]}
    assert refusal(await erp.http.post("items", json=twice))[:2] == (400, "Internal_EntityWithSameKeyExists")
    assert [row["number"] for row in await erp.all("items")] == ["BIKE"]


async def test_parts_go_away_with_their_owner(erp: Erp) -> None:
    """Deleting an item deletes its variants."""
    item = await erp.add("items", displayName="Bike", itemVariants=[{"code": "S"}])
    assert (await erp.http.delete(f"items({item['id']})")).status_code == 204
    assert await erp.all("itemVariants") == []


async def test_parts_cannot_be_written_by_a_change(erp: Erp, refusal: Refusal) -> None:
    """There is no deep update: a PATCH with parts is refused and changes nothing."""
    item = await erp.add("items", displayName="Bike")
    answer = await erp.patch("items", item, displayName="Trike", itemVariants=[{"code": "S"}])
    assert refusal(answer)[:2] == (400, "BadRequest")
    assert (await erp.get(f"items({item['id']})"))["displayName"] == "Bike"


@pytest.mark.parametrize(
    "path",
    [
        f"items({ZERO_GUID})/nowhere",
        "items/itemVariants",
        "items/Microsoft.NAV.explode",
        "items/$value",
        "items/displayName",
    ],
)
async def test_steps_that_lead_nowhere(erp: Erp, refusal: Refusal, path: str) -> None:
    """A step that the page does not have, or that starts from a set, is not found or a bad request, never a fault."""
    assert refusal(await erp.http.get(path))[0] in {400, 404}


async def test_a_record_in_use_cannot_be_deleted(erp: Erp, refusal: Refusal, terms: dict[str, object]) -> None:
    """What another record names by its id or code stays."""
    await erp.add("customers", displayName="A", paymentTermsId=terms["id"])
    status, code, text = refusal(await erp.http.delete(f"paymentTerms({terms['id']})"))
    assert (status, code) == (400, "Application_DialogException")
    assert text.startswith("You cannot delete Payment Terms 30D because it is used by 1 record(s) of table Customer")
