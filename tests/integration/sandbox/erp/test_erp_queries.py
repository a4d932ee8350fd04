"""Reading from the sandbox ERP: filters, order, pages, counts, addresses."""

from pathlib import Path

import pytest

from crosstie_sandbox.businesscentral.app import create_app
from crosstie_sandbox.businesscentral.database import Settings

from .client import CREDENTIALS, Erp, Refusal


@pytest.fixture
async def stocked(erp: Erp) -> Erp:
    """Five customers, a millisecond apart."""
    for number, name, kind, credit in (
        ("K1", "Alpine AG", "Company", 100),
        ("K2", "alpine ag", "Company", 20),
        ("K3", "O'Neill & Söhne", "Company", 3),
        ("K4", "100% Wolle_Velo", "Person", 0),
        ("K5", "Þóra", "Person", 1000),
    ):
        await erp.add("customers", number=number, displayName=name, type=kind, creditLimit=credit)
        erp.clock.tick()
    return erp


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("displayName eq 'Alpine AG'", ["K1"]),
        ("tolower(displayName) eq 'alpine ag'", ["K1", "K2"]),
        ("startswith(displayName,'Alp')", ["K1"]),
        ("contains(displayName,'%')", ["K4"]),
        ("contains(displayName,'_V')", ["K4"]),
        ("endswith(displayName,'hne')", ["K3"]),
        ("displayName eq 'O''Neill & Söhne'", ["K3"]),
        ("displayName eq ''' OR 1=1 --'", []),
        ("creditLimit gt 20", ["K1", "K5"]),
        ("creditLimit ge 3 and creditLimit le 20.0", ["K2", "K3"]),
        ("type eq 'Person'", ["K4", "K5"]),
        ("type eq Microsoft.NAV.contactType'Person'", ["K4", "K5"]),
        ("blocked ne ' '", []),
        ("blocked eq '_x0020_' and not (type eq 'Company')", ["K4", "K5"]),
        ("number eq 'K1' or number eq 'K5'", ["K1", "K5"]),
        ("(number eq 'K1' or number eq 'K5') and (type eq 'Person' or type eq 'Company')", ["K1", "K5"]),
        ("lastModifiedDateTime gt 2026-01-02T03:04:05.002Z", ["K4", "K5"]),
        ("lastModifiedDateTime ge 2026-01-02T03:04:05.002Z", ["K3", "K4", "K5"]),
        ("lastModifiedDateTime lt 2026-01-02T04:04:05.001+01:00", ["K1"]),
        ("taxLiable eq false", ["K1", "K2", "K3", "K4", "K5"]),
        ("currencyCode eq 'EUR'", ["K1", "K2", "K3", "K4", "K5"]),
    ],
)
async def test_filters(stocked: Erp, condition: str, expected: list[str]) -> None:
    """A filter finds exactly the rows it describes; texts compare with their case."""
    answer = await stocked.http.get("customers", params={"$filter": condition})
    rows = answer.json()["value"]
    assert [row["number"] for row in rows] == expected


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (
            "$filter=number eq 'K1' or displayName eq 'A'",
            "The 'OR' operator is not supported on distinct fields on an OData filter.",
        ),
        (
            "$filter=not (number eq 'K1' or contains(displayName,'A'))",
            "The 'OR' operator is not supported on distinct fields on an OData filter.",
        ),
        ("$filter=colour eq 'red'", "Could not find a property named 'colour' on type 'Microsoft.NAV.customer'."),
        ("$select=number,colour", "Could not find a property named 'colour' on type 'Microsoft.NAV.customer'."),
        ("$orderby=colour", "Could not find a property named 'colour' on type 'Microsoft.NAV.customer'."),
        ("$expand=salesperson", "Could not find a property named 'salesperson' on type 'Microsoft.NAV.customer'."),
        (
            "$filter=lastModifiedDateTime gt 0001-01-01T00:00:00%2B14:00",
            "A date and time of the filter lies outside the calendar when it is taken as UTC.",
        ),
        ("$apply=aggregate($count as n)", "The query parameter '$apply' is not supported."),
        (
            "$top=few",
            "Invalid value 'few' for $top query option found. It needs a non-negative integer.",
        ),
    ],
)
async def test_what_cannot_be_answered_is_refused(stocked: Erp, refusal: Refusal, query: str, text: str) -> None:
    """A query beyond the application's means is a bad request in the vendor's words."""
    assert refusal(await stocked.http.get(f"customers?{query}")) == (400, "BadRequest", text)


async def test_select_and_order(stocked: Erp) -> None:
    """$select leaves the named properties and the etag; amounts sort as numbers."""
    rows = await stocked.all("customers?$select=number,creditLimit&$orderby=creditLimit desc&$top=3")
    assert [(row["number"], row["creditLimit"]) for row in rows] == [("K5", 1000), ("K1", 100), ("K2", 20)]
    assert all(set(row) == {"@odata.etag", "number", "creditLimit"} for row in rows)


