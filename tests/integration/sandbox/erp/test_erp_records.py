"""Creating, changing and deleting records of the sandbox ERP."""

import base64
from decimal import Decimal

import pytest
import simplejson

from .client import Erp, Refusal

ZERO = "00000000-0000-0000-0000-000000000000"
STALE = (409, "Request_EntityChanged", "Another user has already changed the record.")


async def test_a_new_customer_comes_back_whole(erp: Erp) -> None:
    """A create answers 201 with every property, blanks instead of nulls, and where the record is."""
    answer = await erp.http.post("customers", json={"displayName": "Zoë & Söhne"})
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["OData-Version"] == "4.0"
    assert answer.headers["Location"] == f"{erp.http.base_url}customers({body['id']})"
    assert (
        body["@odata.context"] == f"http://erp.example/api/v2.0/$metadata#companies({erp.company_id})/customers/$entity"
    )
    inner = base64.b64decode(body["@odata.etag"][3:-1]).decode()
    assert inner.startswith("'44;")
    assert inner.endswith("=1;00;'")
    del body["@odata.context"], body["@odata.etag"], body["id"]
    assert body == {
        "number": "C00010",
        "displayName": "Zoë & Söhne",
        "type": "Company",
        "addressLine1": "",
        "addressLine2": "",
        "city": "",
        "state": "",
        "country": "",
        "postalCode": "",
        "phoneNumber": "",
        "email": "",
        "website": "",
        "salespersonCode": "",
        "balanceDue": 0,
        "creditLimit": 0,
        "taxLiable": False,
        "taxAreaId": ZERO,
        "taxAreaDisplayName": "",
        "taxRegistrationNumber": "",
        "currencyId": ZERO,
        "currencyCode": "EUR",
        "paymentTermsId": ZERO,
        "shipmentMethodId": ZERO,
        "paymentMethodId": ZERO,
        "blocked": "_x0020_",
        "lastModifiedDateTime": "2026-01-02T03:04:05.000Z",
    }


async def test_codes_are_normalized_and_texts_are_not(erp: Erp) -> None:
    """A Code is stored upper-case without blanks at its end; a Text is kept as written."""
    row = await erp.add("customers", number="k-ä1 ", displayName=" great bikes ", country="ch", postalCode="8001  ")
    assert (row["number"], row["displayName"]) == ("K-Ä1", " great bikes ")
    assert (row["country"], row["postalCode"]) == ("CH", "8001")


async def test_decimals_keep_their_digits(erp: Erp) -> None:
    """An amount is neither rounded nor turned into a binary fraction."""
    answer = await erp.http.post(
        "customers",
        content='{"displayName": "A", "creditLimit": 1234567890.12345}',
        headers={"Content-Type": "application/json"},
    )
    assert simplejson.loads(answer.content, use_decimal=True)["creditLimit"] == Decimal("1234567890.12345")


@pytest.mark.parametrize(
    ("fields", "code", "text"),
    [
        (
            {"displayName": "x" * 101},
            "Application_StringExceededLength",
            "The length of the string is 101, but it must be less than or equal to 100 characters. Value: " + "x" * 101,
        ),
        ({"city": "Biel"}, "Application_DialogException", 'A "displayName" must be provided.'),
        ({"displayName": ""}, "Application_DialogException", 'The blank "displayName" is not allowed.'),
        (
            {"displayName": "A", "colour": "red"},
            "BadRequest",
            (
                "The property 'colour' does not exist on type 'Microsoft.NAV.customer'. "
                "Make sure to only use property names that are defined by the type."
            ),
        ),
        (
            {"displayName": "A", "balanceDue": 3},
            "BadRequest",
            "The property 'balanceDue' is read-only and cannot be set.",
        ),
        (
            {"displayName": None},
            "BadRequest",
            (
                "A null value was found for the property named 'displayName' on type 'Microsoft.NAV.customer', "
                "which does not allow null."
            ),
        ),
        (
            {"displayName": "A", "creditLimit": "many"},
            "BadRequest",
            "Cannot convert the literal 'many' to the expected type 'Edm.Decimal'.",
        ),
        (
            {"displayName": "A", "taxLiable": "yes"},
            "BadRequest",
            "Cannot convert the literal 'yes' to the expected type 'Edm.Boolean'.",
        ),
        (
            {"displayName": "A", "blocked": "Everything"},
            "BadRequest",
            (
                "The value 'Everything' is not a member of the enum of property 'blocked'. "
                "Its members are: _x0020_, Ship, Invoice, All."
            ),
        ),
        (
            {"displayName": "A", "salespersonCode": "nobody"},
            "Internal_InvalidTableRelation",
            (
                "The field Salesperson Code of table Customer contains a value (NOBODY) "
                "that cannot be found in the related table (Salesperson/Purchaser)."
            ),
        ),
        (
            {"displayName": "A", "currencyCode": "XXX"},
            "Application_DialogException",
            'The "currencyCode" does not match to a Currency.',
        ),
        (
            {"displayName": "A", "paymentTermsId": "11111111-1111-1111-1111-111111111111"},
            "Application_DialogException",
            'The "paymentTermsId" does not match to a Payment Terms.',
        ),
    ],
)
async def test_a_wrong_value_is_refused(
    erp: Erp, refusal: Refusal, fields: dict[str, object], code: str, text: str
) -> None:
    """A create with a wrong value is refused in the vendor's words and creates neither customer nor contact."""
    assert refusal(await erp.http.post("customers", json=fields)) == (400, code, text)
    assert await erp.all("customers") == []
    assert await erp.all("contacts") == []


