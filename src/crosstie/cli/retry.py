"""``crosstie retry``: take up now what failed, is skipped or waits."""

from collections.abc import Sequence
from typing import Annotated

import typer

from crosstie.app.wiring import Crosstie, connected, job_engine, open_crosstie
from crosstie.app.worker_lock import the_only_worker
from crosstie.cli.options import FAILED, Home, Json, wait_for
from crosstie.cli.output import job_as_json, jobs_table, output
from crosstie.cli.progress import ProgressBars
from crosstie.cli.synch import mapping_named
from crosstie.model.errors import UsageError
from crosstie.model.job import SynchJob
from crosstie.model.words import JobStatus
from crosstie.synch.full_synch import synchronize
from crosstie.synch.retry import make_due


def retry(
    mapping: Annotated[str | None, typer.Argument(help="Name of a mapping; default: all, with --all.")] = None,
    record: Annotated[
        list[str] | None, typer.Option(help="Only the record with this number, name or id; repeatable.")
    ] = None,
    is_all: Annotated[bool, typer.Option("--all", help="Every record that failed, is skipped or waits.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Take up now the records that failed, are skipped or wait, and run their mappings' jobs."""
    if record and is_all:
        raise UsageError("--record and --all exclude each other; nothing was done.", "Leave one of them out.")
    if mapping is None and not record and not is_all:
        raise UsageError("Retry what? Nothing was done.", "Name a mapping or a --record, or say --all.")
    crosstie = open_crosstie(home)
    try:
        with the_only_worker(crosstie.settings) as is_alone, ProgressBars(is_shown=not json) as bars:
            count, jobs = wait_for(_retry(crosstie, mapping, record or [], bars, is_alone=is_alone))
    finally:
        crosstie.close()
    out = output(is_json=json)
    if not count:
        out.say("Nothing failed, is skipped or waits; nothing was done.")
    else:
        jobs_table(out, f"Retry of {count} record{'' if count == 1 else 's'}", jobs)
    is_ok = all(job.status is JobStatus.FINISHED and not job.sum.failed for job in jobs)
    out.result({"ok": is_ok, "retried": count, "jobs": [job_as_json(job) for job in jobs]})
    if not is_ok:
        out.say("Next: 'crosstie errors' lists what failed again and why.")
        raise typer.Exit(FAILED)


async def _retry(
    crosstie: Crosstie, mapping: str | None, records: Sequence[str], bars: ProgressBars, *, is_alone: bool
) -> tuple[int, Sequence[SynchJob]]:
    async with connected(crosstie, is_alone=is_alone, listener=bars) as env:
        due = make_due(env, None if mapping is None else mapping_named(env.mappings, mapping), records)
        names = {one.mapping for one in due}
        return len(due), await synchronize(env, job_engine(env), names, started_by="command line")
