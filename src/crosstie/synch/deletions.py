"""Deletions by strategy: a pair that lost one side is asked about, restored, uncoupled, or loses the other side too.

Only a decision that rests on a read by key comes here. Restoring ends the coupling and makes the record that is left
due: it is created anew at the other side, in the same run, under another id or number than the one that was deleted.
Deleting the record that is left cannot be taken back, so it is the most careful of them: it takes a coupling that is
older than this look, a record that is still what both sides agreed on (or what a person saw when they said so), and
nothing that still belongs to the record, for a system may delete that with it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crosstie.model.action import SynchAction
from crosstie.model.coupling import Coupling
from crosstie.model.intent import Intent
from crosstie.model.mapping import TableMapping
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Record
from crosstie.model.words import ActionKind, JobId, OnDeletion, Side
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.store import RecordOutcome
from crosstie.synch.tables import Tables
from crosstie.synch.work import Work

LOST_COUNTERPART = (ReasonCode.COUNTERPART_DELETED, ReasonCode.SURVIVOR_EDITED)
"""Reasons of a record that lost its counterpart and asks what to do."""
_REASONS = {
    OnDeletion.RESTORE: ReasonCode.RESTORED,
    OnDeletion.UNCOUPLE: ReasonCode.UNCOUPLED,
    OnDeletion.DELETE: ReasonCode.DELETED,
}


def part(mapping: TableMapping, work: Work, answer: OnDeletion | None) -> None:
    """Put the strategy on a work whose counterpart was deleted; ``answer`` is a person's, before the mapping's own."""
    work.parting = None
    action = work.action
    if action is not None and action.reason.code is ReasonCode.GONE and work.coupling is not None:
        work.parting = OnDeletion.UNCOUPLE  # nothing is left to tie together
    if action is None or action.reason.code not in LOST_COUNTERPART:
        return
    strategy = answer or mapping.on_deletion
    missing = Side.ERP if action.erp is None else Side.CRM
    if strategy is OnDeletion.ASK or (strategy is OnDeletion.RESTORE and not can_restore(mapping, missing)):
        return
    if strategy is OnDeletion.DELETE and not _may_delete(work, action, missing.other, is_answer=answer is not None):
        return
    work.parting = strategy
    is_delete = strategy is OnDeletion.DELETE
    work.action = replace(
        action,
        kind=ActionKind.DELETE if is_delete else ActionKind.IGNORE,
        reason=Reason(_REASONS[strategy], action.reason.data),
        deletes_on=missing.other if is_delete else None,
    )


def _may_delete(work: Work, action: SynchAction, side: Side, *, is_answer: bool) -> bool:
    """Whether the record that is left on ``side`` may be deleted.

    A person who answers has seen that it was edited; their answer holds for the version that they were asked about.
    """
    left = action.record(side)
    if work.coupling is None or work.coupled_because is not None or left is None:
        return False
    if action.reason.code is ReasonCode.COUNTERPART_DELETED:
        return True
    return is_answer and left.version == work.coupling.version_on(side)


async def keep_needed(env: Environment, mapping: TableMapping, works: Sequence[Work]) -> None:
    """Leave records for now that records of other mappings still belong to: a system may delete those with them."""
    for side in Side:
        deleted = {work.id_on(side): work for work in works if work.action and work.action.deletes_on is side}
        for other in env.mappings.values() if deleted else ():
            table = await env.connector(side).describe(other.table(side))
            for field in other.fields:
                if field.reference is None or field.reference.mapping != mapping.name or field.reference.key != "id":
                    continue
                (column,) = field.columns(side)
                if not table.columns[column].is_searchable:
                    continue
                found = await env.connector(side).find(table.table, column, list(deleted), [column])
                for id_, work in deleted.items():
                    _keep(work, other, sum(one.values[column] == id_ for one in found))


def _keep(work: Work, other: TableMapping, count: int) -> None:
    if count == 0 or work.action is None:
        return
    reason = Reason(ReasonCode.SURVIVOR_NEEDED, {**work.action.reason.data, "mapping": other.name, "count": str(count)})
    work.action = replace(work.action, kind=ActionKind.WAIT, reason=reason, deletes_on=None)
    work.parting = None


async def picture(env: Environment, tables: Tables, works: Sequence[Work]) -> None:
    """Read all columns of the records that are about to be deleted, for the journal: nobody can read them later."""
    for side in Side:
        deleted = [work for work in works if work.action and work.action.deletes_on is side]
        if not deleted:
            continue
        table = tables.on(side)
        found = await env.connector(side).read(table.table, [work.id_on(side) for work in deleted], list(table.columns))
        for work in deleted:
            whole = found.get(work.id_on(side))
            decided = work.on(side)
            if whole is not None and decided is not None and whole.version == decided.version:
                _put(work, side, whole)


def _put(work: Work, side: Side, whole: Record) -> None:
    if work.action is not None:
        is_erp = side is Side.ERP
        work.action = replace(work.action, erp=whole) if is_erp else replace(work.action, crm=whole)


def leave_uncoupled(env: Environment, mapping: TableMapping, works: Sequence[Work]) -> None:
    """A record whose coupling ended, by a person or with its counterpart, is not created there by the next job."""
    for side in Side:
        new = [work for work in works if work.side is side and _inserts(work)]
        left = env.store.partings.left(mapping.name, side, [work.id for work in new])
        for work in new:
            if work.id in left:
                erp, crm = work.on(Side.ERP), work.on(Side.CRM)
                work.action = SynchAction(kind=ActionKind.IGNORE, reason=left[work.id], erp=erp, crm=crm)


def _inserts(work: Work) -> bool:
    return work.action is not None and work.action.kind is ActionKind.INSERT


def can_restore(mapping: TableMapping, missing: Side) -> bool:
    """Whether the mapping may create records on the side that lost one."""
    return mapping.creates and mapping.direction.writes(missing)


def end_couplings(env: Environment, works: Sequence[Work]) -> None:
    """Drop the couplings of works that part, inside the page's transaction."""
    parting = [(work.coupling, _left_by(work)) for work in works if work.parts and work.coupling is not None]
    for side in (None, *Side):
        stays = None if side is None else Reason(ReasonCode.UNCOUPLED, {"side": side.value.upper()})
        env.store.partings.end([coupling for coupling, left_by in parting if left_by is side], stays)
    # A number stays with the record that had it: the restored one gets the next of the range.
    lost = [
        work.coupling
        for work in works
        if work.parts and work.coupling is not None and (work.is_deleted or work.on(Side.ERP) is None)
    ]
    for mapping in {one.mapping for one in lost}:
        env.store.journal.release_numbers(mapping, [one.crm_id for one in lost])


