"""Creating, changing and deleting rows of the sandbox CRM."""

import pytest

OWN_ID = "11111111-2222-4333-8444-555555555555"
OTHER_ID = "11111111-2222-4333-8444-666666666666"


async def test_a_create_says_where_the_row_is(crm) -> None:
    """Without a wish for the body the answer is 204 with the absolute address in two headers."""
    answer = await crm.http.post("accounts", json={"accountid": OWN_ID.upper(), "name": "A"})
    assert (answer.status_code, answer.content) == (204, b"")
    url = f"http://crm.example/api/data/v9.2/accounts({OWN_ID})"
    assert answer.headers["OData-EntityId"] == answer.headers["Location"] == url
    assert (await crm.get(url))["name"] == "A"


async def test_a_representation_honours_select_and_expand(crm) -> None:
    """With return=representation the answer is 201 with the columns asked for."""
    answer = await crm.http.post(
        "accounts?$select=name&$expand=transactioncurrencyid($select=isocurrencycode)",
        json={"name": "A"},
        headers={"Prefer": "return=representation"},
    )
    assert answer.status_code == 201
    assert answer.headers["Preference-Applied"] == "return=representation"
    row = answer.json()
    assert row["@odata.context"].endswith("#accounts(name,transactioncurrencyid(isocurrencycode))/$entity")
    assert (row["name"], row["transactioncurrencyid"]["isocurrencycode"]) == ("A", "EUR")
    assert set(row) == {"@odata.context", "@odata.etag", "name", "accountid", "transactioncurrencyid"}


async def test_a_taken_id_is_a_duplicate(crm) -> None:
    """A second row with the same Guid is refused and the first stays."""
    await crm.add("accounts", {"accountid": OWN_ID, "name": "First"})
    refusal = await crm.refused("POST", "accounts", {"accountid": OWN_ID, "name": "Second"})
    assert refusal == (412, "0x80040237", "A record with matching key values already exists.")
    assert await crm.names("accounts") == ["First"]


async def test_an_update_changes_only_what_it_names(crm) -> None:
    """PATCH keeps other columns, moves the version and the stamp; with representation it is 200."""
    row = await crm.add("accounts", {"name": "A", "fax": "1"})
    crm.clock.move(minutes=1)
    answer = await crm.http.patch(f"accounts({row['accountid']})", json={"fax": "2", "telephone1": ""})
    assert answer.status_code == 204
    again = await crm.http.patch(f"accounts({row['accountid']})", json={}, headers={"Prefer": "return=representation"})
    assert again.status_code == 200
    changed = again.json()
    assert (changed["name"], changed["fax"], changed["telephone1"]) == ("A", "2", None)
    assert (changed["createdon"], changed["modifiedon"]) == ("2026-01-02T03:04:05Z", "2026-01-02T03:05:05Z")
    assert changed["versionnumber"] > row["versionnumber"]


async def test_a_patch_creates_a_missing_row(crm) -> None:
    """Without If-Match PATCH is an upsert: 201 when it creates, 200 when it changes, 204 both ways without body."""
    prefer = {"Prefer": "return=representation"}
    created = await crm.http.patch(f"accounts({OWN_ID})", json={"name": "A", "accountid": OTHER_ID}, headers=prefer)
    assert (created.status_code, created.json()["accountid"]) == (201, OWN_ID)
    changed = await crm.http.patch(f"accounts({OWN_ID})", json={"name": "B"}, headers=prefer)
    assert (changed.status_code, changed.json()["name"]) == (200, "B")
    assert (await crm.http.patch(f"accounts({OTHER_ID})", json={"name": "C"})).status_code == 204
    assert sorted(await crm.names("accounts")) == ["B", "C"]


