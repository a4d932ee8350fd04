"""``crosstie full-synch``: the CRM Full Synch. Review, and its Start."""

from collections.abc import Sequence
from typing import Any

import typer

from crosstie.app.wiring import Crosstie, connected, job_engine, open_crosstie
from crosstie.app.worker_lock import the_only_worker
from crosstie.cli.options import FAILED, Home, Json, wait_for
from crosstie.cli.output import job_as_json, jobs_table, output
from crosstie.cli.progress import ProgressBars
from crosstie.model.job import FullSynchLine, SynchJob
from crosstie.model.words import JobStatus
from crosstie.synch.full_synch import review as review_lines
from crosstie.synch.full_synch import start as start_all

full_synch_commands = typer.Typer(help="CRM Full Synch. Review.", no_args_is_help=True)


@full_synch_commands.command()
def review(home: Home = None, json: Json = False) -> None:
    """Show a line per mapping: what it depends on, what is recommended, and where it stands."""
    crosstie = open_crosstie(home)
    try:
        lines = wait_for(_review(crosstie))
    finally:
        crosstie.close()
    out = output(is_json=json)
    columns = (
        "Mapping",
        "Depends on",
        "Initial synch recommendation",
        "Job queue entry",
        "To int. table",
        "From int. table",
    )
    rows = [
        (
            line.mapping,
            ", ".join(line.depends_on),
            line.recommendation,
            line.status,
            line.to_status,
            line.from_status,
        )
        for line in lines
    ]
    out.table("CRM Full Synch. Review", columns, rows)
    out.say("Next: 'crosstie full-synch start' runs the lines in this order.")
    out.result({"ok": True, "lines": [_line(line) for line in lines]})


@full_synch_commands.command()
def start(home: Home = None, json: Json = False) -> None:
    """Synchronize everything, in dependency order; goes on where an interrupted run stopped."""
    crosstie = open_crosstie(home)
    try:
        with the_only_worker(crosstie.settings) as is_alone, ProgressBars(is_shown=not json) as bars:
            jobs = wait_for(_start(crosstie, bars, is_alone=is_alone))
    finally:
        crosstie.close()
    out = output(is_json=json)
    jobs_table(out, "Full synchronization", jobs)
    is_ok = all(job.status is JobStatus.FINISHED and not job.sum.failed for job in jobs)
    if not is_ok:
        out.say("Next: 'crosstie errors' lists what failed and why; 'crosstie full-synch start' tries again.")
    out.result({"ok": is_ok, "jobs": [job_as_json(job) for job in jobs]})
    if not is_ok:
        raise typer.Exit(FAILED)


async def _review(crosstie: Crosstie) -> Sequence[FullSynchLine]:
    async with connected(crosstie) as env:
        return await review_lines(env)


async def _start(crosstie: Crosstie, bars: ProgressBars, *, is_alone: bool) -> Sequence[SynchJob]:
    async with connected(crosstie, is_alone=is_alone, listener=bars) as env:
        return await start_all(env, job_engine(env), started_by="command line")


def _line(line: FullSynchLine) -> dict[str, Any]:
    return {
        "mapping": line.mapping,
        "depends_on": list(line.depends_on),
        "recommendation": line.recommendation,
        "job_queue_entry_status": line.status or "",
        "to_int_table_job_status": line.to_status,
        "from_int_table_job_status": line.from_status,
    }
