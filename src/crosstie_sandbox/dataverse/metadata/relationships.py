"""Relationships and alternate keys as metadata shows them."""

from collections.abc import Mapping

from crosstie_sandbox.dataverse.altering.identity import key_id, relationship_id
from crosstie_sandbox.dataverse.metadata.node import Item, Node, label, managed
from crosstie_sandbox.dataverse.schema import Key, ManyToMany, OneToMany, Relationship, Schema, Table

_ON_DELETE = {"clear": "RemoveLink", "restrict": "Restrict", "cascade": "Cascade"}
_DECLARED = "RelationshipMetadataBase"


def relationships(schema: Schema) -> list[Node]:
    """All relationships by name."""
    return [relationship(schema, schema.relationships[name]) for name in sorted(schema.relationships)]


def relationship(schema: Schema, one: Relationship, declared: str = _DECLARED) -> Node:
    """One relationship; within a table's own lists its type goes without saying."""
    kind = "OneToManyRelationshipMetadata" if isinstance(one, OneToMany) else "ManyToManyRelationshipMetadata"
    properties = _one_to_many(schema, one) if isinstance(one, OneToMany) else _many_to_many(schema, one)
    return Node(kind, declared or kind, {**_shared(one), **properties})


def of_table(schema: Schema, table: Table) -> Mapping[str, list[Node]]:
    """The relationships of a table by what they are to it."""
    found: dict[str, list[Node]] = {
        "OneToManyRelationships": [],
        "ManyToOneRelationships": [],
        "ManyToManyRelationships": [],
    }
    for _, one in sorted(schema.relationships.items()):
        if isinstance(one, ManyToMany):
            if table.logical_name in {one.first.table, one.second.table}:
                found["ManyToManyRelationships"].append(relationship(schema, one, ""))
            continue
        if one.referenced == table.logical_name:
            found["OneToManyRelationships"].append(relationship(schema, one, ""))
        if one.referencing == table.logical_name:
            found["ManyToOneRelationships"].append(relationship(schema, one, ""))
    return found


def key(table: Table, one: Key) -> Node:
    """An alternate key; its index is made with it, and fails at once if rows are alike."""
    return Node(
        "EntityKeyMetadata",
        "EntityKeyMetadata",
        {
            "MetadataId": key_id(table, one),
            "HasChanged": None,
            "LogicalName": one.name,
            "SchemaName": one.schema_name,
            "EntityLogicalName": table.logical_name,
            "DisplayName": label(one.label),
            "KeyAttributes": list(one.columns),
            "EntityKeyIndexStatus": "Active" if one.active else "Failed",
            "AsyncJob": None,
            "IsCustomizable": managed(value=True, name="iscustomizable"),
            "IsManaged": False,
            "IsSynchronous": False,
            "IsSecondaryKey": False,
            "IsExportKey": False,
            "IntroducedVersion": "1.0.0.0",
        },
    )


def _shared(one: Relationship) -> Item:
    one_to_many = isinstance(one, OneToMany)
    return {
        "MetadataId": relationship_id(one),
        "HasChanged": None,
        "SchemaName": one.name,
        "RelationshipType": "OneToManyRelationship" if one_to_many else "ManyToManyRelationship",
        "IsCustomRelationship": one.custom,
        "IsManaged": not one.custom,
        "IsValidForAdvancedFind": True,
        "IntroducedVersion": "1.0.0.0" if one.custom else "5.0.0.0",
        "SecurityTypes": "Append" if one_to_many else "None",
        "IsCustomizable": managed(value=True, name="iscustomizable"),
    }


def _one_to_many(schema: Schema, one: OneToMany) -> Item:
    on_delete = _ON_DELETE[one.navigation.on_delete]
    return {
        "ReferencedEntity": one.referenced,
        "ReferencedAttribute": schema.tables[one.referenced].primary_key,
        "ReferencingEntity": one.referencing,
        "ReferencingAttribute": one.navigation.column.name,
        "ReferencedEntityNavigationPropertyName": one.name,
        "ReferencingEntityNavigationPropertyName": one.navigation.name,
        "IsHierarchical": False,
        "EntityKey": None,
        "IsRelationshipAttributeDenormalized": False,
        "RelationshipBehavior": 1,
        "AssociatedMenuConfiguration": _menu(),
        "CascadeConfiguration": {
            "Assign": "NoCascade",
            "Delete": on_delete,
            "Archive": "NoCascade",
            "Merge": "NoCascade",
            "Reparent": "NoCascade",
            "Share": "NoCascade",
            "Unshare": "NoCascade",
            "RollupView": "NoCascade",
        },
        "RelationshipAttributes": [],
    }


def _many_to_many(schema: Schema, one: ManyToMany) -> Item:
    return {
        "Entity1LogicalName": one.first.table,
        "Entity1IntersectAttribute": one.first.column,
        "Entity1NavigationPropertyName": one.first.collection,
        "Entity2LogicalName": one.second.table,
        "Entity2IntersectAttribute": one.second.column,
        "Entity2NavigationPropertyName": one.second.collection,
        "IntersectEntityName": one.intersect,
        "Entity1Key": schema.tables[one.first.table].primary_key,
        "Entity2Key": schema.tables[one.second.table].primary_key,
        "Entity1AssociatedMenuConfiguration": _menu(),
        "Entity2AssociatedMenuConfiguration": _menu(),
    }


def _menu() -> Item:
    return {
        "Behavior": "UseCollectionName",
        "Group": "Details",
        "Order": 10000,
        "IsCustomizable": True,
        "Icon": None,
        "ViewId": "00000000-0000-0000-0000-000000000000",
        "AvailableOffline": True,
        "MenuId": None,
        "QueryApi": None,
        "Label": label(""),
    }