async def test_preconditions(crm) -> None:
    """A star forbids creating or changing, a stale etag is refused, the current one and the text `null` pass."""
    assert (await crm.refused("PATCH", f"accounts({OWN_ID})", {"name": "A"}, If_Match="*"))[:2] == (404, "0x80040217")
    row = await crm.add("accounts", {"accountid": OWN_ID, "name": "A"})
    url, etag = f"accounts({OWN_ID})", row["@odata.etag"]
    assert (await crm.refused("PATCH", url, {"name": "B"}, If_None_Match="*"))[:2] == (412, "0x80040237")
    assert (await crm.http.patch(url, json={"name": "B"}, headers={"If-Match": etag})).status_code == 204
    assert await crm.refused("PATCH", url, {"name": "C"}, If_Match=etag) == (
        412,
        "0x80060882",
        "The version of the existing record doesn't match the RowVersion property provided.",
    )
    assert (await crm.refused("DELETE", url, If_Match=etag))[:2] == (412, "0x80060882")
    assert await crm.names("accounts") == ["B"]
    passing = {"If-Match": "null", "If-None-Match": "null"}
    assert (await crm.http.patch(url, json={"name": "D"}, headers=passing)).status_code == 204
    assert (await crm.http.delete(url, headers={"If-Match": "*"})).status_code == 204
    assert (await crm.refused("DELETE", url))[:2] == (404, "0x80040217")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"nosuch": 1}, 400, "0x80048d19"),
        ({"_primarycontactid_value": OWN_ID}, 400, "0x80048d19"),
        ({"nosuch@odata.bind": f"/contacts({OWN_ID})"}, 400, "0x80048d19"),
        ({"name": "x" * 161}, 400, "0x80044331"),
        ({"customertypecode": 99}, 400, "0x8004431a"),
        ({"numberofemployees": -1}, 400, "0x80044330"),
        ({"numberofemployees": 2**40}, 400, "0x80060888"),
        ({"name": 5}, 400, "0x80060888"),
        ({"creditonhold": "yes"}, 400, "0x80060888"),
        ({"creditlimit": "5"}, 400, "0x80060888"),
        ({"accountid": "no guid"}, 400, "0x80060888"),
        ({"lastonholdtime": "yesterday"}, 400, "0x80060888"),
        ({"primarycontactid@odata.bind": f"/contacts({OWN_ID})"}, 404, "0x80040217"),
        ({"primarycontactid@odata.bind": f"/accounts({OWN_ID})"}, 400, "0x80060888"),
        ({"primarycontactid@odata.bind": "/nosuch(1)"}, 404, "0x8006088a"),
        ({"primarycontactid@odata.bind": 5}, 400, "0x80060888"),
        ({"statuscode": 2}, 400, "0x80048408"),
        (["name"], 400, "0x80060888"),
    ],
)
async def test_bad_bodies_are_refused(crm, body, status, code) -> None:
    """A body that does not fit has the vendor's code, and no row appears."""
    found = await crm.refused("POST", "accounts", body)
    assert found[:2] == (status, code), found
    assert await crm.names("accounts") == []


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"name":"\\ud800"}', b"[" * 100_000, b'{"name":NaN}'])
async def test_bodies_that_are_no_json_are_refused(crm, content) -> None:
    """Anything else than JSON in UTF-8 is a bad request."""
    answer = await crm.http.post("accounts", content=content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "0x80060888")
    assert await crm.names("accounts") == []


async def test_required_columns(crm) -> None:
    """A currency needs its code, name, symbol, precision and rate; none of them can be emptied."""
    body = {"isocurrencycode": "USD", "currencyname": "US Dollar", "currencysymbol": "$", "currencyprecision": 2}
    assert (await crm.refused("POST", "transactioncurrencies", body))[:2] == (400, "0x80040203")
    row = await crm.add("transactioncurrencies", body | {"exchangerate": 1.25})
    url = f"transactioncurrencies({row['transactioncurrencyid']})"
    assert (await crm.refused("PATCH", url, {"isocurrencycode": None}))[:2] == (400, "0x80040203")


