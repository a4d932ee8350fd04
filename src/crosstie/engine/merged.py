"""What the units of one pair add up to: each field on both sides, the three-way rule, and what is to be sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from crosstie.engine.convert import Carried, Converted, Invalid, Keep, Translation, Waits
from crosstie.engine.merge import Outcome, UnitState, merge
from crosstie.engine.newest import Newer
from crosstie.engine.units import Unit
from crosstie.model.action import Answer, FieldConflict, Need, SynchAction
from crosstie.model.coupling import Base, Coupling
from crosstie.model.mapping import FieldMapping
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Record
from crosstie.model.value import Value
from crosstie.model.words import ActionKind, ConflictResolution, Direction, Side, Use


def needs_coupling(need: Need) -> Reason:
    """Why a record waits."""
    return Reason(ReasonCode.NEEDS_COUPLING, {"mapping": need.mapping, "value": need.value})


class Merged:
    """What the units of one pair add up to."""

    def __init__(
        self, answers: Mapping[str, Answer], compare_times: Callable[[], Newer], chosen: Side | None = None
    ) -> None:
        self.answers = answers
        self.chosen = chosen
        """The side that a person chose to be written to, whatever was edited there."""
        self._compare_times = compare_times
        self.values: dict[Side, dict[str, Value]] = {Side.ERP: {}, Side.CRM: {}}
        self.fields: dict[Side, list[str]] = {Side.ERP: [], Side.CRM: []}
        self.settled: list[str] = []
        self.conflicts: list[FieldConflict] = []
        self.needs: list[Need] = []
        self.truncated: list[str] = []
        self.notes: list[str] = []
        self.invalid: list[Reason] = []

    @cached_property
    def newer(self) -> Newer:
        """Which side was edited last; asked only where it counts."""
        return self._compare_times()

    def action(self, erp: Record, crm: Record) -> SynchAction:
        """The action that all units together ask for."""
        kind, reason = self._verdict()
        return SynchAction(
            kind=kind,
            reason=reason,
            erp=erp,
            crm=crm,
            to_erp=self.values[Side.ERP],
            to_crm=self.values[Side.CRM],
            erp_fields=tuple(self.fields[Side.ERP]),
            crm_fields=tuple(self.fields[Side.CRM]),
            settled=tuple(self.settled),
            conflicts=tuple(self.conflicts),
            needs=tuple(self.needs),
            truncated=tuple(self.truncated),
            notes=tuple(self.notes),
        )

    def _verdict(self) -> tuple[ActionKind, Reason]:
        changed = ", ".join(self.fields[Side.CRM] + self.fields[Side.ERP])
        if self.invalid and not self.conflicts:
            # Whatever else of the record is sent: what cannot be must not be forgotten with it.
            return ActionKind.FAIL, self.invalid[0]
        if self.values[Side.ERP] or self.values[Side.CRM]:
            if self.chosen is not None and self.values[self.chosen]:
                said = {"side": self.chosen.other.value.upper(), "fields": changed}
                return ActionKind.MODIFY, Reason(ReasonCode.DIRECTION_CHOSEN, said)
            return ActionKind.MODIFY, Reason(ReasonCode.CHANGED, {"fields": changed})
        if self.conflicts:
            units = ", ".join(conflict.unit for conflict in self.conflicts)
            first = self.conflicts[0].reason
            return ActionKind.CONFLICT, Reason(first.code, {**first.data, "fields": units})
        required = [need for need in self.needs if need.is_required]
        if required:
            return ActionKind.WAIT, needs_coupling(required[0])
        return ActionKind.UNCHANGED, Reason(ReasonCode.IN_STEP)


@dataclass(frozen=True, slots=True)
class FieldState:
    """One field of a pair: what both sides hold, and what each would become at the other."""

    field: FieldMapping
    erp: tuple[Value, ...]
    crm: tuple[Value, ...]
    to_crm: Carried
    to_erp: Carried
    base: Base | None

    @property
    def are_equal(self) -> bool:
        """Whether one side holds what the other's value becomes there."""
        if isinstance(self.to_crm, Converted) and self.to_crm.values == self.crm:
            return True
        if isinstance(self.to_erp, Converted) and self.to_erp.values == self.erp:
            return True
        one_way = self.to_erp if self.field.direction is Direction.FROM_INTEGRATION_TABLE else self.to_crm
        return self.field.direction is not Direction.BIDIRECTIONAL and isinstance(one_way, Keep)

    @property
    def cut(self) -> tuple[str, ...]:
        """Columns that hold what fitted of a longer text of the other side."""
        pairs = ((self.to_crm, self.crm), (self.to_erp, self.erp))
        cut = (what.truncated for what, held in pairs if isinstance(what, Converted) and what.values == held)
        return tuple(column for columns in cut for column in columns)

    @property
    def notes(self) -> list[str]:
        """What is to be said of values that stay where they are."""
        return [what.note for what in (self.to_crm, self.to_erp) if isinstance(what, Keep) and what.note]

    def was_changed(self, side: Side) -> bool:
        """Whether ``side`` holds something else than when both last agreed."""
        to = self.to_crm if side is Side.ERP else self.to_erp
        if isinstance(to, Keep) and self.field.direction is Direction.BIDIRECTIONAL:
            return False  # what the other side is to keep whatever is here is no change to send
        now = self.erp if side is Side.ERP else self.crm
        if self.base is None:
            return any(value is not None for value in now)
        return now != self.base.on(side)


