"""Units of merging: a field alone, or the fields of a group, which merge as one.

An address merged from a street typed here and a city typed there would be one that nobody entered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from crosstie.model.mapping import FieldMapping, TableMapping
from crosstie.model.words import ConflictResolution, Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Fields that merge together; all have the same direction."""

    name: str
    fields: tuple[FieldMapping, ...]
    direction: Direction
    on_conflict: ConflictResolution | None


@lru_cache(maxsize=64)
def units_of(mapping: TableMapping) -> tuple[Unit, ...]:
    """The units of a mapping in the order of its fields; what is given at creation only takes no part."""
    grouped: dict[str, list[FieldMapping]] = {}
    for field in mapping.fields:
        if field.merges:
            grouped.setdefault(unit_name(field), []).append(field)
    return tuple(
        Unit(
            name=name,
            fields=tuple(fields),
            direction=fields[0].direction,
            on_conflict=next((one.on_conflict for one in fields if one.on_conflict), None),
        )
        for name, fields in grouped.items()
    )


def unit_name(field: FieldMapping) -> str:
    """The unit that a field merges in."""
    return field.group or field.name


def with_rules(mapping: TableMapping, rules: Mapping[str, ConflictResolution]) -> TableMapping:
    """The mapping with the conflict resolutions that were kept from answers, by unit."""
    if not rules:
        return mapping
    fields = (replace(one, on_conflict=rules.get(unit_name(one), one.on_conflict)) for one in mapping.fields)
    return replace(mapping, fields=tuple(fields))
