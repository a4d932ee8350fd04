"""Reads integration table mappings from TOML: the package's defaults, and the folder ``mappings`` of the user's own.

An unknown key is an error that names the nearest known one; a typo must not silently change what is synchronized.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from crosstie.app.declared_tables import DECLARING_KEYS, DeclaredTables, check_columns, joined, read_declared
from crosstie.app.field_rules import RULE_KEYS, read_rules
from crosstie.app.table_filters import read_filter
from crosstie.model.errors import SetupError
from crosstie.model.mapping import FieldMapping, Reference, TableMapping
from crosstie.model.words import ConflictResolution, Direction, MappingName, OnDeletion, Side

_TABLE_KEYS = {
    "name", "title", "erp_table", "crm_table", "direction", "only_coupled", "creates", "match_on", "depends_on",
    "create_number", "on_conflict", "on_deletion", "version", "erp_filter", "crm_filter", "field",
    *DECLARING_KEYS,
}  # fmt: skip
_FIELD_KEYS = {
    "erp", "crm", "direction", "conversion", "reference", "constant", "not_null", "group", "on_conflict",
    "insert_only", "status", "clear_on_failed_sync", *RULE_KEYS,
}  # fmt: skip
_STATUSES = ("enabled", "disabled")
_REFERENCE_KEYS = {"mapping", "key", "required", "blank_means"}


@dataclass(frozen=True, slots=True)
class Installed:
    """The mappings of an installation, and what they declare of tables."""

    mappings: dict[MappingName, TableMapping]
    tables: DeclaredTables


def default_mappings(conversions: Iterable[str]) -> dict[MappingName, TableMapping]:
    """The mappings that the package ships, by name."""
    return parse_mappings(_default_texts(), conversions)


def installed_mappings(home: Path, conversions: Iterable[str]) -> Installed:
    """The mappings that the package ships with those of ``home/mappings`` besides; the same name replaces."""
    known = list(conversions)
    folder = home / "mappings"
    own = {str(path): _read(path) for path in sorted(folder.glob("*.toml"))}
    mappings = {**default_mappings(known), **parse_mappings(own, known)}
    return Installed(mappings, _declared(own, mappings))


def _default_texts() -> dict[str, str]:
    folder = files("crosstie.defaults")
    return {one.name: one.read_text("utf-8") for one in folder.iterdir() if one.name.endswith(".toml")}


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(f"{path} cannot be read: {error}.", "Mend it; no mapping was read.") from error


def _declared(texts: Mapping[str, str], mappings: Mapping[MappingName, TableMapping]) -> DeclaredTables:
    """What the files declare of tables; every column of their mappings must be known then."""
    declared = DeclaredTables()
    read = {file_name: tomllib.loads(text) for file_name, text in texts.items()}
    for file_name, data in read.items():
        try:
            declared = DeclaredTables(
                erp=joined(declared.erp, data["erp_table"], read_declared(data, Side.ERP)),
                crm=joined(declared.crm, data["crm_table"], read_declared(data, Side.CRM)),
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise SetupError(f"{file_name}: {error}.", "Mend it; no mapping was read.") from error
    for file_name, data in read.items():
        check_columns(mappings[MappingName(data["name"])], declared, file_name)
    return declared


def parse_mappings(texts: Mapping[str, str], conversions: Iterable[str]) -> dict[MappingName, TableMapping]:
    """Mappings from TOML texts by file name; raises SetupError naming file, key and what is known instead."""
    known = {"copy", *conversions}
    result: dict[MappingName, TableMapping] = {}
    for file_name, text in sorted(texts.items()):
        try:
            mapping = _mapping(tomllib.loads(text), file_name, known)
        except tomllib.TOMLDecodeError as error:
            raise SetupError(f"{file_name} is not valid TOML: {error}.", "Mend it; no mapping was read.") from error
        except (KeyError, TypeError, ValueError) as error:
            raise SetupError(f"{file_name} does not describe a table mapping: {error}.", "Mend it.") from error
        if mapping.name in result:
            raise SetupError(f"{file_name}: the mapping {mapping.name} is there twice.", "Rename or remove one.")
        result[mapping.name] = mapping
    return result


def _mapping(data: Mapping[str, Any], file_name: str, conversions: set[str]) -> TableMapping:
    _check_keys(data, _TABLE_KEYS, file_name)
    direction = Direction(data["direction"])
    fields = {
        status: tuple(
            _field(one, direction, f"{file_name}, field", conversions)
            for one in data["field"]
            if _status(one, file_name) == status
        )
        for status in _STATUSES
    }
    _check_matches(data.get("match_on", ()), fields["enabled"], file_name)
    return TableMapping(
        name=MappingName(data["name"]),
        title=data["title"],
        erp_table=data["erp_table"],
        crm_table=data["crm_table"],
        direction=direction,
        only_coupled=data.get("only_coupled", False),
        creates=data.get("creates", True),
        match_on=tuple(data.get("match_on", ())),
        depends_on=tuple(MappingName(name) for name in data.get("depends_on", ())),
        create_number=data.get("create_number"),
        on_conflict=ConflictResolution(data.get("on_conflict", "none")),
        on_deletion=OnDeletion(data.get("on_deletion", OnDeletion.ASK)),
        version=data.get("version", 1),
        erp_filter=read_filter(data, "erp_filter"),
        crm_filter=read_filter(data, "crm_filter"),
        fields=fields["enabled"],
        disabled_fields=fields["disabled"],
    )


def _field(data: Mapping[str, Any], of_table: Direction, where: str, conversions: set[str]) -> FieldMapping:
    _check_keys(data, _FIELD_KEYS, where)
    conversion = data.get("conversion", "copy")
    if conversion not in conversions:
        raise SetupError(f"{where}: there is no conversion '{conversion}'{_nearest(conversion, conversions)}.")
    field_direction = Direction(data["direction"]) if "direction" in data else of_table
    columns = "+".join(_columns(data.get("erp", []))) + "=" + "+".join(_columns(data.get("crm", [])))
    try:
        rules = read_rules(data, field_direction)
        clears = _clears(data)
    except (ValueError, TypeError) as error:
        raise SetupError(f"{where} {columns}: {error}.", "Mend it; no mapping was read.") from error
    return FieldMapping(
        erp=_columns(data.get("erp", [])),
        crm=_columns(data.get("crm", [])),
        direction=field_direction,
        conversion=conversion,
        reference=_reference(data["reference"], where) if "reference" in data else None,
        constant=data.get("constant"),
        is_not_null=data.get("not_null", False),
        group=data.get("group"),
        on_conflict=ConflictResolution(data["on_conflict"]) if "on_conflict" in data else None,
        insert_only=data.get("insert_only", False),
        rules=rules,
        clears_on_failed_synch=clears,
    )


def _clears(data: Mapping[str, Any]) -> bool:
    clears = data.get("clear_on_failed_sync", False)
    if clears and "reference" not in data:
        raise ValueError("'clear_on_failed_sync' is for a field with a reference")
    if clears and data.get("not_null", False):
        raise ValueError("'clear_on_failed_sync' clears what 'not_null' keeps; choose one of the two")
    return bool(clears)


def _status(data: Mapping[str, Any], file_name: str) -> str:
    status = data.get("status", "enabled")
    if status not in _STATUSES:
        raise SetupError(
            f"{file_name}, field: the status '{status}' is neither enabled nor disabled.",
            "Mend it; no mapping was read.",
        )
    return str(status)


def _check_matches(names: Iterable[str], fields: Iterable[FieldMapping], file_name: str) -> None:
    known = {field.name for field in fields}
    for name in names:
        if name not in known:
            raise SetupError(
                f"{file_name}: match_on names {name}, which is no enabled field{_nearest(name, known)}.",
                "Mend it; no mapping was read.",
            )


def _reference(data: Mapping[str, Any], where: str) -> Reference:
    _check_keys(data, _REFERENCE_KEYS, f"{where}, reference")
    return Reference(
        mapping=MappingName(data["mapping"]),
        key=data.get("key", "id"),
        is_required=data.get("required", False),
        blank_means=data.get("blank_means"),
    )


def _columns(names: str | list[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _check_keys(data: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in data:
        if key not in known:
            raise SetupError(
                f"{where}: the key '{key}' is not known{_nearest(key, known)}.", "Mend it; no mapping was read."
            )


def _nearest(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""
