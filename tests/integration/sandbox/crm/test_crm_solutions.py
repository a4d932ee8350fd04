"""Importing solutions into the sandbox CRM, taking them out again, and exporting them."""

from base64 import b64decode, b64encode
from io import BytesIO
from zipfile import ZipFile

import pytest
from tests.integration.sandbox.crm.solution_zip import NOTE, ROLE, SCRIPT, workshop, zipped

from crosstie.solution.package import build

SMALL, LARGE = 712340000, 712340001
OPTIONS = {"OverwriteUnmanagedCustomizations": False, "PublishWorkflows": True}


async def install(crm, file: str) -> None:
    """Import a solution, and expect no refusal."""
    answer = await crm.http.post("ImportSolution", json={**OPTIONS, "CustomizationFile": file})
    assert answer.status_code == 204, answer.text


async def solution(crm) -> dict[str, object] | None:
    """The row of the solution, if it is installed."""
    found = (await crm.get("solutions?$filter=uniquename eq 'Workshop'&$select=version,ismanaged"))["value"]
    return found[0] if found else None


async def is_there(crm) -> dict[str, bool]:
    """What of the solution can be found in the CRM."""
    tables = (await crm.get("EntityDefinitions?$select=LogicalName&$filter=startswith(LogicalName,'alp_')"))["value"]
    rating = await crm.http.get("EntityDefinitions(LogicalName='account')/Attributes(LogicalName='alp_rating')")
    related = await crm.http.get("RelationshipDefinitions(SchemaName='alp_account_machine')")
    return {
        "tables": sorted(one["LogicalName"] for one in tables) == ["alp_machine", "alp_machine_contact"],
        "column": rating.status_code == 200,
        "relationship": related.status_code == 200,
        "options": (await crm.http.get("GlobalOptionSetDefinitions(Name='alp_size')")).status_code == 200,
        "role": bool((await crm.get(f"roles?$filter=roleid eq {ROLE}"))["value"]),
        "script": bool((await crm.get("webresourceset?$filter=name eq 'alp_/scripts/machine.js'"))["value"]),
        "privileges": bool((await crm.get("privileges?$filter=name eq 'prvReadalp_Machine'"))["value"]),
    }


async def test_an_import_makes_what_the_solution_defines(crm) -> None:
    """Tables, columns, keys, relationships, options, roles and web resources are there after an import."""
    await install(crm, workshop())
    assert set((await is_there(crm)).values()) == {True}
    assert await solution(crm) | {"@odata.etag": ""} == {
        "@odata.etag": "",
        "solutionid": (await solution(crm))["solutionid"],
        "version": "1.0.0.0",
        "ismanaged": True,
    }
    company = await crm.add("accounts", {"name": "A", "alp_rating": 5})
    body = {
        "alp_name": "Press",
        "alp_price": 10.5,
        "alp_size": LARGE,
        "alp_AccountId@odata.bind": f"/accounts({company['accountid']})",
    }
    row = await crm.add("alp_machines", body)
    assert (row["alp_price_base"], row["statecode"]) == (10.5, 0)
    by_key = await crm.get("alp_machines(alp_name='Press')?$expand=alp_AccountId($select=name)")
    assert by_key["alp_AccountId"]["name"] == "A"
    assert (await crm.refused("POST", "alp_machines", {"alp_name": "Press"}))[1] == "0x80040237"
    assert (await crm.refused("PATCH", f"accounts({company['accountid']})", {"alp_rating": 6}))[0] == 400
    assert (await crm.refused("DELETE", f"accounts({company['accountid']})"))[0] == 405
    [script] = (await crm.get("webresourceset?$select=content,webresourcetype"))["value"]
    assert (b64decode(script["content"]), script["webresourcetype"]) == (SCRIPT, 3)
    held = await crm.get(f"roles({ROLE})?$expand=roleprivileges_association($select=name)")
    assert {one["name"] for one in held["roleprivileges_association"]} == {"prvReadalp_Machine", "prvReadAccount"}
    publisher = (await crm.get("publishers?$filter=uniquename eq 'alpine'"))["value"][0]
    assert (publisher["customizationprefix"], publisher["customizationoptionvalueprefix"]) == ("alp", 71234)
    parts = (await crm.get("solutioncomponents?$select=componenttype"))["value"]
    assert {one["componenttype"] for one in parts} == {1, 2, 9, 10, 14, 20, 61}


