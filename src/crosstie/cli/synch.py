"""``crosstie synch``: synchronize what changed, or show what would be sent."""

from collections.abc import Collection, Sequence
from typing import Annotated

import typer

from crosstie.app.wiring import Crosstie, connected, job_engine, open_crosstie
from crosstie.app.worker_lock import the_only_worker
from crosstie.cli.options import FAILED, Home, Json, wait_for
from crosstie.cli.output import job_as_json, jobs_table, output
from crosstie.cli.progress import ProgressBars
from crosstie.model.errors import UsageError
from crosstie.model.job import SynchJob
from crosstie.model.words import JobStatus, MappingName
from crosstie.synch.full_synch import synchronize


def synch(
    mappings: Annotated[list[str] | None, typer.Argument(help="Names of mappings; default: all.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Synchronize what changed since the last time."""
    crosstie = open_crosstie(home)
    try:
        with the_only_worker(crosstie.settings) as is_alone, ProgressBars(is_shown=not json) as bars:
            jobs = wait_for(_synch(crosstie, mappings or [], bars, is_alone=is_alone))
    finally:
        crosstie.close()
    out = output(is_json=json)
    jobs_table(out, "Synchronization", jobs)
    is_ok = all(job.status is JobStatus.FINISHED and not job.sum.failed for job in jobs)
    out.result({"ok": is_ok, "jobs": [job_as_json(job) for job in jobs]})
    if not is_ok:
        out.say("Next: 'crosstie errors' lists what failed and why.")
        raise typer.Exit(FAILED)


async def _synch(crosstie: Crosstie, names: Sequence[str], bars: ProgressBars, *, is_alone: bool) -> Sequence[SynchJob]:
    async with connected(crosstie, is_alone=is_alone, listener=bars) as env:
        wanted = [mapping_named(env.mappings, name) for name in names] or list(env.mappings)
        return await synchronize(env, job_engine(env), wanted, started_by="command line")


def mapping_named(known: Collection[MappingName], name: str) -> MappingName:
    """The mapping of that name, whatever its capitals; UsageError with the names there are."""
    wanted = MappingName(name.upper())
    if wanted not in known:
        raise UsageError(f"There is no table mapping '{name}'.", f"Known are {', '.join(sorted(known))}.")
    return wanted
