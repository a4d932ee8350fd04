"""`$metadata`: the tables as CSDL 4.0 XML, with their columns, keys and ways between rows."""

from functools import lru_cache
from xml.etree import ElementTree as ET

from crosstie_sandbox.dataverse.errors import NAMESPACE
from crosstie_sandbox.dataverse.schema import Column, Navigation, Schema, Table, Type

ALIAS = "mscrm"
_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"
_BASE, _PRINCIPAL = "crmbaseentity", "principal"
_PRINCIPALS = frozenset({"systemuser", "team"})
_TRACKED = "Org.OData.Capabilities.V1.ChangeTracking"
_EDM_TYPES = {
    Type.STRING: "Edm.String",
    Type.MEMO: "Edm.String",
    Type.INTEGER: "Edm.Int32",
    Type.BIGINT: "Edm.Int64",
    Type.DECIMAL: "Edm.Decimal",
    Type.DOUBLE: "Edm.Double",
    Type.MONEY: "Edm.Decimal",
    Type.BOOLEAN: "Edm.Boolean",
    Type.CHOICE: "Edm.Int32",
    Type.CHOICES: "Edm.String",
    Type.GUID: "Edm.Guid",
    Type.DATE: "Edm.Date",
    Type.DATETIME: "Edm.DateTimeOffset",
    Type.LOOKUP: "Edm.Guid",
    Type.FILE: "Edm.Guid",
}


@lru_cache(maxsize=4)
def metadata(schema: Schema, *, annotated: bool) -> bytes:
    """The whole document; with annotations it says which sets track their changes."""
    ET.register_namespace("edmx", _EDMX)
    ET.register_namespace("", _EDM)
    root = ET.Element(f"{{{_EDMX}}}Edmx", Version="4.0")
    described = _add(ET.SubElement(root, f"{{{_EDMX}}}DataServices"), "Schema", Namespace=NAMESPACE, Alias=ALIAS)
    _add(described, "EntityType", Name=_BASE, Abstract="true")
    _add(described, "EntityType", Name=_PRINCIPAL, BaseType=f"{ALIAS}.{_BASE}", Abstract="true")
    for _, table in sorted(schema.tables.items()):
        _entity_type(described, schema, table)
    container = _add(described, "EntityContainer", Name="System")
    for _, table in sorted(schema.entity_sets.items()):
        _entity_set(container, schema, table, annotated=annotated)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _entity_type(parent: ET.Element, schema: Schema, table: Table) -> None:
    base = _PRINCIPAL if table.logical_name in _PRINCIPALS else _BASE
    entity = _add(parent, "EntityType", Name=table.logical_name, BaseType=f"{ALIAS}.{base}")
    _add(_add(entity, "Key"), "PropertyRef", Name=table.primary_key)
    for column in table.columns:
        if column.wire:
            _property(entity, table, column)
    for navigation in table.navigations.values():
        _single_valued(entity, schema, navigation)
    for collection in schema.collections[table.logical_name].values():
        _add(entity, "NavigationProperty", Name=collection.name, Type=f"Collection({ALIAS}.{collection.table})")


def _property(entity: ET.Element, table: Table, column: Column) -> None:
    attributes = {"Name": column.wire, "Type": _EDM_TYPES[column.type]}
    if column.name == table.primary_key:
        attributes["Nullable"] = "false"
    if column.type in {Type.STRING, Type.MEMO} and column.length:
        attributes["MaxLength"] = str(column.length)
    if column.type in {Type.DECIMAL, Type.MONEY}:
        attributes["Scale"] = "variable"
    shown = _add(entity, "Property", **attributes)
    if column.read_only:
        _add(shown, "Annotation", Term="Org.OData.Core.V1.Computed", Bool="true")


def _single_valued(entity: ET.Element, schema: Schema, navigation: Navigation) -> None:
    leads = navigation.targets[0] if len(navigation.targets) == 1 else _PRINCIPAL
    way = _add(entity, "NavigationProperty", Name=navigation.name, Type=f"{ALIAS}.{leads}", Nullable="true")
    target = schema.tables.get(leads)
    if target is not None:
        constraint = {"Property": navigation.column.wire, "ReferencedProperty": target.primary_key}
        _add(way, "ReferentialConstraint", **constraint)


def _entity_set(container: ET.Element, schema: Schema, table: Table, *, annotated: bool) -> None:
    shown = _add(container, "EntitySet", Name=table.entity_set, EntityType=f"{NAMESPACE}.{table.logical_name}")
    for navigation in table.navigations.values():
        if len(navigation.targets) == 1 and navigation.targets[0] in schema.tables:
            target = schema.tables[navigation.targets[0]].entity_set
            _add(shown, "NavigationPropertyBinding", Path=navigation.name, Target=target)
    for collection in schema.collections[table.logical_name].values():
        target = schema.tables[collection.table].entity_set
        _add(shown, "NavigationPropertyBinding", Path=collection.name, Target=target)
    if annotated:
        record = _add(_add(shown, "Annotation", Term=_TRACKED), "Record")
        _add(record, "PropertyValue", Property="Supported", Bool="true")


def _add(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{_EDM}}}{tag}", attributes)
