"""Remember: everything a page learned, in one transaction, the cursor last.

Invariant: a value becomes base only if both sides were read equal, or it came in the write's own answer, or it equals
an intent that provably landed. Versions move only when nothing is left to do for the record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from crosstie.engine.newest import edited_at
from crosstie.model.action import SynchAction
from crosstie.model.coupling import Base, Coupling, Stamp
from crosstie.model.intent import Intent, IntentState
from crosstie.model.job import COUNTER_OF, Counters
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Record
from crosstie.model.words import ActionKind, MappingName, RecordId, Side, Version
from crosstie.synch.deletions import end_couplings, outcomes_of_parting
from crosstie.synch.permit import Permit
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.store import OpenConflict, RecordOutcome
from crosstie.synch.tables import Tables
from crosstie.synch.work import Work

_BACK_OFF_S = (60, 300, 1800, 7200, 86400)
"""Seconds until a failed record is tried again, by failures in a row; then daily."""
_SKIPPED_AT = 2
"""Failures in a row that make a record skipped; it still comes back by itself."""
_WRITES = (ActionKind.INSERT, ActionKind.MODIFY, ActionKind.COUPLE, ActionKind.UNCHANGED)


def remember(env: Environment, tables: Tables, works: Sequence[Work], permit: Permit) -> Mapping[Side, Counters]:
    """Write couplings, bases, outcomes and conflicts; returns the counters of the page.

    Called inside the page's transaction, before its cursor moves.
    """
    now, mapping = env.clock(), tables.mapping.name
    couplings = [coupled for work in works if (coupled := coupling_after(tables, work)) is not None]
    fresh = [one for one, work in _with_work(couplings, works) if work.coupling is None or work.coupled_because]
    env.store.couplings.put(couplings, job=permit.job, at=now)
    late = [work.landed_late for work in works if work.landed_late is not None]
    env.store.journal.settle(dict.fromkeys(late, IntentState.LANDED), at=now)
    attempts = _attempts(env, tables, works)
    outcomes = [_outcome(tables, work, attempts.get(work.id, 0), permit, now) for work in works]
    end_couplings(env, works)
    _forget_counterparts(env, mapping, works)
    env.store.outcomes.put([*outcomes, *outcomes_of_parting(tables, works, outcomes)])
    # After the outcomes: a coupling of this page may wake a record of this page.
    env.store.outcomes.wake(fresh, now=now)
    conflicts = {work.coupling.erp_id: _conflicts(tables, work, permit, now) for work in works if work.coupling}
    env.store.outcomes.put_conflicts([one for found in conflicts.values() for one in found])
    # A refused write settled nothing: what it was to settle stays open.
    settled = {work.coupling.erp_id for work in works if work.coupling and work.refused is None}
    keep = {id_: [one.conflict.unit for one in found] for id_, found in conflicts.items() if id_ in settled}
    env.store.outcomes.close_conflicts(mapping, keep, at=now)
    return count(works, outcomes)


def _forget_counterparts(env: Environment, mapping: MappingName, works: Sequence[Work]) -> None:
    """A pair has one outcome, that of the record it was decided from; what its other one was listed for is over."""
    for side in Side:
        coupled = [work.coupling for work in works if work.side is side.other and work.coupling is not None]
        env.store.outcomes.forget_unsettled(mapping, side, [one.id_on(side) for one in coupled])


def remember_landed(env: Environment, tables: Tables, works: Sequence[Work], permit: Permit) -> None:
    """Keep what landed of works that are about to be decided again: it is base, whatever comes of the rest."""
    landed = [coupled for work in works if work.answers and (coupled := coupling_after(tables, work)) is not None]
    env.store.couplings.put(landed, job=permit.job, at=env.clock())


def coupling_after(tables: Tables, work: Work) -> Coupling | None:
    """The coupling as this page leaves it; ``None``: there is none."""
    action = work.action
    if action is None or work.parts:
        return None
    base: dict[str, Base] = dict(work.coupling.base) if work.coupling else {}
    if action.erp is not None and action.crm is not None:
        for name in action.settled:
            field = tables.mapping.field_named(name)
            base[name] = tables.base_of(field, action.erp.values, action.crm.values)
    for intent in work.intents:
        answer = work.answers.get(intent.destination)
        if answer is not None:
            base |= landed_base(tables, intent, answer)
    coupling = work.coupling or _created(work)
    if coupling is None:
        return None
    erp, crm = (work.answers.get(side) or action.record(side) for side in Side)
    is_done = work.refused is None and action.kind in (*_WRITES, ActionKind.CONFLICT, ActionKind.WAIT)
    number = coupling.erp_number if erp is None else tables.number_of(erp) or coupling.erp_number
    return replace(
        coupling,
        base=base,
        stamps=stamps_after(coupling, work),
        erp_number=number,
        erp_version=_version(erp) if is_done else coupling.erp_version,
        crm_version=_version(crm) if is_done else coupling.crm_version,
    )


def stamps_after(coupling: Coupling, work: Work) -> dict[Side, Stamp]:
    """Our own write moves a record's time of modification: what was known before it is kept."""
    stamps = dict(coupling.stamps)
    for side, answer in work.answers.items():
        before = work.on(side)
        known = None if before is None else edited_at(coupling, side, before)
        stamps[side] = Stamp(answer.version, known)
    return stamps


