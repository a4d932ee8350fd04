"""Which of two edits is the newer one, by the systems' own stamps, each corrected by what is known of its clock.

A stamp is the record's, not the field's: an edit of any column moves it, also of one that the mapping does not know. So
*newest* means the side whose record was edited last. Our own writes move it too; the coupling therefore keeps the time
that was known before them (:class:`~crosstie.model.coupling.Stamp`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from crosstie.model.coupling import Coupling
from crosstie.model.record import Record
from crosstie.model.words import Side

MARGIN = timedelta(seconds=2)
"""On top of the uncertainty of the clocks: Dataverse stamps whole seconds, and clocks drift while a job runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerClock:
    """What a measurement says about a server's clock."""

    ahead: timedelta
    """How far it is ahead of ours; negative: behind."""
    give_or_take: timedelta
    """How far off that may be."""


@dataclass(frozen=True, slots=True)
class Newer:
    """The side that was edited last; ``None``: nobody can tell, and ``why`` says why."""

    side: Side | None
    why: str = ""


def newer_side(
    edited_at: Mapping[Side, datetime | None], clocks: Mapping[Side, ServerClock], margin: timedelta = MARGIN
) -> Newer:
    """Which side was edited last; nobody can tell when a time is unknown or both are too close together.

    >>> at, exact = datetime(2026, 6, 1, 8), ServerClock(ahead=timedelta(), give_or_take=timedelta())
    >>> newer_side({Side.ERP: at, Side.CRM: at + timedelta(minutes=1)}, dict.fromkeys(Side, exact)).side
    <Side.CRM: 'crm'>
    """
    for side in Side:
        if edited_at.get(side) is None:
            return Newer(None, f"it is not known when the {side.value.upper()} side was last edited by others")
        if side not in clocks:
            return Newer(None, f"the {side.value.upper()} side does not tell the time of its clock")
    erp, crm = (_corrected(edited_at[side], clocks[side]) for side in Side)
    unsure = clocks[Side.ERP].give_or_take + clocks[Side.CRM].give_or_take + margin
    if abs(erp - crm) <= unsure:
        return Newer(None, f"the two edits are at most {unsure.total_seconds():.1f} s apart")
    return Newer(Side.ERP if erp > crm else Side.CRM)


def _corrected(at: datetime | None, clock: ServerClock) -> datetime:
    if at is None:
        raise ValueError("a time that is not known cannot be corrected")
    return at - clock.ahead


def edited_at(coupling: Coupling, side: Side, record: Record) -> datetime | None:
    """When a record was last edited by anybody but us, as far as its stamp tells; in the server's own time."""
    stamp = coupling.stamps.get(side)
    return stamp.edited_at if stamp is not None and stamp.version == record.version else record.modified_at
