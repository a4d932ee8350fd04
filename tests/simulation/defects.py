"""Defects that the simulation must catch: each replaces one piece of the product by a broken one while a block runs.

A simulation that has never failed proves nothing.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from crosstie.engine import convert, decide, merged
from crosstie.engine.merge import Outcome, UnitState
from crosstie.engine.units import Unit
from crosstie.model.coupling import Base
from crosstie.model.intent import Intent, IntentState
from crosstie.model.mapping import TableMapping
from crosstie.model.record import Record
from crosstie.model.words import ConflictResolution, Direction
from crosstie.store.journal import SqlJournal
from crosstie.synch import adopt, attempts, decide_page, outbox, recover, remember, run_synch_job
from crosstie.synch.tables import Tables


@dataclass(frozen=True, slots=True)
class Defect:
    """One planted defect."""

    name: str
    changes: tuple[tuple[object, str, object], ...]
    """Owner, attribute, broken replacement."""

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Broken inside, mended after."""
        kept = [(owner, name, getattr(owner, name)) for owner, name, _ in self.changes]
        for owner, name, broken in self.changes:
            setattr(owner, name, broken)
        try:
            yield
        finally:
            for owner, name, sound in kept:
                setattr(owner, name, sound)


_landed_base = remember.landed_base
_coupling_after = remember.coupling_after
_settle = recover.settle
_created_base = attempts.created_base
_intent = outbox._intent  # noqa: SLF001 - a defect sits inside
_note = outbox._note  # noqa: SLF001
_count = itertools.count()


def _no_base(tables: Tables, intent: Intent, landed: Record) -> dict[str, Base]:
    del tables, intent, landed
    return {}


def _swapped_base(tables: Tables, intent: Intent, landed: Record) -> dict[str, Base]:
    return {name: Base(erp=base.crm, crm=base.erp) for name, base in _landed_base(tables, intent, landed).items()}


def _source_base_only(tables: Tables, intent: Intent, landed: Record) -> dict[str, Base]:
    sound = _landed_base(tables, intent, landed)
    return {name: Base(erp=intent.source[name], crm=intent.source[name]) for name in sound}


def _base_without_settled(tables: Tables, work: Any) -> Any:
    if work.action is not None:
        work.action = replace(work.action, settled=())
    return _coupling_after(tables, work)


def _versions_of_failures(tables: Tables, work: Any) -> Any:
    refused, work.refused = work.refused, None
    try:
        return _coupling_after(tables, work)
    finally:
        work.refused = refused


def _always(state: IntentState) -> Callable[..., IntentState]:
    return lambda *_: state


def _landed_if_touched(intent: Intent, now: Record | None, table: Any) -> IntentState:
    sound = _settle(intent, now, table)
    return IntentState.LANDED if sound is IntentState.AMBIGUOUS else sound


def _not_landed_if_edited(intent: Intent, now: Record | None, table: Any) -> IntentState:
    sound = _settle(intent, now, table)
    is_exact = now is not None and all(now.values.get(name) == value for name, value in intent.values.items())
    return IntentState.NOT_LANDED if sound is IntentState.LANDED and not is_exact else sound


async def _nothing(*_: object, **__: object) -> int:
    return 0


def _random_crm_id(*_: object) -> str:
    return f"random-{next(_count)}"


def _fresh_numbers(self: SqlJournal, mapping: str, pattern: str, ids: Sequence[str]) -> Mapping[str, str]:
    del self, mapping
    return {id_: pattern.format(next(_count)) for id_ in ids}


def _unknown_is_failure(env: Any, work: Any, intent: Intent, answer: Any) -> dict[str, IntentState]:
    states = _note(env, work, intent, answer)
    work.is_retried = work.is_retried and intent.id in states
    return states or {intent.id: IntentState.NOT_LANDED}


def _without_version(*arguments: Any, **more: Any) -> Intent:
    intent = _intent(*arguments, **more)
    return intent if intent.version is None else replace(intent, version=_AnyVersion(intent.version))


