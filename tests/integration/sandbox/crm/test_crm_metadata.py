"""Reading the definitions of tables, columns, relationships and option sets of the sandbox CRM."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest
import xmlschema

SCHEMAS = Path(__file__).parents[3] / "contract" / "csdl"
ACCOUNT = "EntityDefinitions(LogicalName='account')"
CAST = "Microsoft.Dynamics.CRM."


def names(answer: dict[str, object]) -> list[str]:
    """The logical names in an answer."""
    return [one["LogicalName"] for one in answer["value"]]


async def test_a_table_is_found_by_name_and_by_id(crm) -> None:
    """A definition has the vendor's properties; its MetadataId leads back to it, and comes whatever is selected."""
    found = await crm.get(f"{ACCOUNT}?$select=LogicalName,SchemaName,EntitySetName,PrimaryIdAttribute,ObjectTypeCode")
    assert found["@odata.context"].endswith(
        "$metadata#EntityDefinitions(LogicalName='account')"
        "(LogicalName,SchemaName,EntitySetName,PrimaryIdAttribute,ObjectTypeCode)/$entity"
    )
    assert (found["SchemaName"], found["EntitySetName"], found["PrimaryIdAttribute"]) == (
        "Account",
        "accounts",
        "accountid",
    )
    assert found["ObjectTypeCode"] == 1
    again = await crm.get(f"EntityDefinitions({found['MetadataId']})")
    assert (again["LogicalName"], again["OwnershipType"]) == ("account", "UserOwned")
    assert again["DisplayName"]["UserLocalizedLabel"]["Label"] == "Account"
    assert again["CanCreateAttributes"] == {
        "Value": True,
        "CanBeChanged": True,
        "ManagedPropertyLogicalName": "cancreateattributes",
    }
    assert {one["Name"] for one in again["Privileges"]} >= {"prvReadAccount", "prvAssignAccount"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("LogicalName eq 'account'", ["account"]),
        ("LogicalName+eq+'account'", ["account"]),
        ("OwnershipType eq Microsoft.Dynamics.CRM.OwnershipTypes'UserOwned' and startswith(LogicalName,'con')",
         ["contact", "contract"]),
        ("IsPrivate eq false and (startswith(LogicalName,'accou') or LogicalName eq 'team')", ["account", "team"]),
        ("CanCreateAttributes/Value eq true and endswith(SchemaName,'Team')", ["team"]),
        (("not (OwnershipType ne Microsoft.Dynamics.CRM.OwnershipTypes'None') and IsIntersect eq true"
         " and contains(LogicalName,'team')"), ["teammembership", "teamroles"]),
        ("ObjectTypeCode lt 3 and ObjectTypeCode ge 1", ["account", "contact"]),
        ("LogicalName eq 'nothing'", []),
    ],
)  # fmt: skip
async def test_definitions_are_filtered(crm, condition, expected) -> None:
    """Definitions are filtered by simple and complex properties and by enum literals."""
    assert names(await crm.get(f"EntityDefinitions?$select=LogicalName&$filter={condition}")) == expected


async def test_columns_come_with_their_types(crm) -> None:
    """Columns without a cast say of which type they are, and have the properties of that type."""
    page = await crm.get(f"{ACCOUNT}/Attributes")
    found = {one["LogicalName"]: one for one in page["value"]}
    assert found["name"]["@odata.type"] == f"#{CAST}StringAttributeMetadata"
    assert (found["name"]["MaxLength"], found["name"]["IsPrimaryName"]) == (160, True)
    assert found["name"]["RequiredLevel"]["Value"] == "ApplicationRequired"
    assert (found["creditlimit"]["AttributeType"], found["creditlimit"]["Precision"]) == ("Money", 2)
    assert found["primarycontactid"]["Targets"] == ["contact"]
    assert (found["ownerid"]["AttributeType"], found["ownerid"]["Targets"]) == ("Owner", ["systemuser", "team"])
    assert (found["owneridtype"]["AttributeType"], found["owneridtype"]["AttributeOf"]) == ("EntityName", "ownerid")
    assert found["statecode"]["@odata.type"] == f"#{CAST}StateAttributeMetadata"
    assert found["createdon"]["DateTimeBehavior"] == {"Value": "UserLocal"}
    assert found["emailaddress1"]["AttributeTypeName"] == {"Value": "StringType"}


async def test_casts_choose_and_expand(crm) -> None:
    """A cast leaves columns of one type; option sets come when they are expanded, with what is selected of them."""
    url = f"{ACCOUNT}/Attributes/{CAST}PicklistAttributeMetadata?$select=LogicalName&$expand=OptionSet($select=Options)"
    page = await crm.get(url)
    terms = next(one for one in page["value"] if one["LogicalName"] == "paymenttermscode")
    assert set(terms) == {"LogicalName", "MetadataId", "OptionSet"}
    assert [one["Value"] for one in terms["OptionSet"]["Options"]] == [1, 2, 3, 4]
    url = f"EntityDefinitions(LogicalName='opportunity')/Attributes(LogicalName='need')/{CAST}PicklistAttributeMetadata"
    one = await crm.get(f"{url}?$select=LogicalName&$expand=OptionSet,GlobalOptionSet")
    assert (one["OptionSet"], one["GlobalOptionSet"]["Name"]) == (None, "need")


