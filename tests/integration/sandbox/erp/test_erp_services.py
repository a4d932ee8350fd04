"""OData V4 web services: published pages under natural keys."""

import pytest

from .client import Refusal
from .services import COMPANY, SERVICES, Services


async def test_nothing_is_published_by_itself(nothing_published: Services, refusal: Refusal) -> None:
    """A page that nobody has published is no entity set."""
    document = (await nothing_published.http.get(SERVICES)).json()
    assert [entry["name"] for entry in document["value"]] == ["Company"]
    answer = await nothing_published.http.get(f"{COMPANY}/CustomerCard")
    assert refusal(answer) == (404, "BadRequest_NotFound", "Resource not found for the segment 'CustomerCard'.")


async def test_both_addresses_lead_to_the_same_services(services: Services) -> None:
    """Services answer online after tenant and environment and on premises after the instance."""
    await services.erp.add("customers", number="K1", displayName="A")
    for root in (SERVICES, "http://erp.example/BC/ODataV4", "http://erp.example/v2.0/contoso/Sandbox/ODataV4"):
        for company in ("Company('Crosstie Trading')", f"Company(Id={services.erp.company_id})"):
            answer = (await services.http.get(f"{root}/{company}/CustomerCard")).json()
            assert answer["@odata.context"] == f"{root}/$metadata#Company('Crosstie%20Trading')/CustomerCard"
            assert [row["No"] for row in answer["value"]] == ["K1"]
        answer = (await services.http.get(f"{root}/CustomerCard?company=Crosstie%20Trading")).json()
        assert len(answer["value"]) == 1


async def test_an_unknown_company_is_refused(services: Services, refusal: Refusal) -> None:
    """A company that does not exist has no services."""
    answer = await services.http.get(f"{SERVICES}/Company('Other')/CustomerCard")
    assert refusal(answer) == (404, "Internal_CompanyNotFound", "Cannot find company 'Other'.")
    companies = (await services.http.get(f"{SERVICES}/Company")).json()["value"]
    assert [company["Name"] for company in companies] == ["Crosstie Trading"]


async def test_a_customer_card_is_created_changed_and_deleted(services: Services, refusal: Refusal) -> None:
    """A card is written under its natural key with the version that was read, and the API shows the same record."""
    created = await services.http.post(
        f"{COMPANY}/CustomerCard", json={"Name": "Alpine AG", "Fax_No": "+41 44 1", "Blocked": "Ship"}
    )
    assert created.status_code == 201
    card = created.json()
    assert created.headers["Location"] == f"{COMPANY}/CustomerCard('{card['No']}')"
    assert (card["Fax_No"], card["Blocked"], card["Currency_Code"]) == ("+41 44 1", "Ship", "")
    changed = await services.patch(f"CustomerCard('{card['No']}')", card["@odata.etag"], Name="Alpine SA", Blocked=" ")
    assert (changed.status_code, changed.json()["Blocked"]) == (200, " ")
    stale = await services.patch(f"CustomerCard(No='{card['No']}')", card["@odata.etag"], Name="B")
    assert refusal(stale)[:2] == (409, "Request_EntityChanged")
    [row] = await services.erp.all("customers")
    assert (row["displayName"], row["blocked"], row["@odata.etag"]) == (
        "Alpine SA",
        "_x0020_",
        changed.json()["@odata.etag"],
    )
    assert (await services.http.delete(f"{COMPANY}/CustomerCard('{card['No']}')")).status_code == 204
    gone = await services.http.get(f"{COMPANY}/CustomerCard('{card['No']}')")
    assert refusal(gone)[:2] == (404, "Internal_RecordNotFound")