async def test_a_body_that_is_no_object_is_refused(erp: Erp, refusal: Refusal) -> None:
    """Anything but a JSON object is a bad request, not a failure of the server."""
    for content in (b"", b"{", b"[1]", b"\xff\xfe", b'{"displayName": "\\ud800"}', b"[" * 100_000):
        status, code, _ = refusal(await erp.http.post("customers", content=content))
        assert (status, code) == (400, "BadRequest")
    assert await erp.all("customers") == []


async def test_enums_are_understood_in_both_spellings(erp: Erp) -> None:
    """An enum member may be written escaped or plain and is always answered escaped."""
    row = await erp.add("customers", displayName="A", blocked="All", type="Person")
    for written in (" ", "_x0020_", ""):
        answer = await erp.patch("customers", await erp.get(f"customers({row['id']})"), blocked=written)
        assert answer.json()["blocked"] == "_x0020_"


async def test_a_change_needs_the_version_that_was_read(erp: Erp, refusal: Refusal) -> None:
    """PATCH without If-Match is refused, with a stale etag answers 409, and changes nothing either way."""
    row = await erp.add("customers", displayName="A")
    address = f"customers({row['id']})"
    erp.clock.tick()
    first = await erp.patch("customers", row, displayName="B")
    assert first.status_code == 200
    assert first.json()["displayName"] == "B"
    assert first.json()["lastModifiedDateTime"] == "2026-01-02T03:04:05.001Z"
    assert first.json()["@odata.etag"] != row["@odata.etag"]
    assert refusal(await erp.patch("customers", row, displayName="C")) == STALE
    bare = refusal(await erp.http.patch(address, json={"displayName": "C"}))
    assert bare[:2] == (400, "BadRequest_RequiredParamNotProvided")
    unknown = refusal(await erp.http.patch(address, json={"displayName": "C"}, headers={"If-Match": 'W/"nonsense!"'}))
    assert unknown[:2] == (400, "BadRequest_InvalidToken")
    assert (await erp.get(address))["displayName"] == "B"
    assert (await erp.http.patch(address, json={"displayName": "C"}, headers={"If-Match": "*"})).status_code == 200


async def test_a_record_is_deleted_once(erp: Erp, refusal: Refusal) -> None:
    """DELETE answers 204 and then 404; with a stale etag it answers 409 and the record stays."""
    row = await erp.add("customers", displayName="A")
    await erp.patch("customers", row, displayName="B")
    address = f"customers({row['id']})"
    stale = await erp.http.delete(address, headers={"If-Match": row["@odata.etag"]})
    assert refusal(stale) == STALE
    assert (await erp.http.delete(address)).status_code == 204
    assert refusal(await erp.http.delete(address))[:2] == (404, "BadRequest_ResourceNotFound")
    assert refusal(await erp.http.get(address))[:2] == (404, "BadRequest_ResourceNotFound")


async def test_numbers_come_from_the_series_and_pass_over_taken_ones(erp: Erp) -> None:
    """The series continues behind its last number and skips those that were entered by hand."""
    await erp.add("customers", displayName="A", number="C00020")
    assert [(await erp.add("customers", displayName="B"))["number"] for _ in range(2)] == ["C00010", "C00030"]
    assert (await erp.add("contacts", displayName="P", type="Person"))["number"] == "CT000040"


async def test_a_taken_number_is_refused(erp: Erp, refusal: Refusal) -> None:
    """A number can be given once; renaming to a taken one is refused too."""
    await erp.add("customers", displayName="A", number="K1")
    other = await erp.add("customers", displayName="B", number="K2")
    text = "The record in table Customer already exists. Identification fields and values: No.='K1'"
    expected = (400, "Internal_EntityWithSameKeyExists", text)
    assert refusal(await erp.http.post("customers", json={"displayName": "C", "number": "k1"})) == expected
    assert refusal(await erp.patch("customers", other, number="K1")) == expected
    assert [row["number"] for row in await erp.all("customers")] == ["K1", "K2"]
    assert len(await erp.all("contacts")) == 2


