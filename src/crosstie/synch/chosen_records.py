"""Synchronize the records that a person names, whatever the cursors say.

Everything is found before anything is done: a name that is unknown, or means more than one record, stops it all. So
does a direction, if one is wanted, that a mapping does not go or that finds nothing to take values from.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from crosstie.engine.filter import meets
from crosstie.model.errors import CrosstieError, UsageError
from crosstie.model.job import SynchJob
from crosstie.model.mapping import TableMapping
from crosstie.model.record import Record
from crosstie.model.words import ActionKind, JobStatus, MappingName, RecordId, Side
from crosstie.synch.find_record import find
from crosstie.synch.full_synch import new_job, ordered
from crosstie.synch.page import run_page
from crosstie.synch.permit import Permit
from crosstie.synch.ports.environment import Environment
from crosstie.synch.recover import recover
from crosstie.synch.tables import Tables, describe
from crosstie.synch.work import Answers, Work

_LEASE_S = 120.0


async def find_chosen(
    env: Environment, names: Collection[MappingName], texts: Sequence[str], *, destination: Side | None = None
) -> Mapping[MappingName, list[Work]]:
    """The one record or pair that each text (number, name or id) names, by mapping; mappings without any are left out.

    UsageError when a text names nothing, more than one record of a mapping, or what cannot be sent to ``destination``.
    """
    chosen: dict[MappingName, list[Work]] = {}
    known: set[str] = set()
    for name in ordered(env):
        if name not in names:
            continue
        tables = await describe(env, env.mappings[name])
        works: dict[tuple[Side, RecordId], Work] = {}
        for text in texts:
            work = await _find_one(env, tables, text)
            if work is not None:
                known.add(text)
                works[work.side, work.id] = work
                _refuse_destination(env, tables, work, text, destination)
        if works:
            chosen[name] = list(works.values())
    missing = [text for text in texts if text not in known]
    if missing:
        raise UsageError(
            f"No record of {', '.join(sorted(names))} has the number, name or id '{missing[0]}'. Nothing was done.",
            "Check the spelling; the ERP compares capital letters too.",
        )
    return chosen


def _refuse_destination(env: Environment, tables: Tables, work: Work, text: str, destination: Side | None) -> None:
    """Refuse a direction that the mapping does not go, or that would carry over what is not there."""
    if destination is None:
        return
    name, system, other = tables.mapping.name, destination.value.upper(), destination.other.value.upper()
    if not tables.mapping.direction.writes(destination):
        raise UsageError(
            f"{name} goes from the {system} to the {other} only, and '{text}' is one of its records. Nothing was done.",
            "Leave out --direction, or choose the other one.",
        )
    if work.side is destination and not env.store.couplings.by_id(name, work.side, [work.id]):
        raise UsageError(
            f"'{text}' is not coupled: the {other} holds nothing that could go to the {system}. Nothing was done.",
            f"Couple it with 'crosstie couple {name}', or leave out --direction to have it created in the {other}.",
        )


async def _find_one(env: Environment, tables: Tables, text: str) -> Work | None:
    """A work for the record of that name; a coupled pair is one, taken from its ERP side."""
    found = [(side, record) for side in Side for record in await find(env, tables, side, text)]
    name = tables.mapping.name
    couplings = {
        side: env.store.couplings.by_id(name, side, [one.id for at, one in found if at is side]) for side in Side
    }
    taking_part = [
        (side, record)
        for side, record in found
        if record.id in couplings[side] or meets(record.values, tables.mapping.filter(side))
    ]
    works: dict[tuple[Side, RecordId], str] = {}
    for side, record in taking_part or found:
        coupling = couplings[side].get(record.id)
        key = (side, record.id) if coupling is None else (Side.ERP, coupling.erp_id)
        works.setdefault(key, _described(tables, side, record))
    if len(works) > 1:
        raise UsageError(
            f"'{text}' means more than one record in {name}: {'; '.join(list(works.values())[:5])}. Nothing was done.",
            "Name one by its number or id; if two of them are the same thing, couple them with 'crosstie couple'.",
        )
    return next((Work(side=side, id=id_) for side, id_ in works), None)


def _described(tables: Tables, side: Side, record: Record) -> str:
    return f"{side.value.upper()} {tables.label_of(side, record)} ({record.id})"


async def synchronize_chosen(
    env: Environment,
    names: Collection[MappingName],
    texts: Sequence[str],
    *,
    started_by: str,
    destination: Side | None = None,
) -> list[SynchJob]:
    """Bring only these records into step, mapping after mapping; returns the jobs as they ended.

    With a ``destination`` the other side's values go there, over whatever was edited there. A record that is not
    coupled is created at the other side only if its mapping creates records at all.
    """
    chosen = await find_chosen(env, names, texts, destination=destination)
    answers = Answers(destination=destination)
    return [
        await _run(env, new_job(env, name, is_full=False, started_by=started_by), works, answers)
        for name, works in chosen.items()
    ]


async def _run(env: Environment, job: SynchJob, works: Sequence[Work], answers: Answers) -> SynchJob:
    job = _note(env, replace(job, total=len(works)))
    try:
        job = await _run_locked(env, job, works, answers)
    except CrosstieError as error:
        return _note(env, replace(job, status=JobStatus.ERROR, message=str(error), finished_at=env.clock()))
    return _note(env, replace(job, status=JobStatus.FINISHED, finished_at=env.clock()))


async def _run_locked(env: Environment, job: SynchJob, works: Sequence[Work], answers: Answers) -> SynchJob:
    """The records, page by page, under the mapping's lock; cursors stay where they are."""
    mapping = env.mappings[job.mapping]
    epoch = env.store.locks.take(mapping.name, env.owner, env.clock(), _LEASE_S, force=env.is_alone)
    try:
        env.store.jobs.end_interrupted(mapping.name, at=env.clock())
        job = _note(env, replace(job, status=JobStatus.IN_PROCESS, started_at=env.clock()))
        tables = await describe(env, mapping)
        await recover(env, tables, _permit(env, job, epoch))
        for start in range(0, len(works), env.page_size):
            page = [Work(side=one.side, id=one.id) for one in works[start : start + env.page_size]]
            permit = _permit(env, job, epoch)
            counted = await run_page(env, tables, page, permit, creates=mapping.creates, answers=answers)
            job = _note(env, job.add(counted, len(page)))
            again = _created_in_erp(env, mapping, page)
            if again:
                counted = await run_page(env, tables, again, _permit(env, job, epoch), creates=mapping.creates)
                job = _note(env, job.add(counted, 0))
        return job
    finally:
        env.store.locks.release(mapping.name, epoch)


def _permit(env: Environment, job: SynchJob, epoch: int) -> Permit:
    now = env.clock()
    env.store.locks.renew(job.mapping, epoch, now, _LEASE_S)
    return Permit(job=job.id, epoch=epoch, until=now + timedelta(seconds=_LEASE_S))


def _created_in_erp(env: Environment, mapping: TableMapping, works: Sequence[Work]) -> list[Work]:
    """Records that were just created in the ERP are looked at once more: their new number goes back to the CRM."""
    again: list[Work] = []
    for work in works:
        last = env.store.outcomes.of_record(mapping.name, Side.CRM, work.id) if work.side is Side.CRM else None
        if last is not None and last.kind is ActionKind.INSERT and last.due_at is not None:
            again.append(Work(side=work.side, id=work.id))
    return again


def _note(env: Environment, job: SynchJob) -> SynchJob:
    env.store.jobs.put(job)
    env.listener.job_moved(job)
    return job