@pytest.mark.parametrize(
    ("number", "key"),
    [("O'NEIL", "O''NEIL"), ("A/B", "A%2FB"), ("A B", "A%20B"), ("Ä#1", "%C3%84%231"), ("50%", "50%25")],
)
async def test_keys_with_odd_letters(services: Services, number: str, key: str) -> None:
    """A key may hold quotes, slashes, blanks and letters of any language; the answer's own address leads back."""
    created = await services.http.post(f"{COMPANY}/CustomerCard", json={"No": number, "Name": "A"})
    assert created.json()["No"] == number
    for address in (f"{COMPANY}/CustomerCard('{key}')", created.headers["Location"]):
        assert (await services.http.get(address)).json()["No"] == number


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("$filter=Fax_No eq '2'", ["K2"]),
        ("$filter=Blocked eq ' '", ["K1", "K3"]),
        ("$filter=Blocked eq '_x0020_'", ["K1", "K3"]),
        ("$filter=Currency_Code eq ''", ["K1", "K2"]),
        ("$filter=Currency_Code eq 'USD'", ["K3"]),
        ("$filter=Credit_Limit_LCY gt 15", ["K2", "K3"]),
        ("$orderby=Credit_Limit_LCY desc", ["K3", "K2", "K1"]),
        ("$orderby=Name&$top=1&$skip=1", ["K2"]),
    ],
)
async def test_queries(services: Services, query: str, expected: list[str]) -> None:
    """Filters, order and limits work on the controls of a page."""
    await services.erp.add("currencies", code="USD")
    await services.post("CustomerCard", No="K1", Name="A", Fax_No="1", Credit_Limit_LCY=10)
    await services.post("CustomerCard", No="K2", Name="B", Fax_No="2", Credit_Limit_LCY=20, Blocked="All")
    await services.post("CustomerCard", No="K3", Name="C", Credit_Limit_LCY=100, Currency_Code="USD")
    assert [row["No"] for row in await services.all(f"CustomerCard?{query}")] == expected


async def test_the_key_is_always_sent(services: Services) -> None:
    """A selection gets the properties of the key besides those it names."""
    await services.post("CustomerCard", No="K1", Name="A")
    [row] = await services.all("CustomerCard?$select=Name")
    assert list(row) == ["@odata.etag", "No", "Name"]


async def test_pages_and_counts(services: Services) -> None:
    """A long set comes in pages that follow each other, and `$count` is a text with a byte order mark."""
    for number in range(5):
        await services.post("CustomerCard", No=f"K{number}", Name="A")
    answer = await services.http.get(f"{COMPANY}/CustomerCard?$count=true", headers={"Prefer": "odata.maxpagesize=2"})
    assert answer.json()["@odata.count"] == 5
    found = [row["No"] for row in answer.json()["value"]]
    while "@odata.nextLink" in answer.json():
        following = answer.json()["@odata.nextLink"]
        answer = await services.http.get(following, headers={"Prefer": "odata.maxpagesize=2"})
        found += [row["No"] for row in answer.json()["value"]]
    assert found == ["K0", "K1", "K2", "K3", "K4"]
    assert (await services.http.get(f"{COMPANY}/CustomerCard/$count")).content == b"\xef\xbb\xbf5"


async def test_a_ship_to_address_has_a_composite_key(services: Services, refusal: Refusal) -> None:
    """A composite key is given by names or by position, takes the customer's name, and cannot be given twice."""
    await services.post("CustomerCard", No="K1", Name="Alpine AG")
    made = await services.post("ShipToAddresses", Customer_No="k1", Code="lager ", City="Zürich")
    assert (made["Customer_No"], made["Code"], made["Name"]) == ("K1", "LAGER", "Alpine AG")
    for key in ("Customer_No='K1',Code='LAGER'", "Code='LAGER',Customer_No='K1'", "'K1','LAGER'", "'k1','lager'"):
        assert (await services.get(f"ShipToAddresses({key})"))["City"] == "Zürich"
    again = await services.http.post(f"{COMPANY}/ShipToAddresses", json={"Customer_No": "K1", "Code": "LAGER"})
    assert refusal(again)[:2] == (400, "Internal_EntityWithSameKeyExists")
    wrong = await services.http.get(f"{COMPANY}/ShipToAddresses('K1')")
    assert refusal(wrong)[2] == "The key of 'ShipToAddresses' has the properties Customer_No, Code."


