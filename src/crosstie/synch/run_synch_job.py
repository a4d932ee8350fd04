"""Run a synch job: recover, detect, then page after page until nothing is left.

All state is in the store: a job that was stopped or killed goes on from its cursors when it is run again. One page is
one step of the job engine.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from datetime import timedelta

from crosstie.engine.guard import Limits
from crosstie.model.job import Counters, SynchJob
from crosstie.model.mapping import TableMapping
from crosstie.model.words import JobStatus, RecordId, Side
from crosstie.synch.decide_page import works_of
from crosstie.synch.detect import detect
from crosstie.synch.guard import Guard
from crosstie.synch.page import run_page
from crosstie.synch.permit import Permit, remembering
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.store import Ahead
from crosstie.synch.recover import recover
from crosstie.synch.remember import remember
from crosstie.synch.tables import Tables, describe
from crosstie.synch.work import Work

_LEASE_S = 120.0
_RENEWED_AT_S = 60.0
"""A lease with less time left than this is renewed before the next page."""


@dataclass(slots=True)
class _Run:
    """A job while it runs."""

    env: Environment
    tables: Tables
    job: SynchJob
    guard: Guard
    lease: Permit

    @property
    def mapping(self) -> TableMapping:
        return self.tables.mapping

    @property
    def creates(self) -> bool:
        return self.mapping.creates and (self.job.is_full or not self.mapping.only_coupled)

    def permit(self) -> Permit:
        """The right to write another page, renewed where little of it is left; every intent checks its epoch anyway."""
        now, epoch = self.env.clock(), self.lease.epoch
        if self.lease.until - now < timedelta(seconds=_RENEWED_AT_S):
            self.env.store.locks.renew(self.mapping.name, epoch, now, _LEASE_S)
            self.lease = replace(self.lease, until=now + timedelta(seconds=_LEASE_S))
        return self.lease

    def note(self, job: SynchJob) -> SynchJob:
        """Remember where the job stands, and tell."""
        self.job = job
        self.env.store.jobs.put(job)
        self.env.listener.job_moved(job)
        return job


async def run_synch_job(env: Environment, job: SynchJob) -> AsyncGenerator[SynchJob, None]:
    """Run ``job``; yields it after every page, so that whoever runs it may stop in between.

    Raises a SetupError or TransientError when a system as a whole refuses or is away; nothing is lost then, the next
    run goes on.
    """
    mapping = env.mappings[job.mapping]
    now = env.clock()
    epoch = env.store.locks.take(mapping.name, env.owner, now, _LEASE_S, force=env.is_alone)
    lease = Permit(job=job.id, epoch=epoch, until=now + timedelta(seconds=_LEASE_S))
    try:
        env.store.jobs.end_interrupted(mapping.name, at=env.clock())
        tables = await describe(env, mapping)
        guard = Guard(env, tables, is_accepted=job.accepts_mass_change, limits=Limits())
        run = _Run(env=env, tables=tables, job=job, guard=guard, lease=lease)
        yield run.note(replace(run.job, status=JobStatus.IN_PROCESS, started_at=env.clock()))
        await recover(env, run.tables, run.permit())
        for side in Side:
            await detect(env, side, run.tables.on(side), whole_table=job.is_full)
            run.permit()
        async for moved in _pages(run):
            yield moved
        run.guard.finish()
        yield run.note(replace(run.job, status=JobStatus.FINISHED, finished_at=env.clock()))
    finally:
        env.store.locks.release(mapping.name, epoch)


async def _pages(run: _Run) -> AsyncGenerator[SynchJob, None]:
    mapping, inbox = run.mapping, run.env.store.inbox
    after = {side: 0 if run.job.is_full else inbox.cursor(mapping.name, side) for side in Side}
    ahead = {side: inbox.ahead(mapping.name, side, mapping.table(side), after=after[side]) for side in Side}
    # Echoes need no work and are counted at once; the rest is the job's total.
    echoes = {side.other: Counters(unchanged=ahead[side].echoes) for side in Side}
    total = sum(one.pending for one in ahead.values())
    if total:
        run.guard.look_ahead(after, {side: ahead[side].upto for side in Side})
    run.job = replace(run.job.add(echoes, 0), total=total)
    if total:
        run.note(run.job)
    for side in Side:
        async for moved in _changed(run, side, ahead[side]):
            yield moved
    async for moved in _due(run):
        yield moved


async def _changed(run: _Run, side: Side, ahead: Ahead) -> AsyncGenerator[SynchJob, None]:
    """The changes of one side, in the order they were noted."""
    inbox, name, table = run.env.store.inbox, run.mapping.name, run.mapping.table(side)
    after, upto, is_more = ahead.after, ahead.upto, ahead.pending > 0
    while is_more:
        # What the other side's turn wrote here is no echo of what the inbox holds, so there may be more than counted.
        pending = inbox.pending(name, side, table, after=after, upto=upto, limit=run.env.page_size)
        is_more = len(pending) == run.env.page_size
        if not pending:
            break
        near, outside = works_of(run.mapping, side, pending)
        permit = run.permit()
        counted = dict.fromkeys(Side, Counters())
        if near:
            counted = dict(await run_page(run.env, run.tables, near, permit, creates=run.creates, guard=run.guard))
        after = pending[-1].seq
        with remembering(run.env, name, permit):
            if outside:
                remember(run.env, run.tables, outside, permit)
            inbox.move_cursor(name, side, after)
            moved = run.note(run.job.add(counted, len(pending)))
        yield moved
    if upto > after or run.job.is_full:
        inbox.move_cursor(name, side, upto)


async def _due(run: _Run) -> AsyncGenerator[SynchJob, None]:
    """Records that failed or waited and whose time has come; each is tried once a run."""
    tried: set[tuple[Side, RecordId]] = set()
    if not run.env.store.outcomes.count_due(run.mapping.name, run.env.clock()):
        return
    for side in Side:
        while True:
            limit = run.env.page_size + len(tried)
            due = run.env.store.outcomes.due(run.mapping.name, side, run.env.clock(), limit)
            ids = [id_ for id_ in due if (side, id_) not in tried][: run.env.page_size]
            if not ids:
                break
            tried |= {(side, id_) for id_ in ids}
            works = [Work(side=side, id=id_) for id_ in ids]
            # A create that failed or waited was decided once; only-coupled must not make it forgotten.
            creates, guard = run.mapping.creates, run.guard
            counted = await run_page(run.env, run.tables, works, run.permit(), creates=creates, guard=guard)
            yield run.note(run.job.add(counted, len(ids)))
