"""What became of an intent whose answer is not known: decided from the destination's record as it is now.

Unit by unit: a unit that holds what was sent is settled, whoever put it there, for both sides hold the same. Nothing is
concluded from one unit about another: a user may have typed, by chance, one of the values that never arrived. A unit
that holds anything else, in a record that moved, is one of which nobody can tell (our write may have been undone, or
never have arrived), so it is never sent again by itself.

A delete has landed when the record is gone. It carries the version that was read, so a record that is still there, with
whatever version, was not deleted: it is decided again.
"""

from dataclasses import dataclass

from crosstie.engine.canonical import canonical
from crosstie.engine.units import Unit, units_of
from crosstie.model.intent import Intent, IntentState
from crosstie.model.mapping import TableMapping
from crosstie.model.record import Record
from crosstie.model.schema import TableSchema


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an intent."""

    state: IntentState
    held: frozenset[str] = frozenset()
    """Field mappings of a modification whose units hold what was sent."""


def settle(
    intent: Intent, now: Record | None, table: TableSchema, mapping: TableMapping, *, is_under_way: bool
) -> Settled:
    """Decide from ``now``, the destination's record read by the key that the intent fixed."""
    if intent.is_delete:
        return Settled(IntentState.LANDED if now is None else IntentState.NOT_LANDED)
    if now is None:
        return Settled(IntentState.NOT_LANDED)
    if intent.is_insert:
        return Settled(IntentState.LANDED, frozenset(intent.source))
    if now.version == intent.version:
        return Settled(IntentState.NOT_SEEN if is_under_way else IntentState.NOT_LANDED)
    held = frozenset(
        field.name
        for unit in units_of(mapping)
        if _holds_what_was_sent(unit, intent, now, table)
        for field in unit.fields
        if field.name in intent.source
    )
    return Settled(IntentState.LANDED if held else IntentState.AMBIGUOUS, held)


def _holds_what_was_sent(unit: Unit, intent: Intent, now: Record, table: TableSchema) -> bool:
    fields = (field for field in unit.fields if field.name in intent.source)
    sent = {**intent.before, **intent.values}
    columns = [table.columns[name] for field in fields for name in field.columns(intent.destination)]
    return all(
        canonical(now.values.get(column.name), column) == canonical(sent.get(column.name), column) for column in columns
    )
