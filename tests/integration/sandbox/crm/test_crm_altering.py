"""Making and altering tables of the sandbox CRM while it runs."""

import pytest

ACCOUNT = "EntityDefinitions(LogicalName='account')"
CAST = "Microsoft.Dynamics.CRM."


def label(text: str) -> dict[str, object]:
    """A text as clients send it."""
    return {"LocalizedLabels": [{"Label": text, "LanguageCode": 1033}]}


def column(name: str, kind: str, **others: object) -> dict[str, object]:
    """A column as clients define it."""
    return {"@odata.type": f"{CAST}{kind}AttributeMetadata", "SchemaName": name, "DisplayName": label(name), **others}


def machine(**others: object) -> dict[str, object]:
    """A table as clients define it."""
    return {
        "@odata.type": f"{CAST}EntityMetadata",
        "SchemaName": "new_Machine",
        "DisplayName": label("Machine"),
        "DisplayCollectionName": label("Machines"),
        "OwnershipType": "UserOwned",
        "HasNotes": False,
        "HasActivities": False,
        "Attributes": [column("new_Name", "String", MaxLength=50, IsPrimaryName=True)],
        **others,
    }


async def post(crm, url: str, body: dict[str, object]) -> str:
    """Define something, and say its address."""
    answer = await crm.http.post(url, json=body)
    assert answer.status_code == 204, answer.text
    return answer.headers["OData-EntityId"]


async def test_a_table_is_made(crm) -> None:
    """A table that is posted has rows at once, with owner, state and stamps, and is deleted with them."""
    address = await post(crm, "EntityDefinitions", machine())
    found = await crm.get(f"{address}?$select=LogicalName,EntitySetName,IsCustomEntity,ObjectTypeCode")
    assert (found["LogicalName"], found["EntitySetName"], found["IsCustomEntity"]) == (
        "new_machine",
        "new_machines",
        True,
    )
    assert found["ObjectTypeCode"] > 10000
    row = await crm.add("new_machines", {"new_name": "Press"})
    assert (row["new_name"], row["statecode"], row["statuscode"]) == ("Press", 0, 1)
    assert row["_ownerid_value"] == (await crm.get("WhoAmI"))["UserId"]
    privileges = "privileges?$select=name&$filter=endswith(name,'new_Machine')"
    assert {one["name"] for one in (await crm.get(privileges))["value"]} >= {
        "prvCreatenew_Machine",
        "prvReadnew_Machine",
    }
    assert (await crm.refused("POST", "EntityDefinitions", machine()))[1] == "0x80044363"
    assert (await crm.http.delete(address)).status_code == 204
    assert (await crm.refused("GET", "new_machines"))[0] == 404
    assert (await crm.get(privileges))["value"] == []
    await post(crm, "EntityDefinitions", machine())
    assert (await crm.get("new_machines"))["value"] == []


async def test_tables_are_made_in_one_call(crm) -> None:
    """CreateEntities makes tables with columns of all types, all or none."""
    columns = [
        column("new_Title", "ComplexString", MaxLength=50, IsPrimaryName=True),
        column("new_Text", "ComplexMemo", MaxLength=4000),
        column("new_Count", "ComplexInteger", MinValue=0, MaxValue=10),
        column("new_Ratio", "ComplexDecimal", Precision=3, MinValue=-1.5, MaxValue=100.0),
        column("new_Weight", "ComplexDouble", Precision=5),
        column("new_Price", "ComplexMoney", Precision=2),
        column("new_Flag", "ComplexBoolean", DefaultValue=True),
        column("new_Day", "ComplexDateTime", Format="DateOnly", DateTimeBehavior={"Value": "DateOnly"}),
        column("new_Moment", "ComplexDateTime", Format="DateAndTime"),
        column(
            "new_Colour",
            "ComplexPicklist",
            OptionSet={
                "IsGlobal": False,
                "Options": [{"Value": 1, "Label": label("Red")}, {"Value": 2, "Label": label("Blue")}],
            },
        ),
    ]
    table = machine(SchemaName="new_Sample", Attributes=columns)
    broken = machine(SchemaName="Nameless")
    assert (await crm.refused("POST", "CreateEntities", {"Entities": [table, broken]}))[0] == 400
    assert (await crm.refused("GET", "new_samples"))[0] == 404
    assert (await crm.http.post("CreateEntities", json={"Entities": [table]})).status_code == 204
    body = {
        "new_title": "T",
        "new_text": "t" * 4000,
        "new_count": 10,
        "new_ratio": -1.5,
        "new_weight": 1.25,
        "new_price": 9.99,
        "new_day": "2026-02-03",
        "new_moment": "2026-02-03T04:05:06Z",
        "new_colour": 2,
    }
    row = await crm.add("new_samples", body)
    assert {name: row[name] for name in body} == body
    assert (row["new_flag"], row["new_price_base"], row["exchangerate"]) == (True, 9.99, 1)
    labelled = await crm.get(f"new_samples({row['new_sampleid']})", Prefer='odata.include-annotations="*"')
    assert labelled["new_colour@OData.Community.Display.V1.FormattedValue"] == "Blue"
    for name, value in {"new_count": 11, "new_colour": 3, "new_title": "t" * 51, "new_ratio": 101}.items():
        assert (await crm.refused("POST", "new_samples", {name: value}))[0] == 400
    found = await crm.get("new_samples?$filter=new_weight gt 1.2 and new_day lt 2026-03-01&$select=new_title")
    assert [one["new_title"] for one in found["value"]] == ["T"]


