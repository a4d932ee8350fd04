"""`customizations.xml`: tables, columns, relationships and roles, in the words of Dataverse's solution schema."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement

from crosstie.solution.content import Column, ColumnType, Content, Role, Table

ENGLISH = "1033"
_YES, _NO = "1", "0"
_TYPES = {
    ColumnType.TEXT: "nvarchar",
    ColumnType.INTEGER: "int",
    ColumnType.DECIMAL: "decimal",
    ColumnType.DATE: "datetime",
    ColumnType.LOOKUP: "lookup",
}
_DETAILS = {
    ColumnType.TEXT: {"Format": "text"},
    ColumnType.INTEGER: {"Format": "", "MinValue": "-2147483648", "MaxValue": "2147483647"},
    ColumnType.DECIMAL: {"MinValue": "-100000000000", "MaxValue": "100000000000", "Accuracy": "2"},
    ColumnType.DATE: {"Format": "date", "Behavior": "2"},
    ColumnType.LOOKUP: {"LookupStyle": "single", "LookupTypes": ""},
}
"""What the type of a column asks for beside its length."""
_CASCADES = ("Assign", "Reparent", "Share", "Unshare")


def customizations(content: Content, version: str) -> Element:
    """The whole document; parts that the solution does not have are there, and empty, as Dataverse exports them."""
    root = Element("ImportExportXml", {"xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance"})
    entities = SubElement(root, "Entities")
    for table in content.tables:
        _entity(entities, table, content.prefix, version)
    roles = SubElement(root, "Roles")
    for role in content.roles:
        _role(roles, role, version)
    for name in ("Workflows", "FieldSecurityProfiles", "Templates", "EntityMaps"):
        SubElement(root, name)
    relationships = SubElement(root, "EntityRelationships")
    for table in content.tables:
        for column in table.columns:
            if column.type is ColumnType.LOOKUP:
                _relationship(relationships, table, column, version)
    for name in ("OrganizationSettings", "optionsets", "WebResources", "CustomControls", "EntityDataProviders"):
        SubElement(root, name)
    SubElement(SubElement(root, "Languages"), "Language").text = ENGLISH
    return root


def relationship_name(table: Table, column: Column) -> str:
    """The schema name of the relationship behind a lookup of ours.

    >>> lookup = Column(schema_name="new_CompanyId", title="", type=ColumnType.LOOKUP, target="new_Company")
    >>> relationship_name(Table(schema_name="Account", columns=(lookup,)), lookup)
    'new_account_CompanyId'
    """
    prefix, _, name = column.schema_name.partition("_")
    return f"{prefix}_{table.schema_name.lower().removeprefix(f'{prefix}_')}_{name}"


def _entity(parent: Element, table: Table, prefix: str, version: str) -> None:
    entity = SubElement(parent, "Entity")
    title = table.title or table.schema_name
    name = SubElement(entity, "Name", LocalizedName=title, OriginalName=title if table.is_ours else "")
    name.text = table.schema_name
    info = SubElement(SubElement(entity, "EntityInfo"), "entity", Name=table.schema_name)
    if table.is_ours:
        _named(info, "LocalizedNames", "LocalizedName", table.title)
        _named(info, "LocalizedCollectionNames", "LocalizedCollectionName", table.titles)
        _named(info, "Descriptions", "Description", table.description)
    attributes = SubElement(info, "attributes")
    if table.is_ours:
        _key(attributes, table, version)
        primary = Column(schema_name=f"{prefix}_Name", title="Name", type=ColumnType.TEXT, length=table.primary_length)
        _attribute(attributes, primary, version, mask="PrimaryName|ValidForAdvancedFind|ValidForForm|ValidForGrid")
    for column in table.columns:
        _attribute(attributes, column, version)
    if table.is_ours:
        own = {
            "EntitySetName": f"{table.schema_name.lower()}_rows",
            "OwnershipTypeMask": "OrgOwned",
            "ChangeTrackingEnabled": _YES,
            "IsCustomizable": _YES,
            "IntroducedVersion": version,
        }
        _texts(info, own)


def _key(parent: Element, table: Table, version: str) -> None:
    """The column that holds the id of a row."""
    name = f"{table.schema_name}Id"
    attribute = SubElement(parent, "attribute", PhysicalName=name)
    _texts(
        attribute,
        {
            "Type": "primarykey",
            "Name": name.lower(),
            "LogicalName": name.lower(),
            "RequiredLevel": "systemrequired",
            "DisplayMask": "ValidForAdvancedFind|RequiredForGrid",
            "IsCustomField": _NO,
            "IntroducedVersion": version,
        },
    )
    _titled(attribute, table.title)


def _attribute(parent: Element, column: Column, version: str, mask: str = "") -> None:
    attribute = SubElement(parent, "attribute", PhysicalName=column.schema_name)
    length = {"MaxLength": str(column.length), "Length": str(2 * column.length)} if column.length else {}
    _texts(
        attribute,
        {
            "Type": _TYPES[column.type],
            "Name": column.schema_name.lower(),
            "LogicalName": column.schema_name.lower(),
            "RequiredLevel": "none",
            "DisplayMask": mask or "ValidForAdvancedFind|ValidForForm|ValidForGrid",
            "IsCustomField": _YES,
            "IsCustomizable": _YES,
            "IntroducedVersion": version,
            **_DETAILS[column.type],
            **length,
        },
    )
    _titled(attribute, column.title)


def _relationship(parent: Element, table: Table, column: Column, version: str) -> None:
    """One row of the target to many of the table; a target that is deleted leaves the column blank."""
    relationship = SubElement(parent, "EntityRelationship", Name=relationship_name(table, column))
    _texts(
        relationship,
        {
            "EntityRelationshipType": "OneToMany",
            "IsCustomizable": _YES,
            "IntroducedVersion": version,
            "IsHierarchical": _NO,
            "ReferencingEntityName": table.schema_name,
            "ReferencedEntityName": column.target,
            **{f"Cascade{name}": "NoCascade" for name in _CASCADES},
            "CascadeDelete": "RemoveLink",
            "IsValidForAdvancedFind": _YES,
            "ReferencingAttributeName": column.schema_name,
        },
    )
    _named(SubElement(relationship, "RelationshipDescription"), "Descriptions", "Description", column.title)


def _role(parent: Element, role: Role, version: str) -> None:
    element = SubElement(parent, "Role", id=f"{{{role.id}}}", name=role.title)
    _texts(element, {"IsCustomizable": _YES, "IntroducedVersion": version})
    privileges = SubElement(element, "RolePrivileges")
    for name in role.privileges:
        SubElement(privileges, "RolePrivilege", name=name, level="Global")


def _texts(parent: Element, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = text or None


def _named(parent: Element, plural: str, singular: str, text: str) -> None:
    SubElement(SubElement(parent, plural), singular, description=text, languagecode=ENGLISH)


def _titled(parent: Element, title: str) -> None:
    SubElement(SubElement(parent, "displaynames"), "displayname", description=title, languagecode=ENGLISH)
