"""Undo a job: restore what it replaced, wherever its own values still stand.

Every write of the job is taken back newest first, through intents of its own, with the version just read. A value that
somebody changed since stays. What was restored becomes base together with the value that the job had carried: that
value was seen and refused, so neither side counts as changed until somebody edits one of them.
"""

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice

from crosstie.model.coupling import Coupling
from crosstie.model.errors import CrosstieError, UsageError
from crosstie.model.job import Counters, SynchJob
from crosstie.model.words import ActionKind, JobId, JobStatus, RecordId, Side
from crosstie.synch.full_synch import new_job
from crosstie.synch.outbox import intend, send, settle_answered
from crosstie.synch.permit import Permit, remembering
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.store import RecordOutcome
from crosstie.synch.recover import recover, settle_intents
from crosstie.synch.remember import landed_base, stamps_after
from crosstie.synch.tables import Tables, describe
from crosstie.synch.undo_plan import Fate, RecordUndo, Undone, decide_undo
from crosstie.synch.work import Work

_LEASE_S = 120.0
_ROUNDS = 4


_COUNTED = {Fate.RESTORED: "modified", Fate.BACK: "unchanged", Fate.REFUSED: "failed"}
"""The counter of each fate; the others are skipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A page of an undo: the job so far, and what became of the page's writes."""

    job: SynchJob
    undone: Sequence[Undone]


async def plan_undo(env: Environment, job: JobId) -> AsyncGenerator[Sequence[Undone], None]:
    """What an undo of ``job`` would do now, page by page; nothing is written."""
    undone = _job_to_undo(env, job)
    tables = await describe(env, env.mappings[undone.mapping])
    for records in _pages(env, undone):
        await decide_undo(env, tables, records, undone.id)
        yield [line for record in records for line in record.lines]


async def undo(env: Environment, job: JobId, *, started_by: str) -> AsyncGenerator[Step, None]:
    """Undo ``job``; yields after every page. Doing it twice does nothing the second time."""
    undone = _job_to_undo(env, job)
    own = replace(new_job(env, undone.mapping, is_full=False, started_by=started_by), message=f"Undo of {job}")
    epoch = env.store.locks.take(own.mapping, env.owner, env.clock(), _LEASE_S, force=env.is_alone)
    try:
        env.store.jobs.end_interrupted(own.mapping, at=env.clock())
        own = _note(env, replace(own, status=JobStatus.IN_PROCESS, started_at=env.clock()))
        tables = await describe(env, env.mappings[own.mapping])
        await recover(env, tables, _permit(env, own, epoch))
        for records in _pages(env, undone):
            await _undo_page(env, tables, records, undone.id, _permit(env, own, epoch))
            own = _note(env, own.add(_count(records), len(records)))
            yield Step(job=own, undone=[line for record in records for line in record.lines])
        own = _note(env, replace(own, status=JobStatus.FINISHED, finished_at=env.clock()))
        yield Step(job=own, undone=[])
    except CrosstieError as error:
        message = f"{own.message}. {error}"
        _note(env, replace(own, status=JobStatus.ERROR, message=message, finished_at=env.clock()))
        raise
    finally:
        env.store.locks.release(own.mapping, epoch)


def _job_to_undo(env: Environment, id_: JobId) -> SynchJob:
    job = env.store.jobs.get(id_)
    if job is None:
        raise UsageError(f"There is no synch job '{id_}'; nothing was undone.", "'crosstie jobs' lists them.")
    if job.mapping not in env.mappings:
        raise UsageError(
            f"The job's table mapping {job.mapping} is no longer there; nothing was undone.",
            f"Known are {', '.join(sorted(env.mappings))}.",
        )
    return job


def _permit(env: Environment, job: SynchJob, epoch: int) -> Permit:
    now = env.clock()
    env.store.locks.renew(job.mapping, epoch, now, _LEASE_S)
    return Permit(job=job.id, epoch=epoch, until=now + timedelta(seconds=_LEASE_S))