async def test_a_column_is_made_altered_and_deleted(crm) -> None:
    """A column of a shipped table can be written at once, altered by PUT and deleted; shipped ones stay."""
    existing = await crm.add("accounts", {"name": "A"})
    address = await post(crm, f"{ACCOUNT}/Attributes", column("new_Code", "String", MaxLength=3))
    url = f"accounts({existing['accountid']})"
    assert (await crm.get(url))["new_code"] is None
    assert (await crm.http.patch(url, json={"new_code": "abc"})).status_code == 204
    assert (await crm.refused("PATCH", url, {"new_code": "abcd"}))[1] == "0x80044331"
    wider = {**await crm.get(f"{address}/{CAST}StringAttributeMetadata"), "MaxLength": 4, "DisplayName": label("Kode")}
    wider["@odata.type"] = f"{CAST}StringAttributeMetadata"
    assert (await crm.http.put(address, json=wider, headers={"MSCRM.MergeLabels": "true"})).status_code == 204
    assert (await crm.http.patch(url, json={"new_code": "abcd"})).status_code == 204
    again = await crm.get(f"{ACCOUNT}/Attributes(LogicalName='new_code')")
    assert (again["MaxLength"], again["DisplayName"]["UserLocalizedLabel"]["Label"]) == (4, "Kode")
    assert again["IsCustomAttribute"] is True
    refusal = await crm.refused("POST", f"{ACCOUNT}/Attributes", column("new_Code", "Memo"))
    assert refusal[:2] == (400, "0x80044363")
    assert (await crm.refused("POST", f"{ACCOUNT}/Attributes", column("Code", "Memo")))[1] == "0x80044361"
    assert (await crm.refused("DELETE", f"{ACCOUNT}/Attributes(LogicalName='telephone1')"))[0] == 400
    assert (await crm.http.delete(address)).status_code == 204
    assert "new_code" not in await crm.get(url)


async def test_an_alternate_key_is_enforced(crm) -> None:
    """A key of several columns makes rows unique, is an address of rows, and lets rows be alike once it is gone."""
    for number in ("1", "2"):
        await crm.add("accounts", {"name": "Same", "accountnumber": number, "fax": None})
    key = {"SchemaName": "new_NameNumber", "DisplayName": label("Name"), "KeyAttributes": ["name", "accountnumber"]}
    address = await post(crm, f"{ACCOUNT}/Keys", key)
    found = await crm.get(address)
    assert (found["LogicalName"], found["KeyAttributes"]) == ("new_namenumber", ["name", "accountnumber"])
    assert found["EntityKeyIndexStatus"] == "Active"
    assert (await crm.get("accounts(name='Same',accountnumber='2')"))["accountnumber"] == "2"
    twice = {"name": "Same", "accountnumber": "2"}
    assert (await crm.refused("POST", "accounts", twice))[:2] == (412, "0x80040237")
    one = await crm.get("accounts(name='Same',accountnumber='1')")
    assert (await crm.refused("PATCH", f"accounts({one['accountid']})", twice))[:2] == (412, "0x80040237")
    await crm.add("accounts", {"name": "Same"})
    await crm.add("accounts", {"name": "Same"})
    same = {**key, "SchemaName": "new_Name", "KeyAttributes": ["name"]}
    for columns in (["description"], ["nothing"], [f"address1_line{number}" for number in range(17)]):
        bad = {**key, "SchemaName": "new_Bad", "KeyAttributes": columns}
        assert (await crm.refused("POST", f"{ACCOUNT}/Keys", bad))[0] == 400
    failed = await post(crm, f"{ACCOUNT}/Keys", same)
    assert (await crm.get(failed))["EntityKeyIndexStatus"] == "Failed"
    assert (await crm.refused("GET", "accounts(name='Same')"))[1] == "0x80060890"
    assert (await crm.http.delete(f"{ACCOUNT}/Keys(LogicalName='new_namenumber')")).status_code == 204
    await crm.add("accounts", twice)
    assert (await crm.refused("GET", "accounts(name='Same',accountnumber='1')"))[1] == "0x80060890"


