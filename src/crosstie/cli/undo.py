"""``crosstie undo``: take back what a synch job wrote, wherever nobody changed it since."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from crosstie.app.wiring import Crosstie, connected, open_crosstie
from crosstie.app.worker_lock import the_only_worker
from crosstie.cli.options import FAILED, Home, Json, wait_for
from crosstie.cli.output import Output, job_as_json, output
from crosstie.cli.progress import ProgressBars
from crosstie.model.job import SynchJob
from crosstie.model.words import JobId
from crosstie.synch.undo import plan_undo
from crosstie.synch.undo import undo as undo_job
from crosstie.synch.undo_plan import Fate, Undone

_SAID = {Fate.RESTORED: "restored", Fate.BACK: "nothing to do", Fate.LEFT: "left as it is", Fate.REFUSED: "refused"}


def undo(
    job: Annotated[str, typer.Argument(help="Id of a synch job, as 'crosstie jobs' lists it.")],
    plan: Annotated[bool, typer.Option("--plan", help="Show what would be restored; write nothing.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Restore what a synch job replaced; values that somebody changed since are left alone and listed."""
    crosstie = open_crosstie(home)
    own: SynchJob | None = None
    try:
        if plan:
            lines = wait_for(_plan(crosstie, JobId(job)))
        else:
            with the_only_worker(crosstie.settings) as is_alone, ProgressBars(is_shown=not json) as bars:
                own, lines = wait_for(_undo(crosstie, JobId(job), bars, is_alone=is_alone))
    finally:
        crosstie.close()
    out = output(is_json=json)
    fates = Counter(line.fate for line in lines)
    _tell(out, lines, fates, is_plan=plan)
    is_ok = not fates[Fate.REFUSED]
    out.result(
        {
            "ok": is_ok,
            "undone": job,
            "is_plan": plan,
            "job": None if own is None else job_as_json(own),
            "counts": {fate: fates[fate] for fate in Fate},
            "lines": [_as_json(line) for line in lines],
        }
    )
    if not is_ok:
        raise typer.Exit(FAILED)


async def _plan(crosstie: Crosstie, job: JobId) -> list[Undone]:
    async with connected(crosstie) as env:
        return [line async for page in plan_undo(env, job) for line in page]


async def _undo(crosstie: Crosstie, job: JobId, bars: ProgressBars, *, is_alone: bool) -> tuple[SynchJob, list[Undone]]:
    async with connected(crosstie, is_alone=is_alone, listener=bars) as env:
        steps = [step async for step in undo_job(env, job, started_by="command line")]
    return steps[-1].job, [line for step in steps for line in step.undone]


def _tell(out: Output, lines: Sequence[Undone], fates: Counter[Fate], *, is_plan: bool) -> None:
    for line in lines:
        if line.fate is not Fate.BACK:
            _tell_line(out, line, is_plan=is_plan)
    restored = "would be restored" if is_plan else "restored"
    out.say(
        f"{fates[Fate.RESTORED]} {restored}, {fates[Fate.BACK]} back already, {fates[Fate.LEFT]} left because they were"
        f" changed since, {fates[Fate.CREATED]} created records left, {fates[Fate.DELETED]}"
        f" deleted records not created again,"
        f" {fates[Fate.GONE] + fates[Fate.UNCOUPLED]} gone or uncoupled, {fates[Fate.REFUSED]} refused."
    )
    if is_plan:
        out.say("Nothing was written. Next: the same command without --plan.")
    elif fates[Fate.REFUSED]:
        out.say("Next: see to what was refused, and run the command again; it does the rest.")
    else:
        out.say("Next: 'crosstie explain RECORD' shows a record; an edit of a restored value is synchronized as usual.")


def _tell_line(out: Output, line: Undone, *, is_plan: bool) -> None:
    name = f"{line.destination.value.upper()} {line.label or line.id or 'record without an id'}"
    if not line.unit:
        out.say(f"{name}: {line.why}")
        for column, before in line.before.items():
            out.say(f"    {column}: {_shown(before)}")
        return
    said = "would be restored" if is_plan and line.fate is Fate.RESTORED else _SAID[line.fate]
    out.say(f"{name}: {line.unit} {said}. {line.why}".rstrip())
    for column, before in line.before.items():
        if line.fate is Fate.RESTORED and before != line.held[column]:
            out.say(f"    {column}: {_shown(line.held[column])} → {_shown(before)}")
        if line.fate is Fate.LEFT and line.wrote[column] != line.held[column]:
            out.say(f"    {column}: the job wrote {_shown(line.wrote[column])}, now {_shown(line.held[column])}")


def _shown(value: object) -> str:
    return "(blank)" if value is None else f"'{value}'"


def _as_json(line: Undone) -> dict[str, Any]:
    return {
        "fate": line.fate,
        "destination": line.destination,
        "id": line.id,
        "record": line.label,
        "unit": line.unit,
        "wrote": dict(line.wrote),
        "held": dict(line.held),
        "before": dict(line.before),
        "why": line.why,
    }
