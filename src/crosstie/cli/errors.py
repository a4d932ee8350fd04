"""``crosstie errors``: Coupled Data Synchronization Errors, every record with its reason and next step."""

from typing import Annotated, Any

import typer

from crosstie.app.read_model import attention, conflicts, truncated
from crosstie.app.wiring import open_crosstie
from crosstie.cli.options import Home, Json
from crosstie.cli.output import output
from crosstie.cli.synch import mapping_named
from crosstie.synch.ports.store import OpenConflict, RecordOutcome


def errors(
    mapping: Annotated[str | None, typer.Argument(help="Name of a mapping; default: all.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show records that need attention, the latest first, and why; and texts that were cut to fit."""
    crosstie = open_crosstie(home)
    name = None if mapping is None else mapping_named(crosstie.installed().mappings, mapping)
    found = attention(crosstie, name)
    open_conflicts = [one for one in conflicts(crosstie) if name is None or one.mapping == name]
    cut = truncated(crosstie, name)
    crosstie.close()
    out = output(is_json=json)
    title, head = (
        "Coupled Data Synchronization Errors",
        ("Mapping", "Record", "Outcome", "Reason", "At (UTC)", "Next step"),
    )
    out.table(title, head, [_outcome_row(one) for one in found])
    if open_conflicts:
        columns = ("Mapping", "Fields", "ERP holds", "CRM holds", "Reason")
        out.table("Conflicts", columns, [_conflict_row(one) for one in open_conflicts])
    if cut:
        headings = ("Mapping", "Record", "Columns that hold only a part")
        out.table("Texts cut to fit", headings, [(one.mapping, one.label or one.id, _columns(one)) for one in cut])
    if not found and not open_conflicts:
        out.say("Nothing needs your attention.")
    out.result(
        {
            "ok": True,
            "errors": [_outcome(one) for one in found],
            "conflicts": [_conflict(one) for one in open_conflicts],
            "truncated": [_truncated(one) for one in cut],
        }
    )


def _columns(one: RecordOutcome) -> str:
    return ", ".join(one.truncated)


def _truncated(one: RecordOutcome) -> dict[str, Any]:
    return {
        "mapping": one.mapping,
        "side": one.side,
        "id": one.id,
        "record": one.label,
        "columns": list(one.truncated),
        "at": one.at,
    }


def _outcome_row(one: RecordOutcome) -> tuple[str, ...]:
    at = f"{one.at:%Y-%m-%d %H:%M}"
    return one.mapping, one.label or one.id, one.kind, str(one.reason), at, one.next_step


def _conflict_row(one: OpenConflict) -> tuple[str, ...]:
    what = one.conflict
    erp, crm = (", ".join("" if value is None else str(value) for value in side) for side in (what.erp, what.crm))
    return one.mapping, what.unit, erp, crm, str(what.reason)


def _outcome(one: RecordOutcome) -> dict[str, Any]:
    return {
        "mapping": one.mapping,
        "side": one.side,
        "id": one.id,
        "record": one.label,
        "outcome": one.kind,
        "code": one.reason.code,
        "reason": str(one.reason),
        "detail": one.detail,
        "next_step": one.next_step,
        "at": one.at,
        "attempts": one.attempts,
        "due_at": one.due_at,
    }


def _conflict(one: OpenConflict) -> dict[str, Any]:
    return {
        "mapping": one.mapping,
        "erp_id": one.erp_id,
        "crm_id": one.crm_id,
        "unit": one.conflict.unit,
        "erp": list(one.conflict.erp),
        "crm": list(one.conflict.crm),
        "code": one.conflict.reason.code,
        "reason": str(one.conflict.reason),
        "found_at": one.found_at,
    }