async def test_a_lookup_is_made(crm) -> None:
    """A one-to-many relationship is a lookup that can be bound, expanded and followed back, and decides on deletion."""
    await post(crm, "EntityDefinitions", machine())
    relationship = {
        "@odata.type": f"{CAST}OneToManyRelationshipMetadata",
        "SchemaName": "new_account_machine",
        "ReferencedEntity": "account",
        "ReferencedAttribute": "accountid",
        "ReferencingEntity": "new_machine",
        "CascadeConfiguration": {"Delete": "Restrict", "Assign": "NoCascade"},
        "Lookup": column("new_OwnerCompanyId", "Lookup"),
    }
    address = await post(crm, "RelationshipDefinitions", relationship)
    assert (await crm.get(address))["ReferencingEntityNavigationPropertyName"] == "new_OwnerCompanyId"
    company = await crm.add("accounts", {"name": "A"})
    where = f"accounts({company['accountid']})"
    row = await crm.add("new_machines", {"new_name": "M", "new_OwnerCompanyId@odata.bind": f"/{where}"})
    assert row["_new_ownercompanyid_value"] == company["accountid"]
    found = await crm.get(f"new_machines({row['new_machineid']})?$expand=new_OwnerCompanyId($select=name)")
    assert found["new_OwnerCompanyId"]["name"] == "A"
    back = await crm.get(f"{where}?$select=name&$expand=new_account_machine($select=new_name)")
    assert [one["new_name"] for one in back["new_account_machine"]] == ["M"]
    assert (await crm.refused("DELETE", where))[0] == 405
    assert (await crm.http.delete(address)).status_code == 204
    assert (await crm.http.delete(where)).status_code == 204
    assert (await crm.refused("GET", "RelationshipDefinitions(SchemaName='new_account_machine')"))[0] == 404


async def test_many_to_many_is_made(crm) -> None:
    """A many-to-many relationship has a table of its own, which pairs rows until it is deleted."""
    await post(crm, "EntityDefinitions", machine())
    relationship = {
        "@odata.type": f"{CAST}ManyToManyRelationshipMetadata",
        "SchemaName": "new_machine_contact",
        "IntersectEntityName": "new_machine_contact",
        "Entity1LogicalName": "new_machine",
        "Entity2LogicalName": "contact",
    }
    address = await post(crm, "RelationshipDefinitions", relationship)
    row = await crm.add("new_machines", {"new_name": "M"})
    person = await crm.add("contacts", {"lastname": "L"})
    where = f"new_machines({row['new_machineid']})"
    target = {"@odata.id": f"http://crm.example/api/data/v9.2/contacts({person['contactid']})"}
    assert (await crm.http.post(f"{where}/new_machine_contact/$ref", json=target)).status_code == 204
    found = await crm.get(f"{where}?$expand=new_machine_contact($select=lastname)")
    assert [one["lastname"] for one in found["new_machine_contact"]] == ["L"]
    machine_address = "EntityDefinitions(LogicalName='new_machine')"
    assert (await crm.refused("DELETE", machine_address))[1] == "0x8004f01f"
    assert (await crm.http.delete(address)).status_code == 204
    assert (await crm.http.delete(machine_address)).status_code == 204


