"""Roles, privileges and what they reach in the sandbox CRM; callers act as users by impersonation."""

import pytest

from crosstie_sandbox.dataverse.alterations import Kind, keep

ADMINISTRATOR = "627090ff-40a3-4053-8790-584edc5be201"
DEPTHS = ("Basic", "Local", "Deep", "Global")


async def role_with(crm, **privileges: str) -> str:
    """A new role with privileges in a depth."""
    role = (await crm.add("roles", {"name": "made for a test"}))["roleid"]
    given = [{"PrivilegeName": name, "Depth": depth} for name, depth in privileges.items()]
    answer = await crm.http.post(f"roles({role})/Microsoft.Dynamics.CRM.AddPrivilegesRole", json={"Privileges": given})
    assert answer.status_code == 204, answer.text
    return role


async def unit(crm, name: str, parent: str) -> str:
    """A business unit below another."""
    body = {"name": name, "parentbusinessunitid@odata.bind": f"/businessunits({parent})"}
    return (await crm.add("businessunits", body))["businessunitid"]


async def user(crm, name: str, unit: str, *roles: str) -> str:
    """A user of a unit with roles."""
    body = {"lastname": name, "businessunitid@odata.bind": f"/businessunits({unit})"}
    made = (await crm.add("systemusers", body))["systemuserid"]
    for role in roles:
        await give(crm, made, role)
    return made


async def give(crm, user: str, role: str) -> None:
    """Assign a role to a user."""
    url = f"systemusers({user})/systemuserroles_association/$ref"
    answer = await crm.http.post(url, json={"@odata.id": f"{crm.http.base_url}roles({role})"})
    assert answer.status_code == 204, answer.text


async def take(crm, user: str, role: str) -> None:
    """Take a role from a user."""
    answer = await crm.http.delete(f"systemusers({user})/systemuserroles_association({role})/$ref")
    assert answer.status_code == 204, answer.text


async def owned(crm, name: str, user: str) -> str:
    """An account of a user."""
    body = {"name": name, "ownerid@odata.bind": f"/systemusers({user})"}
    return (await crm.add("accounts", body))["accountid"]


async def root(crm) -> str:
    """The root business unit."""
    return (await crm.get("WhoAmI"))["BusinessUnitId"]


@pytest.fixture
async def units(crm) -> dict[str, str]:
    """Units: the root, `mine` below it, `below` under mine, `beside` next to mine."""
    top = await root(crm)
    mine = await unit(crm, "mine", top)
    return {
        "root": top,
        "mine": mine,
        "below": await unit(crm, "below", mine),
        "beside": await unit(crm, "beside", top),
    }


@pytest.mark.parametrize(
    ("depth", "seen"),
    [
        ("Basic", {"own"}),
        ("Local", {"own", "mine"}),
        ("Deep", {"own", "mine", "below"}),
        ("Global", {"own", "mine", "below", "beside", "root"}),
    ],
)
async def test_depth_decides_which_rows_are_seen(crm, units, depth, seen) -> None:
    """Lists, counts, single rows, delta feeds and deletions all end where the privilege ends."""
    role = await role_with(crm, prvReadAccount=depth, prvDeleteAccount=depth, prvReadOrganization="Global")
    me = await user(crm, "me", units["mine"], role)
    rows = {"own": await owned(crm, "own", me)}
    for name, place in units.items():
        rows[name] = await owned(crm, name, await user(crm, f"of {name}", place))
    as_me = {"MSCRMCallerID": me}
    assert set(await crm.names("accounts", **as_me)) == seen
    assert (await crm.get("accounts?$count=true&$top=1", **as_me))["@odata.count"] == len(seen)
    feed = await crm.get("accounts?$select=name", **as_me, Prefer="odata.track-changes")
    assert {row["name"] for row in feed["value"]} == seen
    for name, row in rows.items():
        answer = await crm.http.get(f"accounts({row})", headers=as_me)
        deletion = await crm.http.delete(f"accounts({row})", headers=as_me)
        if name in seen:
            assert (answer.status_code, deletion.status_code) == (200, 204)
        else:
            assert answer.json()["error"] == deletion.json()["error"] | {
                "message": f"Principal with id {me} does not have ReadAccess right(s) for record with id {row}"
                " of entity account"
            }
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "0x80048306")
    assert set(await crm.names("accounts")) == set(rows) - seen