async def test_a_managed_solution_goes_without_a_trace(crm) -> None:
    """Deleting a managed solution removes all it brought, but what another table needs is not torn away."""
    await install(crm, workshop())
    await crm.add("alp_machines", {"alp_name": "Press"})
    where = f"solutions({(await solution(crm))['solutionid']})"
    lookup = {
        "@odata.type": "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
        "SchemaName": "new_machine_contact_one",
        "ReferencedEntity": "alp_machine",
        "ReferencingEntity": "contact",
        "Lookup": {"SchemaName": "new_MachineId", "@odata.type": "Microsoft.Dynamics.CRM.LookupAttributeMetadata"},
    }
    made = await crm.http.post("RelationshipDefinitions", json=lookup)
    assert (await crm.refused("DELETE", where))[1] == "0x8004f01f"
    assert set((await is_there(crm)).values()) == {True}
    assert (await crm.http.delete(made.headers["OData-EntityId"])).status_code == 204
    assert (await crm.http.delete(where)).status_code == 204
    assert set((await is_there(crm)).values()) == {False}
    assert await solution(crm) is None
    assert (await crm.get("solutioncomponents"))["value"] == []
    await install(crm, workshop())
    assert (await crm.get("alp_machines"))["value"] == []


async def test_an_unmanaged_solution_leaves_its_content(crm) -> None:
    """Deleting an unmanaged solution removes the solution, not what it made."""
    await install(crm, workshop(managed=False))
    assert (await crm.http.delete(f"solutions({(await solution(crm))['solutionid']})")).status_code == 204
    assert set((await is_there(crm)).values()) == {True}


async def test_a_later_version_updates(crm) -> None:
    """A later version adds and keeps rows; an upgrade removes what is gone; an older version is refused."""
    await install(crm, workshop())
    row = await crm.add("accounts", {"name": "A", "alp_rating": 4})
    where = f"accounts({row['accountid']})"
    await install(crm, workshop(version="1.1.0.0", extra=NOTE))
    assert ((await solution(crm))["version"], (await crm.get(where))["alp_note"]) == ("1.1.0.0", None)
    assert (await crm.get(where))["alp_rating"] == 4
    refusal = await crm.refused("POST", "ImportSolution", {**OPTIONS, "CustomizationFile": workshop()})
    assert refusal[0] == 400
    assert "1.1.0.0" in refusal[2]
    await install(crm, workshop(version="1.2.0.0"))
    assert "alp_note" in await crm.get(where)
    job = await crm.http.post(
        "StageAndUpgradeAsync", json={**OPTIONS, "CustomizationFile": workshop(version="1.3.0.0")}
    )
    assert job.status_code == 200
    assert "alp_note" not in await crm.get(where)
    assert (await crm.get(where))["alp_rating"] == 4
    other = {**OPTIONS, "CustomizationFile": workshop(version="2.0.0.0", managed=False)}
    assert (await crm.refused("POST", "ImportSolution", other))[1] == "0x80048036"


async def test_an_import_can_be_a_job(crm) -> None:
    """A staged solution is imported as a job, whose rows say how it went."""
    staged = await crm.http.post("StageSolution", json={"CustomizationFile": workshop()})
    results = staged.json()["StageSolutionResults"]
    assert (results["StageSolutionStatus"], results["MissingDependencies"]) == ("Passed", [])
    assert results["SolutionDetails"] == {
        "SolutionUniqueName": "Workshop",
        "SolutionFriendlyName": "Workshop",
        "SolutionVersion": "1.0.0.0",
        "IsManaged": True,
    }
    assert await solution(crm) is None
    body = {**OPTIONS, "SolutionParameters": {"StageSolutionUploadId": results["StageSolutionUploadId"]}}
    answer = (await crm.http.post("ImportSolutionAsync", json=body)).json()
    job = await crm.get(f"asyncoperations({answer['AsyncOperationId']})")
    assert (job["statecode"], job["statuscode"], job["message"]) == (3, 30, None)
    note = await crm.get(f"importjobs({answer['ImportJobKey']})")
    assert (note["solutionname"], note["progress"]) == ("Workshop", 100)
    assert 'result="success"' in note["data"]
    url = f"RetrieveSolutionImportResult(ImportJobId=@p1)?@p1={answer['ImportJobKey']}"
    assert (await crm.get(url))["SolutionOperationResult"]["Status"] == "Passed"
    assert set((await is_there(crm)).values()) == {True}


