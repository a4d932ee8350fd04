"""Undo of one write, decided: which units still hold what it wrote, and what they held before.

A unit is taken back whole or not at all: an address restored around a city that a user typed since would be one that
nobody entered.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from crosstie.engine.canonical import canonical
from crosstie.engine.units import units_of
from crosstie.model.intent import Intent
from crosstie.model.mapping import TableMapping
from crosstie.model.schema import TableSchema
from crosstie.model.value import Values


class Verdict(StrEnum):
    """What an undo makes of one unit."""

    RESTORE = "restore"
    """It holds what was written."""
    BACK = "back"
    """It holds what it held before the write: nothing to do."""
    LEAVE = "leave"
    """It holds something else by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitUndo:
    """A unit that was written, its columns at the destination, and what is to become of them."""

    unit: str
    fields: tuple[str, ...]
    verdict: Verdict
    wrote: Values
    held: Values
    before: Values


def undo_units(mapping: TableMapping, table: TableSchema, intent: Intent, held: Values) -> list[UnitUndo]:
    """Decide about every unit that ``intent`` wrote to ``table``; ``held`` is what the record holds now."""

    def part(values: Values, columns: Iterable[str]) -> dict[str, object]:
        return {name: canonical(values.get(name), table.columns[name]) for name in columns}

    result: list[UnitUndo] = []
    for unit in units_of(mapping):
        fields = [field for field in unit.fields if field.name in intent.source]
        columns = [name for field in fields for name in field.columns(intent.destination) if name in table.columns]
        if not columns:
            continue
        wrote = {name: {**intent.before, **intent.values}.get(name) for name in columns}
        before = {name: intent.before.get(name) for name in columns}
        now = part(held, columns)
        is_ours = now == part(wrote, columns)
        is_back = now == part(before, columns)
        result.append(
            UnitUndo(
                unit=unit.name,
                fields=tuple(field.name for field in fields),
                verdict=Verdict.BACK if is_back else Verdict.RESTORE if is_ours else Verdict.LEAVE,
                wrote=wrote,
                held={name: held.get(name) for name in columns},
                before=before,
            )
        )
    return result
