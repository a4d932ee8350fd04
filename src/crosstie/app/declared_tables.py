"""Columns and tables that a mapping file declares because the package does not know them.

``[erp_columns]`` and ``[crm_columns]`` hold columns by name, in the form of the connectors' own table files. A table
that is new itself says what it is called on the wire: ``crm_entity_set``, ``crm_primary_key``, and by which column
people know and name a record (``erp_key``, ``erp_label``, ``crm_key``, ``crm_label``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from crosstie.app.table_filters import misfit
from crosstie.connectors.businesscentral import schema as businesscentral
from crosstie.connectors.dataverse import schema as dataverse
from crosstie.connectors.table_file import Entry, TableFile, entries_of
from crosstie.model.errors import SetupError, UsageError
from crosstie.model.mapping import TableMapping
from crosstie.model.schema import Kind
from crosstie.model.words import Side

DECLARING_KEYS = (
    "erp_columns", "crm_columns", "erp_key", "erp_label",
    "crm_key", "crm_label", "crm_entity_set", "crm_primary_key",
)  # fmt: skip
_ENTRY_KEYS = {
    "kind": str,
    "length": int,
    "scale": int,
    "is_writable": bool,
    "is_insert_only": bool,
    "target": str,
    "target_set": str,
    "attribute": str,
    "navigation": str,
    "is_polymorphic": bool,
}
_SAID: Mapping[type, str] = {str: "a text", int: "a whole number", bool: "true or false"}


@dataclass(frozen=True, slots=True)
class DeclaredTables:
    """What mapping files declare, by table: for the connectors, besides what they know themselves."""

    erp: Mapping[str, TableFile] = field(default_factory=dict)
    crm: Mapping[str, TableFile] = field(default_factory=dict)


def read_declared(data: Mapping[str, Any], side: Side) -> TableFile | None:
    """What one mapping file declares of its table on ``side``; raises ValueError with what is wrong."""
    prefix = f"{side}_"
    found = {key.removeprefix(prefix): data[key] for key in DECLARING_KEYS if key.startswith(prefix) and key in data}
    if not found:
        return None
    columns = found.pop("columns", {})
    if not isinstance(columns, dict):
        raise ValueError(f"'{prefix}columns' must be a table of columns by name")  # noqa: TRY004
    for key, value in found.items():
        if not isinstance(value, str):
            raise ValueError(f"'{prefix}{key}' must be a text")  # noqa: TRY004
    if "primary_key" in found:
        columns = {found["primary_key"]: {"kind": "guid", "is_writable": False}, **columns}
    return {**found, "columns": {name: _entry(f"{prefix}columns", name, one, side) for name, one in columns.items()}}


def _entry(where: str, name: str, data: Mapping[str, Any], side: Side) -> Entry:
    if not isinstance(data, dict):
        raise ValueError(f'{where}, {name}: give a table, as {{ kind = "text", length = 100 }}')  # noqa: TRY004
    for key, value in data.items():
        if key not in _ENTRY_KEYS:
            close = get_close_matches(key, _ENTRY_KEYS, n=1)
            raise ValueError(f"{where}, {name}: '{key}' is not known{f'; did you mean {close[0]}?' if close else ''}")
        if type(value) is not _ENTRY_KEYS[key]:
            raise ValueError(f"{where}, {name}: '{key}' must be {_SAID[_ENTRY_KEYS[key]]}")
    kinds = [kind.value for kind in Kind]
    if data.get("kind") not in kinds:
        raise ValueError(f"{where}, {name}: 'kind' must be one of {', '.join(kinds)}")
    if side is Side.CRM and data["kind"] == Kind.LOOKUP and "target" not in data:
        raise ValueError(f"{where}, {name}: a lookup needs 'target', the table that it points to")
    return data


def joined(known: Mapping[str, TableFile], table: str, more: TableFile | None) -> Mapping[str, TableFile]:
    """``known`` with one more declaration; raises ValueError where two say different things of one column."""
    if more is None:
        return known
    ours: TableFile = known.get(table, {})
    held = entries_of(ours)
    for name, entry in entries_of(more).items():
        if held.get(name, entry) != entry:
            raise ValueError(f"the column {name} of {table} is declared in two ways")
    return {**known, table: {**ours, **more, "columns": {**held, **entries_of(more)}}}


def check_columns(mapping: TableMapping, declared: DeclaredTables, file_name: str) -> None:
    """Raise SetupError if a mapping names a table or column that is neither known nor declared."""
    try:
        crm_tables = dataverse.tables(declared.crm)
    except KeyError as error:
        raise SetupError(
            f"{file_name}: a CRM table that is new to Crosstie, or that a lookup points to, lacks {error}.",
            "Give 'crm_entity_set' for a table, 'target_set' for a lookup to a table without a mapping.",
        ) from error
    try:
        schemas = {
            Side.ERP: businesscentral.table_named(mapping.erp_table, businesscentral.tables(declared.erp)).schema,
            Side.CRM: dataverse.table_named(mapping.crm_table, crm_tables).schema,
        }
    except UsageError as error:
        raise SetupError(f"{file_name}: {error.message}", f"{error.next_step} Or declare it.") from error
    for side, schema in schemas.items():
        for column in mapping.columns(side):
            if column not in schema.columns:
                close = get_close_matches(column, schema.columns, n=1)
                hint = f"; did you mean '{close[0]}'?" if close else ""
                raise SetupError(
                    f"{file_name}: the {side.value.upper()} table {schema.table} has no column '{column}'{hint}.",
                    f"Mend it, or declare the column under [{side}_columns] with its kind.",
                )
        for condition in mapping.filter(side):
            if wrong := misfit(condition, schema.columns[condition.column], side):
                raise SetupError(f"{file_name}, {side}_filter: {wrong}.", "Mend it; no mapping was read.")
