"""The integration solution in the sandbox CRM: what the vendor's import makes of the ZIP that Crosstie builds."""

from base64 import b64encode

import pytest

from crosstie.solution.content import read_content
from crosstie.solution.package import VERSION, build

OPTIONS = {"OverwriteUnmanagedCustomizations": False, "PublishWorkflows": True}
NAME = read_content().unique_name


async def install(crm, package: bytes) -> None:
    """Import a solution, and expect no refusal."""
    body = {**OPTIONS, "CustomizationFile": b64encode(package).decode("ascii")}
    answer = await crm.http.post("ImportSolution", json=body)
    assert answer.status_code == 204, answer.text


async def tables_of(crm, prefix: str) -> set[str]:
    """The tables with that prefix."""
    asked = f"EntityDefinitions?$select=LogicalName&$filter=startswith(LogicalName,'{prefix}_')"
    return {one["LogicalName"] for one in (await crm.get(asked))["value"]}


@pytest.mark.parametrize("prefix", ["crosstie", "new"])
async def test_it_brings_what_it_says(crm, prefix: str) -> None:
    """Both tables, every column and lookup, and both roles with exactly their privileges."""
    content = read_content(prefix)

    await install(crm, build(prefix))

    (found,) = (await crm.get(f"solutions?$filter=uniquename eq '{NAME}'&$select=version,ismanaged"))["value"]
    assert (found["version"], found["ismanaged"]) == (VERSION, True)
    assert await tables_of(crm, prefix) == {one.schema_name.lower() for one in content.tables if one.is_ours}
    for table in content.tables:
        asked = f"EntityDefinitions(LogicalName='{table.schema_name.lower()}')/Attributes?$select=SchemaName"
        names = {one["SchemaName"] for one in (await crm.get(asked))["value"]}
        assert {one.schema_name for one in table.columns} <= names, table.schema_name
    for role in content.roles:
        held = await crm.get(f"roles({role.id})?$select=name&$expand=roleprivileges_association($select=name)")
        assert held["name"] == role.title
        assert {one["name"] for one in held["roleprivileges_association"]} == set(role.privileges)


async def test_a_row_is_stamped_with_its_company(crm) -> None:
    """Through the lookup, which a filter can ask for."""
    await install(crm, build())
    company = await crm.add("crosstie_company_rows", {"crosstie_name": "Adatum", "crosstie_externalid": "c-1"})
    where = f"/crosstie_company_rows({company['crosstie_companyid']})"

    await crm.add("accounts", {"name": "A", "crosstie_CompanyId@odata.bind": where})
    await crm.add("accounts", {"name": "B"})

    asked = f"accounts?$select=name&$filter=_crosstie_companyid_value eq {company['crosstie_companyid']}"
    assert [one["name"] for one in (await crm.get(asked))["value"]] == ["A"]


async def test_importing_again_keeps_what_is_there(crm) -> None:
    """An upgrade of a version that is installed already loses no row and doubles nothing."""
    await install(crm, build())
    await crm.add("crosstie_company_rows", {"crosstie_name": "Adatum"})

    await install(crm, build())

    assert len((await crm.get("crosstie_company_rows"))["value"]) == 1
    assert len((await crm.get(f"solutions?$filter=uniquename eq '{NAME}'"))["value"]) == 1
    assert len((await crm.get("roles?$filter=contains(name,'Crosstie')"))["value"]) == 2


async def test_it_goes_without_a_trace(crm) -> None:
    """Deleting the managed solution takes away all that it brought, and nothing else."""
    before = {one["LogicalName"] for one in (await crm.get("EntityDefinitions?$select=LogicalName"))["value"]}
    await install(crm, build())
    (found,) = (await crm.get(f"solutions?$filter=uniquename eq '{NAME}'"))["value"]

    answer = await crm.http.delete(f"solutions({found['solutionid']})")

    after = {one["LogicalName"] for one in (await crm.get("EntityDefinitions?$select=LogicalName"))["value"]}
    assert (answer.status_code, after) == (204, before)
    assert (await crm.get("roles?$filter=contains(name,'Crosstie')"))["value"] == []