async def test_a_failed_job_leaves_nothing_but_its_rows(crm) -> None:
    """An import that fails as a job is taken back whole, and the job's rows say why."""
    broken = workshop(customizations_xml=b"<ImportExportXml><Entities></ImportExportXml>")
    answer = (await crm.http.post("ImportSolutionAsync", json={**OPTIONS, "CustomizationFile": broken})).json()
    job = await crm.get(f"asyncoperations({answer['AsyncOperationId']})")
    assert (job["statuscode"], job["errorcode"]) == (31, 0x8004801A - 2**32)
    assert "XSD validation failed" in job["message"]
    url = f"RetrieveSolutionImportResult(ImportJobId=@p1)?@p1={answer['ImportJobKey']}"
    result = (await crm.get(url))["SolutionOperationResult"]
    assert result["Status"] == "Failed"
    assert result["ErrorMessages"]
    assert set((await is_there(crm)).values()) == {False}


ENTITY = "<ImportExportXml><Entities>{}</Entities></ImportExportXml>"
ROLE_XML = '<Roles><Role id="{{{id}}}" name="R"><RolePrivileges>{privilege}</RolePrivileges></Role></Roles>'


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"customizations_xml": b"not XML"}, "0x8004801a"),
        ({"customizations_xml": b"<Other/>"}, "0x8004801a"),
        ({"customizations_xml": b'<!DOCTYPE a [<!ENTITY b "c">]><ImportExportXml/>'}, "0x8004801a"),
        ({"customizations_xml": ENTITY.format("<Entity/>").encode()}, "0x8004801a"),
        ({"customizations_xml": b"<ImportExportXml/>"}, "0x80048033"),
        ({"solution_xml": b"<ImportExportXml/>"}, "0x8004801a"),
        ({"solution_xml": b"<ImportExportXml><SolutionManifest/></ImportExportXml>"}, "0x8004801a"),
    ],
)
async def test_a_broken_solution_is_refused(crm, files, code) -> None:
    """What is no solution, or contradicts itself, is refused with the vendor's code and leaves nothing behind."""
    body = {**OPTIONS, "CustomizationFile": workshop(**files)}
    assert (await crm.refused("POST", "ImportSolution", body))[:2] == (400, code)
    assert set((await is_there(crm)).values()) == {False}
    assert await solution(crm) is None


@pytest.mark.parametrize("file", ["%%%", b64encode(b"no ZIP").decode(), zipped({"readme.txt": b"hello"}), None, 7])
async def test_what_is_no_solution_is_refused(crm, file) -> None:
    """A file that is no ZIP of a solution is refused."""
    assert (await crm.refused("POST", "ImportSolution", {**OPTIONS, "CustomizationFile": file}))[0] == 400


@pytest.mark.parametrize("managed", [False, True])
async def test_an_export_can_be_imported_again(crm, managed) -> None:
    """What is exported, imported elsewhere and exported again is the same."""
    await install(crm, workshop(managed=False, extra=NOTE))
    first = (await crm.http.post("ExportSolution", json={"SolutionName": "Workshop", "Managed": False})).json()
    request = {"SolutionName": "Workshop", "Managed": managed}
    file = (await crm.http.post("ExportSolution", json=request)).json()["ExportSolutionFile"]
    with ZipFile(BytesIO(b64decode(file))) as archive:
        assert f"<Managed>{int(managed)}</Managed>" in archive.read("solution.xml").decode()
    await crm.http.delete(f"solutions({(await solution(crm))['solutionid']})")
    for url in (
        "RelationshipDefinitions(SchemaName='alp_machine_contact')",
        "RelationshipDefinitions(SchemaName='alp_account_machine')",
        "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='alp_rating')",
        "EntityDefinitions(LogicalName='account')/Attributes(LogicalName='alp_note')",
        "EntityDefinitions(LogicalName='alp_machine')",
        "GlobalOptionSetDefinitions(Name='alp_size')",
        f"roles({ROLE})",
        f"webresourceset({(await crm.get('webresourceset'))['value'][0]['webresourceid']})",
    ):
        assert (await crm.http.delete(url)).status_code == 204, url
    assert set((await is_there(crm)).values()) == {False}
    await install(crm, file)
    assert set((await is_there(crm)).values()) == {True}
    assert (await crm.add("alp_machines", {"alp_name": "Press", "alp_size": SMALL, "alp_price": 1}))[
        "alp_size"
    ] == SMALL
    assert (await solution(crm))["ismanaged"] is managed
    if managed:
        assert (await crm.refused("POST", "ExportSolution", request))[0] == 400
    else:
        again = (await crm.http.post("ExportSolution", json=request)).json()
        assert customizations(again) == customizations(first)


