"""Reading rows and sets of the sandbox CRM."""

import pytest

USER = "0a0a0a0a-0000-4000-8000-000000000001"


@pytest.fixture
async def companies(crm) -> list[dict[str, object]]:
    """Four accounts, the first with a primary contact."""
    contact = await crm.add("contacts", {"firstname": "Zoë", "lastname": "Ångström"})
    bodies = [
        {
            "name": "Äpfel & Birnen",
            "accountnumber": "C1",
            "creditlimit": 1000.5,
            "creditonhold": True,
            "numberofemployees": 3,
        },
        {"name": "Bäcker", "accountnumber": "C2", "creditlimit": 20, "numberofemployees": 5},
        {"name": "ceramics 100%", "numberofemployees": 5},
        {"name": "Dover", "accountnumber": "C4", "creditlimit": 3},
    ]
    bodies[0]["primarycontactid@odata.bind"] = f"/contacts({contact['contactid']})"
    return [await crm.add("accounts", body) for body in bodies]


async def test_the_service_document_lists_the_sets(crm) -> None:
    """The root names every entity set."""
    document = await crm.get("")
    assert document["@odata.context"] == "http://crm.example/api/data/v9.2/$metadata"
    sets = [entry["url"] for entry in document["value"]]
    assert sets == sorted(set(sets))
    assert {"accounts", "contacts", "organizations", "roles", "systemusers", "transactioncurrencies"} <= set(sets)


async def test_a_fresh_database_has_an_organization_and_its_users(crm) -> None:
    """One organization in euros, one root business unit, the platform's user and the application's."""
    whoami = await crm.get("WhoAmI")
    organization = (await crm.get("organizations?$expand=basecurrencyid($select=isocurrencycode)"))["value"]
    assert [row["organizationid"] for row in organization] == [whoami["OrganizationId"]]
    assert organization[0]["basecurrencyid"]["isocurrencycode"] == "EUR"
    units = (await crm.get("businessunits"))["value"]
    assert [row["businessunitid"] for row in units] == [whoami["BusinessUnitId"]]
    users = (await crm.get("systemusers?$select=fullname,applicationid,isdisabled,accessmode&$orderby=fullname desc"))[
        "value"
    ]
    assert [(row["fullname"], row["applicationid"], row["isdisabled"], row["accessmode"]) for row in users] == [
        ("SYSTEM", None, True, 3),
        ("# Integration", USER, False, 4),
    ]


async def test_a_row_has_the_columns_every_table_has(crm, companies) -> None:
    """An unselected read returns all columns, nulls included, with stamps, users, owner, state and version."""
    whoami = await crm.get("WhoAmI")
    row = await crm.get(f"accounts({companies[1]['accountid']})")
    assert row["@odata.context"] == "http://crm.example/api/data/v9.2/$metadata#accounts/$entity"
    assert row["@odata.etag"] == f'W/"{row["versionnumber"]}"'
    assert row["createdon"] == row["modifiedon"] == "2026-01-02T03:04:05Z"
    assert row["_createdby_value"] == row["_modifiedby_value"] == row["_ownerid_value"] == whoami["UserId"]
    assert row["_owninguser_value"] == whoami["UserId"]
    assert row["_owningbusinessunit_value"] == whoami["BusinessUnitId"]
    assert (row["statecode"], row["statuscode"]) == (0, 1)
    assert row["websiteurl"] is None
    assert row["importsequencenumber"] is None
    assert row["overriddencreatedon"] is None


