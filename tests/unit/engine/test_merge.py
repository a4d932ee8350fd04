"""The three-way rule: laws over its whole input space."""

from itertools import product

import pytest

from crosstie.engine.merge import Outcome, UnitState, merge
from crosstie.model.words import ConflictResolution, Direction

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
}
EVERY = [
    (UnitState(are_equal=equal, erp_changed=erp, crm_changed=crm), direction, resolution)
    for equal, erp, crm in product([False, True], repeat=3)
    for direction in Direction
    for resolution in ConflictResolution
]


@pytest.mark.parametrize("case", EVERY)
def test_neither_side_is_special(case: tuple[UnitState, Direction, ConflictResolution]) -> None:
    """Swapping the two systems swaps the outcome and changes nothing else."""
    state, direction, resolution = case
    swapped = UnitState(are_equal=state.are_equal, erp_changed=state.crm_changed, crm_changed=state.erp_changed)

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


def test_every_outcome_is_reached() -> None:
    """The laws above are not vacuous."""
    assert {merge(*case) for case in EVERY} == set(Outcome)