def _left_by(work: Work) -> Side | None:
    """The side that lost its record, if the one that is left is to stay uncoupled."""
    if work.action is None or work.action.reason.code is not ReasonCode.UNCOUPLED:
        return None
    return Side.ERP if work.on(Side.ERP) is None else Side.CRM


def end_deleted(env: Environment, deleted: Sequence[tuple[Intent, Coupling]], job: JobId, now: datetime) -> None:
    """Drop the couplings of records whose delete turned out to have landed, inside the transaction that settles it."""
    env.store.partings.end([coupling for _, coupling in deleted])
    for intent, coupling in deleted:
        env.store.journal.release_numbers(coupling.mapping, [coupling.crm_id])
        reason = Reason(ReasonCode.DELETED, {"side": intent.destination.other.value.upper()})
        outcome = RecordOutcome(
            mapping=coupling.mapping,
            side=intent.destination,
            id=coupling.id_on(intent.destination),
            kind=ActionKind.DELETE,
            reason=reason,
            label=coupling.erp_number or "",
            job=job,
            at=now,
        )
        other = intent.destination.other
        env.store.outcomes.put([outcome, replace(outcome, side=other, id=coupling.id_on(other))])
        env.store.outcomes.close_conflicts(coupling.mapping, {coupling.erp_id: ()}, at=now)


def outcomes_of_parting(
    tables: Tables, works: Sequence[Work], outcomes: Sequence[RecordOutcome]
) -> list[RecordOutcome]:
    """The same outcome for both records of each pair that parts; one that is restored is due, where it is left."""
    result: list[RecordOutcome] = []
    for work, outcome in zip(works, outcomes, strict=True):
        if not work.parts or work.coupling is None:
            continue
        for side in Side:
            record = work.on(side)
            due = _due(work, outcome.at) if record is not None else None
            label = tables.label_of(side, record) or outcome.label
            result.append(replace(outcome, side=side, id=work.coupling.id_on(side), label=label, due_at=due))
    return result


def _due(work: Work, now: datetime) -> datetime | None:
    return now if work.parting is OnDeletion.RESTORE else None