async def test_select_returns_what_was_asked_and_the_key(crm, companies) -> None:
    """The answer has the selected columns, the primary key and the etag, and nothing else."""
    page = await crm.get("accounts?$select=name,_primarycontactid_value&$top=1&$orderby=name")
    assert page["@odata.context"].endswith("/$metadata#accounts(name,_primarycontactid_value)")
    assert set(page["value"][0]) == {"@odata.etag", "name", "_primarycontactid_value", "accountid"}
    assert page["value"][0]["accountid"] == companies[0]["accountid"]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("name eq 'APFEL & birnen'", [0]),
        ("name ne 'dover'", [0, 1, 2]),
        ("accountnumber eq null", [2]),
        ("accountnumber ne 'C1'", [1, 2, 3]),
        ("not (accountnumber eq 'C1')", [1, 2, 3]),
        ("contains(name,'bÄck')", [1]),
        ("startswith(name,'d') or endswith(name,'100%')", [2, 3]),
        ("contains(name,'[ab]äcker')", [1]),
        ("contains(name,'[z-a]') or startswith(name,'[^]')", []),
        ("creditlimit ge 20 and creditlimit lt 1000.6", [0, 1]),
        ("creditonhold eq true", [0]),
        ("creditonhold", [0]),
        ("creditlimit gt exchangerate", [0, 1, 3]),
        ("createdon ge '2026-01-01T00:00:00Z' and createdon lt 2026-02-01", [0, 1, 2, 3]),
        ("primarycontactid/fullname eq 'zoe angstrom'", [0]),
        ("_primarycontactid_value eq null", [1, 2, 3]),
        ('Microsoft.Dynamics.CRM.In(PropertyName=\'accountnumber\',PropertyValues=["c1","C4"])', [0, 3]),
        ("Microsoft.Dynamics.CRM.NotIn(PropertyName='numberofemployees',PropertyValues=[\"3\"])", [1, 2]),
        ('Microsoft.Dynamics.CRM.Between(PropertyName=\'creditlimit\',PropertyValues=["3","20"])', [1, 3]),
        ('Microsoft.Dynamics.CRM.NotBetween(PropertyName=\'creditlimit\',PropertyValues=["3","20"])', [0]),
    ],
)
async def test_filters(crm, companies, condition, found) -> None:
    """Texts compare without case and accents, `%` is a wildcard, nulls differ from values, lookups can be followed."""
    answer = await crm.http.get("accounts", params={"$select": "accountid", "$filter": condition})
    assert answer.status_code == 200, answer.text
    ids = {row["accountid"] for row in answer.json()["value"]}
    assert ids == {companies[index]["accountid"] for index in found}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("$filter=nosuch eq 1", "0x0"),
        ("$select=nosuch", "0x0"),
        ("$orderby=nosuch", "0x0"),
        ("$expand=nosuch", "0x0"),
        ("$filter=name eq", "0x80060888"),
        ("$filter=name eq 'x", "0x80060888"),
        ("$filter=tolower(name) eq 'x'", "0x80060888"),
        ("$filter=accountid eq 'x'", "0x80060888"),
        ("$filter=name eq 5", "0x80060888"),
        ("$filter=Microsoft.Dynamics.CRM.NoSuch(PropertyName='createdon')", "0x80060888"),
        ("$filter=Microsoft.Dynamics.CRM.Between(PropertyName='creditlimit',PropertyValues=[\"3\"])", "0x80040203"),
        ("$filter=createdon ge 0001-01-01T00:00:00%2B14:00", "0x80040203"),
        ("$filter=createdon ge '9999-12-31T23:59:59-14:00'", "0x80040203"),
        ("$skip=1", "0x80060888"),
        ("$search=x", "0x80060888"),
        ("$top=-1", "0x80060888"),
        ("$top=1&$top=2", "0x80060888"),
        ("$skiptoken=forged", "0x80060888"),
    ],
)
async def test_bad_queries_are_refused(crm, query, code) -> None:
    """What the vendor refuses is refused with its code, not ignored."""
    status, found, _ = await crm.refused("GET", f"accounts?{query}")
    assert (status, found) == (400, code)


async def test_unknown_addresses_are_404(crm) -> None:
    """An unknown set, row, property and verb have the vendor's codes."""
    missing = "00000000-0000-0000-0000-000000000009"
    assert await crm.refused("GET", "nosuch") == (404, "0x8006088a", "Resource not found for the segment 'nosuch'.")
    assert await crm.refused("GET", f"accounts({missing})") == (
        404,
        "0x80040217",
        f"account With Id = {missing} Does Not Exist",
    )
    assert (await crm.refused("GET", f"accounts('{missing}')"))[:2] == (400, "0x80060888")
    assert (await crm.refused("GET", "accounts(accountnumber='C1')"))[:2] == (400, "0x80060890")
    assert (await crm.refused("GET", f"systemusers(azureactivedirectoryobjectid={missing})"))[:2] == (404, "0x80060891")
    assert (await crm.refused("PUT", f"accounts({missing})", {}))[:2] == (405, "0x80060888")
    answer = await crm.http.get("http://crm.example/elsewhere")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "order", ["name", "name desc", "accountnumber", "accountnumber desc", "creditlimit desc,name", "creditonhold"]
)
@pytest.mark.parametrize("size", [1, 3])
async def test_pages_have_every_row_once(crm, companies, order, size) -> None:
    """Following the next links in any order, nulls included, meets the rows in the order of one big page."""
    whole = await crm.names(f"accounts?$select=name&$orderby={order}")
    assert sorted(whole) == sorted(row["name"] for row in companies)
    assert await crm.names(f"accounts?$select=name&$orderby={order}", Prefer=f"odata.maxpagesize={size}") == whole


async def test_top_is_a_total_over_pages(crm, companies) -> None:
    """With both, the page size cuts pages and $top ends them."""
    names = await crm.names("accounts?$select=name&$orderby=name&$top=3", Prefer="odata.maxpagesize=2")
    assert names == ["Äpfel & Birnen", "Bäcker", "ceramics 100%"]
    assert companies


async def test_the_next_link_has_the_vendors_cookie(crm, companies) -> None:
    """The skip token is the cookie with page number and the last and first key in braces."""
    answer = await crm.http.get("accounts?%24select=name", headers={"Prefer": "odata.maxpagesize=2"})
    assert answer.headers["Preference-Applied"] == "odata.maxpagesize=2"
    link = answer.json()["@odata.nextLink"]
    assert link.startswith(
        "http://crm.example/api/data/v9.2/accounts?%24select=name&$skiptoken=%3Ccookie%20pagenumber=%222%22"
    )
    assert "%253Caccountid%2520last%253D%2522%257B" in link
    assert link.endswith("%20istracking=%22False%22%20%2F%3E")
    assert companies


