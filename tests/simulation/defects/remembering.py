"""Defects of remembering: bases, versions, conflicts, couplings, and who may write them down."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from typing import Any

from tests.simulation.defects.planting import ASKS, STORM, WORKERS, Defect, nothing
from tests.simulation.history import Fixed

from crosstie.model.coupling import Base
from crosstie.model.intent import Intent
from crosstie.model.record import Record
from crosstie.model.words import MappingName, OnDeletion, RecordId
from crosstie.store.locks import SqlLocks
from crosstie.store.outcomes import SqlOutcomes
from crosstie.store.partings import SqlPartings
from crosstie.store.store import SqlStore
from crosstie.synch import attempts, deletions, page, remember, undo, undo_plan
from crosstie.synch.tables import Tables

_landed_base = remember.landed_base
_coupling_after = remember.coupling_after
_close = SqlOutcomes.close_conflicts
_decide_record = undo_plan._decide_record  # noqa: SLF001 - a defect sits inside


def _no_base(tables: Tables, intent: Intent, landed: Record) -> dict[str, Base]:
    del tables, intent, landed
    return {}


def _swapped_base(tables: Tables, intent: Intent, landed: Record) -> dict[str, Base]:
    return {name: Base(erp=base.crm, crm=base.erp) for name, base in _landed_base(tables, intent, landed).items()}


def _source_only(tables: Tables, intent: Intent, landed: Record) -> dict[str, Base]:
    sound = _landed_base(tables, intent, landed)
    return {name: Base(erp=intent.source[name], crm=intent.source[name]) for name in sound}


def _without_settled(tables: Tables, work: Any) -> Any:
    if work.action is not None:
        work.action = replace(work.action, settled=())
    return _coupling_after(tables, work)


def _settles_conflicts_too(tables: Tables, work: Any) -> Any:
    if work.action is not None and work.action.conflicts:
        names = tuple(name for one in work.action.conflicts for name in one.fields)
        work.action = replace(work.action, settled=(*work.action.settled, *names))
    return _coupling_after(tables, work)


def _counts_failures(tables: Tables, work: Any) -> Any:
    refused, work.refused = work.refused, None
    try:
        return _coupling_after(tables, work)
    finally:
        work.refused = refused


def _all_closed(
    self: SqlOutcomes, mapping: MappingName, keep: Mapping[RecordId, Sequence[str]], *, at: datetime
) -> None:
    _close(self, mapping, dict.fromkeys(keep, ()), at=at)


def _none_closed(self: SqlOutcomes, *_: object, at: datetime) -> None:
    del self, at


def _same_generation(self: SqlPartings, mapping: MappingName, erp_ids: Sequence[RecordId]) -> Mapping[RecordId, int]:
    del self, mapping
    return dict.fromkeys(erp_ids, 0)


def _restores_everything(tables: Tables, record: Any, *more: Any) -> None:
    sound, undo_plan.undo_units = undo_plan.undo_units, _all_ours
    try:
        _decide_record(tables, record, *more)
    finally:
        undo_plan.undo_units = sound


_undo_units = undo_plan.undo_units


def _all_ours(*arguments: Any) -> Any:
    return [
        replace(one, verdict=undo_plan.Verdict.RESTORE) if one.verdict is undo_plan.Verdict.LEAVE else one
        for one in _undo_units(*arguments)
    ]


REMEMBERING = (
    Defect("base is not refreshed", ((remember, "landed_base", _no_base), (attempts, "landed_base", _no_base))),
    Defect(
        "base has its sides swapped",
        ((remember, "landed_base", _swapped_base), (attempts, "landed_base", _swapped_base)),
    ),
    Defect("base ignores what the destination made of a value", ((remember, "landed_base", _source_only),), first=155),
    Defect("agreement does not become base", ((remember, "coupling_after", _without_settled),)),
    Defect("a conflict becomes base", ((remember, "coupling_after", _settles_conflicts_too),), ASKS),
    Defect(
        "a failed record counts as looked at", ((remember, "coupling_after", _counts_failures),), STORM, is_rare=True
    ),
    Defect("what landed beside a stale write is forgotten", ((page, "remember_landed", nothing),), STORM, is_rare=True),
    Defect("a conflict is not listed", ((SqlOutcomes, "put_conflicts", nothing),), ASKS),
    Defect("every conflict is closed", ((SqlOutcomes, "close_conflicts", _all_closed),), ASKS),
    Defect("no conflict is closed", ((SqlOutcomes, "close_conflicts", _none_closed),), ASKS),
    Defect(
        "a deleted row is created again under its old id",
        ((SqlPartings, "generations", _same_generation),),
        Fixed(deletions=OnDeletion.RESTORE),
    ),
    Defect(
        "what was left behind is created again",
        ((deletions, "leave_uncoupled", nothing), (remember, "outcomes_of_parting", lambda *_: [])),
        Fixed(deletions=OnDeletion.UNCOUPLE),
    ),
    Defect(
        "the parts of a page are committed one by one",
        ((SqlStore, "transaction", lambda _: nullcontext()),),
        STORM,
    ),
    Defect("who was overtaken remembers all the same", ((SqlLocks, "hold", nothing),), WORKERS, first=120),
    Defect(
        "an undo restores what was edited since", ((undo_plan, "_decide_record", _restores_everything),), is_rare=True
    ),
    Defect("an undo does not become base", ((undo, "_remember", nothing),), first=200),
)
