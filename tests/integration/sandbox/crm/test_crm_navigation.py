"""Ways between rows of the sandbox CRM: collections, paths, references, association."""

from urllib.parse import unquote

import pytest


@pytest.fixture
async def family(crm) -> dict[str, str]:
    """Two accounts; the first has four contacts, one of them primary, and the second account as a child."""
    north = (await crm.add("accounts", {"name": "North"}))["accountid"]
    south = (await crm.add("accounts", {"name": "South", "parentaccountid@odata.bind": f"/accounts({north})"}))[
        "accountid"
    ]
    made = {"north": north, "south": south}
    for number, name in enumerate(["Ada", "Bo", "Cy", "Di"]):
        body = {"firstname": name, "lastname": "Nord", "parentcustomerid_account@odata.bind": f"/accounts({north})"}
        made[name] = (await crm.add("contacts", {**body, "numberofchildren": number}))["contactid"]
    await crm.http.patch(f"accounts({north})", json={"primarycontactid@odata.bind": f"/contacts({made['Ada']})"})
    return made


def firsts(rows: object) -> list[str]:
    """The first names of contacts."""
    return [row["firstname"] for row in rows]


@pytest.mark.usefixtures("family")
async def test_a_collection_expands_to_its_rows(crm) -> None:
    """Nested $select, $filter, $orderby and $top hold for each owner by itself; owners without rows have none."""
    nested = "$select=firstname;$filter=numberofchildren ge 1;$orderby=firstname desc;$top=2"
    page = await crm.get(f"accounts?$select=name&$orderby=name&$expand=contact_customer_accounts({nested})")
    assert page["@odata.context"].endswith("#accounts(name,contact_customer_accounts(firstname))")
    north, south = page["value"]
    assert firsts(north["contact_customer_accounts"]) == ["Di", "Cy"]
    assert set(north["contact_customer_accounts"][0]) == {"@odata.etag", "firstname", "contactid"}
    assert south["contact_customer_accounts"] == []
    assert "contact_customer_accounts@odata.nextLink" not in north


async def test_an_expanded_collection_has_pages_of_its_own(crm, family) -> None:
    """What does not fit the page size is behind the collection's own next link, nested options included."""
    nested = "contact_customer_accounts($select=firstname;$orderby=firstname;$filter=firstname ne 'Bo')"
    row = await crm.get(f"accounts({family['north']})?$select=name&$expand={nested}", Prefer="odata.maxpagesize=2")
    assert firsts(row["contact_customer_accounts"]) == ["Ada", "Cy"]
    link = row["contact_customer_accounts@odata.nextLink"]
    assert unquote(link).startswith(
        f"http://crm.example/api/data/v9.2/accounts({family['north']})/contact_customer_accounts?$select=firstname&"
    )
    rest = await crm.get(link, Prefer="odata.maxpagesize=2")
    assert firsts(rest["value"]) == ["Di"]
    assert "@odata.nextLink" not in rest


async def test_expands_nest_through_collections_and_intersect_tables(crm, family) -> None:
    """A collection within a lookup, a lookup within a collection, and a collection by an intersect table."""
    query = (
        "$select=firstname&$expand=parentcustomerid_account($select=name;"
        "$expand=account_parent_account($select=name;$expand=parentaccountid($select=name)))"
    )
    contact = await crm.get(f"contacts({family['Bo']})?{query}")
    (child,) = contact["parentcustomerid_account"]["account_parent_account"]
    assert (child["name"], child["parentaccountid"]["name"]) == ("South", "North")
    whoami = await crm.get("WhoAmI")
    user = await crm.get(
        f"systemusers({whoami['UserId']})?$select=fullname&$expand=systemuserroles_association($select=name)"
    )
    assert [role["name"] for role in user["systemuserroles_association"]] == ["System Administrator"]


