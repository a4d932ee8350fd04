"""Defects of decision: what is compared with what, who wins, and what is taken together."""

from collections.abc import Callable
from dataclasses import replace

from tests.simulation.defects.planting import ASKS, Defect
from tests.simulation.history import Fixed

from crosstie.engine import convert, decide, merged, newest
from crosstie.engine.merge import Outcome, UnitState
from crosstie.engine.units import Unit
from crosstie.model.action import Answer
from crosstie.model.mapping import TableMapping
from crosstie.model.words import ConflictResolution, Direction, OnDeletion, Side
from crosstie.synch import decide_page


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


def _chosen(outcome: Outcome) -> Callable[..., Outcome]:
    sound = merged.merge

    def broken(state: UnitState, direction: Direction, resolution: ConflictResolution) -> Outcome:
        decided = sound(state, direction, resolution)
        return outcome if decided is Outcome.CONFLICT else decided

    return broken


def _swapped(state: UnitState) -> UnitState:
    return replace(state, erp_changed=state.crm_changed, crm_changed=state.erp_changed)


_newer_side = newest.newer_side


def _clocks_agree(edited_at: object, clocks: dict[Side, newest.ServerClock], *more: object) -> newest.Newer:
    trusted = {side: replace(one, ahead=one.ahead * 0) for side, one in clocks.items()}
    return _newer_side(edited_at, trusted, *more)  # type: ignore[arg-type]


def _older_wins(*arguments: object) -> newest.Newer:
    found = _newer_side(*arguments)  # type: ignore[arg-type]
    return found if found.side is None else newest.Newer(found.side.other)


NEWEST = Fixed(conflicts=ConflictResolution.NEWEST)
DELETES = Fixed(deletions=OnDeletion.DELETE)
DECIDING = (
    Defect("a group merges field by field", ((decide, "units_of", _fields_alone),), first=110),
    Defect("the ERP always wins", ((merged, "merge", _chosen(Outcome.TO_CRM)),), ASKS),
    Defect("the CRM always wins", ((merged, "merge", _chosen(Outcome.TO_ERP)),), ASKS),
    Defect("a conflict counts as settled", ((merged, "merge", _chosen(Outcome.SETTLED)),), ASKS),
    Defect("the sides of an edit are swapped", ((merged, "merge", _merging(_swapped)),)),
    Defect("an edit in the CRM is not seen", ((merged, "merge", _merging(lambda s: replace(s, crm_changed=False))),)),
    Defect("an edit in the ERP is not seen", ((merged, "merge", _merging(lambda s: replace(s, erp_changed=False))),)),
    Defect("equal values are not seen", ((merged, "merge", _merging(lambda s: replace(s, are_equal=False))),)),
    Defect("values are compared as they were typed", ((convert, "canonical", lambda value, _: value),)),
    Defect("the older edit wins", ((decide, "newer_side", _older_wins),), NEWEST),
    Defect("clocks are taken to agree", ((decide, "newer_side", _clocks_agree),), NEWEST, first=160),
    Defect(
        "an answer holds for whatever is there", ((Answer, "fits", lambda *_: True),), Fixed(chance=0.06), is_rare=True
    ),
    Defect("what is left is deleted, edited or not", ((decide, "edited_fields", lambda *_: []),), DELETES, first=50),
    Defect(
        "fields of which nobody can tell are decided",
        ((decide_page, "frozen_fields", lambda *_: {}),),
        ASKS,
        is_rare=True,
    ),
)
