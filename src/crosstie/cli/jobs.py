"""``crosstie jobs``: the Integration Synchronization Jobs, newest first."""

from typing import Annotated

import typer

from crosstie.app.wiring import open_crosstie
from crosstie.cli.options import Home, Json
from crosstie.cli.output import job_as_json, jobs_table, output


def jobs(
    limit: Annotated[int, typer.Option(min=1, help="How many jobs to show.")] = 20,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show the latest synchronization jobs with their counters."""
    crosstie = open_crosstie(home)
    with crosstie.store() as store:
        found = store.jobs.recent(limit)
    crosstie.close()
    out = output(is_json=json)
    jobs_table(out, "Integration Synchronization Jobs", found, shows_ids=True)
    if not found:
        out.say("No job has run yet. Next: 'crosstie full-synch start'.")
    else:
        out.say("Next: 'crosstie undo JOB --plan' shows what a job wrote and what an undo would restore.")
    out.result({"ok": True, "jobs": [job_as_json(job) for job in found]})