def merge_unit(
    unit: Unit,
    states: Sequence[FieldState],
    resolution: ConflictResolution,
    frozen: frozenset[str],
    merged: Merged,
) -> None:
    """Add to ``merged`` what the three-way rule says about one unit."""
    state = UnitState(
        are_equal=all(one.are_equal for one in states),
        erp_changed=any(one.was_changed(Side.ERP) for one in states),
        crm_changed=any(one.was_changed(Side.CRM) for one in states),
        newer=merged.newer.side if resolution is ConflictResolution.NEWEST else None,
    )
    outcome = merge(state, unit.direction, resolution)
    merged.notes += [note for one in states for note in one.notes]
    is_frozen = not frozen.isdisjoint(one.field.name for one in states)
    if outcome is not Outcome.SETTLED and merged.chosen is not None and unit.direction.writes(merged.chosen):
        outcome = Outcome.TO_CRM if merged.chosen is Side.CRM else Outcome.TO_ERP
    elif outcome is not Outcome.SETTLED and is_frozen:
        outcome = Outcome.CONFLICT
    match outcome:
        case Outcome.SETTLED:
            merged.settled += [one.field.name for one in states if _agrees_on_values(one)]
            merged.truncated += [column for one in states for column in one.cut]
        case Outcome.TO_CRM:
            _send(states, Side.CRM, merged)
        case Outcome.TO_ERP:
            _send(states, Side.ERP, merged)
        case Outcome.CONFLICT:
            unclear = merged.newer.why if resolution is ConflictResolution.NEWEST else ""
            conflict = _conflict(unit, states, is_frozen=is_frozen, unclear=unclear)
            if not _is_answered(conflict, states, merged):
                merged.conflicts.append(conflict)
        case Outcome.LEAVE:
            merged.needs += [one.to_crm.need for one in states if isinstance(one.to_crm, Waits)]


def _is_answered(conflict: FieldConflict, states: Sequence[FieldState], merged: Merged) -> bool:
    """Follow a person's answer to this conflict, if there is one and it can be followed."""
    answer = merged.answers.get(conflict.unit)
    if answer is None or not answer.fits(conflict):
        return False
    match answer.use:
        case Use.ERP:
            return _send(states, Side.CRM, merged)
        case Use.CRM:
            return _send(states, Side.ERP, merged)
        case Use.BASE:
            return _send_base(states, merged)
        case Use.NEWEST:
            newer = merged.newer.side
            return newer is not None and _send(states, newer.other, merged)


def _send_base(states: Sequence[FieldState], merged: Merged) -> bool:
    """Give each side back what it held when both last agreed; only where both may be written."""
    if any(one.base is None or one.field.direction is not Direction.BIDIRECTIONAL for one in states):
        return False
    for one in states:
        for side, held in ((Side.ERP, one.erp), (Side.CRM, one.crm)):
            base = held if one.base is None else one.base.on(side)
            columns = zip(one.field.columns(side), base, held, strict=True)
            values = {column: value for column, value, now in columns if value != now}
            merged.values[side] |= values
            merged.fields[side] += [one.field.name] if values else []
    return True


def _agrees_on_values(state: FieldState) -> bool:
    """A kept destination agrees on nothing: its value must not become base."""
    carried = {Side.ERP: state.to_erp, Side.CRM: state.to_crm}
    return not any(isinstance(carried[side], Keep) for side in Side if state.field.direction.writes(side))


def field_state(
    translation: Translation, field: FieldMapping, coupling: Coupling, erp: Record, crm: Record
) -> FieldState:
    """One field of two coupled records."""
    held = {
        Side.ERP: translation.read(field, Side.ERP, erp.values),
        Side.CRM: translation.read(field, Side.CRM, crm.values),
    }
    to = {
        side: translation.carry(field, held[side.other], side) if field.direction.writes(side) else Keep()
        for side in Side
    }
    return FieldState(
        field=field,
        erp=held[Side.ERP],
        crm=held[Side.CRM],
        to_crm=to[Side.CRM],
        to_erp=to[Side.ERP],
        base=coupling.base.get(field.name),
    )


def _send(states: Sequence[FieldState], to: Side, merged: Merged) -> bool:
    """Send a unit whole, or say that it cannot be: it goes only if every field of it can be carried."""
    carried = [(one, one.to_crm if to is Side.CRM else one.to_erp) for one in states]
    for _, what in carried:
        if isinstance(what, Waits):
            merged.needs.append(what.need)
        if isinstance(what, Invalid):
            merged.invalid.append(what.reason)
    if any(isinstance(what, Waits | Invalid) for _, what in carried):
        return False
    for one, what in carried:
        if not isinstance(what, Converted):
            continue
        held = one.crm if to is Side.CRM else one.erp
        columns = zip(one.field.columns(to), what.values, held, strict=True)
        merged.values[to] |= {column: value for column, value, now in columns if value != now}
        merged.fields[to].append(one.field.name)
        merged.truncated += what.truncated
    return any(isinstance(what, Converted) for _, what in carried)


def _conflict(unit: Unit, states: Sequence[FieldState], *, is_frozen: bool, unclear: str) -> FieldConflict:
    bases = [one.base for one in states]
    known = [base for base in bases if base is not None]
    agreed = len(known) == len(bases)
    code = ReasonCode.BOTH_EDITED if agreed else ReasonCode.NEVER_AGREED
    code = ReasonCode.NEWEST_UNCLEAR if unclear else code
    code = ReasonCode.OUTCOME_AMBIGUOUS if is_frozen else code
    return FieldConflict(
        unit=unit.name,
        fields=tuple(one.field.name for one in states),
        erp=tuple(value for one in states for value in one.erp),
        crm=tuple(value for one in states for value in one.crm),
        base_erp=tuple(value for base in known for value in base.erp) if agreed else None,
        base_crm=tuple(value for base in known for value in base.crm) if agreed else None,
        reason=Reason(code, {"fields": unit.name} | ({"why": unclear} if unclear else {})),
    )