async def test_no_way_of_asking_leads_around_the_depth(crm, units) -> None:
    """Expansions, filters over lookups and collections, counts and aggregates see what lists see."""
    role = await role_with(crm, prvReadAccount="Basic", prvReadContact="Basic")
    me = await user(crm, "me", units["mine"], role)
    accounts = [await owned(crm, "theirs", await user(crm, "they", units["mine"])), await owned(crm, "ours", me)]
    for number, account in enumerate(accounts):
        body = {"lastname": f"of {number}", "ownerid@odata.bind": f"/systemusers({me})"}
        await crm.add("contacts", body | {"parentcustomerid_account@odata.bind": f"/accounts({account})"})
    as_me = {"MSCRMCallerID": me}
    expanded = (await crm.get("contacts?$expand=parentcustomerid_account&$orderby=lastname", **as_me))["value"]
    theirs, ours = (contact["parentcustomerid_account"] for contact in expanded)
    assert (theirs, ours["name"]) == (None, "ours")
    for query in (
        "contacts?$filter=parentcustomerid_account/name eq 'theirs'",
        "accounts?$filter=contact_customer_accounts/any(c:c/lastname eq 'of 0')",
        "accounts?$filter=name eq 'theirs'",
    ):
        assert (await crm.get(query, **as_me))["value"] == []
        assert len((await crm.get(query))["value"]) == 1
    assert (await crm.http.get("accounts/$count", headers=as_me)).text == "1"
    found = await crm.get("accounts?$apply=aggregate($count as n)", **as_me)
    assert found["value"][0]["n"] == 1
    assert (await crm.http.get(f"accounts({accounts[0]})/name", headers=as_me)).status_code == 404


@pytest.mark.parametrize(
    ("method", "url", "body", "privilege"),
    [
        ("GET", "accounts", None, "prvReadAccount"),
        ("GET", "accounts/$count", None, "prvReadAccount"),
        ("GET", "contacts?$expand=parentcustomerid_account", None, "prvReadAccount"),
        ("POST", "accounts", {"name": "A"}, "prvCreateAccount"),
        ("PATCH", "accounts({account})", {"name": "A"}, "prvWriteAccount"),
        ("DELETE", "accounts({account})", None, "prvDeleteAccount"),
        ("PATCH", "accounts({account})", {"ownerid@odata.bind": "/systemusers({me})"}, "prvAssignAccount"),
        ("POST", "contacts", {"parentcustomerid_account@odata.bind": "/accounts({account})"}, "prvAppendToAccount"),
        ("POST", "accounts/Microsoft.Dynamics.CRM.CreateMultiple", {"Targets": [{"name": "A"}]}, "prvCreateAccount"),
    ],
)  # fmt: skip
async def test_without_the_privilege_nothing_is_done(crm, method, url, body, privilege) -> None:
    """403 with 0x80040220, the privilege and the user named; with the privilege the same request is carried out."""
    rest = {f"prv{right}Contact": "Global" for right in ("Read", "Create", "Append")}
    role = await role_with(crm, **rest)
    me = await user(crm, "me", await root(crm), role)
    account = (await crm.add("accounts", {"name": "there"}))["accountid"]

    def filled(value: object) -> object:
        if isinstance(value, dict):
            return {name: filled(one) for name, one in value.items()}
        return value.format(account=account, me=me) if isinstance(value, str) else value

    sent = {"json": filled(body), "headers": {"MSCRMCallerID": me}}
    refusal = await crm.http.request(method, filled(url), **sent)
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (403, "0x80040220")
    assert (
        f"Principal user (Id={me}, type=8, roleCount=1, privilegeCount=3) is missing {privilege} privilege"
        in refusal.text
    )
    given = {"Privileges": [{"PrivilegeName": privilege, "Depth": "Global"}]}
    await crm.http.post(f"roles({role})/Microsoft.Dynamics.CRM.AddPrivilegesRole", json=given)
    assert (await crm.http.request(method, filled(url), **sent)).status_code < 300


