"""What the vendor's server answers, one row per documented behaviour: errors, versions, blanks, levels of metadata."""

from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from .client import ZERO_GUID, Erp, Refusal

NOBODY = "11111111-1111-1111-1111-111111111111"
API = "http://erp.example/api/v2.0"


@pytest.fixture
async def stocked(erp: Erp) -> Erp:
    """A company with a customer, an item and what they name."""
    await erp.add("paymentTerms", code="30D", displayName="30 days")
    await erp.add("customers", number="C1", displayName="Adatum")
    await erp.add("items", number="I1", displayName="Bike")
    return erp


async def ask(erp: Erp, *asked: Any) -> httpx2.Response:
    """A request of method, path, body, headers; `{customer}` in a path is the customer's id, `{etag}` its etag."""
    method, path, body, headers = asked
    (customer,) = await erp.all("customers?$filter=number eq 'C1'")
    path = path.replace("{customer}", str(customer["id"])).replace("{company}", erp.company_id)
    sent = {name: value.replace("{etag}", str(customer["@odata.etag"])) for name, value in headers.items()}
    return await erp.http.request(method, path, json=body, headers=sent)


@pytest.mark.parametrize(
    "row",
    [
        ("GET", f"{API}/companies({{company}})/nowhere", None, {}, 404, "BadRequest_NotFound"),
        ("GET", "http://erp.example/nowhere", None, {}, 404, "BadRequest_InvalidRequestUrl"),
        ("GET", f"{API}/companies({NOBODY})/customers", None, {}, 404, "Internal_CompanyNotFound"),
        ("GET", f"{API}/customers?company=Nobody", None, {}, 404, "Internal_CompanyNotFound"),
        ("GET", f"customers({NOBODY})", None, {}, 404, "BadRequest_ResourceNotFound"),
        ("GET", "customers('C1')", None, {}, 400, "BadRequest"),
        ("GET", "customers?$filter=colour eq 'red'", None, {}, 400, "BadRequest"),
        ("GET", "customers?$filter=number eq", None, {}, 400, "BadRequest"),
        ("GET", "customers?$select=colour", None, {}, 400, "BadRequest"),
        ("GET", "customers?$orderby=colour", None, {}, 400, "BadRequest"),
        ("GET", "customers?$expand=colour", None, {}, 400, "BadRequest"),
        ("GET", "customers?$search=x", None, {}, 400, "BadRequest"),
        ("GET", "customers?$top=-1", None, {}, 400, "BadRequest"),
        ("GET", "customers?$skiptoken=x", None, {}, 400, "BadRequest_InvalidToken"),
        ("GET", "customers?$filter=number eq 'A' or displayName eq 'A'", None, {}, 400, "BadRequest"),
        ("GET", "contactsInformation", None, {}, 400, "Application_DialogException"),
        ("PUT", "customers({customer})", {}, {}, 405, "BadRequest_MethodNotAllowed"),
        ("POST", "customers({customer})", {}, {}, 405, "BadRequest_MethodNotAllowed"),
        ("PATCH", "customers", {}, {"If-Match": "*"}, 405, "BadRequest_MethodNotAllowed"),
        ("DELETE", "customers", None, {}, 405, "BadRequest_MethodNotAllowed"),
        ("POST", "currencyExchangeRates", {}, {}, 405, "BadRequest_MethodNotAllowed"),
        ("DELETE", "companyInformation", None, {}, 405, "BadRequest_MethodNotAllowed"),
        ("POST", "customers", {"displayName": "x" * 101}, {}, 400, "Application_StringExceededLength"),
        ("POST", "customers", {"displayName": "A", "number": "c1"}, {}, 400, "Internal_EntityWithSameKeyExists"),
        ("POST", "customers", {"displayName": "A", "salespersonCode": "X"}, {}, 400, "Internal_InvalidTableRelation"),
        ("POST", "customers", {"displayName": "A", "paymentTermsId": NOBODY}, {}, 400, "Application_DialogException"),
        ("POST", "customers", {"displayName": "A", "colour": "red"}, {}, 400, "BadRequest"),
        ("POST", "customers", {}, {}, 400, "Application_DialogException"),
        ("POST", "customers", [], {}, 400, "BadRequest"),
        ("POST", "items", {"inventory": 1}, {}, 400, "Application_DialogException"),
        ("PATCH", "customers({customer})", {"city": "B"}, {}, 400, "BadRequest_RequiredParamNotProvided"),
        ("PATCH", "customers({customer})", {"city": "B"}, {"If-Match": "what"}, 400, "BadRequest_InvalidToken"),
        ("PATCH", "customers({customer})", {"city": "B"}, {"If-Match": 'W/"J0E="'}, 409, "Request_EntityChanged"),
        ("PATCH", f"customers({NOBODY})", {"city": "B"}, {"If-Match": "*"}, 404, "BadRequest_ResourceNotFound"),
        ("DELETE", "customers({customer})", None, {"If-Match": 'W/"J0E="'}, 409, "Request_EntityChanged"),
        ("DELETE", f"customers({NOBODY})", None, {}, 404, "BadRequest_ResourceNotFound"),
        ("POST", "customers", {"displayName": "A"}, {"Data-Access-Intent": "ReadOnly"}, 400, "BadRequest"),
    ],
)
async def test_a_refusal_has_the_vendors_code(
    stocked: Erp, refusal: Refusal, row: tuple[str, str, object, dict[str, str], int, str]
) -> None:
    """Each documented error has its status and its code, a text, and a correlation id."""
    *asked, status, code = row
    assert refusal(await ask(stocked, *asked))[:2] == (status, code)


