"""What became of an intent whose answer is not known: decided from the destination's record as it is now.

The intent's value there → it landed. The before-image with an unchanged version → it did not. The before-image with a
moved version → nobody can tell (our write may have been undone), so it is never re-sent by itself.

A delete has landed when the record is gone. It carries the version that was read, so a record that is still there, with
whatever version, was not deleted: it is decided again.
"""

from crosstie.engine.canonical import canonical
from crosstie.model.intent import Intent, IntentState
from crosstie.model.record import Record
from crosstie.model.schema import TableSchema


def settle(intent: Intent, now: Record | None, table: TableSchema) -> IntentState:
    """Decide from ``now``, the destination's record read by the key that the intent fixed."""
    if intent.is_delete:
        return IntentState.LANDED if now is None else IntentState.NOT_LANDED
    if now is None:
        return IntentState.NOT_LANDED
    if intent.is_insert:
        return IntentState.LANDED
    if now.version == intent.version:
        return IntentState.NOT_LANDED
    for column, sent in intent.values.items():
        what = table.columns[column]
        value, held = canonical(sent, what), canonical(now.values.get(column), what)
        if held == value and canonical(intent.before.get(column), what) != value:
            return IntentState.LANDED
    return IntentState.AMBIGUOUS
