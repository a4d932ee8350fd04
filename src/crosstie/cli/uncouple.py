"""``crosstie uncouple``: take coupled records apart; both stay where they are."""

from collections.abc import Sequence
from typing import Annotated

import typer

from crosstie.app.wiring import Crosstie, connected, open_crosstie
from crosstie.app.worker_lock import the_only_worker
from crosstie.cli.options import FAILED, Home, Json, wait_for
from crosstie.cli.output import job_as_json, jobs_table, output
from crosstie.cli.progress import ProgressBars
from crosstie.cli.synch import mapping_named
from crosstie.model.errors import UsageError
from crosstie.model.job import SynchJob
from crosstie.model.words import JobStatus
from crosstie.synch.uncouple import uncouple as uncouple_records


def uncouple(
    mapping: Annotated[str, typer.Argument(help="Name of the mapping, as CUSTOMER.")],
    record: Annotated[list[str] | None, typer.Argument(help="Numbers, names or ids of coupled records.")] = None,
    is_all: Annotated[bool, typer.Option("--all", help="Every coupling of the mapping.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Uncouple records, and those of other mappings that need them; nothing is deleted in either system."""
    if bool(record) == is_all:
        raise UsageError("Uncouple what? Nothing was done.", "Name records, or say --all, and not both.")
    crosstie = open_crosstie(home)
    try:
        with the_only_worker(crosstie.settings) as is_alone, ProgressBars(is_shown=not json) as bars:
            job = wait_for(_uncouple(crosstie, mapping, record or [], bars, is_alone=is_alone))
    finally:
        crosstie.close()
    out = output(is_json=json)
    jobs_table(out, "Uncoupling", [job])
    is_ok = job.status is JobStatus.FINISHED
    out.result({"ok": is_ok, "uncoupled": job.sum.uncoupled, "job": job_as_json(job)})
    if not is_ok:
        out.say(f"It stopped: {job.message}")
        raise typer.Exit(FAILED)
    out.say(f"Next: they stay uncoupled; 'crosstie couple {job.mapping}' ties two records together again.")


async def _uncouple(
    crosstie: Crosstie, mapping: str, records: Sequence[str], bars: ProgressBars, *, is_alone: bool
) -> SynchJob:
    async with connected(crosstie, is_alone=is_alone, listener=bars) as env:
        name = mapping_named(env.mappings, mapping)
        return await uncouple_records(env, name, records, started_by="command line")