def _note(env: Environment, job: SynchJob) -> SynchJob:
    env.store.jobs.put(job)
    env.listener.job_moved(job)
    return job


def _pages(env: Environment, job: SynchJob) -> Iterator[list[RecordUndo]]:
    """The job's writes, a page at a time, those to one record together."""
    intents = iter(env.store.journal.landed_of_job(job.mapping, job.id))
    while page := list(islice(intents, env.page_size)):
        records: dict[tuple[Side, RecordId], RecordUndo] = {}
        for intent in page:
            to = intent.destination
            id_ = intent.crm_id if to is Side.CRM else intent.erp_id
            record = records.setdefault((to, intent.crm_id), RecordUndo(destination=to, id=id_, intents=[]))
            record.intents.append(intent)
        yield list(records.values())


async def _undo_page(
    env: Environment, tables: Tables, records: Sequence[RecordUndo], undone: JobId, permit: Permit
) -> None:
    """Restore what can be restored; what changed meanwhile is read and decided again, a few times at most."""
    todo = list(records)
    for _ in range(_ROUNDS):
        await decide_undo(env, tables, todo, undone)
        works = [record.work for record in todo if record.work is not None]
        intend(env, tables, works, permit)
        states = await send(env, tables, works, permit)
        with remembering(env, tables.mapping.name, permit):
            settle_answered(env, tables.mapping.name, states)
            _remember(env, tables, works, permit)
        open_ = [intent for work in works for intent in work.intents if intent.id not in states]
        if open_:
            await settle_intents(env, tables, open_, permit)
        for record in todo:
            if record.work is not None and record.work.refused is not None:
                record.lines = [_refused(line, record.work) for line in record.lines]
        todo = [record for record in todo if record.work is not None and record.work.is_retried]
        if not todo:
            break


def _refused(line: Undone, work: Work) -> Undone:
    is_ours = line.fate is Fate.RESTORED
    return replace(line, fate=Fate.REFUSED, why=f"{work.refused} {work.detail}".strip()) if is_ours else line


def _remember(env: Environment, tables: Tables, works: Iterable[Work], permit: Permit) -> None:
    """Bases of what landed; versions stay, so that the next synchronization compares the pair and sends later edits."""
    landed = [work for work in works if work.coupling is not None and work.answers]
    ids = [work.coupling.crm_id for work in landed if work.coupling is not None]
    couplings = dict(env.store.couplings.by_id(tables.mapping.name, Side.CRM, ids))
    outcomes: list[RecordOutcome] = []
    for work in landed:
        for intent in work.intents:
            proved = landed_base(tables, intent, work.answers[intent.destination])
            known = couplings[intent.crm_id]
            stamps = stamps_after(known, work)
            couplings[intent.crm_id] = replace(known, base={**known.base, **proved}, stamps=stamps)
            outcomes.append(_outcome(env, tables, work, couplings[intent.crm_id], permit))
    env.store.couplings.put(couplings.values(), job=permit.job, at=env.clock())
    env.store.outcomes.put(outcomes)


def _outcome(env: Environment, tables: Tables, work: Work, coupling: Coupling, permit: Permit) -> RecordOutcome:
    if work.action is None:
        raise ValueError(f"no decision was made for {work.id}")
    return RecordOutcome(
        mapping=coupling.mapping,
        side=work.side,
        id=work.id,
        kind=ActionKind.MODIFY,
        reason=work.action.reason,
        label=tables.label_of(work.side, work.record),
        job=permit.job,
        at=env.clock(),
        due_at=env.clock(),
        fields=work.action.fields_to(work.side),
    )


def _count(records: Iterable[RecordUndo]) -> dict[Side, Counters]:
    """Each record once: as failed, else modified, else skipped, else unchanged."""
    result = dict.fromkeys(Side, Counters())
    for record in records:
        names = {_COUNTED.get(line.fate, "skipped") for line in record.lines}
        first = next((name for name in ("failed", "modified", "skipped", "unchanged") if name in names), "unchanged")
        result[record.destination] += Counters(**{first: 1})
    return result
