"""The mass-change guard: so much is gone, blanked or left aside at once that a person should look first. Pure.

A restored backup, a lost right, an emptied test company or a broken import look like thousands of honest edits. Nothing
of them is carried over before somebody says so.
"""

from dataclasses import dataclass

from crosstie.model.words import MappingName, Side

_SYSTEM = {Side.ERP: "ERP", Side.CRM: "CRM"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What passes without a question; beyond the larger of the number and the share of the couplings it stops."""

    vanished_records: int = 5
    vanished_percent: int = 5
    blanked_records: int = 20
    blanked_percent: int = 10
    left_records: int = 20
    left_percent: int = 10
    emptied_from: int = 2
    """Couplings from which on an empty side is more than one deletion."""

    def vanished(self, couplings: int) -> int:
        """How many coupled records may vanish from one side.

        >>> Limits().vanished(40), Limits().vanished(1000)
        (5, 50)
        """
        return max(self.vanished_records, couplings * self.vanished_percent // 100)

    def blanked(self, couplings: int) -> int:
        """In how many coupled records one field may be blanked.

        >>> Limits().blanked(40), Limits().blanked(1000)
        (20, 100)
        """
        return max(self.blanked_records, couplings * self.blanked_percent // 100)

    def left(self, couplings: int) -> int:
        """How many coupled records may leave the filter.

        >>> Limits().left(40), Limits().left(1000)
        (20, 100)
        """
        return max(self.left_records, couplings * self.left_percent // 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class MassChange:
    """Why a job stops: with numbers, what would have happened, and how to go on."""

    message: str
    next_step: str


def judge_vanished(
    mapping: MappingName, side: Side, *, couplings: int, vanished: int, is_empty: bool, limits: Limits
) -> MassChange | None:
    """Whether to stop because ``vanished`` of the coupled records are gone from ``side``, or all of them are."""
    system = _SYSTEM[side]
    if is_empty and vanished and couplings >= limits.emptied_from:
        said = f"the {system} lists no record at all, and {couplings} are coupled"
    elif vanished > limits.vanished(couplings):
        said = (
            f"{vanished} of {couplings} coupled records are gone from the {system} ({limits.vanished(couplings)} pass)"
        )
    else:
        return None
    return MassChange(
        message=(f"Stopped before anything was sent: {said}. Each would have been taken for deleted there."),
        next_step=_go_on(mapping, f"Look whether the {system} shows everything to Crosstie's user."),
    )


def judge_blanked(
    mapping: MappingName, destination: Side, field: str, *, couplings: int, blanked: int, limits: Limits
) -> MassChange | None:
    """Whether to stop because ``field`` would be blanked at ``destination`` in ``blanked`` records."""
    if blanked <= limits.blanked(couplings):
        return None
    source, system = _SYSTEM[destination.other], _SYSTEM[destination]
    return MassChange(
        message=(
            f"Stopped before the page was sent: {field} was cleared in the {source} in {blanked} or more of {couplings}"
            f" coupled records ({limits.blanked(couplings)} pass). It would have been cleared in the {system} too."
        ),
        next_step=_go_on(mapping, f"Look whether somebody cleared it in the {source} on purpose."),
    )


def judge_deletes(
    mapping: MappingName, side: Side, *, couplings: int, deletes: int, limits: Limits
) -> MassChange | None:
    """Whether to stop because ``deletes`` records would be deleted on ``side`` by ourselves."""
    if deletes <= limits.vanished(couplings):
        return None
    system, other = _SYSTEM[side], _SYSTEM[side.other]
    return MassChange(
        message=(
            f"Stopped before the page was sent: {deletes} or more of {couplings} coupled records would have been"
            f" deleted in the {system} ({limits.vanished(couplings)} pass), because their counterparts are gone from"
            f" the {other}."
        ),
        next_step=_go_on(mapping, f"Look whether they were deleted in the {other} on purpose."),
    )


def judge_leavers(
    mapping: MappingName, side: Side, filter_: str, *, couplings: int, leavers: int, limits: Limits
) -> MassChange | None:
    """Whether to stop because ``leavers`` coupled records of ``side`` left the mapping's filter."""
    if leavers <= limits.left(couplings):
        return None
    return MassChange(
        message=(
            f"Stopped before the page was sent: {leavers} or more of {couplings} coupled records of the {_SYSTEM[side]}"
            f" left the filter of the mapping ({filter_}; {limits.left(couplings)} pass). They would have been left"
            " alone from now on."
        ),
        next_step=_go_on(mapping, "Look whether they were changed on purpose, and whether the filter is right."),
    )


def _go_on(mapping: MappingName, look: str) -> str:
    return f"{look} If all is well, 'crosstie synch {mapping} --accept-mass-change' carries it over, once."
