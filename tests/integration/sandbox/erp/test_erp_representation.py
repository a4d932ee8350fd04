"""How the sandbox ERP writes what it answers: blanks, times, levels of metadata, conditions it passes over."""

from datetime import UTC, datetime

import pytest

from .client import ZERO_GUID, Erp

API = "http://erp.example/api/v2.0"


@pytest.fixture
async def stocked(erp: Erp) -> Erp:
    """A company with a customer."""
    await erp.add("customers", number="C1", displayName="Adatum")
    return erp


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
