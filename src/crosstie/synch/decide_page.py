"""Decide: gather what a page needs and decide about each of its records. Writes nothing; a plan stops here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from crosstie.engine.decide import NO_ANSWERS, Setting, decide_pair, decide_uncoupled
from crosstie.engine.filter import describe_filter, meets
from crosstie.model.action import SynchAction
from crosstie.model.mapping import TableMapping
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Record
from crosstie.model.value import Values
from crosstie.model.words import ActionKind, OnDeletion, RecordId, Side, Version
from crosstie.synch.adopt import adopt
from crosstie.synch.deletions import keep_needed, leave_uncoupled, part
from crosstie.synch.gather import candidates, couple_by_match, gather, with_references
from crosstie.synch.keyless import hold_keyless
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.store import Pending
from crosstie.synch.tables import Tables
from crosstie.synch.work import Answers, Work


def works_of(mapping: TableMapping, side: Side, pending: Sequence[Pending]) -> tuple[list[Work], list[Work]]:
    """The records that need a closer look, and those that the change feed alone shows to be outside the filter."""
    near: list[Work] = []
    outside: list[Work] = []
    for one in pending:
        work = Work(side=side, id=one.id)
        if one.coupling is None and (one.is_gone or not meets(one.values, mapping.filter(side))):
            work.action = _outside(mapping, side, one.id, one.values, is_gone=one.is_gone)
            outside.append(work)
        else:
            near.append(work)
    return near, outside


def _outside(mapping: TableMapping, side: Side, id_: RecordId, values: Values, *, is_gone: bool) -> SynchAction:
    said = describe_filter(mapping.filter(side))
    reason = Reason(ReasonCode.GONE) if is_gone else Reason(ReasonCode.OUTSIDE_FILTER, {"filter": said})
    record = Record(id=id_, version=Version(""), values=values)
    erp, crm = (record, None) if side is Side.ERP else (None, record)
    return SynchAction(kind=ActionKind.IGNORE, reason=reason, erp=erp, crm=crm)


NOBODY_ANSWERED = Answers()


async def decide_page(
    env: Environment, tables: Tables, works: Sequence[Work], *, creates: bool, answers: Answers = NOBODY_ANSWERED
) -> None:
    """Gather, couple by match, and put a decision on every work."""
    await gather(env, tables.mapping, works)
    await adopt(env, tables, works)
    setting = with_references(env, tables.setting(creates=creates), works, tables.facts)
    refused: dict[tuple[Side, RecordId], tuple[ReasonCode, int]] = {}
    if tables.mapping.match_on:
        for side in Side:
            found = await candidates(env, setting, works, side)
            for id_, why in couple_by_match(env, tables.mapping, works, side, found).items():
                refused[side, id_] = why
        setting = with_references(env, setting, works, tables.facts)
    frozen = frozen_fields(env, tables, works)
    for work in works:
        no_match = refused.get((work.side, work.id))
        work.action = _ambiguous(tables, work, no_match) if no_match else _decide(setting, work, frozen, answers)
        part(tables.mapping, work, answers.on_deletion)
    await hold_keyless(env, tables, works)
    await keep_needed(env, tables.mapping, works)
    if answers.on_deletion is not OnDeletion.RESTORE:
        leave_uncoupled(env, tables.mapping, works)


def frozen_fields(env: Environment, tables: Tables, works: Sequence[Work]) -> Mapping[RecordId, frozenset[str]]:
    """By ERP id: fields whose last write has an ambiguous outcome; only a person, or equality, settles them."""
    ids = [work.coupling.erp_id for work in works if work.coupling is not None]
    result: dict[RecordId, frozenset[str]] = {}
    for one in env.store.outcomes.conflicts(tables.mapping.name, ids) if ids else ():
        if one.conflict.reason.code is ReasonCode.OUTCOME_AMBIGUOUS:
            result[one.erp_id] = result.get(one.erp_id, frozenset()) | frozenset(one.conflict.fields)
    return result


def _decide(setting: Setting, work: Work, frozen: Mapping[RecordId, frozenset[str]], answers: Answers) -> SynchAction:
    if work.coupling is None:
        if work.record is None:
            return SynchAction(kind=ActionKind.IGNORE, reason=Reason(ReasonCode.GONE))
        return decide_uncoupled(setting, work.record, work.side)
    if work.hidden is not None:
        reason = Reason(ReasonCode.NOT_SHOWN, {"side": work.hidden.value.upper()})
        return SynchAction(kind=ActionKind.FAIL, reason=reason, erp=work.on(Side.ERP), crm=work.on(Side.CRM))
    held = frozen.get(work.coupling.erp_id, frozenset())
    said = answers.units.get(work.coupling.erp_id, NO_ANSWERS)
    erp, crm = work.on(Side.ERP), work.on(Side.CRM)
    action = decide_pair(setting, work.coupling, erp, crm, held, answers=said, chosen=answers.destination)
    if work.coupled_because is not None and action.kind in (ActionKind.MODIFY, ActionKind.UNCHANGED):
        return replace(action, kind=ActionKind.COUPLE, reason=work.coupled_because)
    return action


def _ambiguous(tables: Tables, work: Work, why: tuple[ReasonCode, int]) -> SynchAction:
    code, count = why
    reason = Reason(code, {"fields": ", ".join(tables.mapping.match_on), "count": str(count)})
    erp, crm = work.on(Side.ERP), work.on(Side.CRM)
    return SynchAction(kind=ActionKind.SKIP, reason=reason, erp=erp, crm=crm)
