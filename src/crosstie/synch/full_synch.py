"""Full synchronization: the review with its recommendations, and the run in dependency order.

A record that fails holds nobody up; a job that does not finish holds up the mappings that depend on it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from crosstie.engine.order import waves
from crosstie.engine.recommend import recommend
from crosstie.model.job import FullSynchLine, SynchJob
from crosstie.model.words import (
    Direction,
    JobId,
    JobStatus,
    JobType,
    MappingName,
    Recommendation,
    Side,
    TableJobStatus,
)
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.jobs import JobEngine

_COMPLETING_ROUNDS = 3
"""How often mappings are taken up again within one full synchronization to complete references to later ones."""


async def review(env: Environment) -> list[FullSynchLine]:
    """The lines of the full synch review in the order they run, each with a fresh recommendation.

    What an earlier run noted on a line stays until the next Start.
    """
    lines = await _reviewed(env)
    with env.store.transaction():
        for line in lines:
            _put(env, line)
    return lines


async def _reviewed(env: Environment) -> list[FullSynchLine]:
    known = {line.mapping: line for line in env.store.jobs.lines()}
    lines: list[FullSynchLine] = []
    for name in ordered(env):
        mapping = env.mappings[name]
        erp = await env.erp.count(mapping.erp_table, mapping.erp_filter)
        crm = await env.crm.count(mapping.crm_table, mapping.crm_filter)
        line = replace(
            known.get(name) or FullSynchLine(mapping=name, depends_on=()),
            depends_on=tuple(need for need in mapping.depends_on if need in env.mappings),
            recommendation=recommend(mapping, erp, crm, env.store.couplings.count(name)),
        )
        lines.append(line)
    return lines


def ordered(env: Environment) -> list[MappingName]:
    """The mappings in an order in which each follows what it depends on."""
    needs = {name: mapping.depends_on for name, mapping in env.mappings.items()}
    return [name for wave in waves(needs) for name in wave]


async def start(env: Environment, engine: JobEngine, *, started_by: str) -> list[SynchJob]:
    """Run a full synchronization over all lines; returns the jobs as they ended, in order.

    Mappings that a later one completed (a reference to a record that was not there yet) are taken up again at the end.
    """
    reviewed = await _reviewed(env)
    with env.store.transaction():
        lines = {line.mapping: _put(env, _blank(line)) for line in reviewed}
    jobs: list[SynchJob] = []
    needs = {name: env.mappings[name].depends_on for name in lines}
    for wave in waves(needs):
        ready = [name for name in wave if _is_ready(lines, name)]
        for name in wave:
            if name not in ready:
                lines[name] = _put(env, replace(lines[name], status=JobStatus.WAITING))
        jobs += await _run_wave(env, engine, lines, ready, started_by)
    jobs += await _complete(env, engine, lines, started_by)
    return jobs


async def synchronize(
    env: Environment,
    engine: JobEngine,
    names: Iterable[MappingName],
    *,
    started_by: str,
    is_full: bool = False,
    accepts_mass_change: bool = False,
) -> list[SynchJob]:
    """Synchronize what changed, or every record, mapping after mapping in dependency order; returns the ended jobs."""
    wanted = set(names)
    jobs: list[SynchJob] = []
    for name in ordered(env):
        if name in wanted:
            job = new_job(env, name, is_full=is_full, started_by=started_by)
            jobs += await engine.run_all([replace(job, accepts_mass_change=accepts_mass_change)])
    return jobs


def new_job(env: Environment, name: MappingName, *, is_full: bool, started_by: str) -> SynchJob:
    """A job that is ready to run."""
    return SynchJob(
        id=JobId(env.new_id()),
        mapping=name,
        type=JobType.SYNCHRONIZATION,
        status=JobStatus.READY,
        started_by=started_by,
        created_at=env.clock(),
        is_full=is_full,
    )


def _blank(line: FullSynchLine) -> FullSynchLine:
    """The line before it was started."""
    blank = TableJobStatus.BLANK
    return replace(line, status=None, to_status=blank, from_status=blank, job=None)


def _is_ready(lines: Mapping[MappingName, FullSynchLine], name: MappingName) -> bool:
    """Every mapping it depends on has finished, or has no records."""
    return all(
        lines[need].status is JobStatus.FINISHED or lines[need].recommendation is Recommendation.NO_RECORDS
        for need in lines[name].depends_on
    )


async def _run_wave(
    env: Environment,
    engine: JobEngine,
    lines: dict[MappingName, FullSynchLine],
    names: Sequence[MappingName],
    started_by: str,
) -> Sequence[SynchJob]:
    jobs: list[SynchJob] = []
    for name in names:
        if lines[name].recommendation is Recommendation.NO_RECORDS:
            continue
        job = new_job(env, name, is_full=True, started_by=started_by)
        jobs.append(job)
        running = {side: _running(env.mappings[name].direction, side) for side in Side}
        line = replace(lines[name], status=JobStatus.IN_PROCESS, job=job.id)
        lines[name] = _put(env, replace(line, to_status=running[Side.CRM], from_status=running[Side.ERP]))
    ended = await engine.run_all(jobs)
    for job in ended:
        lines[job.mapping] = _put(env, _ended(env.mappings[job.mapping].direction, lines[job.mapping], job))
    return ended


def _running(direction: Direction, side: Side) -> TableJobStatus:
    return TableJobStatus.IN_PROCESS if direction.writes(side) else TableJobStatus.BLANK


def _ended(direction: Direction, line: FullSynchLine, job: SynchJob) -> FullSynchLine:
    """The line after its job: a direction is in error if records failed, the job if it did not finish."""
    status = {
        side: TableJobStatus.BLANK
        if not direction.writes(side)
        else TableJobStatus.ERROR
        if job.status is not JobStatus.FINISHED or job.counters[side].failed
        else TableJobStatus.SUCCESS
        for side in Side
    }
    return replace(line, status=job.status, to_status=status[Side.CRM], from_status=status[Side.ERP])


async def _complete(
    env: Environment, engine: JobEngine, lines: Mapping[MappingName, FullSynchLine], started_by: str
) -> list[SynchJob]:
    """Take up mappings whose records wait for couplings that appeared since."""
    jobs: list[SynchJob] = []
    for _ in range(_COMPLETING_ROUNDS):
        finished = [name for name in ordered(env) if lines[name].status is JobStatus.FINISHED]
        due = [name for name in finished if env.store.outcomes.count_due(name, env.clock())]
        if not due:
            break
        jobs += await synchronize(env, engine, due, started_by=started_by)
    return jobs


def _put(env: Environment, line: FullSynchLine) -> FullSynchLine:
    env.store.jobs.put_line(line)
    env.listener.line_moved(line)
    return line