@pytest.mark.usefixtures("family")
async def test_what_cannot_be_expanded_is_refused(crm) -> None:
    """Unknown properties, options that are not nested, more than fifteen expands; references only of lookups."""
    nested = ",".join(["owninguser($expand=createdby)"] * 8)
    for query, code in {
        "$expand=nosuch": "0x0",
        "$expand=contact_customer_accounts($count=true)": "0x80060888",
        "$expand=contact_customer_accounts($skip=1)": "0x80060888",
        "$expand=contact_customer_accounts($levels=2)": "0x80060888",
        "$expand=contact_customer_accounts($filter=nosuch eq 1)": "0x0",
        "$expand=contact_customer_accounts/$ref": "0x80060888",
        "$expand=primarycontactid($filter=firstname eq 'x')": "0x80060888",
        f"$expand={','.join(['owninguser'] * 16)}": "0x80060888",
        f"$expand={nested}": "0x80060888",
    }.items():
        assert (await crm.refused("GET", f"accounts?{query}"))[:2] == (400, code), query


async def test_paths_lead_from_row_to_row(crm, family) -> None:
    """Along lookups and collections to rows, sets, counts, values and references, with the options of a query."""
    north, ada = f"accounts({family['north']})", family["Ada"]
    primary = await crm.get(f"{north}/primarycontactid?$select=firstname")
    assert (primary["firstname"], primary["contactid"]) == ("Ada", ada)
    assert primary["@odata.context"].endswith("#contacts(firstname)/$entity")
    assert (await crm.get(f"{north}/primarycontactid/firstname"))["value"] == "Ada"
    assert (await crm.http.get(f"{north}/primarycontactid/firstname/$value")).text == "Ada"
    page = await crm.get(f"{north}/contact_customer_accounts?$select=firstname&$orderby=firstname&$count=true")
    assert (page["@odata.count"], firsts(page["value"])) == (4, ["Ada", "Bo", "Cy", "Di"])
    assert page["@odata.context"].endswith("#contacts(firstname)")
    counted = await crm.http.get(f"{north}/contact_customer_accounts/$count?$filter=firstname lt 'C'")
    assert counted.text == "2"
    one = await crm.get(f"{north}/contact_customer_accounts({ada})?$select=lastname")
    assert one["lastname"] == "Nord"
    onward = await crm.get(f"contacts({ada})/parentcustomerid_account/account_parent_account?$select=name")
    assert [row["name"] for row in onward["value"]] == ["South"]
    root = "http://crm.example/api/data/v9.2/"
    assert await crm.get(f"{north}/primarycontactid/$ref") == {
        "@odata.context": f"{root}$metadata#$ref",
        "@odata.id": f"{root}contacts({ada})",
    }
    references = await crm.get(f"{north}/account_parent_account/$ref")
    assert references["value"] == [{"@odata.id": f"{root}accounts({family['south']})"}]
    expanded = await crm.get(f"{north}?$select=name&$expand=primarycontactid/$ref")
    assert expanded["primarycontactid"] == {"@odata.id": f"{root}contacts({ada})"}


async def test_pages_of_a_collection_in_a_path_go_on_there(crm, family) -> None:
    """The next link of a collection is an address of that collection."""
    found, url = [], f"accounts({family['north']})/contact_customer_accounts?$select=firstname&$orderby=firstname"
    while url is not None:
        page = await crm.get(url, Prefer="odata.maxpagesize=3")
        found += firsts(page["value"])
        url = page.get("@odata.nextLink")
    assert found == ["Ada", "Bo", "Cy", "Di"]


async def test_paths_that_lead_nowhere(crm, family) -> None:
    """An empty lookup is 204; rows of another collection, unknown ones, unknown properties and more are refused."""
    south = f"accounts({family['south']})"
    assert (await crm.http.get(f"{south}/primarycontactid")).status_code == 204
    assert (await crm.http.get(f"{south}/primarycontactid/$ref")).status_code == 204
    missing = "00000000-0000-0000-0000-000000000009"
    for path, refusal in {
        f"{south}/contact_customer_accounts({family['Ada']})": (404, "0x80040217"),
        f"accounts({missing})/primarycontactid": (404, "0x80040217"),
        f"accounts({missing})/contact_customer_accounts": (404, "0x80040217"),
        f"{south}/nosuch": (400, "0x0"),
        f"{south}/name/name": (400, "0x80060888"),
        f"{south}/primarycontactid/firstname": (404, "0x8006088a"),
        f"{south}/$count": (404, "0x8006088a"),
    }.items():
        assert (await crm.refused("GET", path))[:2] == refusal, path


