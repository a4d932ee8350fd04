"""Altering tables while the server runs: each alteration is kept as a document, and its layout follows at once.

All of it happens within a transaction that someone else opened; what fails leaves nothing behind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from sqlite3 import IntegrityError
from typing import Any

from crosstie_sandbox.dataverse.alterations import Kind, keep, kept
from crosstie_sandbox.dataverse.altering.refusals import (
    bad_definition,
    depended_on,
    name_taken,
    no_such_definition,
    part_of_the_system,
    too_many_keys,
)
from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.definitions import Document, shipped_tables
from crosstie_sandbox.dataverse.layout import drop, drop_column, drop_key
from crosstie_sandbox.dataverse.schema import Key, ManyToMany, OneToMany, Table, Type
from crosstie_sandbox.dataverse.security.privileges import forget_privileges

MOST_KEYS = 10
MOST_KEY_COLUMNS = 16
_KEY_TYPES = frozenset({Type.DECIMAL, Type.INTEGER, Type.STRING, Type.DATE, Type.DATETIME, Type.LOOKUP, Type.CHOICE})
_FIRST_CUSTOM_CODE = 10000
_CURRENCY = {
    "schema": "TransactionCurrencyId",
    "label": "Currency",
    "targets": {"transactioncurrencyid": "transactioncurrency"},
    "on_delete": "restrict",
}
_RATE = {"schema": "ExchangeRate", "type": "decimal", "precision": 12, "read_only": True}


def add_table(database: Database, document: Document) -> None:
    """Make a table of its own."""
    name = str(document["logical_name"])
    if name in database.schema.tables or document["entity_set"] in database.schema.entity_sets:
        raise name_taken("A table", name)
    code = max(_FIRST_CUSTOM_CODE, *(table.type_code for table in database.schema.tables.values())) + 1
    priced = _with_currency(_part(dict(document), "columns"), _part(dict(document), "lookups"))
    _store(database, name, {"type_code": code, **document, **priced, "custom": True})


def change_table(database: Database, table: Table, **changes: object) -> None:
    """Alter names and the like of a table."""
    _store(database, table.logical_name, {**_own(database, table.logical_name), **changes})


def drop_table(database: Database, table: Table) -> None:
    """Remove a custom table with its rows, privileges and relationships to others."""
    name = table.logical_name
    if not table.custom:
        raise part_of_the_system("table", name)
    for relationship in database.schema.relationships.values():
        match relationship:
            case OneToMany() if relationship.referenced == name != relationship.referencing:
                raise depended_on("Entity", name, f"the relationship '{relationship.name}'")
            case ManyToMany() if name in {relationship.first.table, relationship.second.table}:
                raise depended_on("Entity", name, f"the relationship '{relationship.name}'")
    forget_privileges(database, table)
    database.execute("DELETE FROM sdkmessagefilter WHERE primaryobjecttypecode = ?", (name,))
    database.execute("DELETE FROM deletion WHERE table_name = ?", (name,))
    keep(database.connection, Kind.TABLE, name, None)
    database.altered()
    drop(database.connection, name)


def add_column(database: Database, table: Table, name: str, spec: Document) -> None:
    """Give a table a column; the first amount brings a currency and its rate along."""
    _must_be_new(table, name)
    own = _own(database, table.logical_name)
    columns, lookups = {**_part(own, "columns"), name: spec}, _part(own, "lookups")
    priced = {"columns": columns, "lookups": lookups}
    if "transactioncurrencyid" not in table.by_name:
        priced = _with_currency(columns, lookups)
    _store(database, table.logical_name, {**own, **priced})


def add_lookup(database: Database, table: Table, name: str, spec: Document) -> None:
    """Give a table a lookup, and so a relationship for each table it points to."""
    _must_be_new(table, name)
    for relationship in _strings(spec.get("relationships")):
        if relationship in database.schema.relationships:
            raise name_taken("A relationship", relationship)
    own = _own(database, table.logical_name)
    lookups = _part(own, "lookups")
    lookups[name] = spec
    _store(database, table.logical_name, {**own, "lookups": lookups, "indexes": [*table.indexes, name]})


def change_column(database: Database, table: Table, name: str, **changes: object) -> None:
    """Alter what a column or lookup allows, or what it is called."""
    own = _own(database, table.logical_name)
    for part in ("columns", "lookups"):
        spec = _spec(own, table.logical_name, part, name)
        if spec is not None:
            specs = _part(own, part)
            specs[name] = {**spec, **changes}
            _store(database, table.logical_name, {**own, part: specs})
            return
    raise no_such_definition("column", name)


def remove_column(database: Database, table: Table, name: str) -> None:
    """Remove a custom column or lookup with its values."""
    column = table.by_name.get(name)
    if column is None:
        raise no_such_definition("column", name)
    if not column.custom or name == table.primary_name:
        raise part_of_the_system("column", name)
    for key in table.keys:
        if name in key.columns:
            raise depended_on("Attribute", name, f"the key '{key.name}'")
    own = _own(database, table.logical_name)
    for part in ("columns", "lookups"):
        specs = _part(own, part)
        specs.pop(name, None)
        own = {**own, part: specs}
    if name in table.indexes:
        database.execute(f'DROP INDEX IF EXISTS "{table.logical_name}_by_{name}"')
        own["indexes"] = [index for index in table.indexes if index != name]
    keep(database.connection, Kind.TABLE, table.logical_name, own)
    database.altered()
    gone = table.by_name.keys() - database.schema.tables[table.logical_name].by_name.keys()
    for one in sorted(gone):
        drop_column(database.connection, table.logical_name, one)


def change_states(database: Database, table: Table, states: Sequence[Document]) -> None:
    """Alter the states and statuses of a table."""
    change_table(database, table, states=list(states))


def add_key(database: Database, table: Table, schema_name: str, label: str, columns: Sequence[str]) -> Key:
    """Make an alternate key; it fails to become active if rows are alike already."""
    if any(key.name == schema_name.lower() for key in table.keys):
        raise name_taken("A key", schema_name)
    if len(table.keys) >= MOST_KEYS:
        raise too_many_keys(table.logical_name, MOST_KEYS)
    if len(columns) > MOST_KEY_COLUMNS:
        raise bad_definition(f"The key '{schema_name}' has more than {MOST_KEY_COLUMNS} columns.")
    for name in columns:
        column = table.by_name.get(name)
        if column is None:
            raise no_such_definition("column", name)
        if column.type not in _KEY_TYPES:
            raise bad_definition(f"The column '{name}' is of a type that no key can hold.")
    return _activated(database, table, Key(schema_name.lower(), schema_name, label, tuple(columns)))


def reactivate_key(database: Database, table: Table, key: Key) -> None:
    """Try again to make a key active."""
    if not key.active:
        _activated(database, table, replace(key, active=True))


def _activated(database: Database, table: Table, key: Key) -> Key:
    others = [other for other in table.keys if other.name != key.name]
    try:
        with database.savepoint():
            change_table(database, table, keys=_keys([*others, key]))
    except IntegrityError:
        key = replace(key, active=False)
        change_table(database, table, keys=_keys([*others, key]))
    return key


def remove_key(database: Database, table: Table, key: Key) -> None:
    """Let rows be alike again."""
    drop_key(database.connection, table, key)
    change_table(database, table, keys=_keys(other for other in table.keys if other != key))


def set_option_set(database: Database, name: str, document: Document) -> None:
    """Make a global option set, or alter one."""
    keep(database.connection, Kind.OPTION_SET, name, document)
    database.altered()


def drop_option_set(database: Database, name: str) -> None:
    """Remove a custom global option set that no column uses."""
    if not database.schema.option_sets[name].custom:
        raise part_of_the_system("option set", name)
    for table in database.schema.tables.values():
        for column in table.columns:
            if column.option_set == name:
                raise depended_on("OptionSet", name, f"the column '{table.logical_name}.{column.name}'")
    keep(database.connection, Kind.OPTION_SET, name, None)
    database.altered()


def _store(database: Database, name: str, document: Document) -> None:
    keep(database.connection, Kind.TABLE, name, document)
    database.altered(name)


def _own(database: Database, name: str) -> dict[str, Any]:
    return dict(kept(database.connection, Kind.TABLE, name) or {})


def _part(own: dict[str, Any], part: str) -> dict[str, Any]:
    return dict(own.get(part, {}))


def _spec(own: dict[str, Any], table: str, part: str, name: str) -> dict[str, Any] | None:
    shipped: dict[str, Any] = shipped_tables().get(table, {})
    found: dict[str, Any] | None = _part(own, part).get(name) or shipped.get(part, {}).get(name)
    return found


def _with_currency(columns: dict[str, Any], lookups: dict[str, Any]) -> dict[str, Any]:
    """Amounts need a currency and its rate."""
    if any(spec["type"] == "money" for spec in columns.values()):
        lookups = {"transactioncurrencyid": _CURRENCY, **lookups}
        columns = {**columns, "exchangerate": _RATE}
    return {"columns": columns, "lookups": lookups}


def _must_be_new(table: Table, name: str) -> None:
    if name in table.by_name:
        raise name_taken("An attribute", name)


def _keys(keys: Iterable[Key]) -> list[Document]:
    return [
        {"schema": key.schema_name, "label": key.label, "columns": list(key.columns), "active": key.active}
        for key in keys
    ]


def _strings(value: object) -> list[str]:
    return [str(one) for one in value.values()] if isinstance(value, dict) else []
