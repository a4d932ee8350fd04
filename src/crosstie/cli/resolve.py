"""``crosstie resolve``: a person's choice about conflicts and about records whose counterpart was deleted."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from crosstie.app.wiring import Crosstie, connected, open_crosstie
from crosstie.app.worker_lock import the_only_worker
from crosstie.cli.options import FAILED, Home, Json, wait_for
from crosstie.cli.output import Output, job_as_json, output
from crosstie.cli.synch import mapping_named
from crosstie.model.errors import UsageError
from crosstie.model.job import SynchJob
from crosstie.model.words import OnDeletion, Use
from crosstie.synch.full_synch import new_job
from crosstie.synch.resolve import Resolution, forget_rule, resolve_deletion
from crosstie.synch.resolve import resolve as resolve_conflicts


class Choice(StrEnum):
    """What --use takes."""

    ERP = "erp"
    CRM = "crm"
    BASE = "base"
    NEWEST = "newest"
    RESTORE = "restore"
    UNCOUPLE = "uncouple"
    DELETE = "delete"


_FOR_DELETIONS = {
    Choice.RESTORE: OnDeletion.RESTORE,
    Choice.UNCOUPLE: OnDeletion.UNCOUPLE,
    Choice.DELETE: OnDeletion.DELETE,
}


def resolve(
    mapping: Annotated[str, typer.Argument(help="Name of the mapping, as CUSTOMER.")],
    record: Annotated[str | None, typer.Argument(help="Number, name or id of a record in conflict.")] = None,
    use: Annotated[
        Choice | None, typer.Option(help="Whose value both shall hold; or what to do after a deletion.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="Only this field or group, as 'crosstie conflicts' names it.")
    ] = None,
    is_all: Annotated[bool, typer.Option("--all", help="Every open conflict of the mapping.")] = False,
    keep_rule: Annotated[bool, typer.Option("--keep-rule", help="Resolve these fields like that from now on.")] = False,
    forget: Annotated[str | None, typer.Option("--forget-rule", help="Ask again about this field or group.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Write the chosen side's value to the other; a value that somebody changed meanwhile asks again."""
    _check(record, use, unit, forget, is_all=is_all, keep_rule=keep_rule)
    crosstie = open_crosstie(home)
    out = output(is_json=json)
    try:
        with the_only_worker(crosstie.settings) as is_alone:
            if forget is not None:
                wait_for(_forget(crosstie, mapping, forget))
                out.say(f"Forgotten: conflicts in {forget} ask again.")
                out.result({"ok": True, "forgotten": forget})
                return
            work = _resolve(crosstie, mapping, record, unit, use or Choice.ERP, keep_rule=keep_rule, is_alone=is_alone)
            done = wait_for(work)
    finally:
        crosstie.close()
    is_ok = _tell(out, done)
    if not is_ok:
        raise typer.Exit(FAILED)


def _check(
    record: str | None, use: Choice | None, unit: str | None, forget: str | None, *, is_all: bool, keep_rule: bool
) -> None:
    if forget is not None:
        if record is not None or use is not None or is_all:
            raise UsageError("--forget-rule stands alone; nothing was done.", "Leave out RECORD, --use and --all.")
        return
    if use is None:
        raise UsageError("Which side shall count? Nothing was done.", f"Say --use with one of {', '.join(Choice)}.")
    if (record is None) != is_all:
        raise UsageError("Resolve which? Nothing was done.", "Name one RECORD, or say --all.")
    if is_all and use is Choice.BASE:
        raise UsageError("--all goes with 'erp' or 'crm'; nothing was done.", "Resolve with 'base' one by one.")
    if use in _FOR_DELETIONS and (unit is not None or keep_rule):
        raise UsageError(
            f"'{use}' is about a whole record; nothing was done.",
            "Leave out --unit and --keep-rule; a mapping's on_deletion is the rule for deletions.",
        )


async def _resolve(
    crosstie: Crosstie,
    mapping: str,
    record: str | None,
    unit: str | None,
    use: Choice,
    *,
    keep_rule: bool,
    is_alone: bool,
) -> Resolution | SynchJob:
    async with connected(crosstie, is_alone=is_alone) as env:
        job = new_job(env, mapping_named(env.mappings, mapping), is_full=False, started_by="command line")
        if use in _FOR_DELETIONS:
            return await resolve_deletion(env, job, _FOR_DELETIONS[use], record=record)
        return await resolve_conflicts(env, job, Use(use), record=record, unit=unit, keeps_rule=keep_rule)


async def _forget(crosstie: Crosstie, mapping: str, unit: str) -> None:
    async with connected(crosstie) as env:
        forget_rule(env.store, mapping_named(env.mappings, mapping), unit)


def _tell(out: Output, done: Resolution | SynchJob) -> bool:
    """Say what became of it; whether everything that was asked for was done."""
    if isinstance(done, SynchJob):
        counted = done.sum
        still = counted.conflicts + counted.waiting
        is_ok = not counted.failed and not still
        out.say(
            f"{done.mapping}: {counted.inserted} created again, {counted.deleted} deleted, {counted.failed} failed,"
            f" {still} still ask."
        )
        out.say("Next: 'crosstie errors' lists what still needs a person.")
        out.result({"ok": is_ok, "job": job_as_json(done)})
        return is_ok
    out.say(f"{len(done.closed)} conflicts resolved.")
    for unit in done.rules:
        out.say(f"Kept as a rule: {unit}. 'crosstie resolve {done.job.mapping} --forget-rule {unit}' asks again.")
    for one in done.open:
        erp, crm = (", ".join(map(str, side)) for side in (one.conflict.erp, one.conflict.crm))
        out.say(f"Still open: {one.conflict.unit}: ERP holds {erp}, CRM holds {crm}.")
    if done.open:
        out.say("Next: look at the values as they are now with 'crosstie conflicts', and answer again.")
    out.result(_as_json(done))
    return not done.open


def _as_json(done: Resolution) -> dict[str, Any]:
    closed, still = (
        [{"erp_id": one.erp_id, "crm_id": one.crm_id, "unit": one.conflict.unit} for one in some]
        for some in (done.closed, done.open)
    )
    return {
        "ok": not done.open,
        "resolved": closed,
        "open": still,
        "rules": list(done.rules),
        "job": job_as_json(done.job),
    }
