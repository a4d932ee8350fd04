"""Deletions by strategy: a pair that lost one side is asked about, restored or uncoupled.

Only a decision that rests on a read by key comes here. Restoring ends the coupling and makes the record that is left
due: it is created anew at the other side, in the same run, under another id or number than the one that was deleted.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from crosstie.model.action import SynchAction
from crosstie.model.mapping import TableMapping
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.words import ActionKind, OnDeletion, Side
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.store import RecordOutcome
from crosstie.synch.tables import Tables
from crosstie.synch.work import Work

_REASONS = {OnDeletion.RESTORE: ReasonCode.RESTORED, OnDeletion.UNCOUPLE: ReasonCode.UNCOUPLED}


def part(mapping: TableMapping, work: Work, answer: OnDeletion | None) -> None:
    """Put the strategy on a work whose counterpart was deleted; ``answer`` is a person's, before the mapping's own."""
    work.parting = None
    action = work.action
    if action is not None and action.reason.code is ReasonCode.GONE and work.coupling is not None:
        work.parting = OnDeletion.UNCOUPLE  # nothing is left to tie together
    if action is None or action.reason.code is not ReasonCode.COUNTERPART_DELETED:
        return
    strategy = answer or mapping.on_deletion
    missing = Side.ERP if action.erp is None else Side.CRM
    if strategy is OnDeletion.ASK or (strategy is OnDeletion.RESTORE and not can_restore(mapping, missing)):
        return
    work.parting = strategy
    work.action = replace(action, kind=ActionKind.IGNORE, reason=Reason(_REASONS[strategy], action.reason.data))


def leave_uncoupled(env: Environment, mapping: TableMapping, works: Sequence[Work]) -> None:
    """A record whose coupling was ended because its counterpart was deleted is not created there by the next job."""
    for side in Side:
        new = [work for work in works if work.side is side and _inserts(work)]
        left = env.store.partings.left(mapping.name, side, [work.id for work in new])
        for work in new:
            if work.id in left:
                reason = Reason(ReasonCode.UNCOUPLED, {"side": side.other.value.upper()})
                erp, crm = work.on(Side.ERP), work.on(Side.CRM)
                work.action = SynchAction(kind=ActionKind.IGNORE, reason=reason, erp=erp, crm=crm)


def _inserts(work: Work) -> bool:
    return work.action is not None and work.action.kind is ActionKind.INSERT


def can_restore(mapping: TableMapping, missing: Side) -> bool:
    """Whether the mapping may create records on the side that lost one."""
    return mapping.creates and mapping.direction.writes(missing)


def end_couplings(env: Environment, works: Sequence[Work]) -> None:
    """Drop the couplings of works that part, inside the page's transaction."""
    parting = [work.coupling for work in works if work.parting is not None and work.coupling is not None]
    env.store.partings.end(parting)
    for work in works:
        # A number stays with the record that had it: the restored one gets the next of the range.
        if work.parting is not None and work.coupling is not None and work.on(Side.ERP) is None:
            env.store.journal.release_number(work.coupling.mapping, work.coupling.crm_id)


def outcomes_of_parting(
    tables: Tables, works: Sequence[Work], outcomes: Sequence[RecordOutcome]
) -> list[RecordOutcome]:
    """The same outcome for both records of each pair that parts; one that is restored is due, where it is left."""
    result: list[RecordOutcome] = []
    for work, outcome in zip(works, outcomes, strict=True):
        if work.parting is None or work.coupling is None:
            continue
        for side in Side:
            record = work.on(side)
            due = _due(work, outcome.at) if record is not None else None
            label = tables.label_of(side, record) or outcome.label
            result.append(replace(outcome, side=side, id=work.coupling.id_on(side), label=label, due_at=due))
    return result


def _due(work: Work, now: datetime) -> datetime | None:
    return now if work.parting is OnDeletion.RESTORE else None
