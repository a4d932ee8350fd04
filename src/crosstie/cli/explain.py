"""``crosstie explain``: why a record was, or was not, synchronized, and what would happen to it now."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from crosstie.app.wiring import Crosstie, connected, open_crosstie
from crosstie.cli.options import Home, Json, wait_for
from crosstie.cli.output import Output, output
from crosstie.cli.synch import mapping_named
from crosstie.model.errors import UsageError
from crosstie.synch.explain import Explanation
from crosstie.synch.explain import explain as explain_record


def explain(
    record: Annotated[str, typer.Argument(help="Number, name or id of a record of either side.")],
    mapping: Annotated[str | None, typer.Option(help="Look in this mapping only.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show a record's coupling, its last outcome, every write, and what would happen to it now."""
    crosstie = open_crosstie(home)
    try:
        found = wait_for(_explain(crosstie, record, mapping))
    finally:
        crosstie.close()
    if not found:
        raise UsageError(
            f"No record of any mapping has the number, name or id '{record}'.",
            "Check the spelling; the ERP compares capital letters too.",
        )
    out = output(is_json=json)
    for one in found:
        _tell(out, one)
    out.result({"ok": True, "records": [_as_json(one) for one in found]})


async def _explain(crosstie: Crosstie, record: str, mapping: str | None) -> Sequence[Explanation]:
    async with connected(crosstie) as env:
        return await explain_record(env, record, None if mapping is None else mapping_named(env.mappings, mapping))


def _tell(out: Output, one: Explanation) -> None:
    out.say(f"{one.mapping}: {one.label or one.record.id} ({one.side.value.upper()} {one.record.id})")
    if one.coupling is None:
        out.say("  Coupling: none.")
    else:
        out.say(f"  Coupling: ERP {one.coupling.erp_id} and CRM {one.coupling.crm_id}.")
    if one.last is not None:
        out.say(f"  Last:     {one.last.at:%Y-%m-%d %H:%M:%S} UTC, {one.last.kind}. {one.last.reason}")
        if one.last.next_step:
            out.say(f"  Next:     {one.last.next_step}")
    out.say(f"  Now:      {one.now.kind}. {one.now.reason}")
    for column, value in {**one.now.to_crm, **one.now.to_erp}.items():
        out.say(f"            {column} = {value}")
    for conflict in one.conflicts:
        out.say(f"  Conflict: {conflict.conflict.unit}: ERP {conflict.conflict.erp}, CRM {conflict.conflict.crm}.")
    for refused in one.refused:
        out.say(f"  Undone:   {refused.field}: ERP {refused.erp}, CRM {refused.crm} stay so until one is edited.")
    for at, intent in one.writes[:10]:
        verb = "created" if intent.is_insert else "deleted" if intent.is_delete else "wrote"
        names = ", ".join(intent.before if intent.is_delete else intent.values)
        out.say(f"  {at:%Y-%m-%d %H:%M:%S}  {verb} in the {intent.destination.value.upper()} ({intent.state}): {names}")


def _as_json(one: Explanation) -> dict[str, Any]:
    return {
        "mapping": one.mapping,
        "side": one.side,
        "id": one.record.id,
        "record": one.label,
        "coupling": None
        if one.coupling is None
        else {"erp_id": one.coupling.erp_id, "crm_id": one.coupling.crm_id, "erp_number": one.coupling.erp_number},
        "last": None
        if one.last is None
        else {"at": one.last.at, "outcome": one.last.kind, "reason": str(one.last.reason), "job": one.last.job},
        "now": {
            "outcome": one.now.kind,
            "code": one.now.reason.code,
            "reason": str(one.now.reason),
            "to_crm": dict(one.now.to_crm),
            "to_erp": dict(one.now.to_erp),
        },
        "undone": [{"field": each.field, "erp": each.erp, "crm": each.crm} for each in one.refused],
        "conflicts": [conflict.conflict.unit for conflict in one.conflicts],
        "writes": [
            {
                "at": at,
                "destination": intent.destination,
                "is_insert": intent.is_insert,
                "is_delete": intent.is_delete,
                "state": intent.state,
                "columns": list(intent.values),
                "job": intent.job,
            }
            for at, intent in one.writes
        ],
    }
