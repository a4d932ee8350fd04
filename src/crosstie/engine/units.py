"""Units of merging: a field alone, or the fields of a group, which merge as one.

An address merged from a street typed here and a city typed there would be one that nobody entered.
"""

from dataclasses import dataclass
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
            grouped.setdefault(field.group or field.name, []).append(field)
    return tuple(
        Unit(
            name=name,
            fields=tuple(fields),
            direction=fields[0].direction,
            on_conflict=next((one.on_conflict for one in fields if one.on_conflict), None),
        )
        for name, fields in grouped.items()
    )
