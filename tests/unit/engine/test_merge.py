"""The three-way rule: laws over its whole input space."""

from dataclasses import replace
from itertools import product

import pytest

from crosstie.engine.merge import Outcome, UnitState, merge
from crosstie.model.words import ConflictResolution, Direction, Side

MIRRORED = {
    Outcome.TO_CRM: Outcome.TO_ERP,
    Outcome.TO_ERP: Outcome.TO_CRM,
    Outcome.SETTLED: Outcome.SETTLED,
    Outcome.CONFLICT: Outcome.CONFLICT,
    Outcome.LEAVE: Outcome.LEAVE,
}
OTHER_WAY = {
    Direction.BIDIRECTIONAL: Direction.BIDIRECTIONAL,
    Direction.TO_INTEGRATION_TABLE: Direction.FROM_INTEGRATION_TABLE,
    Direction.FROM_INTEGRATION_TABLE: Direction.TO_INTEGRATION_TABLE,
}
OTHER_WINS = {
    ConflictResolution.NONE: ConflictResolution.NONE,
    ConflictResolution.SEND_UPDATE: ConflictResolution.GET_UPDATE,
    ConflictResolution.GET_UPDATE: ConflictResolution.SEND_UPDATE,
    ConflictResolution.NEWEST: ConflictResolution.NEWEST,
}
EVERY = [
    (UnitState(are_equal=equal, erp_changed=erp, crm_changed=crm, newer=newer), direction, resolution)
    for equal, erp, crm in product([False, True], repeat=3)
    for newer in (*Side, None)
    for direction in Direction
    for resolution in ConflictResolution
]


@pytest.mark.parametrize("case", EVERY)
def test_neither_side_is_special(case: tuple[UnitState, Direction, ConflictResolution]) -> None:
    """Swapping the two systems swaps the outcome and changes nothing else."""
    state, direction, resolution = case
    swapped = UnitState(
        are_equal=state.are_equal,
        erp_changed=state.crm_changed,
        crm_changed=state.erp_changed,
        newer=None if state.newer is None else state.newer.other,
    )

    assert merge(swapped, OTHER_WAY[direction], OTHER_WINS[resolution]) is MIRRORED[merge(*case)]


@pytest.mark.parametrize("case", [case for case in EVERY if case[0].are_equal])
def test_equal_sides_are_settled_whatever_the_base_says(
    case: tuple[UnitState, Direction, ConflictResolution],
) -> None:
    """A lost base never causes a write."""
    assert merge(*case) is Outcome.SETTLED


@pytest.mark.parametrize("case", EVERY)
def test_nothing_is_sent_against_the_direction(case: tuple[UnitState, Direction, ConflictResolution]) -> None:
    """A one-way unit is never written on its source's side."""
    state, direction, resolution = case
    forbidden = {Direction.TO_INTEGRATION_TABLE: Outcome.TO_ERP, Direction.FROM_INTEGRATION_TABLE: Outcome.TO_CRM}

    assert merge(state, direction, resolution) is not forbidden.get(direction)


def test_only_an_edit_is_sent() -> None:
    """A unit that nobody touched since both sides agreed is left alone, though the sides differ."""
    state = UnitState(are_equal=False, erp_changed=False, crm_changed=False)

    outcomes = {merge(state, direction, resolution) for direction in Direction for resolution in ConflictResolution}

    assert outcomes == {Outcome.LEAVE}


@pytest.mark.parametrize("newer", [*Side, None])
def test_the_time_of_an_edit_counts_only_where_the_newest_wins_a_conflict(newer: Side | None) -> None:
    """The newer side is sent; where nobody can tell it is a conflict; anywhere else times change nothing."""
    both = UnitState(are_equal=False, erp_changed=True, crm_changed=True, newer=newer)
    won = {Side.ERP: Outcome.TO_CRM, Side.CRM: Outcome.TO_ERP, None: Outcome.CONFLICT}

    assert merge(both, Direction.BIDIRECTIONAL, ConflictResolution.NEWEST) is won[newer]
    for state, direction, resolution in EVERY:
        is_conflict = not state.are_equal and state.erp_changed and state.crm_changed
        if resolution is not ConflictResolution.NEWEST or not is_conflict or direction is not Direction.BIDIRECTIONAL:
            assert merge(replace(state, newer=newer), direction, resolution) is merge(state, direction, resolution)


def test_every_outcome_is_reached() -> None:
    """The laws above are not vacuous."""
    assert {merge(*case) for case in EVERY} == set(Outcome)