async def test_lookups_are_bound_by_address(crm) -> None:
    """Every form of an address binds, null clears, and the read form shows the Guid."""
    contact = await crm.add("contacts", {"contactid": OWN_ID, "lastname": "L"})
    row = await crm.add("accounts", {"name": "A"})
    url = f"accounts({row['accountid']})"
    forms = [
        f"/contacts({OWN_ID})",
        f"contacts({OWN_ID})",
        f"http://crm.example/api/data/v9.2/contacts({OWN_ID})",
        f"/api/data/v9.1/contacts(contactid={OWN_ID})",
    ]
    for form in forms:
        await crm.http.patch(url, json={"primarycontactid@odata.bind": form})
        assert (await crm.get(url))["_primarycontactid_value"] == contact["contactid"], form
        clearing = {"primarycontactid": None} if form is forms[0] else {"primarycontactid@odata.bind": None}
        await crm.http.patch(url, json=clearing)
        assert (await crm.get(url))["_primarycontactid_value"] is None


async def test_a_polymorphic_lookup_points_to_one_row(crm) -> None:
    """A contact's parent is an account or a contact; clearing one form while binding the other keeps the binding."""
    account = await crm.add("accounts", {"name": "A"})
    parent = await crm.add("contacts", {"lastname": "P"})
    bind = {"parentcustomerid_account@odata.bind": f"/accounts({account['accountid']})"}
    child = await crm.add("contacts", {"lastname": "C", **bind})
    url = f"contacts({child['contactid']})"
    assert child["_parentcustomerid_value"] == account["accountid"]
    await crm.http.patch(
        url,
        json={
            "parentcustomerid_contact@odata.bind": f"/contacts({parent['contactid']})",
            "parentcustomerid_account@odata.bind": None,
        },
    )
    found = await crm.get(url, Prefer='odata.include-annotations="*"')
    assert found["_parentcustomerid_value"] == parent["contactid"]
    assert found["_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "contact"


async def test_the_owner_is_a_user_or_a_team(crm) -> None:
    """Binding an owner moves the owning user, team and business unit along."""
    whoami = await crm.get("WhoAmI")
    team = await crm.add("teams", {"name": "T"})
    row = await crm.add("accounts", {"name": "A", "ownerid@odata.bind": f"/teams({team['teamid']})"})
    assert (row["_ownerid_value"], row["_owningteam_value"], row["_owninguser_value"]) == (
        team["teamid"],
        team["teamid"],
        None,
    )
    url = f"accounts({row['accountid']})"
    await crm.http.patch(url, json={"ownerid@odata.bind": f"/systemusers({whoami['UserId']})"})
    changed = await crm.get(url)
    assert (changed["_owningteam_value"], changed["_owninguser_value"]) == (None, whoami["UserId"])
    assert changed["_owningbusinessunit_value"] == whoami["BusinessUnitId"]


async def test_amounts_follow_the_currency(crm) -> None:
    """An amount in another currency has its value in the base currency by the rate of the day it was written."""
    dollar = {"isocurrencycode": "USD", "currencyname": "US Dollar", "currencysymbol": "$", "currencyprecision": 2}
    currency = await crm.add("transactioncurrencies", {**dollar, "exchangerate": 1.25})
    currency_url = f"transactioncurrencies({currency['transactioncurrencyid']})"
    row = await crm.add("accounts", {"creditlimit": 100, "transactioncurrencyid@odata.bind": currency_url})
    assert (row["creditlimit"], row["creditlimit_base"], row["exchangerate"]) == (100, 80, 1.25)
    url = f"accounts({row['accountid']})"
    await crm.http.patch(currency_url, json={"exchangerate": 2})
    await crm.http.patch(url, json={"name": "A"})
    assert (await crm.get(url))["creditlimit_base"] == 80
    await crm.http.patch(url, json={"creditlimit": 90.125})
    changed = await crm.get(url)
    assert (changed["creditlimit"], changed["creditlimit_base"], changed["exchangerate"]) == (90.12, 45.06, 2)
    default = await crm.add("accounts", {"creditlimit": 7})
    assert (default["creditlimit_base"], default["exchangerate"]) == (7, 1)
    assert (await crm.refused("DELETE", currency_url))[:2] == (405, "0x80040227")


async def test_state_and_status_go_together(crm) -> None:
    """A new row is active; a state takes its default status along; a pair that does not fit is refused."""
    row = await crm.add("accounts", {"name": "A", "statecode": 1})
    assert (row["statecode"], row["statuscode"]) == (0, 1)
    url = f"accounts({row['accountid']})"
    await crm.http.patch(url, json={"statecode": 1})
    assert [(await crm.get(url))[name] for name in ("statecode", "statuscode")] == [1, 2]
    for body in ({"statecode": 0, "statuscode": 2}, {"statuscode": 1}):
        assert (await crm.refused("PATCH", url, body))[:2] == (400, "0x80048408")
    assert (await crm.refused("PATCH", url, {"statecode": 7}))[:2] == (400, "0x8004431a")
    assert (await crm.refused("PATCH", url, {"statecode": None}))[:2] == (400, "0x80048408")
    await crm.http.patch(url, json={"statecode": 0, "statuscode": 1})
    assert [(await crm.get(url))[name] for name in ("statecode", "statuscode")] == [0, 1]


async def test_full_names_are_computed(crm) -> None:
    """The full name follows its parts and is not written directly."""
    row = await crm.add("contacts", {"firstname": "Ada", "lastname": "Berg", "fullname": "Nobody"})
    assert row["fullname"] == "Ada Berg"
    url = f"contacts({row['contactid']})"
    await crm.http.patch(url, json={"firstname": None})
    assert (await crm.get(url))["fullname"] == "Berg"


async def test_the_day_of_creation_can_be_brought_along(crm) -> None:
    """With overriddencreatedon the row looks as old as it says, and the true day stands there instead."""
    row = await crm.add(
        "accounts", {"name": "A", "overriddencreatedon": "2019-05-06T07:08:09Z", "importsequencenumber": 3}
    )
    assert (row["createdon"], row["overriddencreatedon"]) == ("2019-05-06T07:08:09Z", "2026-01-02T03:04:05Z")
    assert row["importsequencenumber"] == 3


async def test_deleting_an_account_takes_its_contacts_along(crm) -> None:
    """Contacts of a deleted account go too, and theirs; other rows that pointed to it point nowhere."""
    account = await crm.add("accounts", {"name": "A"})
    url = f"accounts({account['accountid']})"
    first = await crm.add("contacts", {"lastname": "1", "parentcustomerid_account@odata.bind": url})
    below = {"parentcustomerid_contact@odata.bind": f"contacts({first['contactid']})"}
    await crm.add("contacts", {"lastname": "2", **below})
    other = await crm.add("accounts", {"name": "B", "parentaccountid@odata.bind": url})
    assert (await crm.http.delete(url)).status_code == 204
    assert (await crm.get("contacts?$select=lastname"))["value"] == []
    left = await crm.get(f"accounts({other['accountid']})")
    assert left["_parentaccountid_value"] is None
    assert left["versionnumber"] > other["versionnumber"]


async def test_a_circle_of_contacts_can_be_deleted(crm) -> None:
    """Two contacts that are each other's parent go together."""
    one = await crm.add("contacts", {"lastname": "1"})
    other = await crm.add(
        "contacts", {"lastname": "2", "parentcustomerid_contact@odata.bind": f"contacts({one['contactid']})"}
    )
    url = f"contacts({one['contactid']})"
    await crm.http.patch(url, json={"parentcustomerid_contact@odata.bind": f"contacts({other['contactid']})"})
    assert (await crm.http.delete(url)).status_code == 204
    assert (await crm.get("contacts"))["value"] == []


async def test_a_user_who_owns_rows_stays(crm) -> None:
    """Deleting an owner is refused and nothing is lost."""
    await crm.add("accounts", {"name": "A"})
    user = (await crm.get("WhoAmI"))["UserId"]
    assert (await crm.refused("DELETE", f"systemusers({user})"))[:2] == (405, "0x80040227")
    assert (await crm.get(f"systemusers({user})"))["systemuserid"] == user
