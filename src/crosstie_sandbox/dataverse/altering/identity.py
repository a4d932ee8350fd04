"""Ids of what metadata describes: they follow from names, so they are the same everywhere and after a restart."""

from uuid import UUID, uuid5

from crosstie_sandbox.dataverse.schema import Column, Key, OptionSet, Relationship, Table

_NAMESPACE = UUID("7f0c3b52-6b0e-4a53-8d1d-3f2f0d0a6c11")


def metadata_id(*names: str) -> str:
    """The id of what these names lead to."""
    return str(uuid5(_NAMESPACE, "/".join(names).lower()))


def table_id(table: Table) -> str:
    """The MetadataId of a table."""
    return metadata_id("table", table.logical_name)


def column_id(table: Table, column: Column | str) -> str:
    """The MetadataId of a column."""
    return metadata_id("column", table.logical_name, column if isinstance(column, str) else column.name)


def key_id(table: Table, key: Key) -> str:
    """The MetadataId of an alternate key."""
    return metadata_id("key", table.logical_name, key.name)


def relationship_id(relationship: Relationship) -> str:
    """The MetadataId of a relationship."""
    return metadata_id("relationship", relationship.name)


def option_set_id(option_set: OptionSet | str) -> str:
    """The MetadataId of an option set, global or a column's own."""
    return metadata_id("optionset", option_set if isinstance(option_set, str) else option_set.name)
