"""Tables, relationships and option sets as elements of `customizations.xml`."""

from collections.abc import Callable, Iterable, Mapping
from xml.etree import ElementTree as ET

from crosstie_sandbox.dataverse.schema import Column, Key, ManyToMany, OptionSet, Relationship, Schema, Table, Type

_LANGUAGE = "1033"
_TYPES = {
    Type.STRING: "nvarchar",
    Type.MEMO: "ntext",
    Type.INTEGER: "int",
    Type.BIGINT: "bigint",
    Type.DECIMAL: "decimal",
    Type.DOUBLE: "float",
    Type.MONEY: "money",
    Type.BOOLEAN: "bit",
    Type.CHOICE: "picklist",
    Type.CHOICES: "multiselectpicklist",
    Type.GUID: "uniqueidentifier",
    Type.DATE: "datetime",
    Type.DATETIME: "datetime",
    Type.LOOKUP: "lookup",
    Type.FILE: "file",
}
_OWNERSHIP = {"user": "UserOwned", "organization": "OrgOwned"}
_CASCADES = {"clear": "RemoveLink", "restrict": "Restrict", "cascade": "Cascade"}


def table_element(table: Table, columns: Iterable[Column], keys: Iterable[Key]) -> ET.Element:
    """An `Entity` with some of its columns and keys."""
    element = ET.Element("Entity")
    add(element, "Name", table.schema_name, LocalizedName=table.label, OriginalName=table.label)
    info = add(add(element, "EntityInfo"), "entity", Name=table.schema_name)
    if table.custom:
        described(info, "LocalizedNames", "LocalizedName", table.label)
        described(info, "LocalizedCollectionNames", "LocalizedCollectionName", table.collection_label)
        described(info, "Descriptions", "Description", table.description)
    attributes = add(info, "attributes")
    for column in columns:
        if column.type in _TYPES and not column.name.endswith("_base"):
            _attribute(attributes, table, column)
    if table.custom:
        add(info, "EntitySetName", table.entity_set)
        add(info, "OwnershipTypeMask", _OWNERSHIP.get(table.ownership, "UserOwned"))
    written = add(info, "EntityKeys")
    for key in keys:
        one = add(written, "EntityKey")
        add(one, "Name", key.schema_name)
        add(one, "LogicalName", key.name)
        names = add(one, "EntityKeyAttributes")
        for name in key.columns:
            add(names, "AttributeName", name)
        described(one, "displaynames", "displayname", key.label)
    return element


def relationship_element(schema: Schema, relationship: Relationship) -> ET.Element:
    """An `EntityRelationship`."""
    element = ET.Element("EntityRelationship", Name=relationship.name)
    if isinstance(relationship, ManyToMany):
        add(element, "EntityRelationshipType", "ManyToMany")
        add(element, "FirstEntityName", schema.tables[relationship.first.table].schema_name)
        add(element, "SecondEntityName", schema.tables[relationship.second.table].schema_name)
        add(element, "IntersectEntityName", schema.tables[relationship.intersect].schema_name)
        return element
    add(element, "EntityRelationshipType", "OneToMany")
    add(element, "ReferencingEntityName", schema.tables[relationship.referencing].schema_name)
    add(element, "ReferencedEntityName", schema.tables[relationship.referenced].schema_name)
    add(element, "CascadeDelete", _CASCADES[relationship.navigation.on_delete])
    add(element, "ReferencingAttributeName", relationship.navigation.column.schema_name)
    return element


def written_option_set(option_set: OptionSet) -> ET.Element:
    """An `optionset` that several columns can share."""
    element = ET.Element("optionset", Name=option_set.name, localizedName=option_set.label)
    add(element, "OptionSetType", "picklist")
    add(element, "IsGlobal", "1")
    _options(element, option_set.options)
    return element


def add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    """A new element, with text or without."""
    element = ET.SubElement(parent, tag, attributes)
    element.text = text
    return element


def described(parent: ET.Element, tag: str, one: str, text: str) -> None:
    """A text in the one language there is."""
    add(add(parent, tag), one, description=text, languagecode=_LANGUAGE)


def _attribute(parent: ET.Element, table: Table, column: Column) -> None:
    element = add(parent, "attribute", PhysicalName=column.schema_name)
    add(element, "Type", _TYPES[column.type])
    add(element, "Name", column.name)
    add(element, "LogicalName", column.name)
    add(element, "RequiredLevel", "required" if column.level == "application" else column.level)
    mask = "ValidForAdvancedFind|ValidForForm|ValidForGrid"
    add(element, "DisplayMask", f"PrimaryName|{mask}" if column.name == table.primary_name else mask)
    add(element, "IsCustomField", "1")
    _SPECIFIC.get(column.type, _nothing)(element, column)
    described(element, "displaynames", "displayname", column.label)
    described(element, "Descriptions", "Description", column.description)


def _nothing(element: ET.Element, column: Column) -> None:
    del element, column


def _text(element: ET.Element, column: Column) -> None:
    add(element, "Format", (column.format or "Text").lower())
    add(element, "MaxLength", str(column.length))


def _number(element: ET.Element, column: Column) -> None:
    if column.minimum is not None:
        add(element, "MinValue", format(column.minimum, "f"))
    if column.maximum is not None:
        add(element, "MaxValue", format(column.maximum, "f"))
    if column.type is not Type.INTEGER:
        add(element, "Accuracy", str(column.precision))


def _moment(element: ET.Element, column: Column) -> None:
    only = column.type is Type.DATE
    add(element, "Format", "date" if only or column.format == "DateOnly" else "datetime")
    add(element, "Behavior", "2" if only else "1")


def _choice(element: ET.Element, column: Column) -> None:
    if column.default is not None:
        add(element, "AppDefaultValue", str(int(str(column.default))))
    if column.option_set:
        add(element, "OptionSetName", column.option_set)
    else:
        _options(add(element, "optionset", Name=column.name), column.options or {})


def _yes_no(element: ET.Element, column: Column) -> None:
    add(element, "AppDefaultValue", str(int(bool(column.default))))
    _options(add(element, "optionset", Name=column.name), column.options or {0: "No", 1: "Yes"})


_SPECIFIC: Mapping[Type, Callable[[ET.Element, Column], None]] = {
    Type.STRING: _text,
    Type.MEMO: _text,
    Type.INTEGER: _number,
    Type.DECIMAL: _number,
    Type.DOUBLE: _number,
    Type.MONEY: _number,
    Type.DATE: _moment,
    Type.DATETIME: _moment,
    Type.CHOICE: _choice,
    Type.CHOICES: _choice,
    Type.BOOLEAN: _yes_no,
}


def _options(parent: ET.Element, options: Mapping[int, str]) -> None:
    listed = add(parent, "options")
    for value, label in options.items():
        described(add(listed, "option", value=str(value)), "labels", "label", label)