async def test_counts(crm, companies) -> None:
    """$count in a page, after the set, and the total of a table."""
    assert (await crm.get("accounts?$count=true&$top=1&$filter=creditlimit ne null"))["@odata.count"] == 3
    plain = await crm.http.get("accounts/$count?$filter=creditonhold eq true")
    assert (plain.text, plain.headers["Content-Type"].partition(";")[0]) == ("1", "text/plain")
    total = await crm.get("RetrieveTotalRecordCount(EntityNames=['account','contact'])")
    assert total["EntityRecordCountCollection"] == {"Count": 2, "Keys": ["account", "contact"], "Values": [4, 1]}
    aliased = await crm.get('RetrieveTotalRecordCount(EntityNames=@p1)?@p1=["account"]')
    assert aliased["EntityRecordCountCollection"]["Values"] == [4]
    assert companies


async def test_expand_follows_lookups(crm, companies) -> None:
    """A lookup expands to its row or null, nested lookups included, and only where it points to that table."""
    account = companies[0]
    contact = account["_primarycontactid_value"]
    await crm.http.patch(
        f"contacts({contact})", json={"parentcustomerid_account@odata.bind": f"accounts({account['accountid']})"}
    )
    nested = (
        "primarycontactid($select=fullname;$expand=parentcustomerid_account($select=name),parentcustomerid_contact)"
    )
    page = await crm.get(f"accounts?$select=name&$orderby=name&$expand={nested},owninguser($select=accessmode)")
    assert (
        "primarycontactid(fullname,parentcustomerid_account(name),parentcustomerid_contact())" in page["@odata.context"]
    )
    first, second = page["value"][:2]
    assert first["primarycontactid"]["fullname"] == "Zoë Ångström"
    assert first["primarycontactid"]["parentcustomerid_account"]["name"] == "Äpfel & Birnen"
    assert first["primarycontactid"]["parentcustomerid_contact"] is None
    assert first["owninguser"]["accessmode"] == 4
    assert second["primarycontactid"] is None


async def test_single_properties(crm, companies) -> None:
    """A property of a row is read as JSON, as bare text, or not at all if it is null."""
    row = f"accounts({companies[0]['accountid']})"
    assert (await crm.get(f"{row}/name"))["value"] == "Äpfel & Birnen"
    assert (await crm.http.get(f"{row}/creditlimit/$value")).text == "1000.5000"
    assert (await crm.http.get(f"{row}/creditonhold/$value")).text == "true"
    assert (await crm.http.get(f"{row}/fax")).status_code == 204
    assert (await crm.refused("GET", f"{row}/nosuch"))[:2] == (400, "0x0")


async def test_annotations_come_on_request(crm, companies) -> None:
    """Labels, names and tables of related rows come with the header, limited to what it lists, and never without."""
    columns = "statecode,creditonhold,creditlimit,createdon,_primarycontactid_value"
    url = f"accounts({companies[0]['accountid']})?$select={columns}"
    row = await crm.get(url, Prefer='odata.include-annotations="*"')
    formatted = "@OData.Community.Display.V1.FormattedValue"
    assert row[f"statecode{formatted}"] == "Active"
    assert row[f"creditonhold{formatted}"] == "Yes"
    assert row[f"creditlimit{formatted}"] == "1,000.50"
    assert row[f"createdon{formatted}"] == "1/2/2026 3:04 AM"
    assert row[f"_primarycontactid_value{formatted}"] == "Zoë Ångström"
    assert row["_primarycontactid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "contact"
    assert row["_primarycontactid_value@Microsoft.Dynamics.CRM.associatednavigationproperty"] == "primarycontactid"
    limited = await crm.get(url, Prefer="odata.include-annotations=Microsoft.Dynamics.CRM.*")
    assert not any(formatted in name for name in limited)
    assert not any("@" in name for name in await crm.get(url) if not name.startswith("@odata"))


async def test_a_fresh_copy_is_304(crm, companies) -> None:
    """If-None-Match with the current etag saves the body; the text `null` is ignored."""
    url = f"accounts({companies[0]['accountid']})?$select=name"
    etag = (await crm.http.get(url, headers={"If-None-Match": "null"})).headers["ETag"]
    assert (await crm.http.get(url, headers={"If-None-Match": etag})).status_code == 304
    assert (await crm.http.get(f"{url}&$expand=primarycontactid", headers={"If-None-Match": etag})).status_code == 200


async def test_money_keeps_its_digits(crm) -> None:
    """Amounts come back with four digits and no detour through binary fractions."""
    row = await crm.http.post(
        "accounts?$select=revenue",
        content=b'{"revenue":90071992547409.93}',
        headers={"Prefer": "return=representation"},
    )
    assert '"revenue":90071992547409.9300,' in row.text
