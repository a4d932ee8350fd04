"""`$metadata` of the sandbox ERP: valid, complete, and in agreement with what the pages answer."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema

from .client import Erp

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
SCHEMAS = Path(__file__).parents[3] / "contract" / "csdl"


async def described(erp: Erp, query: str = "") -> str:
    """The document as text."""
    answer = await erp.http.get(f"http://erp.example/api/v2.0/$metadata{query}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/xml")
    return answer.text


@pytest.mark.parametrize("query", ["", "?$schemaversion=1.0"])
async def test_the_metadata_is_valid_csdl(erp: Erp, query: str) -> None:
    """The document follows the schemas that OASIS publishes for OData 4.0."""
    schema = xmlschema.XMLSchema(SCHEMAS / "edmx.xsd")
    assert [str(error) for error in schema.iter_errors(await described(erp, query))] == []


async def test_every_type_that_is_named_exists(erp: Erp) -> None:
    """Types of sets, properties, ways and parameters are declared, and every bound action has its record type."""
    text = await described(erp)
    root = ET.fromstring(text)  # noqa: S314 - our own server's document
    declared = {
        f"Microsoft.NAV.{element.get('Name')}"
        for tag in ("EntityType", "EnumType")
        for element in root.iter(f"{EDM}{tag}")
    }
    named = {
        str(value).removeprefix("Collection(").removesuffix(")")
        for element in root.iter()
        for name, value in element.attrib.items()
        if name in {"Type", "EntityType"} and "Edm." not in value
    }
    assert named <= declared
    sets = {element.get("Name") for element in root.iter(f"{EDM}EntitySet")}
    assert {element.get("Target") for element in root.iter(f"{EDM}NavigationPropertyBinding")} <= sets


async def test_the_metadata_describes_what_is_answered(erp: Erp) -> None:
    """A record has exactly the properties of its type; types, lengths, escaped enum names and ways are declared."""
    item = await erp.add("items", displayName="A")
    root = ET.fromstring(await described(erp))  # noqa: S314 - our own server's document
    types = {element.get("Name"): element for element in root.iter(f"{EDM}EntityType")}
    properties = {element.get("Name"): element for element in types["item"].iter(f"{EDM}Property")}
    assert list(properties) == [name for name in item if not name.startswith("@")]
    assert properties["number"].attrib == {"Name": "number", "Type": "Edm.String", "MaxLength": "20"}
    assert properties["type"].get("Type") == "Microsoft.NAV.itemType"
    enums = {element.get("Name"): element for element in root.iter(f"{EDM}EnumType")}
    assert [member.get("Name") for member in enums["itemType"]] == ["Inventory", "Service", "Non_x002D_Inventory"]
    assert {member.get("Name"): member.get("Value") for member in enums["contactBusinessRelation"]}["None"] == "100"
    ways = {element.get("Name"): element for element in types["item"].iter(f"{EDM}NavigationProperty")}
    assert ways["itemVariants"].get("Type") == "Collection(Microsoft.NAV.itemVariant)"
    assert ways["unitOfMeasure"].get("Type") == "Microsoft.NAV.unitOfMeasure"


async def test_old_schema_version_knows_no_enums(erp: Erp) -> None:
    """With `$schemaversion=1.0` enums are strings."""
    text = await described(erp, "?$schemaversion=1.0")
    assert "EnumType" not in text
    assert "_x0020_" not in text
