"""The three-way rule for one unit of merging (a field, or a group of fields that only make sense together).

Each side is compared with its own base, because destinations normalize what they store.
"""

from dataclasses import dataclass
from enum import Enum, auto

from crosstie.model.words import ConflictResolution, Direction, Side


class Outcome(Enum):
    """What happens to one unit."""

    SETTLED = auto()
    """Both sides agree; what they hold becomes base."""
    TO_CRM = auto()
    TO_ERP = auto()
    CONFLICT = auto()
    LEAVE = auto()
    """Different, but nothing that may be sent: a one-way field edited at its destination."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitState:
    """How the two sides of a unit compare with each other and with their bases."""

    are_equal: bool
    erp_changed: bool
    """Since the base; without a base: holds anything at all."""
    crm_changed: bool
    newer: Side | None = None
    """The side whose record was edited last; ``None``: nobody can tell."""


def merge(state: UnitState, direction: Direction, resolution: ConflictResolution) -> Outcome:
    """Decide what happens to one unit.

    Equal sides are settled whatever the base says: a lost base must never cause a write. An undo is a change.

    >>> ask, both = ConflictResolution.NONE, Direction.BIDIRECTIONAL
    >>> merge(UnitState(are_equal=False, erp_changed=True, crm_changed=False), both, ask)
    <Outcome.TO_CRM: 2>
    >>> merge(UnitState(are_equal=False, erp_changed=True, crm_changed=True), both, ask)
    <Outcome.CONFLICT: 4>
    """
    if state.are_equal:
        return Outcome.SETTLED
    if direction is not Direction.BIDIRECTIONAL:
        changed = state.erp_changed if direction.writes(Side.CRM) else state.crm_changed
        send = Outcome.TO_CRM if direction.writes(Side.CRM) else Outcome.TO_ERP
        return send if changed else Outcome.LEAVE
    match (state.erp_changed, state.crm_changed):
        case (True, False):
            return Outcome.TO_CRM
        case (False, True):
            return Outcome.TO_ERP
        case (False, False):
            return Outcome.LEAVE
        case _:
            return _NEWEST[state.newer] if resolution is ConflictResolution.NEWEST else _RESOLVED[resolution]


_RESOLVED = {
    ConflictResolution.NONE: Outcome.CONFLICT,
    ConflictResolution.SEND_UPDATE: Outcome.TO_CRM,
    ConflictResolution.GET_UPDATE: Outcome.TO_ERP,
}
_NEWEST = {Side.ERP: Outcome.TO_CRM, Side.CRM: Outcome.TO_ERP, None: Outcome.CONFLICT}