async def test_codes_lead_to_their_records(services: Services) -> None:
    """A code of another published table is a link that can be followed and expanded."""
    await services.erp.add("salespeoplePurchasers", code="JM", displayName="Jana")
    await services.post("CustomerCard", No="K1", Name="A", Salesperson_Code="JM")
    [found] = await services.all("CustomerCard('K1')/Salesperson_Code_Link")
    assert found["Name"] == "Jana"
    [row] = await services.all("CustomerCard?$expand=Salesperson_Code_Link($select=Name)&$select=No")
    assert list(row) == ["@odata.etag", "No", "Salesperson_Code_Link"]
    assert [link["Name"] for link in row["Salesperson_Code_Link"]] == ["Jana"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({"Nme": "A"}, "BadRequest", "The property 'Nme' does not exist on type 'NAV.CustomerCard'."),
        ({"Name": 7}, "BadRequest", "Cannot convert the literal '7' to the expected type"),
        ({"SystemId": "x"}, "BadRequest", "The property 'SystemId' is read-only and cannot be set."),
        (
            {"Name": "A", "Salesperson_Code_Link": []},
            "BadRequest",
            "The request holds rows for 'Salesperson_Code_Link'",
        ),
        (
            {"Name": "A", "Customer_Price_Group": "X"},
            "Internal_InvalidTableRelation",
            "The field Customer Price Group of table Customer contains a value (X) that cannot be found in the related",
        ),
        ({"Name": "A", "Fax_No": "1" * 31}, "Application_StringExceededLength", "The length of the string is 31"),
    ],
)
async def test_bodies_that_are_refused(
    services: Services, refusal: Refusal, body: dict[str, object], code: str, text: str
) -> None:
    """What a page does not have, cannot take or does not let in is refused, and nothing is written."""
    status, found, message = refusal(await services.http.post(f"{COMPANY}/CustomerCard", json=body))
    assert (status, found) == (400, code)
    assert message.startswith(text)
    assert await services.erp.all("customers") == []


async def test_a_version_is_required(services: Services, refusal: Refusal) -> None:
    """A change without If-Match is refused."""
    await services.post("CustomerCard", No="K1", Name="A")
    answer = await services.http.patch(f"{COMPANY}/CustomerCard('K1')", json={"Name": "B"})
    assert refusal(answer)[:2] == (400, "BadRequest_RequiredParamNotProvided")


async def test_a_batch_of_services(services: Services) -> None:
    """A JSON batch reaches web services by relative and by absolute addresses."""
    requests = [
        {"method": "POST", "id": "1", "url": "Company('Crosstie Trading')/CustomerCard", "body": {"Name": "A"}},
        {"method": "GET", "id": "2", "url": f"{COMPANY}/CustomerCard?$select=Name"},
    ]
    answer = await services.http.post(f"{SERVICES}/$batch", json={"requests": requests})
    assert [inner["status"] for inner in answer.json()["responses"]] == [201, 200]
    assert [row["Name"] for row in answer.json()["responses"][1]["body"]["value"]] == ["A"]


async def test_a_contact_card_has_the_parts_of_a_name(services: Services) -> None:
    """Parts of a name make the name, and a name that is entered whole is taken apart."""
    made = await services.post("ContactCard", Type="Person", First_Name="Ewa", Middle_Name="Maria", Surname="Nowak")
    assert (made["Name"], made["Search_Name"]) == ("Ewa Maria Nowak", "EWA MARIA NOWAK")
    changed = (await services.patch(f"ContactCard('{made['No']}')", Name="Jan van der Berg")).json()
    assert [changed[name] for name in ("First_Name", "Middle_Name", "Surname")] == ["Jan van", "der", "Berg"]


async def test_a_primary_contact_belongs_to_the_customer(services: Services, refusal: Refusal) -> None:
    """A primary contact gives the customer its name, and one of another company is refused."""
    await services.post("CustomerCard", No="K1", Name="Alpine AG")
    [company] = await services.all("ContactCard")
    person = await services.post("ContactCard", Type="Person", Name="Ewa Nowak", Company_No=company["No"])
    stranger = await services.post("ContactCard", Type="Person", Name="Jan Berg")
    changed = await services.patch("CustomerCard('K1')", Primary_Contact_No=person["No"])
    assert changed.json()["ContactName"] == "Ewa Nowak"
    refused = await services.patch("CustomerCard('K1')", Primary_Contact_No=stranger["No"])
    assert refusal(refused)[2] == f"Contact {stranger['No']} Jan Berg is not related to customer K1 Alpine AG."
    await services.http.delete(f"{COMPANY}/ContactCard('{person['No']}')")
    card = await services.get("CustomerCard('K1')")
    assert (card["Primary_Contact_No"], card["ContactName"]) == ("", "")


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_contact_name_makes_a_person(services: Services, at_once: bool) -> None:
    """A name entered where there is no primary contact makes a person of the customer's company."""
    await services.post("CustomerCard", No="K1", Name="Alpine AG", **({"ContactName": "Ewa Nowak"} if at_once else {}))
    if not at_once:
        await services.patch("CustomerCard('K1')", ContactName="Ewa Nowak")
    [person] = await services.all("ContactCard?$filter=Type eq 'Person'")
    card = await services.get("CustomerCard('K1')")
    assert (card["Primary_Contact_No"], person["Name"], person["Company_Name"]) == (
        person["No"],
        "Ewa Nowak",
        "Alpine AG",
    )
