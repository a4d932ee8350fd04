"""Uncouple by hand: the records that a person names, or a whole mapping, and what cannot stay coupled without them.

Nothing is created or deleted in either system. The records of other mappings that belong to an uncoupled record (its
contacts, where their parent is required) are uncoupled first. What a person took apart only a person couples again: no
match and no full synchronization does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from crosstie.model.coupling import Coupling
from crosstie.model.errors import CrosstieError, UsageError
from crosstie.model.job import Counters, SynchJob
from crosstie.model.mapping import FieldMapping, TableMapping
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.words import ActionKind, JobId, JobStatus, JobType, MappingName, RecordId, Side
from crosstie.synch.find_record import find
from crosstie.synch.full_synch import new_job
from crosstie.synch.permit import Permit, remembering
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.store import RecordOutcome
from crosstie.synch.recover import recover
from crosstie.synch.tables import Tables, describe

_LEASE_S = 120.0
BY_HAND = Reason(ReasonCode.UNCOUPLED_BY_HAND)


async def uncouple(env: Environment, name: MappingName, texts: Sequence[str], *, started_by: str) -> SynchJob:
    """Uncouple the records that ``texts`` name (number, name or id), or all of the mapping if there are none.

    Returns the job as it ended; it counts the uncoupled records of other mappings too. Raises UsageError, before
    anything is done, when a text names no coupled record or more than one.
    """
    chosen = {one.erp_id: one for one in [await _named(env, name, text) for text in texts]}
    couplings = iter(chosen.values() if texts else env.store.couplings.all(name))
    total = len(chosen) if texts else env.store.couplings.count(name)
    job = replace(new_job(env, name, is_full=not texts, started_by=started_by), type=JobType.UNCOUPLING, total=total)
    return await _run(env, job, couplings)


async def _named(env: Environment, name: MappingName, text: str) -> Coupling:
    """The one coupling of the record that ``text`` names; a record that was deleted is found by its number or id."""
    known = {one.erp_id: one for one in env.store.couplings.by_key(name, "number", [text])}
    for side in Side:
        known |= {one.erp_id: one for one in env.store.couplings.by_id(name, side, [RecordId(text.lower())]).values()}
    if not known:
        tables = await describe(env, env.mappings[name])
        for side in Side:
            ids = [record.id for record in await find(env, tables, side, text)]
            known |= {one.erp_id: one for one in env.store.couplings.by_id(name, side, ids).values()}
    if len(known) == 1:
        return next(iter(known.values()))
    several = ", ".join(one.erp_number or one.erp_id for one in known.values())
    raise UsageError(
        f"'{text}' names {len(known)} coupled records of {name}: {several}. Nothing was uncoupled."
        if known
        else f"No coupled record of {name} has the number, name or id '{text}'. Nothing was uncoupled.",
        "Name one by its number or id; 'crosstie explain' tells what is known of a record.",
    )


async def _run(env: Environment, job: SynchJob, couplings: Iterator[Coupling]) -> SynchJob:
    """The job, page by page; an error ends it and leaves coupled what was not reached."""
    job = _note(env, job)
    try:
        with ExitStack() as locks:
            family = {name: locks.enter_context(_locked(env, name)) for name in _family(env.mappings, job.mapping)}
            run = _Uncoupling(env, job.id, family, {name: await describe(env, env.mappings[name]) for name in family})
            job = _note(env, replace(job, status=JobStatus.IN_PROCESS, started_at=env.clock()))
            for name in family:
                await recover(env, run.tables[name], run.permit(name))
            while page := list(islice(couplings, env.page_size)):
                count = await run.uncouple(job.mapping, page)
                job = _note(env, job.add({Side.CRM: Counters(uncoupled=count)}, len(page)))
    except CrosstieError as error:
        return _note(env, replace(job, status=JobStatus.ERROR, message=str(error), finished_at=env.clock()))
    return _note(env, replace(job, status=JobStatus.FINISHED, finished_at=env.clock()))


def _note(env: Environment, job: SynchJob) -> SynchJob:
    env.store.jobs.put(job)
    env.listener.job_moved(job)
    return job


@contextmanager
def _locked(env: Environment, name: MappingName) -> Iterator[int]:
    """The mapping's lock, as its epoch."""
    epoch = env.store.locks.take(name, env.owner, env.clock(), _LEASE_S, force=env.is_alone)
    try:
        yield epoch
    finally:
        env.store.locks.release(name, epoch)