async def test_rows_of_a_team_are_reached_through_its_role(crm, units) -> None:
    """A member reaches what the team owns, as deep as the team's role goes in the team's unit, until it leaves."""
    me = await user(crm, "me", units["beside"])
    team = await crm.add("teams", {"name": "T", "businessunitid@odata.bind": f"/businessunits({units['mine']})"})
    role = await role_with(crm, prvReadAccount="Local", prvWriteAccount="Basic")
    answer = await crm.http.post(
        f"teams({team['teamid']})/teamroles_association/$ref", json={"@odata.id": f"/roles({role})"}
    )
    assert answer.status_code == 204, answer.text
    ours = await crm.add("accounts", {"name": "ours", "ownerid@odata.bind": f"/teams({team['teamid']})"})
    near = await owned(crm, "near", await user(crm, "colleague", units["mine"]))
    await owned(crm, "far", await user(crm, "stranger", units["beside"]))
    as_me = {"MSCRMCallerID": me}
    assert (await crm.http.get("accounts", headers=as_me)).status_code == 403
    members = {"Members": [{"@odata.type": "Microsoft.Dynamics.CRM.systemuser", "systemuserid": me}]}
    joined = await crm.http.post(f"teams({team['teamid']})/Microsoft.Dynamics.CRM.AddMembersTeam", json=members)
    assert joined.status_code == 204
    assert sorted(await crm.names("accounts", **as_me)) == ["near", "ours"]
    assert (await crm.http.patch(f"accounts({ours['accountid']})", json={"fax": "1"}, headers=as_me)).status_code == 204
    assert (await crm.refused("PATCH", f"accounts({near})", {"fax": "1"}, **as_me))[:2] == (403, "0x80048306")
    left = await crm.http.post(f"teams({team['teamid']})/Microsoft.Dynamics.CRM.RemoveMembersTeam", json=members)
    assert left.status_code == 204
    assert (await crm.http.get("accounts", headers=as_me)).status_code == 403


async def test_impersonation(crm) -> None:
    """Either header makes the request one of that user; it needs prvActOnBehalfOfAnotherUser, and never adds rights."""
    here = await root(crm)
    oid = "99999999-2222-4333-8444-555555555555"
    every = {f"prv{right}Account": "Global" for right in ("Read", "Create")}
    writer = await user(crm, "writer", here, await role_with(crm, **every))
    await crm.http.patch(f"systemusers({writer})", json={"azureactivedirectoryobjectid": oid})
    for header in ({"MSCRMCallerID": writer}, {"CallerObjectId": oid}):
        assert (await crm.get("WhoAmI", **header))["UserId"] == writer
    made = await crm.http.post("accounts", json={"name": "A"}, headers={"CallerObjectId": oid})
    row = await crm.get(made.headers["OData-EntityId"])
    assert row["_createdby_value"] == row["_ownerid_value"] == writer
    assert (await crm.refused("GET", "WhoAmI", MSCRMCallerID=oid))[:2] == (404, "0x80040217")


async def test_rights_of_somebody_acting_for_another_are_those_both_have(crm) -> None:
    """An application with a narrow role cannot reach more by acting for an administrator."""
    me = await crm.get("WhoAmI")
    narrow = await role_with(crm, prvReadAccount="Global", prvActOnBehalfOfAnotherUser="Global")
    boss = await user(crm, "boss", me["BusinessUnitId"], await administrator(crm))
    await give(crm, me["UserId"], narrow)
    await take(crm, me["UserId"], await administrator(crm))
    as_boss = {"MSCRMCallerID": boss}
    assert await crm.names("accounts", **as_boss) == []
    assert (await crm.refused("POST", "accounts", {"name": "A"}, **as_boss))[:2] == (403, "0x80040220")
    assert (await crm.refused("POST", "accounts", {"name": "A"}))[:2] == (403, "0x80040220")