async def test_options_are_added_renamed_and_deleted(crm) -> None:
    """An option of a column that is inserted can be written, is renamed, put first and deleted."""
    where = {"EntityLogicalName": "account", "AttributeLogicalName": "paymenttermscode"}
    answer = await crm.http.post("InsertOptionValue", json={**where, "Label": label("60 days")})
    added = answer.json()["NewOptionValue"]
    assert added == 100_000_000
    row = await crm.add("accounts", {"name": "A", "paymenttermscode": added})
    renamed = {**where, "Value": added, "Label": label("Sixty"), "MergeLabels": True}
    assert (await crm.http.post("UpdateOptionValue", json=renamed)).status_code == 204
    shown = await crm.get(f"accounts({row['accountid']})", Prefer='odata.include-annotations="*"')
    assert shown["paymenttermscode@OData.Community.Display.V1.FormattedValue"] == "Sixty"
    order = {**where, "Values": [added, 4, 3, 2, 1]}
    assert (await crm.http.post("OrderOption", json=order)).status_code == 204
    assert (await crm.http.post("DeleteOptionValue", json={**where, "Value": added})).status_code == 204
    refusal = await crm.refused("POST", "accounts", {"name": "B", "paymenttermscode": added})
    assert refusal[1] == "0x8004431a"
    assert (await crm.get(f"accounts({row['accountid']})"))["paymenttermscode"] == added
    assert (await crm.refused("POST", "DeleteOptionValue", {**where, "Value": 77}))[0] == 400


async def test_a_global_option_set_serves_several_columns(crm) -> None:
    """A global option set that is made serves columns that bind it, and all of them see a new option."""
    body = {
        "@odata.type": f"{CAST}OptionSetMetadata",
        "Name": "new_size",
        "DisplayName": label("Size"),
        "OptionSetType": "Picklist",
        "Options": [{"Value": 1, "Label": label("Small")}],
    }
    address = await post(crm, "GlobalOptionSetDefinitions", body)
    bind = {"GlobalOptionSet@odata.bind": "/" + address.partition("/v9.2/")[2]}
    await post(crm, f"{ACCOUNT}/Attributes", column("new_Size", "Picklist", **bind))
    await post(crm, "EntityDefinitions(LogicalName='contact')/Attributes", column("new_Size", "Picklist", **bind))
    option = {"OptionSetName": "new_size", "Value": 2, "Label": label("Large")}
    assert (await crm.http.post("InsertOptionValue", json=option)).json()["NewOptionValue"] == 2
    assert (await crm.add("accounts", {"name": "A", "new_size": 2}))["new_size"] == 2
    assert (await crm.add("contacts", {"lastname": "L", "new_size": 2}))["new_size"] == 2
    assert (await crm.refused("DELETE", address))[1] == "0x8004f01f"


async def test_a_status_is_added_to_a_state(crm) -> None:
    """A status that is inserted belongs to its state."""
    body = {"EntityLogicalName": "account", "AttributeLogicalName": "statuscode", "StateCode": 1}
    answer = await crm.http.post("InsertStatusValue", json={**body, "Label": label("Closed down")})
    status = answer.json()["NewOptionValue"]
    row = await crm.add("accounts", {"name": "A"})
    url = f"accounts({row['accountid']})"
    assert (await crm.http.patch(url, json={"statecode": 1, "statuscode": status})).status_code == 204
    assert (await crm.refused("PATCH", url, {"statecode": 0, "statuscode": status}))[0] == 400


@pytest.mark.parametrize("action", ["PublishAllXml", "PublishXml"])
async def test_publishing_is_accepted(crm, action) -> None:
    """Publishing answers like the vendor, though alterations are in force at once."""
    body = {"ParameterXml": "<importexportxml/>"} if action == "PublishXml" else None
    assert (await crm.http.post(action, json=body)).status_code == 204


async def test_who_may_not_alter_is_refused(crm) -> None:
    """Alterations need privileges, which a role without them does not give."""
    unit = (await crm.get("WhoAmI"))["BusinessUnitId"]
    user = await crm.add("systemusers", {"lastname": "Plain", "businessunitid@odata.bind": f"/businessunits({unit})"})
    headers = {"MSCRMCallerID": user["systemuserid"]}
    refusal = await crm.http.post("EntityDefinitions", json=machine(), headers=headers)
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (403, "0x80040220")
    assert (await crm.refused("GET", "new_machines"))[0] == 404