async def test_single_values_are_written(crm, family) -> None:
    """PUT sets one value, DELETE empties it, and If-Match holds for both."""
    row = f"accounts({family['north']})"
    etag = (await crm.get(row))["@odata.etag"]
    answer = await crm.http.put(f"{row}/telephone1", json={"value": "1234"})
    assert (answer.status_code, answer.headers["OData-EntityId"]) == (204, f"http://crm.example/api/data/v9.2/{row}")
    assert (await crm.get(f"{row}/telephone1"))["value"] == "1234"
    assert (await crm.refused("PUT", f"{row}/telephone1", {"value": "x"}, If_Match=etag))[1] == "0x80060882"
    assert (await crm.http.delete(f"{row}/telephone1")).status_code == 204
    assert (await crm.http.get(f"{row}/telephone1")).status_code == 204
    assert (await crm.refused("PUT", f"{row}/telephone1", {}))[:2] == (400, "0x80060888")
    assert (await crm.refused("PUT", f"{row}/nosuch", {"value": 1}))[:2] == (400, "0x0")
    assert (await crm.refused("POST", f"{row}/name", {"value": "x"}))[:2] == (405, "0x80060888")


async def test_rows_join_and_leave_a_collection_by_a_lookup(crm, family) -> None:
    """POST to $ref points the member to the owner; DELETE by key or by $id empties its lookup again."""
    south, ada, bo = family["south"], family["Ada"], family["Bo"]
    references = f"accounts({south})/contact_customer_accounts"
    root = "http://crm.example/api/data/v9.2/"
    for reference in (f"{root}contacts({ada})", f"contacts({bo})"):
        answer = await crm.http.post(f"{references}/$ref", json={"@odata.id": reference})
        assert answer.status_code == 204, answer.text
    assert (await crm.get(f"contacts({ada})"))["_parentcustomerid_value"] == south
    assert firsts((await crm.get(f"{references}?$orderby=firstname"))["value"]) == ["Ada", "Bo"]
    assert (await crm.http.delete(f"{references}({ada})/$ref")).status_code == 204
    assert (await crm.http.delete(f"{references}/$ref?$id={root}contacts({bo})")).status_code == 204
    assert (await crm.get(references))["value"] == []
    assert (await crm.get(f"contacts({ada})"))["_parentcustomerid_value"] is None
    assert (await crm.refused("DELETE", f"{references}({ada})/$ref"))[:2] == (404, "0x80040217")
    assert (await crm.refused("DELETE", f"{references}/$ref"))[:2] == (400, "0x80060888")
    assert (await crm.refused("POST", f"{references}/$ref", {"@odata.id": f"accounts({south})"}))[0] == 400
    assert (await crm.refused("POST", f"{references}/$ref", {}))[0] == 400


async def test_lookups_are_set_and_emptied_by_reference(crm, family) -> None:
    """PUT to $ref of a lookup points it elsewhere, DELETE empties it."""
    lookup = f"contacts({family['Ada']})/parentcustomerid_account/$ref"
    answer = await crm.http.put(lookup, json={"@odata.id": f"accounts({family['south']})"})
    assert answer.status_code == 204, answer.text
    assert (await crm.get(f"contacts({family['Ada']})/parentcustomerid_account"))["name"] == "South"
    assert (await crm.http.delete(lookup)).status_code == 204
    assert (await crm.http.get(lookup)).status_code == 204
    assert (await crm.refused("POST", lookup, {"@odata.id": f"accounts({family['south']})"}))[0] == 405


async def test_rows_are_paired_through_an_intersect_table(crm) -> None:
    """Members of an N:N collection are seen from both ends; a pair is made once and taken apart once."""
    team = (await crm.add("teams", {"name": "Bridge", "teamtype": 0}))["teamid"]
    user = (await crm.get("WhoAmI"))["UserId"]
    members = f"teams({team})/teammembership_association"
    answer = await crm.http.post(f"{members}/$ref", json={"@odata.id": f"systemusers({user})"})
    assert answer.status_code == 204, answer.text
    assert [row["systemuserid"] for row in (await crm.get(members))["value"]] == [user]
    theirs = await crm.get(f"systemusers({user})/teammembership_association?$filter=name eq 'bridge'")
    assert [row["name"] for row in theirs["value"]] == ["Bridge"]
    found = await crm.get(f"teams?$select=name&$filter=teammembership_association/any(u:u/systemuserid eq {user})")
    assert "Bridge" in [row["name"] for row in found["value"]]
    again = await crm.refused("POST", f"{members}/$ref", {"@odata.id": f"systemusers({user})"})
    assert again[:2] == (412, "0x80040237")
    assert (await crm.http.delete(f"{members}({user})/$ref")).status_code == 204
    assert (await crm.get(members))["value"] == []
    assert (await crm.refused("DELETE", f"{members}({user})/$ref"))[:2] == (404, "0x80040217")