class _AnyVersion(str):
    """A version that the server takes for its own: an unconditional write."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


def _fields_alone(mapping: TableMapping) -> tuple[Unit, ...]:
    return tuple(
        Unit(name=field.name, fields=(field,), direction=field.direction, on_conflict=None)
        for field in mapping.fields
        if field.merges
    )


def _merging(change: Callable[[UnitState], UnitState]) -> Callable[..., Outcome]:
    sound = merged.merge

    def broken(state: UnitState, direction: Direction, resolution: ConflictResolution) -> Outcome:
        return sound(change(state), direction, resolution)

    return broken


def _winner(outcome: Outcome) -> Callable[..., Outcome]:
    sound = merged.merge

    def broken(state: UnitState, direction: Direction, resolution: ConflictResolution) -> Outcome:
        decided = sound(state, direction, resolution)
        return outcome if decided is Outcome.CONFLICT else decided

    return broken


def _swapped_sides(state: UnitState) -> UnitState:
    return replace(state, erp_changed=state.crm_changed, crm_changed=state.erp_changed)


def _newest_attempt(tables: Tables, tries: Sequence[Intent], held: Record) -> dict[str, Base]:
    return _created_base(tables, tries[-1:], held)


DEFECTS: tuple[Defect, ...] = (
    Defect("base is not refreshed", ((remember, "landed_base", _no_base), (attempts, "landed_base", _no_base))),
    Defect(
        "base has its sides swapped",
        ((remember, "landed_base", _swapped_base), (attempts, "landed_base", _swapped_base)),
    ),
    Defect("base ignores what the destination made of a value", ((remember, "landed_base", _source_base_only),)),
    Defect("agreement does not become base", ((remember, "coupling_after", _base_without_settled),)),
    Defect("a failed record counts as looked at", ((remember, "coupling_after", _versions_of_failures),)),
    Defect("every open intent counts as not landed", ((recover, "settle", _always(IntentState.NOT_LANDED)),)),
    Defect("every open intent counts as landed", ((recover, "settle", _always(IntentState.LANDED)),)),
    Defect("an ambiguous intent counts as landed", ((recover, "settle", _landed_if_touched),)),
    Defect("a landed intent that was edited since is sent again", ((recover, "settle", _not_landed_if_edited),)),
    Defect("intents are not settled at the start", ((run_synch_job, "recover", _nothing),)),
    Defect("a late effect is not recognized as ours", ((decide_page, "adopt", _nothing),)),
    Defect("a create gets a new CRM id each time", ((outbox, "crm_id", _random_crm_id),)),
    Defect("a create gets a new ERP number each time", ((SqlJournal, "reserve_numbers", _fresh_numbers),)),
    Defect("a lost answer counts as refused", ((outbox, "_note", _unknown_is_failure),)),
    Defect("writes are unconditional", ((outbox, "_intent", _without_version),)),
    Defect("a group merges field by field", ((decide, "units_of", _fields_alone),)),
    Defect("the ERP always wins", ((merged, "merge", _winner(Outcome.TO_CRM)),)),
    Defect("the CRM always wins", ((merged, "merge", _winner(Outcome.TO_ERP)),)),
    Defect("a conflict counts as settled", ((merged, "merge", _winner(Outcome.SETTLED)),)),
    Defect("the sides of an edit are swapped", ((merged, "merge", _merging(_swapped_sides)),)),
    Defect("an edit in the CRM is not seen", ((merged, "merge", _merging(lambda s: replace(s, crm_changed=False))),)),
    Defect("an edit in the ERP is not seen", ((merged, "merge", _merging(lambda s: replace(s, erp_changed=False))),)),
    Defect("values are compared as they were typed", ((convert, "canonical", lambda value, _: value),)),
    Defect(
        "only the newest attempt of a create counts",
        ((recover, "created_base", _newest_attempt), (adopt, "created_base", _newest_attempt)),
    ),
    Defect("nothing is read as equal", ((merged, "merge", _merging(lambda s: replace(s, are_equal=False))),)),
)

RARE = {
    "a lost answer counts as refused",
    "a create gets a new CRM id each time",
    "a create gets a new ERP number each time",
    "a failed record counts as looked at",
    "a landed intent that was edited since is sent again",
    "a late effect is not recognized as ours",
    "an ambiguous intent counts as landed",
    "every open intent counts as not landed",
    "intents are not settled at the start",
    "only the newest attempt of a create counts",
    "values are compared as they were typed",
    "writes are unconditional",
}
"""Defects that need dozens of histories to show."""