async def administrator(crm) -> str:
    """The System Administrator role."""
    (role,) = (await crm.get(f"roles?$filter=_roletemplateid_value eq {ADMINISTRATOR}"))["value"]
    return role["roleid"]


async def test_privileges_can_be_looked_up(crm) -> None:
    """Every table has its privileges; a user's and a role's are listed with depth; an administrator has all."""
    (found,) = (await crm.get("privileges?$filter=name eq 'prvAppendToAccount'"))["value"]
    assert (found["accessright"], found["canbeglobal"]) == (16, True)
    me = (await crm.get("WhoAmI"))["UserId"]
    whole = await crm.get(f"systemusers({me})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()")
    assert {one["Depth"] for one in whole["RolePrivileges"]} == {"Global"}
    assert len(whole["RolePrivileges"]) == (await crm.get("privileges?$count=true&$top=1"))["@odata.count"]
    role = await role_with(
        crm, **{f"prv{right}Account": depth for right, depth in zip(("Read", "Write"), DEPTHS, strict=False)}
    )
    seller = await user(crm, "seller", await root(crm), role)
    for url in (
        f"systemusers({seller})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges",
        f"roles({role})/Microsoft.Dynamics.CRM.RetrieveRolePrivilegesRole()",
    ):
        listed = {one["PrivilegeName"]: one["Depth"] for one in (await crm.get(url))["RolePrivileges"]}
        assert listed == {"prvReadAccount": "Basic", "prvWriteAccount": "Local"}
    actions = f"roles({role})/Microsoft.Dynamics.CRM"
    only = {"Privileges": [{"PrivilegeId": found["privilegeid"], "Depth": "Deep"}]}
    assert (await crm.http.post(f"{actions}.ReplacePrivilegesRole", json=only)).status_code == 204
    (kept,) = (await crm.get(f"roles({role})/Microsoft.Dynamics.CRM.RetrieveRolePrivilegesRole"))["RolePrivileges"]
    assert (kept["PrivilegeName"], kept["Depth"]) == ("prvAppendToAccount", "Deep")
    gone = {"PrivilegeId": found["privilegeid"]}
    assert (await crm.http.post(f"{actions}.RemovePrivilegeRole", json=gone)).status_code == 204
    assert (
        await crm.refused(
            "POST",
            f"{actions}.AddPrivilegesRole",
            {"Privileges": [{"PrivilegeName": "prvReadAccount", "Depth": "Deepest"}]},
        )
    )[:2] == (400, "0x80040203")
    assert (await crm.get(f"roles({role})/Microsoft.Dynamics.CRM.RetrieveRolePrivilegesRole"))["RolePrivileges"] == []


async def test_a_table_made_at_run_time_has_privileges_and_messages(crm) -> None:
    """What is made while the server runs can be granted, and registered for, like what was there before."""
    database = crm.app.state.database
    document = {
        "logical_name": "new_thing",
        "schema_name": "new_Thing",
        "entity_set": "new_things",
        "primary_key": "new_thingid",
        "primary_name": "new_name",
        "natural_key": "new_name",
        "ownership": "user",
        "indexes": [],
        "keys": [],
        "computed": {},
        "columns": {"new_name": {"schema": "new_Name", "type": "string", "length": 100}},
        "lookups": {},
    }
    with database.transaction():
        keep(database.connection, Kind.TABLE, "new_thing", document)
        database.altered("new_thing")
    me = await user(crm, "me", await root(crm), await role_with(crm, prvReadnew_Thing="Basic"))
    for owner in (me, (await crm.get("WhoAmI"))["UserId"]):
        await crm.add("new_things", {"new_name": owner, "ownerid@odata.bind": f"/systemusers({owner})"})
    assert [row["new_name"] for row in (await crm.get("new_things", MSCRMCallerID=me))["value"]] == [me]
    assert (await crm.refused("POST", "new_things", {}, MSCRMCallerID=me))[1] == "0x80040220"
    filters = await crm.get("sdkmessagefilters?$filter=primaryobjecttypecode eq 'new_thing'&$expand=sdkmessageid")
    assert {"Create", "Update", "Delete"} <= {one["sdkmessageid"]["name"] for one in filters["value"]}