def landed_base(tables: Tables, intent: Intent, landed: Record) -> dict[str, Base]:
    """The bases that a landed intent establishes: what the source held, and what the destination holds."""
    result: dict[str, Base] = {}
    for name, source in intent.source.items():
        held = tables.translation.read(tables.mapping.field_named(name), intent.destination, landed.values)
        erp, crm = (held, source) if intent.destination is Side.ERP else (source, held)
        result[name] = Base(erp=erp, crm=crm)
    return result


def _created(work: Work) -> Coupling | None:
    """The coupling of a record that this page created at the other side."""
    answer = work.answers.get(work.side.other)
    if answer is None or not work.intents:
        return None
    intent = work.intents[0]
    erp_id = answer.id if work.side is Side.CRM else work.id
    return Coupling(mapping=intent.mapping, erp_id=erp_id, crm_id=intent.crm_id, generation=intent.generation)


def _version(record: Record | None) -> Version | None:
    return None if record is None else record.version


def _with_work(couplings: Sequence[Coupling], works: Sequence[Work]) -> list[tuple[Coupling, Work]]:
    by_id = {(work.side, work.id): work for work in works}
    pairs: list[tuple[Coupling, Work]] = []
    for one in couplings:
        work = by_id.get((Side.ERP, one.erp_id)) or by_id.get((Side.CRM, one.crm_id))
        if work is not None:
            pairs.append((one, work))
    return pairs


def _attempts(env: Environment, tables: Tables, works: Sequence[Work]) -> dict[RecordId, int]:
    """Failures in a row so far; one query a side, asked only where something failed now."""
    result: dict[RecordId, int] = {}
    for side in Side:
        failed = [work.id for work in works if work.side is side and _kind(work) is ActionKind.FAIL]
        result |= env.store.outcomes.attempts(tables.mapping.name, side, failed)
    return result


def _kind(work: Work) -> ActionKind:
    if work.refused is not None:
        return ActionKind.FAIL
    return ActionKind.IGNORE if work.action is None else work.action.kind


def _outcome(tables: Tables, work: Work, attempts: int, permit: Permit, now: datetime) -> RecordOutcome:
    kind, action = _kind(work), work.action
    if action is None:
        raise ValueError(f"no decision was made for {work.id}")
    reason: Reason = work.refused or action.reason
    failures = attempts + 1 if kind is ActionKind.FAIL else 0
    wait = _BACK_OFF_S[min(failures, len(_BACK_OFF_S)) - 1] if failures else 0
    return RecordOutcome(
        mapping=tables.mapping.name,
        side=work.side,
        id=work.id,
        kind=ActionKind.SKIP if failures >= _SKIPPED_AT else kind,
        reason=reason,
        detail=work.detail or _cut(action),
        next_step=work.next_step or reason.next_step,
        label=_label(tables, work, action),
        job=permit.job,
        at=now,
        attempts=failures,
        due_at=now + timedelta(seconds=wait) if failures else _due_after(work, kind, now),
        needs=action.needs,
        truncated=tuple(dict.fromkeys(action.truncated)),
        fields=(*action.crm_fields, *action.erp_fields) if action.to_crm or action.to_erp else (),
    )


def _label(tables: Tables, work: Work, action: SynchAction) -> str:
    """Number and name of the record, or of its counterpart where it is gone itself."""
    own = tables.label_of(work.side, work.record or action.record(work.side))
    return own or tables.label_of(work.side.other, work.counterpart)


def _due_after(work: Work, kind: ActionKind, now: datetime) -> datetime | None:
    """A record created in the ERP is looked at once more: its new number goes back to the CRM.

    One that waits to be deleted is looked at by every run; one whose outcome is held, when that is over.
    """
    reason = None if work.action is None else work.action.reason
    if reason is not None and reason.code is ReasonCode.SURVIVOR_NEEDED:
        return now
    if reason is not None and reason.code is ReasonCode.OUTCOME_HELD:
        return datetime.fromisoformat(reason.data["until"])
    return now if kind is ActionKind.INSERT and work.side is Side.CRM else None


def _cut(action: SynchAction) -> str:
    said = [f"Cut to fit: {', '.join(dict.fromkeys(action.truncated))}."] if action.truncated else []
    said += [f"Left alone: {'; '.join(action.notes)}."] if action.notes else []
    return " ".join(said)


def _conflicts(tables: Tables, work: Work, permit: Permit, now: datetime) -> list[OpenConflict]:
    if work.action is None or work.coupling is None:
        return []
    return [
        OpenConflict(
            mapping=tables.mapping.name,
            erp_id=work.coupling.erp_id,
            crm_id=work.coupling.crm_id,
            conflict=conflict,
            found_at=now,
            job=permit.job,
            edits=work.edits,
        )
        for conflict in work.action.conflicts
    ]


def count(works: Sequence[Work], outcomes: Sequence[RecordOutcome]) -> dict[Side, Counters]:
    """The page's counters by the side that was written to, or would have been."""
    result = dict.fromkeys(Side, Counters())
    for work, outcome in zip(works, outcomes, strict=True):
        if outcome.truncated:
            result[work.side.other] += Counters(truncated=1)
        name = COUNTER_OF.get(outcome.kind)
        if name is None:
            continue
        written = tuple(work.answers) if outcome.kind in (ActionKind.INSERT, ActionKind.MODIFY) else ()
        if outcome.kind is ActionKind.DELETE and work.action is not None and work.action.deletes_on is not None:
            written = (work.action.deletes_on,)
        for side in written or (work.side.other,):
            result[side] += Counters(**{name: 1})
        if work.action is not None and work.action.conflicts and outcome.kind is not ActionKind.CONFLICT:
            result[work.side.other] += Counters(conflicts=1)
    return result