def customizations(answer: dict[str, str]) -> str:
    """What an exported solution defines."""
    with ZipFile(BytesIO(b64decode(answer["ExportSolutionFile"]))) as archive:
        return archive.read("customizations.xml").decode()


async def test_an_export_can_be_a_job(crm) -> None:
    """An export as a job is downloaded by its id."""
    await install(crm, workshop(managed=False))
    answer = (await crm.http.post("ExportSolutionAsync", json={"SolutionName": "Workshop"})).json()
    job = await crm.get(f"asyncoperations({answer['AsyncOperationId']})")
    assert (job["statecode"], job["statuscode"]) == (3, 30)
    body = {"ExportJobId": answer["ExportJobId"]}
    file = (await crm.http.post("DownloadSolutionExportData", json=body)).json()
    assert "alp_Machine" in customizations(file)


async def test_what_is_made_can_join_a_solution(crm) -> None:
    """A table made in the name of a solution belongs to it, and is exported with it."""
    publisher = await crm.add(
        "publishers", {"uniquename": "contoso", "friendlyname": "Contoso", "customizationprefix": "new"}
    )
    bind = {"publisherid@odata.bind": f"/publishers({publisher['publisherid']})"}
    await crm.add("solutions", {"uniquename": "Mine", "friendlyname": "Mine", "version": "1.0.0.0", **bind})
    name = {"@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata", "SchemaName": "new_Name"}
    table = {"SchemaName": "new_Thing", "OwnershipType": "UserOwned", "Attributes": [{**name, "IsPrimaryName": True}]}
    headers = {"MSCRM.SolutionUniqueName": "Mine"}
    assert (await crm.http.post("EntityDefinitions", json=table, headers=headers)).status_code == 204
    file = (await crm.http.post("ExportSolution", json={"SolutionName": "Mine"})).json()
    assert "new_Thing" in customizations(file)
    assert (await crm.refused("POST", "ExportSolution", {"SolutionName": "Nothing"}))[0] == 404


async def test_who_may_not_import_is_refused(crm) -> None:
    """Importing needs the privilege to."""
    unit = (await crm.get("WhoAmI"))["BusinessUnitId"]
    user = await crm.add("systemusers", {"lastname": "Plain", "businessunitid@odata.bind": f"/businessunits({unit})"})
    body = {**OPTIONS, "CustomizationFile": workshop()}
    answer = await crm.http.post("ImportSolution", json=body, headers={"MSCRMCallerID": user["systemuserid"]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "0x80040220")


async def test_the_integration_solution_is_imported(crm) -> None:
    """The solution that the product builds is taken as it is: its tables, columns and roles are there, and go again."""
    await install(crm, b64encode(build()).decode())
    company = await crm.add("crosstie_company_rows", {"crosstie_name": "Alpine", "crosstie_externalid": "1"})
    bind = {"crosstie_CompanyId@odata.bind": f"/crosstie_company_rows({company['crosstie_companyid']})"}
    account = await crm.add("accounts", {"name": "A", **bind})
    assert account["_crosstie_companyid_value"] == company["crosstie_companyid"]
    roles = (await crm.get("roles?$filter=startswith(name,'Crosstie')&$select=name"))["value"]
    assert {one["name"] for one in roles} == {"Crosstie Integration", "Crosstie User"}
    [found] = (await crm.get("solutions?$filter=uniquename eq 'CrosstieIntegration'"))["value"]
    assert (await crm.http.delete(f"solutions({found['solutionid']})")).status_code == 204
    assert "_crosstie_companyid_value" not in await crm.get(f"accounts({account['accountid']})")
    await install(crm, b64encode(build(is_managed=False)).decode())
