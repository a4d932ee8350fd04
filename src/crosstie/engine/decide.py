"""The decision for one record or pair: a :class:`SynchAction` with its reason.

Order of questions: is it coupled, does the counterpart exist, do both meet the filters, and then unit by unit what
the three-way rule says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from crosstie.engine.convert import Converted, Invalid, Keep, Translation, Waits
from crosstie.engine.filter import describe_filter, meets
from crosstie.engine.merged import Merged, field_state, merge_unit, needs_coupling
from crosstie.engine.newest import Newer, ServerClock, edited_at, newer_side
from crosstie.engine.survivor import edited_fields
from crosstie.engine.units import units_of
from crosstie.model.action import Answer, Need, SynchAction
from crosstie.model.coupling import Coupling
from crosstie.model.mapping import FieldMapping, TableMapping
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Record
from crosstie.model.value import Value
from crosstie.model.words import ActionKind, Side

NO_ANSWERS: Mapping[str, Answer] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Everything a decision rests on besides the records: the mapping, both tables, couplings, facts."""

    mapping: TableMapping
    translation: Translation
    creates: bool
    """Whether uncoupled records are created at the other side."""
    clocks: Mapping[Side, ServerClock] = field(default_factory=dict)
    """What was measured of the servers' clocks; a side that does not tell is left out."""


def decide_uncoupled(setting: Setting, record: Record, side: Side) -> SynchAction:
    """Decide what happens to a record that is not coupled and matches no record of the other side."""
    mapping, to = setting.mapping, side.other

    def refuse(kind: ActionKind, reason: Reason, needs: tuple[Need, ...] = ()) -> SynchAction:
        return _action(kind, reason, side, record, needs=needs)

    if not meets(record.values, mapping.filter(side)):
        said = describe_filter(mapping.filter(side))
        return refuse(ActionKind.IGNORE, Reason(ReasonCode.OUTSIDE_FILTER, {"filter": said}))
    if not mapping.direction.writes(to):
        return refuse(ActionKind.IGNORE, Reason(ReasonCode.WRONG_DIRECTION, {"side": to.value.upper()}))
    if not setting.creates:
        return refuse(ActionKind.IGNORE, Reason(ReasonCode.NOT_COUPLED))
    return _insert(setting, record, side, refuse)


def decide_pair(
    setting: Setting,
    coupling: Coupling,
    erp: Record | None,
    crm: Record | None,
    frozen: frozenset[str] = frozenset(),
    *,
    answers: Mapping[str, Answer] = NO_ANSWERS,
    chosen: Side | None = None,
) -> SynchAction:
    """Decide what happens to two coupled records.

    ``frozen`` names field mappings whose last write has an ambiguous outcome: only a person, or equality, settles them.
    ``answers``, by unit, are a person's: one whose values are no longer there is not followed, and asks again.
    ``chosen`` is the side that a person wants written: what may go there goes, over whatever was edited there; fields
    that only go the other way go as ever.
    """
    if erp is None or crm is None:
        return _one_is_gone(setting, coupling, erp, crm)
    for side, record in ((Side.ERP, erp), (Side.CRM, crm)):
        if not meets(record.values, setting.mapping.filter(side)):
            said = describe_filter(setting.mapping.filter(side))
            reason = Reason(ReasonCode.LEFT_FILTER, {"filter": said})
            return SynchAction(kind=ActionKind.IGNORE, reason=reason, erp=erp, crm=crm)
    merged = Merged(answers, lambda: _newer(setting, coupling, erp, crm), chosen)
    for unit in units_of(setting.mapping):
        states = [field_state(setting.translation, field, coupling, erp, crm) for field in unit.fields]
        merge_unit(unit, states, unit.on_conflict or setting.mapping.on_conflict, frozen, merged)
    return merged.action(erp, crm)


def _newer(setting: Setting, coupling: Coupling, erp: Record, crm: Record) -> Newer:
    edited = {Side.ERP: edited_at(coupling, Side.ERP, erp), Side.CRM: edited_at(coupling, Side.CRM, crm)}
    return newer_side(edited, setting.clocks)


def differing_fields(setting: Setting, coupling: Coupling, erp: Record, crm: Record) -> list[FieldMapping]:
    """The field mappings in which two coupled records differ, compared as a decision compares them."""
    fields = [field for unit in units_of(setting.mapping) for field in unit.fields]
    return [one for one in fields if not field_state(setting.translation, one, coupling, erp, crm).are_equal]


def _one_is_gone(setting: Setting, coupling: Coupling, erp: Record | None, crm: Record | None) -> SynchAction:
    side, left = (Side.ERP, crm) if erp is None else (Side.CRM, erp)
    if left is None:
        return SynchAction(kind=ActionKind.IGNORE, reason=Reason(ReasonCode.GONE))
    data = {"side": side.value.upper()}
    edited = edited_fields(setting.mapping, setting.translation, coupling, left, side.other)
    reason = Reason(ReasonCode.COUNTERPART_DELETED, data)
    if edited:
        reason = Reason(ReasonCode.SURVIVOR_EDITED, {**data, "fields": ", ".join(edited)})
    return SynchAction(kind=ActionKind.CONFLICT, reason=reason, erp=erp, crm=crm)


_Refuse: TypeAlias = Callable[[ActionKind, Reason, tuple[Need, ...]], SynchAction]


def _insert(setting: Setting, record: Record, side: Side, refuse: _Refuse) -> SynchAction:
    """An insert at the other side, or the reason why not."""
    to = side.other
    values: dict[str, Value] = {}
    names: list[str] = []
    needs: list[Need] = []
    truncated: list[str] = []
    notes: list[str] = []
    for one in setting.mapping.fields:
        if not one.direction.writes(to):
            continue
        source = setting.translation.read(one, side, record.values)
        match setting.translation.carry(one, source, to):
            case Converted(carried, cut):
                values |= dict(zip(one.columns(to), carried, strict=True))
                names += [one.name] if one.merges else []
                truncated += cut
            case Waits(need):
                needs.append(need)
            case Invalid(reason):
                kind = ActionKind.SKIP if reason.code in _NOT_RETRIED else ActionKind.FAIL
                return refuse(kind, reason, ())
            case Keep(note):
                notes += [note] if note else []
    required = [need for need in needs if need.is_required]
    if required:
        return refuse(ActionKind.WAIT, needs_coupling(required[0]), tuple(required))
    sent = {column: value for column, value in values.items() if value is not None}
    return _action(
        ActionKind.INSERT,
        Reason(ReasonCode.NEW_RECORD),
        side,
        record,
        needs=tuple(needs),
        sent=sent,
        fields=tuple(names),
        truncated=tuple(truncated),
        notes=tuple(notes),
    )


_NOT_RETRIED = {ReasonCode.NAME_MISSING}
"""Reasons that only an edit of the record removes; such a record is skipped rather than tried again."""


def _action(
    kind: ActionKind,
    reason: Reason,
    side: Side,
    record: Record,
    *,
    needs: tuple[Need, ...] = (),
    sent: Mapping[str, Value] | None = None,
    fields: tuple[str, ...] = (),
    truncated: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
) -> SynchAction:
    """An action on an uncoupled record of ``side``."""
    sent = sent or {}
    if side is Side.ERP:
        return SynchAction(
            kind=kind,
            reason=reason,
            erp=record,
            to_crm=sent,
            crm_fields=fields,
            needs=needs,
            truncated=truncated,
            notes=notes,
        )
    return SynchAction(
        kind=kind,
        reason=reason,
        crm=record,
        to_erp=sent,
        erp_fields=fields,
        needs=needs,
        truncated=truncated,
        notes=notes,
    )