@pytest.mark.parametrize(
    "order", ["", "&$orderby=creditLimit desc,displayName", "&$orderby=type", "&$orderby=creditLimit"]
)
async def test_pages_hold_every_row_once(stocked: Erp, order: str) -> None:
    """Following nextLink shows each row once, in order, and honours $top across pages."""
    whole = [row["number"] for row in await stocked.all(f"customers?$select=number{order}")]
    headers = {"Prefer": "odata.maxpagesize=2"}
    for top in (5, 4, 3):
        seen, link = [], f"customers?$select=number&$top={top}{order}"
        while link:
            answer = await stocked.http.get(link, headers=headers)
            assert answer.headers["Preference-Applied"] == "odata.maxpagesize=2"
            body = answer.json()
            assert len(body["value"]) <= 2
            seen += [row["number"] for row in body["value"]]
            link = body.get("@odata.nextLink")
        assert seen == whole[:top]


async def test_rows_that_go_away_between_pages_hide_no_others(stocked: Erp) -> None:
    """A row that is deleted after the first page does not make another one fall out of the second."""
    first = (await stocked.http.get("customers", headers={"Prefer": "odata.maxpagesize=2"})).json()
    await stocked.http.delete(f"customers({first['value'][0]['id']})")
    second = await stocked.get(first["@odata.nextLink"])
    assert [row["number"] for row in second["value"]] == ["K3", "K4", "K5"]


async def test_a_forged_page_token_is_refused(stocked: Erp, refusal: Refusal) -> None:
    """A skip token that this server did not give out for this query is refused."""
    for token in ("nonsense", "W10", "AAAA", "%F0%9F%9A%82"):
        answer = refusal(await stocked.http.get(f"customers?$skiptoken={token}"))
        assert answer[:2] == (400, "BadRequest_InvalidToken")


async def test_skip_and_count(stocked: Erp) -> None:
    """$skip leaves rows out, $count=true counts without $top, and /$count answers text with a byte order mark."""
    body = await stocked.get("customers?$skip=3&$top=1&$count=true&$filter=type eq 'Company' or type eq 'Person'")
    assert (body["@odata.count"], [row["number"] for row in body["value"]]) == (5, ["K4"])
    answer = await stocked.http.get("customers/$count?$filter=type eq 'Person'")
    assert answer.content == b"\xef\xbb\xbf2"
    assert answer.headers["Content-Type"].startswith("text/plain")


async def test_companies_are_addressed_in_every_way(stocked: Erp, refusal: Refusal) -> None:
    """By id in the path, by id or name in the query, with tenant and environment; an unknown one is not found."""
    (company,) = await stocked.all("http://erp.example/api/v2.0/companies")
    base = "http://erp.example"
    for address in (
        f"{base}/api/v2.0/companies({company['id']})/customers",
        f"{base}/api/v2.0/customers?company={company['id']}",
        f"{base}/api/v2.0/customers?company={company['name']}",
        f"{base}/v2.0/tenant/production/api/v2.0/companies({company['id']})/customers",
        f"{base}/v2.0/production/api/v2.0/companies({company['id']})/customers",
    ):
        assert len(await stocked.all(address)) == 5
    for address in (f"{base}/api/v2.0/customers", f"{base}/api/v2.0/customers?company=Other"):
        assert refusal(await stocked.http.get(address))[:2] == (404, "Internal_CompanyNotFound")
    assert (await stocked.get(f"{base}/api/v2.0/companies({company['id']})"))["name"] == company["name"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("nothings", (404, "BadRequest_NotFound")),
        ("customers('K1')", (400, "BadRequest")),
        ("customers(00000000-0000-0000-0000-000000000000)", (404, "BadRequest_ResourceNotFound")),
        ("customers(00000000-0000-0000-0000-000000000000)/pictures", (404, "BadRequest_NotFound")),
        ("customers)(", (404, "BadRequest_NotFound")),
        ("/api/v3.0/customers", (404, "BadRequest_InvalidRequestUrl")),
    ],
)
async def test_addresses_that_lead_nowhere(erp: Erp, refusal: Refusal, path: str, expected: tuple[int, str]) -> None:
    """An address that names nothing is refused with the code that says which part of it was wrong."""
    if path.startswith("/"):
        path = f"http://erp.example{path}"
    assert refusal(await erp.http.get(path))[:2] == expected


async def test_hundreds_of_ids_in_one_filter(erp: Erp) -> None:
    """A long chain of `id eq` is answered, whatever its length below the limit."""
    ids = [(await erp.add("customers", displayName=f"A{index}"))["id"] for index in range(30)]
    chain = " or ".join(f"id eq {identity}" for identity in ids * 20)
    assert len(await erp.all(f"customers?$filter={chain}&$select=number")) == 30


async def test_a_company_outlives_its_server(tmp_path: Path, erp: Erp) -> None:
    """What was written is there when the file is opened again, with the same etag."""
    row = await erp.add("customers", displayName="A")
    again = create_app(
        tmp_path / "erp.sqlite",
        clock=erp.clock,
        ids=lambda: None,
        credentials=CREDENTIALS,
        settings=Settings(),
    )
    stored = again.state.database.connection.execute("SELECT id, etag FROM customers").fetchall()
    again.state.close()
    assert stored == [(row["id"], row["@odata.etag"])]
