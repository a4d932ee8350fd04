"""Retry: take records up again now that failed, are skipped or wait, instead of when their time comes."""

from collections.abc import Sequence
from dataclasses import replace

from crosstie.model.errors import UsageError
from crosstie.model.words import ActionKind, MappingName
from crosstie.synch.find_record import is_named
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.store import RecordOutcome

_RETRIED = (ActionKind.FAIL, ActionKind.SKIP, ActionKind.WAIT)


def make_due(env: Environment, mapping: MappingName | None, records: Sequence[str] = ()) -> Sequence[RecordOutcome]:
    """Make the records due, of one mapping or all, all of them or those that ``records`` name; returns them.

    Nothing is sent; the next job of their mappings takes them up. UsageError when one of the names has no such record.
    """
    found = [one for one in env.store.outcomes.unsettled(mapping) if one.kind in _RETRIED]
    for record in records:
        if not any(is_named(record, one.id, one.label) for one in found):
            raise UsageError(
                f"No record '{record}' failed, is skipped or waits; nothing was done.",
                "See 'crosstie errors' for those that do, with their numbers and names.",
            )
    if records:
        found = [one for one in found if any(is_named(record, one.id, one.label) for record in records)]
    now = env.clock()
    due = [replace(one, due_at=now) for one in found]
    env.store.outcomes.put(due)
    return due
