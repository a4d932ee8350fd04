"""The integration solution: what is in the ZIP holds together, and is the same whenever it is built."""

import io
import zipfile
from collections import Counter
from xml.etree.ElementTree import Element, fromstring

import pytest

from crosstie.model.errors import SetupError
from crosstie.solution.content import ColumnType, read_content
from crosstie.solution.package import VERSION, build

VERBS = {"Create", "Read", "Write", "Append", "AppendTo", "Assign", "Delete"}


def parts(package: bytes) -> dict[str, Element]:
    """The documents of the ZIP by name."""
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        return {name: fromstring(opened.read(name)) for name in opened.namelist()}  # noqa: S314 - built by ourselves


def test_the_same_content_is_the_same_file() -> None:
    """Whoever builds it again can compare."""
    assert build() == build()
    assert build() != build(is_managed=False)


def test_every_component_that_the_manifest_names_is_there() -> None:
    """A root component without a definition is refused by Dataverse, and a definition without one is left out."""
    found = parts(build())

    components = found["solution.xml"].findall(".//RootComponent")
    tables = {one.get("schemaName") for one in components if one.get("type") == "1"}
    roles = {one.get("id") for one in components if one.get("type") == "20"}
    custom = found["customizations.xml"]
    assert tables == {(one.findtext("Name") or "").lower() for one in custom.findall("Entities/Entity")}
    assert roles == {one.get("id") for one in custom.findall("Roles/Role")}
    assert found["solution.xml"].findtext(".//Version") == VERSION


@pytest.mark.parametrize("prefix", ["crosstie", "new", "a1"])
def test_everything_that_is_added_carries_the_prefix(prefix: str) -> None:
    """Tables, columns and relationships of ours; nothing else may be added to somebody's environment."""
    custom = parts(build(prefix))["customizations.xml"]

    names = [one.get("PhysicalName") or "" for one in custom.findall(".//attribute")]
    names += [one.get("Name") or "" for one in custom.findall(".//EntityRelationship")]
    entities = custom.findall("Entities/Entity")
    names += [one.findtext("Name") or "" for one in entities if one.find("EntityInfo/entity/EntitySetName") is not None]
    assert len(names) > 30
    assert [name for name in names if not name.startswith(f"{prefix}_")] == []
    assert parts(build(prefix))["solution.xml"].findtext(".//CustomizationPrefix") == prefix


def test_every_lookup_has_its_relationship() -> None:
    """One each, to a table that the solution brings; names do not repeat."""
    content, custom = read_content(), parts(build())["customizations.xml"]

    lookups = {
        (table.schema_name, column.schema_name, column.target)
        for table in content.tables
        for column in table.columns
        if column.type is ColumnType.LOOKUP
    }
    relationships = custom.findall("EntityRelationships/EntityRelationship")
    tied = {
        (
            one.findtext("ReferencingEntityName"),
            one.findtext("ReferencingAttributeName"),
            one.findtext("ReferencedEntityName"),
        )
        for one in relationships
    }
    assert tied == lookups
    assert {target for _, _, target in lookups} <= {one.schema_name for one in content.tables if one.is_ours}
    assert max(Counter(one.get("Name") for one in relationships).values()) == 1


def test_roles_say_what_they_need_and_no_more() -> None:
    """Every privilege is a known verb on a table; who only looks may only read, and only what we brought."""
    integration, user = read_content().roles

    for role in (integration, user):
        assert all(any(name.startswith(f"prv{verb}") for verb in VERBS) for name in role.privileges)
        assert len(set(role.privileges)) == len(role.privileges)
    assert user.privileges == ("prvReadcrosstie_Company", "prvReadcrosstie_AccountStatistics")
    assert "prvDeletecrosstie_Company" not in integration.privileges
    assert not any("Role" in name or name.startswith("prvAct") for name in integration.privileges)


@pytest.mark.parametrize("prefix", ["", "x", "MSCRM", "mscrmx", "1abc", "toolongprefix", "ab_c", "äöü"])
def test_a_prefix_that_dataverse_refuses_is_refused_first(prefix: str) -> None:
    """The message says what is allowed."""
    with pytest.raises(SetupError, match="two to eight small letters"):
        build(prefix)