@pytest.mark.parametrize(
    "row",
    [
        ("POST", "customers", {"displayName": "B"}, {}, 201),
        ("PATCH", "customers({customer})", {"city": "B"}, {"If-Match": "{etag}"}, 200),
        ("PATCH", "customers({customer})", {"city": "B"}, {"If-Match": "*"}, 200),
        ("PATCH", "customers({customer})", {}, {"If-Match": "*"}, 200),
        ("DELETE", "customers({customer})", None, {}, 204),
        ("DELETE", "customers({customer})", None, {"If-Match": "{etag}"}, 204),
        ("GET", "customers({customer})", None, {"Data-Access-Intent": "ReadOnly"}, 200),
        ("GET", "customers", None, {"Accept-Language": "fi-FI"}, 200),
        ("GET", f"{API}/customers?company={{company}}", None, {}, 200),
        ("GET", f"{API}/customers?company=Crosstie+Trading", None, {}, 200),
        ("GET", f"{API}/companies", None, {}, 200),
        ("GET", API, None, {}, 200),
    ],
)
async def test_a_request_that_is_right_has_the_vendors_status(
    stocked: Erp, row: tuple[str, str, object, dict[str, str], int]
) -> None:
    """What is asked for in a right way is answered with the status that the vendor documents."""
    *asked, status = row
    answer = await ask(stocked, *asked)
    assert answer.status_code == status, answer.text
    assert answer.headers["OData-Version"] == "4.0"
    assert answer.headers["request-id"]


@pytest.mark.parametrize(
    ("column", "blank"),
    [
        ("addressLine1", ""),
        ("country", ""),
        ("paymentTermsId", ZERO_GUID),
        ("blocked", "_x0020_"),
        ("creditLimit", 0),
        ("taxLiable", False),
    ],
)
async def test_a_blank_is_never_null(stocked: Erp, column: str, blank: object) -> None:
    """Each type has a blank of its own, which can be written and found."""
    (row,) = await stocked.all("customers?$filter=number eq 'C1'")
    assert row[column] == blank
    assert (await stocked.patch("customers", row, **{column: blank})).status_code == 200
    literal = {str: f"'{blank}'", bool: "false", int: "0"}[type(blank)]
    if blank == ZERO_GUID:
        literal = ZERO_GUID
    assert len(await stocked.all(f"customers?$filter={column} eq {literal}")) == 1


async def test_a_blank_date_lies_in_the_year_one(erp: Erp) -> None:
    """Dates are blank as 0001-01-01; a contact that nobody has spoken with has that."""
    contact = await erp.add("contacts", displayName="A")
    assert contact["lastInteractionDate"] == "0001-01-01"
    assert len(await erp.all("contacts?$filter=lastInteractionDate eq 0001-01-01")) == 1


async def test_metadata_levels(stocked: Erp) -> None:
    """None leaves only counts and next pages, minimal context and etag, full adds type and addresses."""
    path = "customers?$count=true&$select=id,number&$filter=number eq 'C1'"
    bare = await stocked.http.get(path, headers={"Accept": "application/json;odata.metadata=none"})
    assert bare.headers["content-type"] == "application/json; odata.metadata=none"
    (row,) = bare.json()["value"]
    assert (set(bare.json()), set(row)) == ({"@odata.count", "value"}, {"id", "number"})
    whole = await stocked.http.get(path, headers={"Accept": "application/json; odata.metadata=full"})
    (full,) = whole.json()["value"]
    assert full["@odata.type"] == "#Microsoft.NAV.customer"
    assert full["@odata.editLink"] == f"{API}/companies({stocked.company_id})/customers({row['id']})"
    assert full["@odata.etag"]


async def test_conditions_on_parts_are_passed_over(stocked: Erp) -> None:
    """Any and all look at nothing: every row meets them."""
    for condition in ("contactsInformation/any(c:c/contactName eq 'x')", "not contactsInformation/any()"):
        assert len(await stocked.all(f"customers?$filter=number eq 'C1' and {condition}")) == 1


async def test_modified_times_have_milliseconds(stocked: Erp) -> None:
    """`gt` with a time to the millisecond finds exactly what was changed later."""
    stocked.clock.now = datetime(2026, 3, 4, 5, 6, 7, 123000, tzinfo=UTC)
    (row,) = await stocked.all("customers?$filter=number eq 'C1'")
    changed = (await stocked.patch("customers", row, city="Biel")).json()
    assert changed["lastModifiedDateTime"] == "2026-03-04T05:06:07.123Z"
    for stamp, found in (("2026-03-04T05:06:07.122Z", 1), ("2026-03-04T05:06:07.123Z", 0)):
        assert len(await stocked.all(f"customers?$filter=lastModifiedDateTime gt {stamp}")) == found
