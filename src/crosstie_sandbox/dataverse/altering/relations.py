"""Relationships as clients define them, turned into lookups and intersect tables."""

from collections.abc import Mapping
from typing import Any

from crosstie_sandbox.dataverse.altering.alter import add_lookup, add_table, drop_table, remove_column
from crosstie_sandbox.dataverse.altering.bodies import Body, common, custom_name, new_table
from crosstie_sandbox.dataverse.altering.refusals import name_taken, no_such_definition, part_of_the_system
from crosstie_sandbox.dataverse.altering.texts import text_of
from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.definitions import Document
from crosstie_sandbox.dataverse.errors import bad_request
from crosstie_sandbox.dataverse.schema import OneToMany, Relationship, Schema, Table

_ON_DELETE = {"RemoveLink": "clear", "NoCascade": "clear", "Restrict": "restrict", "Cascade": "cascade"}


def add_relationship(database: Database, body: Body) -> Relationship:
    """Make a relationship; the kind of the body says which."""
    if "Entity1LogicalName" in body:
        return _add_many_to_many(database, body)
    lookup = body.get("Lookup")
    if not isinstance(lookup, dict):
        raise bad_request("A one-to-many relationship needs 'Lookup', the column to make.")
    return one_to_many(
        database,
        name=custom_name(body.get("SchemaName")),
        referenced=str(body.get("ReferencedEntity")),
        referencing=str(body.get("ReferencingEntity")),
        lookup=lookup,
        on_delete=_on_delete(body),
    )


def one_to_many(
    database: Database, *, name: str, referenced: str, referencing: str, lookup: Body, on_delete: str
) -> Relationship:
    """Make a lookup and with it a relationship; its navigation property keeps the case of its schema name."""
    schema = database.schema
    target, table = _table(schema, referenced), _table(schema, referencing)
    column = custom_name(lookup.get("SchemaName"))
    spec: Document = {
        "schema": column,
        "label": text_of(lookup.get("DisplayName")) or column,
        "targets": {column: target.logical_name},
        "relationships": {column: name},
        "on_delete": on_delete,
        "custom": True,
        **common(lookup),
    }
    add_lookup(database, table, column.lower(), spec)
    return database.schema.relationships[name]


def many_to_many(database: Database, *, name: str, intersect: str, ends: Mapping[str, Any]) -> Relationship:
    """Make an intersect table; `ends` has tables and collections under `first` and `second`."""
    schema = database.schema
    if name in schema.relationships:
        raise name_taken("A relationship", name)
    first, second = (_table(schema, str(ends[side]["table"])) for side in ("first", "second"))
    columns = [first.primary_key, second.primary_key]
    if first is second:
        columns = [f"{first.primary_key}one", f"{first.primary_key}two"]
    document = new_table(
        intersect,
        columns={column: {"schema": column, "type": "guid", "required": "system"} for column in columns},
        primary_name="",
        ownership="none",
        entity_set=f"{intersect.lower()}set",
        states=[],
        indexes=columns,
        intersect={
            "relationship": name,
            **{
                side: {
                    "table": table.logical_name,
                    "column": column,
                    "collection": ends[side].get("collection") or name,
                }
                for side, table, column in zip(("first", "second"), (first, second), columns, strict=True)
            },
        },
    )
    add_table(database, document)
    return database.schema.relationships[name]


def remove_relationship(database: Database, relationship: Relationship) -> None:
    """Remove a custom relationship with its lookup or its intersect table."""
    if not relationship.custom:
        raise part_of_the_system("relationship", relationship.name)
    tables = database.schema.tables
    if isinstance(relationship, OneToMany):
        remove_column(database, tables[relationship.referencing], relationship.navigation.column.name)
        return
    intersect = tables[relationship.intersect]
    drop_table(database, intersect)


def _add_many_to_many(database: Database, body: Body) -> Relationship:
    name = custom_name(body.get("SchemaName"))
    ends = {
        side: {
            "table": body.get(f"Entity{number}LogicalName"),
            "collection": body.get(f"Entity{number}NavigationPropertyName"),
        }
        for side, number in (("first", 1), ("second", 2))
    }
    return many_to_many(database, name=name, intersect=str(body.get("IntersectEntityName") or name), ends=ends)


def _on_delete(body: Body) -> str:
    cascade = body.get("CascadeConfiguration")
    return _ON_DELETE.get(str(cascade.get("Delete")) if isinstance(cascade, dict) else "", "clear")


def _table(schema: Schema, name: str) -> Table:
    table = schema.tables.get(name.lower())
    if table is None:
        raise no_such_definition("table", name)
    return table
