"""What became of a create that no key identifies: judged from the records that look like it, once it must have ended.

Exactly one uncoupled record that holds everything that was sent is it. None that even looks like it: it never arrived.
Anything else is for a person: creating it anew could make a second one.
"""

from collections.abc import Sequence

from crosstie.engine.canonical import canonical
from crosstie.model.intent import Intent, IntentState
from crosstie.model.record import Record
from crosstie.model.schema import TableSchema
from crosstie.model.words import Side


def is_keyless(intent: Intent) -> bool:
    """Whether nothing but its values tells what an intent created."""
    return intent.is_insert and intent.destination is Side.ERP and intent.number is None


def judge_keyless(
    intent: Intent, alike: Sequence[Record] | None, table: TableSchema
) -> tuple[IntentState, Record | None]:
    """What became of it; ``alike`` are the uncoupled records that look like it, ``None`` if they cannot be found."""
    if alike is None:
        return IntentState.AMBIGUOUS, None
    if not alike:
        return IntentState.NOT_LANDED, None
    exact = [record for record in alike if _holds(record, intent, table)]
    return (IntentState.LANDED, exact[0]) if len(exact) == 1 else (IntentState.AMBIGUOUS, None)


def _holds(record: Record, intent: Intent, table: TableSchema) -> bool:
    return all(
        canonical(record.values.get(name), table.columns[name]) == canonical(value, table.columns[name])
        for name, value in intent.values.items()
    )
