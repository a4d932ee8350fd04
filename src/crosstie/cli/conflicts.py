"""``crosstie conflicts``: what waits for a person's choice, with both values, and the rules kept from earlier ones."""

from typing import Annotated, Any

import typer

from crosstie.app.wiring import open_crosstie
from crosstie.cli.options import Home, Json
from crosstie.cli.output import output
from crosstie.cli.synch import mapping_named
from crosstie.model.value import Value
from crosstie.model.words import ConflictResolution
from crosstie.synch.ports.store import OpenConflict, RecordOutcome
from crosstie.synch.resolve import deleted, labels_of

_WINS = {
    ConflictResolution.SEND_UPDATE: "erp",
    ConflictResolution.GET_UPDATE: "crm",
    ConflictResolution.NEWEST: "newest",
}


def conflicts(
    mapping: Annotated[str | None, typer.Argument(help="Name of a mapping; default: all.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show fields that both sides hold differently, records whose counterpart was deleted, and the rules kept."""
    crosstie = open_crosstie(home)
    known = crosstie.installed().mappings
    names = list(known) if mapping is None else [mapping_named(known, mapping)]
    with crosstie.store() as store:
        found = [one for name in names for one in store.outcomes.conflicts(name)]
        labels = {id_: label for name in names for id_, label in labels_of(store, name, found).items() if label}
        gone = [one for name in names for one in deleted(store, name, None)]
        rules = [(name, unit, _WINS[rule]) for name in names for unit, rule in store.rules.of(name).items()]
    crosstie.close()
    out = output(is_json=json)
    if found:
        columns = ("Mapping", "Record", "Fields", "ERP holds", "CRM holds", "ERP held", "CRM held", "Since (UTC)")
        out.table("Conflicts", columns, [_row(one, labels.get(one.erp_id, one.erp_id)) for one in found])
    if gone:
        rows = [(one.mapping, one.label or one.id, str(one.reason)) for one in gone]
        out.table("Deleted on one side", ("Mapping", "Record", "What happened"), rows)
    if rules:
        out.table("Rules", ("Mapping", "Fields", "Wins"), rules)
    if found:
        out.say("Next: 'crosstie resolve MAPPING RECORD --use erp' (or crm, base or newest).")
    if gone:
        out.say("Next: 'crosstie resolve MAPPING RECORD --use restore' (or uncouple, or delete).")
    if not found and not gone:
        out.say("There are no conflicts.")
    out.result(
        {
            "ok": True,
            "conflicts": [_conflict(one, labels.get(one.erp_id, "")) for one in found],
            "deleted": [_deleted(one) for one in gone],
            "rules": [{"mapping": name, "unit": unit, "use": use} for name, unit, use in rules],
        }
    )


def _row(one: OpenConflict, label: str) -> tuple[str, ...]:
    what = one.conflict
    held = (_text(side) for side in (what.erp, what.crm, what.base_erp, what.base_crm))
    return one.mapping, label, what.unit, *held, f"{one.found_at:%Y-%m-%d %H:%M}"


def _text(values: tuple[Value, ...] | None) -> str:
    return "never agreed" if values is None else ", ".join("" if value is None else str(value) for value in values)


def _conflict(one: OpenConflict, label: str) -> dict[str, Any]:
    what = one.conflict
    return {
        "mapping": one.mapping,
        "record": label,
        "erp_id": one.erp_id,
        "crm_id": one.crm_id,
        "unit": what.unit,
        "erp": list(what.erp),
        "crm": list(what.crm),
        "base_erp": None if what.base_erp is None else list(what.base_erp),
        "base_crm": None if what.base_crm is None else list(what.base_crm),
        "code": what.reason.code,
        "reason": str(what.reason),
        "found_at": one.found_at,
    }


def _deleted(one: RecordOutcome) -> dict[str, Any]:
    return {
        "mapping": one.mapping,
        "record": one.label,
        "side": one.side,
        "id": one.id,
        "reason": str(one.reason),
        "at": one.at,
    }