async def test_a_change_set_ties_what_it_makes(crm, inner) -> None:
    """`$1` stands for a row made before in the change set, in the path and in the reference."""
    answer = await crm.batch(
        [
            inner("POST", "/api/data/v9.2/accounts", '{"name":"Tied"}', "1"),
            inner("POST", "/api/data/v9.2/contacts", '{"lastname":"Knot"}', "2"),
            inner("POST", "$1/contact_customer_accounts/$ref", '{"@odata.id":"$2"}', "3"),
            inner("PUT", "$1/telephone1", '{"value":"77"}', "4"),
        ]
    )
    assert answer.status_code == 200, answer.text
    page = await crm.get("contacts?$select=lastname&$filter=parentcustomerid_account/telephone1 eq '77'")
    assert [row["lastname"] for row in page["value"]] == ["Knot"]


async def test_rows_are_created_within_rows(crm) -> None:
    """An object under a lookup is made before, arrays under collections after the row, and addresses join them."""
    user = (await crm.get("WhoAmI"))["UserId"]
    loose = (await crm.add("contacts", {"firstname": "Loose", "lastname": "L"}))["contactid"]
    body = {
        "name": "Deep",
        "primarycontactid": {"firstname": "Prim", "lastname": "L"},
        "contact_customer_accounts": [{"firstname": "Eve", "lastname": "L"}, {"firstname": "Flo", "lastname": "L"}],
        "contact_customer_accounts@odata.bind": [f"/contacts({loose})"],
        "account_parent_account": [{"name": "Deeper", "contact_customer_accounts": [{"lastname": "Deepest"}]}],
    }
    made = await crm.http.post(
        "accounts?$select=name&$expand=primarycontactid($select=firstname)",
        json=body,
        headers={"Prefer": "return=representation"},
    )
    assert made.status_code == 201, made.text
    row = f"accounts({made.json()['accountid']})"
    assert made.json()["primarycontactid"]["firstname"] == "Prim"
    page = await crm.get(f"{row}/contact_customer_accounts?$orderby=firstname")
    assert firsts(page["value"]) == ["Eve", "Flo", "Loose"]
    deepest = await crm.get(
        f"{row}/account_parent_account?$expand=contact_customer_accounts($select=lastname)&$select=name"
    )
    assert deepest["value"][0]["contact_customer_accounts"][0]["lastname"] == "Deepest"
    team = {"name": "Crew", "teamtype": 0, "teammembership_association@odata.bind": [f"/systemusers({user})"]}
    crew = (await crm.add("teams", team))["teamid"]
    assert (await crm.http.get(f"teams({crew})/teammembership_association/$count")).text == "1"


async def test_rows_within_rows_are_made_all_or_none(crm) -> None:
    """A refusal of an inner row leaves nothing; what is no row, too deep or not to be written so is refused."""
    deep: dict[str, object] = {"name": "x"}
    for _ in range(12):
        deep = {"name": "x", "account_parent_account": [deep]}
    for body, code in [
        ({"contact_customer_accounts": [{"lastname": "A"}, {"nosuch": 1}]}, "0x80048d19"),
        ({"primarycontactid": {"nosuch": 1}}, "0x80048d19"),
        ({"contact_customer_accounts": {"lastname": "A"}}, "0x80060888"),
        ({"contact_customer_accounts": ["A"]}, "0x80060888"),
        ({"ownerid": {"lastname": "A"}}, "0x80060888"),
        ({"contact_customer_accounts@odata.bind": ["/accounts(x)"]}, "0x80060888"),
        (deep, "0x80060888"),
    ]:
        assert (await crm.refused("POST", "accounts", {"name": "Not made", **body}))[:2] == (400, code), body
    assert (await crm.get("accounts"))["value"] == []
    assert (await crm.get("contacts"))["value"] == []
