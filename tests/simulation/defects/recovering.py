"""Defects of recovery: what an interrupted write is taken for."""

from collections.abc import Callable, Sequence
from typing import Any

from tests.simulation.defects.planting import STORM, Defect, nothing, nothing_at_all

from crosstie.engine.settle import Settled
from crosstie.model.coupling import Base
from crosstie.model.intent import Intent, IntentState
from crosstie.model.record import Record
from crosstie.store.journal import SqlJournal
from crosstie.synch import (
    adopt,
    attempts,
    chosen_records,
    couple,
    decide_page,
    recover,
    resolve,
    run_synch_job,
    undo,
)
from crosstie.synch.tables import Tables

_settle = recover.settle
_created_base = attempts.created_base


def _always(state: IntentState) -> Callable[..., Settled]:
    def broken(intent: Intent, *_: object, is_under_way: bool) -> Settled:
        del is_under_way
        return Settled(state, frozenset(intent.source))

    return broken


def _any_field_proves_all(intent: Intent, *more: Any, is_under_way: bool) -> Settled:
    sound = _settle(intent, *more, is_under_way=is_under_way)
    return Settled(sound.state, frozenset(intent.source)) if sound.held else sound


def _ambiguous_is_landed(intent: Intent, *more: Any, is_under_way: bool) -> Settled:
    sound = _settle(intent, *more, is_under_way=is_under_way)
    return Settled(IntentState.LANDED, frozenset(intent.source)) if sound.state is IntentState.AMBIGUOUS else sound


def _ambiguous_is_not_landed(intent: Intent, *more: Any, is_under_way: bool) -> Settled:
    sound = _settle(intent, *more, is_under_way=is_under_way)
    return Settled(IntentState.NOT_LANDED) if sound.state is IntentState.AMBIGUOUS else sound


def _seen_or_never(intent: Intent, *more: Any, is_under_way: bool) -> Settled:
    del is_under_way
    return _settle(intent, *more, is_under_way=False)


def _newest_attempt(tables: Tables, tries: Sequence[Intent], held: Record) -> dict[str, Base]:
    return _created_base(tables, tries[-1:], held)


USERS = (run_synch_job, undo, resolve, couple, chosen_records)
RECOVERING = (
    Defect("every open intent counts as not landed", ((recover, "settle", _always(IntentState.NOT_LANDED)),), STORM),
    Defect("every open intent counts as landed", ((recover, "settle", _always(IntentState.LANDED)),), STORM),
    Defect("one field proves the others", ((recover, "settle", _any_field_proves_all),), STORM, is_rare=True),
    Defect("what nobody can tell counts as landed", ((recover, "settle", _ambiguous_is_landed),), STORM, first=40),
    Defect("what nobody can tell is sent again", ((recover, "settle", _ambiguous_is_not_landed),), STORM, is_rare=True),
    Defect("what was not seen is not looked for again", ((recover, "settle", _seen_or_never),), STORM, is_rare=True),
    Defect("intents are not settled at the start", tuple((one, "recover", nothing_at_all) for one in USERS), STORM),
    Defect("a late effect is not recognized as ours", ((decide_page, "adopt", nothing_at_all),), STORM, first=120),
    Defect(
        "only the newest attempt of a create counts",
        ((recover, "created_base", _newest_attempt), (adopt, "created_base", _newest_attempt)),
        STORM,
        first=185,
    ),
    Defect("what was overtaken is looked for", ((SqlJournal, "overtake", nothing),), STORM, is_rare=True),
)