async def test_manual_numbers_can_be_forbidden(erp_numbering_itself: Erp, refusal: Refusal) -> None:
    """Without manual numbers a given number is refused and the series still works."""
    erp = erp_numbering_itself
    answer = refusal(await erp.http.post("customers", json={"displayName": "A", "number": "K1"}))
    assert answer == (
        400,
        "Application_DialogException",
        (
            "You may not enter numbers manually. If you want to enter numbers manually, "
            "please activate Manual Nos. in No. Series CUST."
        ),
    )
    row = await erp.add("customers", displayName="A")
    assert row["number"] == "C00010"
    assert refusal(await erp.patch("customers", row, number="K1"))[1] == "Application_DialogException"
    assert (await erp.add("currencies", code="USD"))["code"] == "USD"


async def test_currency_code_and_id_are_twins(erp: Erp, refusal: Refusal) -> None:
    """Either sets both, they must agree, and blank or the local code mean the local currency."""
    usd = await erp.add("currencies", code="usd", displayName="US Dollar")
    nzd = await erp.add("currencies", code="NZD")
    row = await erp.add("customers", displayName="A", currencyCode="usd")
    assert (row["currencyCode"], row["currencyId"]) == ("USD", usd["id"])
    by_id = (await erp.patch("customers", row, currencyId=nzd["id"])).json()
    assert (by_id["currencyCode"], by_id["currencyId"]) == ("NZD", nzd["id"])
    disagreeing = await erp.patch("customers", by_id, currencyId=nzd["id"], currencyCode="USD")
    assert refusal(disagreeing) == (
        400,
        "Application_DialogException",
        "The currency values do not match to a specific Currency.",
    )
    for written in ({"currencyCode": ""}, {"currencyCode": "EUR"}, {"currencyId": ZERO}):
        now = await erp.get(f"customers({row['id']})")
        local = (await erp.patch("customers", now, **written)).json()
        assert (local["currencyCode"], local["currencyId"]) == ("EUR", ZERO)


async def test_what_is_in_use_cannot_be_deleted(erp: Erp, refusal: Refusal) -> None:
    """A currency or salesperson that a customer names stays; unused ones can go."""
    currency = await erp.add("currencies", code="USD")
    salesperson = await erp.add("salespeoplePurchasers", code="JM", displayName="Jürg Müller")
    customer = await erp.add("customers", displayName="A", currencyCode="USD", salespersonCode="JM")
    for entity_set, row in (("currencies", currency), ("salespeoplePurchasers", salesperson)):
        refused = refusal(await erp.http.delete(f"{entity_set}({row['id']})"))
        assert refused[:2] == (400, "Application_DialogException")
        assert len(await erp.all(entity_set)) == 1
    await erp.http.delete(f"customers({customer['id']})")
    for entity_set, row in (("currencies", currency), ("salespeoplePurchasers", salesperson)):
        assert (await erp.http.delete(f"{entity_set}({row['id']})")).status_code == 204


async def test_renaming_a_code_renames_it_everywhere(erp: Erp) -> None:
    """A salesperson's new code stands on its customers at once, and they count as modified."""
    salesperson = await erp.add("salespeoplePurchasers", code="JM")
    customer = await erp.add("customers", displayName="A", salespersonCode="JM")
    erp.clock.tick()
    await erp.patch("salespeoplePurchasers", salesperson, code="jmu")
    now = await erp.get(f"customers({customer['id']})")
    assert now["salespersonCode"] == "JMU"
    assert now["lastModifiedDateTime"] == "2026-01-02T03:04:05.001Z"
    assert now["@odata.etag"] != customer["@odata.etag"]


@pytest.mark.parametrize(
    "entity_set", ["currencyExchangeRates", "generalLedgerSetup", "contactsInformation", "companies"]
)
async def test_read_only_pages_cannot_be_written(erp: Erp, refusal: Refusal, entity_set: str) -> None:
    """A page that only reads answers 405 to a write."""
    assert refusal(await erp.http.post(entity_set, json={}))[:2] == (405, "BadRequest_MethodNotAllowed")


async def test_company_information_can_only_be_modified(erp: Erp, refusal: Refusal) -> None:
    """The one row of company information takes changes, but none can be added or deleted."""
    row = (await erp.all("companyInformation"))[0]
    assert row["currencyCode"] == "EUR"
    assert (await erp.patch("companyInformation", row, city="Biel")).json()["city"] == "Biel"
    assert refusal(await erp.http.post("companyInformation", json={}))[0] == 405
    assert refusal(await erp.http.delete(f"companyInformation({row['id']})"))[0] == 405