def _needing(mappings: Iterable[TableMapping], name: MappingName) -> list[tuple[TableMapping, FieldMapping]]:
    """The mappings whose records cannot be coupled without a record of this one, with the field that says so."""
    return [
        (one, field)
        for one in mappings
        for field in one.fields
        if field.reference is not None and field.reference.is_required and field.reference.mapping == name != one.name
    ]


def _family(mappings: Mapping[MappingName, TableMapping], name: MappingName) -> list[MappingName]:
    """A mapping and all that need it, directly or not."""
    found = [name]
    for one in found:
        found += [other.name for other, _ in _needing(mappings.values(), one) if other.name not in found]
    return found


@dataclass(frozen=True, slots=True)
class _Uncoupling:
    """One job of uncoupling, while it holds the locks of the mapping and of all that need it."""

    env: Environment
    job: JobId
    epochs: Mapping[MappingName, int]
    tables: Mapping[MappingName, Tables]

    def permit(self, name: MappingName) -> Permit:
        """Renew the lease of one of the locks."""
        now = self.env.clock()
        self.env.store.locks.renew(name, self.epochs[name], now, _LEASE_S)
        return Permit(job=self.job, epoch=self.epochs[name], until=now + timedelta(seconds=_LEASE_S))

    async def uncouple(self, name: MappingName, page: Sequence[Coupling]) -> int:
        """One page, what needs its records first; returns how many couplings ended."""
        count = len(page)
        for other, field in _needing(self.env.mappings.values(), name):
            belonging = await self._belonging(other, field, page)
            if belonging:
                count += await self.uncouple(other.name, belonging)
        with remembering(self.env, name, self.permit(name)):
            _end(self.env, page, self.job, self.env.clock())
        return count

    async def _belonging(self, other: TableMapping, field: FieldMapping, page: Sequence[Coupling]) -> list[Coupling]:
        """The couplings of another mapping whose records refer to one of these, as either system says."""
        found: dict[RecordId, Coupling] = {}
        for side in Side:
            (column,) = field.columns(side)
            if not self.tables[other.name].on(side).columns[column].is_searchable:
                continue
            keys = [_key(one, field, side) for one in page]
            values = [key for key in keys if key is not None]
            rows = await self.env.connector(side).find(other.table(side), column, values, [column])
            known = self.env.store.couplings.by_id(other.name, side, [row.id for row in rows])
            found |= {one.erp_id: one for one in known.values()}
        return list(found.values())


def _key(coupling: Coupling, field: FieldMapping, side: Side) -> str | None:
    """What a field of ``side`` that refers to this pair holds."""
    is_number = side is Side.ERP and field.reference is not None and field.reference.key != "id"
    return coupling.erp_number if is_number else coupling.id_on(side)


def _end(env: Environment, page: Sequence[Coupling], job: JobId, now: datetime) -> None:
    """End these couplings, and what was to be asked or tried again about their records."""
    env.store.partings.end(page, BY_HAND)
    name = page[0].mapping
    # The number stays with the ERP record, should the CRM row ever need a new one.
    env.store.journal.release_numbers(name, [one.crm_id for one in page])
    env.store.outcomes.close_conflicts(name, {one.erp_id: [] for one in page}, at=now)
    labels = env.store.outcomes.labels(name, [one.id_on(side) for one in page for side in Side])
    env.store.outcomes.put(
        [
            RecordOutcome(
                mapping=one.mapping,
                side=side,
                id=one.id_on(side),
                kind=ActionKind.IGNORE,
                reason=BY_HAND,
                label=labels.get(one.id_on(side)) or labels.get(one.id_on(side.other)) or one.erp_number or "",
                job=job,
                at=now,
            )
            for one in page
            for side in Side
        ]
    )
