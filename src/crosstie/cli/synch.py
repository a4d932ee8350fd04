"""``crosstie synch``: synchronize what changed, or show what would be sent."""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from crosstie.app.wiring import Crosstie, connected, job_engine, open_crosstie
from crosstie.app.worker_lock import the_only_worker
from crosstie.cli.options import FAILED, Home, Json, wait_for
from crosstie.cli.output import job_as_json, jobs_table, output
from crosstie.cli.plan import PlanPrinter
from crosstie.cli.progress import ProgressBars
from crosstie.model.errors import UsageError
from crosstie.model.job import SynchJob
from crosstie.model.words import JobStatus, MappingName, Side
from crosstie.synch.chosen_records import synchronize_chosen
from crosstie.synch.full_synch import synchronize
from crosstie.synch.plan import Tally
from crosstie.synch.plan import plan as plan_synch


class Way(StrEnum):
    """What --direction takes: to the integration table (the CRM's), or from it."""

    TO = "to"
    FROM = "from"


_DESTINATIONS = {Way.TO: Side.CRM, Way.FROM: Side.ERP}


def synch(
    mappings: Annotated[list[str] | None, typer.Argument(help="Names of mappings; default: all.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would be sent, and why; write nothing.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Look at every record, whether it changed or not.")] = False,
    record: Annotated[list[str] | None, typer.Option(help="Only this record: number, name or id; repeatable.")] = None,
    direction: Annotated[
        Way | None,
        typer.Option(help="With --record: to the CRM, or from it, over whatever was edited there; look with --plan."),
    ] = None,
    accept: Annotated[
        bool,
        typer.Option("--accept-mass-change", help="Carry over what the guard stopped, this once; names a mapping."),
    ] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Synchronize what changed since the last time, or show what would be sent."""
    _check(mappings, record, direction, full=full, accept=accept)
    crosstie = open_crosstie(home)
    names, records, destination = mappings or [], record or [], None if direction is None else _DESTINATIONS[direction]
    try:
        if plan:
            wait_for(_plan(crosstie, names, records, destination, is_full=full, accepts=accept, is_json=json))
            return
        with the_only_worker(crosstie.settings) as is_alone, ProgressBars(is_shown=not json) as bars:
            jobs = wait_for(
                _synch(crosstie, names, records, destination, bars, is_full=full, accepts=accept, is_alone=is_alone)
            )
    finally:
        crosstie.close()
    out = output(is_json=json)
    jobs_table(out, "Synchronization", jobs)
    is_ok = all(job.status is JobStatus.FINISHED and not job.sum.failed for job in jobs)
    out.result({"ok": is_ok, "jobs": [job_as_json(job) for job in jobs]})
    if not is_ok:
        out.say("Next: 'crosstie errors' lists what failed and why.")
        raise typer.Exit(FAILED)


def _check(
    mappings: Sequence[str] | None, record: Sequence[str] | None, direction: Way | None, *, full: bool, accept: bool
) -> None:
    if full and record:
        raise UsageError("'--full' looks at every record, '--record' at one; nothing was done.", "Leave one out.")
    if direction is not None and not record:
        raise UsageError(
            "'--direction' overwrites what was edited on the other side, so it takes the records by name; nothing was"
            " done.",
            "Name them with --record, or leave it out: each field then goes from where it was edited.",
        )
    if accept and not mappings:
        raise UsageError(
            "Accept the mass change of which mapping? Nothing was done.", "Name it, as 'crosstie jobs' does."
        )


async def _synch(
    crosstie: Crosstie,
    names: Sequence[str],
    records: Sequence[str],
    destination: Side | None,
    bars: ProgressBars,
    *,
    is_full: bool,
    accepts: bool,
    is_alone: bool,
) -> Sequence[SynchJob]:
    async with connected(crosstie, is_alone=is_alone, listener=bars) as env:
        wanted = mappings_named(env.mappings, names)
        if records:
            return await synchronize_chosen(env, wanted, records, started_by="command line", destination=destination)
        return await synchronize(
            env,
            job_engine(env),
            wanted,
            started_by="command line",
            is_full=is_full,
            accepts_mass_change=accepts,
        )


async def _plan(
    crosstie: Crosstie,
    names: Sequence[str],
    records: Sequence[str],
    destination: Side | None,
    *,
    is_full: bool,
    accepts: bool,
    is_json: bool,
) -> None:
    async with connected(crosstie) as env:
        wanted = mappings_named(env.mappings, names)
        tally = Tally()
        actions = plan_synch(
            env,
            wanted,
            tally,
            is_full=is_full,
            records=records,
            destination=destination,
            accepts_mass_change=accepts,
        )
        await PlanPrinter(output(is_json=is_json)).show(actions, tally)


def mappings_named(known: Collection[MappingName], names: Sequence[str]) -> list[MappingName]:
    """The mappings of these names, each once; all of them if none is named."""
    return list(dict.fromkeys(mapping_named(known, name) for name in names)) or list(known)


def mapping_named(known: Collection[MappingName], name: str) -> MappingName:
    """The mapping of that name, whatever its capitals; UsageError with the names there are."""
    wanted = MappingName(name.upper())
    if wanted not in known:
        raise UsageError(f"There is no table mapping '{name}'.", f"Known are {', '.join(sorted(known))}.")
    return wanted
