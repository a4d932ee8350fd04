"""Reads integration table mappings from TOML: the package's defaults, or a folder of the user's own.

An unknown key is an error that names the nearest known one; a typo must not silently change what is synchronized.
"""

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib.resources import files
from typing import Any

from crosstie.model.errors import SetupError
from crosstie.model.mapping import Condition, FieldMapping, Operator, Reference, TableMapping
from crosstie.model.value import Value
from crosstie.model.words import ConflictResolution, Direction, MappingName

_TABLE_KEYS = {
    "name", "title", "erp_table", "crm_table", "direction", "only_coupled", "creates", "match_on", "depends_on",
    "create_number", "on_conflict", "version", "erp_filter", "crm_filter", "field",
}  # fmt: skip
_FIELD_KEYS = {
    "erp", "crm", "direction", "conversion", "reference", "constant", "not_null", "group", "on_conflict",
    "insert_only",
}  # fmt: skip
_REFERENCE_KEYS = {"mapping", "key", "required", "blank_means"}


def default_mappings(conversions: Iterable[str]) -> dict[MappingName, TableMapping]:
    """The mappings that the package ships, by name."""
    folder = files("crosstie.defaults")
    texts = {one.name: one.read_text("utf-8") for one in folder.iterdir() if one.name.endswith(".toml")}
    return parse_mappings(texts, conversions)


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
        version=data.get("version", 1),
        erp_filter=_conditions(data.get("erp_filter", {})),
        crm_filter=_conditions(data.get("crm_filter", {})),
        fields=tuple(_field(one, direction, f"{file_name}, field", conversions) for one in data["field"]),
    )


def _field(data: Mapping[str, Any], of_table: Direction, where: str, conversions: set[str]) -> FieldMapping:
    _check_keys(data, _FIELD_KEYS, where)
    conversion = data.get("conversion", "copy")
    if conversion not in conversions:
        raise SetupError(f"{where}: there is no conversion '{conversion}'{_nearest(conversion, conversions)}.")
    return FieldMapping(
        erp=_columns(data.get("erp", [])),
        crm=_columns(data.get("crm", [])),
        direction=Direction(data["direction"]) if "direction" in data else of_table,
        conversion=conversion,
        reference=_reference(data["reference"], where) if "reference" in data else None,
        constant=data.get("constant"),
        is_not_null=data.get("not_null", False),
        group=data.get("group"),
        on_conflict=ConflictResolution(data["on_conflict"]) if "on_conflict" in data else None,
        insert_only=data.get("insert_only", False),
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


def _conditions(data: Mapping[str, Value]) -> tuple[Condition, ...]:
    words = {"set": Operator.IS_SET, "blank": Operator.EQUALS}
    return tuple(
        Condition(column, words[value])
        if value in words and isinstance(value, str)
        else Condition(column, Operator.EQUALS, value)
        for column, value in data.items()
    )


def _check_keys(data: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in data:
        if key not in known:
            raise SetupError(
                f"{where}: the key '{key}' is not known{_nearest(key, known)}.", "Mend it; no mapping was read."
            )


def _nearest(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""