async def test_definitions_are_expanded(crm) -> None:
    """Columns, keys and relationships of a table come along with it, filtered and selected on the way."""
    found = await crm.get(
        "EntityDefinitions(LogicalName='systemuser')?$select=LogicalName"
        "&$expand=Attributes($select=LogicalName;$filter=LogicalName eq 'fullname'),Keys,"
        "ManyToManyRelationships($select=SchemaName,IntersectEntityName)"
    )
    assert [one["LogicalName"] for one in found["Attributes"]] == ["fullname"]
    assert [one["KeyAttributes"] for one in found["Keys"]] == [["azureactivedirectoryobjectid"]]
    assert found["Keys"][0]["EntityKeyIndexStatus"] == "Active"
    related = {one["SchemaName"]: one["IntersectEntityName"] for one in found["ManyToManyRelationships"]}
    assert related["systemuserroles_association"] == "systemuserroles"


async def test_relationships_are_listed(crm) -> None:
    """Relationships are found by name, by kind, and from both tables."""
    one = await crm.get("RelationshipDefinitions(SchemaName='contact_customer_accounts')")
    assert one["@odata.type"] == f"#{CAST}OneToManyRelationshipMetadata"
    assert (one["ReferencedEntity"], one["ReferencingAttribute"]) == ("account", "parentcustomerid")
    assert one["ReferencingEntityNavigationPropertyName"] == "parentcustomerid_account"
    many = await crm.get(f"RelationshipDefinitions/{CAST}ManyToManyRelationshipMetadata?$select=SchemaName")
    assert "teammembership_association" in {found["SchemaName"] for found in many["value"]}
    theirs = await crm.get(
        f"{ACCOUNT}/OneToManyRelationships?$filter=ReferencingEntity eq 'contact'&$select=SchemaName"
    )
    assert [found["SchemaName"] for found in theirs["value"]] == ["contact_customer_accounts"]
    ours = await crm.get(f"{ACCOUNT}/ManyToOneRelationships?$filter=ReferencingAttribute eq 'primarycontactid'")
    assert [found["SchemaName"] for found in ours["value"]] == ["account_primary_contact"]


async def test_global_option_sets_are_found(crm) -> None:
    """Global option sets are listed and found by name and by id."""
    need = await crm.get("GlobalOptionSetDefinitions(Name='need')")
    assert [one["Value"] for one in need["Options"]] == [0, 1, 2, 3]
    again = await crm.get(f"GlobalOptionSetDefinitions({need['MetadataId']})/{CAST}OptionSetMetadata?$select=Name")
    assert again["Name"] == "need"
    assert await crm.refused("GET", "GlobalOptionSetDefinitions(Name='nothing')") == (
        404,
        "0x80048403",
        "Could not find optionset with Name = 'nothing'.",
    )


async def test_what_is_not_defined_is_not_found(crm) -> None:
    """Unknown tables, columns and properties are refused in the vendor's words."""
    status, code, text = await crm.refused("GET", "EntityDefinitions(LogicalName='nothing')")
    assert (status, code) == (404, "0x80041102")
    assert text.startswith("The entity with a name = 'nothing' with namemapping = 'Logical' was not found")
    assert (await crm.refused("GET", f"{ACCOUNT}/Attributes(LogicalName='nothing')"))[0] == 404
    assert (await crm.refused("GET", f"{ACCOUNT}/Nothing"))[0] == 404
    assert (await crm.refused("GET", "EntityDefinitions?$select=Nothing"))[0] == 400
    assert (await crm.refused("GET", "EntityDefinitions?$filter=Nothing eq 1"))[0] == 400


async def test_changes_are_asked_for_by_query(crm) -> None:
    """RetrieveMetadataChanges gives the properties of the tables and columns that its query names."""
    query = {
        "Properties": {"PropertyNames": ["LogicalName", "Attributes"]},
        "Criteria": {
            "Conditions": [
                {
                    "PropertyName": "LogicalName",
                    "ConditionOperator": "Equals",
                    "Value": {"Type": "System.String", "Value": "account"},
                }
            ]
        },
        "AttributeQuery": {
            "Properties": {"PropertyNames": ["LogicalName", "MaxLength", "AttributeType"]},
            "Criteria": {
                "Conditions": [
                    {"PropertyName": "LogicalName", "ConditionOperator": "In", "Value": {"Value": ["name", "fax"]}}
                ]
            },
        },
    }
    found = await crm.get(f"RetrieveMetadataChanges(Query=@p1)?@p1={quote(json.dumps(query))}")
    [table] = found["EntityMetadata"]
    assert table["LogicalName"] == "account"
    assert {one["LogicalName"]: one["MaxLength"] for one in table["Attributes"]} == {"name": 160, "fax": 50}
    assert found["ServerVersionStamp"]


async def test_the_csdl_is_valid(crm) -> None:
    """`$metadata` keeps to the schemas of OASIS, and describes every set, column and way between rows."""
    answer = await crm.http.get("$metadata")
    assert answer.headers["content-type"] == "application/xml"
    schema = xmlschema.XMLSchema(str(SCHEMAS / "edmx.xsd"))
    assert [str(error) for error in schema.iter_errors(answer.text)] == []
    elements = list(xmlschema.XMLResource(answer.text).root.iter())
    sets = {one.get("Name") for one in elements if one.tag.endswith("}EntitySet")}
    assert sets == {one["name"] for one in (await crm.get(""))["value"]}
    types = {one.get("Name"): one for one in elements if one.tag.endswith("}EntityType")}
    account = {one.get("Name"): one.get("Type") for one in types["account"] if one.get("Name")}
    assert account["_primarycontactid_value"] == "Edm.Guid"
    assert account["primarycontactid"] == "mscrm.contact"
    assert account["contact_customer_accounts"] == "Collection(mscrm.contact)"
    assert account["creditlimit"] == "Edm.Decimal"
    row = await crm.add("accounts", {"name": "A"})
    assert {name for name in row if "@" not in name} == {
        name for name in account if "." in account[name] and account[name].startswith("Edm.")
    }
    assert "ChangeTracking" in (await crm.http.get("$metadata?annotations=true")).text
