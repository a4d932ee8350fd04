"""The record that is left when its counterpart was deleted: whether it still is what both sides last agreed on.

Its version does not tell: it is remembered with every look, also with one that found an edit and asked a person. Only
the values that both sides last agreed on do.
"""

from crosstie.engine.convert import Translation
from crosstie.engine.units import units_of
from crosstie.model.coupling import Coupling
from crosstie.model.mapping import FieldMapping, TableMapping
from crosstie.model.record import Record
from crosstie.model.value import Value
from crosstie.model.words import Side


def edited_fields(
    mapping: TableMapping, translation: Translation, coupling: Coupling, left: Record, side: Side
) -> tuple[str, ...]:
    """The field mappings in which the record ``left`` on ``side`` is not what it was when both sides last agreed.

    A field that they never agreed on counts if it holds anything that would have travelled. Columns that are not mapped
    are nobody's business here.
    """
    fields = [field for unit in units_of(mapping) for field in unit.fields if field.columns(side)]
    return tuple(
        field.name for field in fields if _is_edited(field, coupling, translation.read(field, side, left.values), side)
    )


def _is_edited(field: FieldMapping, coupling: Coupling, held: tuple[Value, ...], side: Side) -> bool:
    base = coupling.base.get(field.name)
    if base is not None:
        return held != base.on(side)
    return field.direction.writes(side.other) and any(value is not None for value in held)
