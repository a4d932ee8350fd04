"""``crosstie verify``: compare both sides completely."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from crosstie.app.wiring import Crosstie, connected, open_crosstie
from crosstie.cli.options import FAILED, Home, Json, wait_for
from crosstie.cli.output import Output, output
from crosstie.cli.synch import mappings_named
from crosstie.model.value import Value
from crosstie.model.words import Direction, Side
from crosstie.synch.full_synch import ordered
from crosstie.synch.verify import FieldDrift, Findings, Some
from crosstie.synch.verify import verify as verify_mapping

_SHOWN = 3
_GOES = {
    Direction.BIDIRECTIONAL: "both ways",
    Direction.TO_INTEGRATION_TABLE: "to the CRM only",
    Direction.FROM_INTEGRATION_TABLE: "to the ERP only",
}


def verify(
    mappings: Annotated[list[str] | None, typer.Argument(help="Names of mappings; default: all.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Compare every coupled pair, field by field, and say what differs; nothing is written."""
    crosstie = open_crosstie(home)
    try:
        found = wait_for(_verify(crosstie, mappings or []))
    finally:
        crosstie.close()
    out = output(is_json=json)
    for one in found:
        _tell(out, one)
    is_ok = all(one.is_ok for one in found)
    if is_ok:
        out.say("Both sides agree." if not any(one.conflicts for one in found) else "Only open conflicts differ.")
    else:
        out.say("Next: 'crosstie synch' sends what changed; 'crosstie explain RECORD' says why a record differs.")
    out.result({"ok": is_ok, "mappings": {one.mapping: _as_json(one) for one in found}})
    if not is_ok:
        raise typer.Exit(FAILED)


async def _verify(crosstie: Crosstie, names: Sequence[str]) -> list[Findings]:
    async with connected(crosstie) as env:
        wanted = mappings_named(env.mappings, names)
        return [await verify_mapping(env, name) for name in ordered(env) if name in wanted]


def _tell(out: Output, one: Findings) -> None:
    out.say(f"{one.mapping}: {one.pairs} pairs compared.")
    if one.fields:
        rows = [
            (name, _GOES[drift.direction], drift.pairs, drift.in_conflict) for name, drift in sorted(one.fields.items())
        ]
        out.table("Fields that differ", ("Field", "Goes", "Pairs", "In open conflicts"), rows)
    for name, drift in sorted(one.fields.items()):
        for example in drift.examples[:_SHOWN]:
            values = f"ERP {_shown(example.erp)}, CRM {_shown(example.crm)}"
            out.say(f"  {name}: {example.label or example.erp_id}: {values}")
    for side in Side:
        what = side.value.upper()
        _tell_some(out, one.gone[side], f"coupled, but gone from the {what}")
        _tell_some(out, one.hidden[side], f"coupled, and not shown to Crosstie's user by the {what}: not compared")
        left = (
            "missing on the other side" if side.other in one.creates_on else "not coupled (only coupled records count)"
        )
        _tell_some(out, one.uncoupled[side], f"of the {what}: {left}")
    _tell_some(out, one.gone_on_both, "coupled, but gone from both sides")
    _tell_some(out, one.outside, "coupled, but outside the filter")


def _tell_some(out: Output, some: Some, what: str) -> None:
    if some.count:
        more = " …" if some.count > _SHOWN else ""
        out.say(f"  {some.count} {what}: {', '.join(some.examples[:_SHOWN])}{more}")


def _shown(values: Sequence[Value]) -> str:
    return " ".join("blank" if value is None else str(value) for value in values)


def _as_json(one: Findings) -> dict[str, Any]:
    return {
        "ok": one.is_ok,
        "pairs": one.pairs,
        "conflicts": one.conflicts,
        "fields": {name: _drift(drift) for name, drift in sorted(one.fields.items())},
        "gone": {**{side: _some(one.gone[side]) for side in Side}, "both": _some(one.gone_on_both)},
        "hidden": {side: _some(one.hidden[side]) for side in Side},
        "outside_filter": _some(one.outside),
        "uncoupled": {
            side: {**_some(one.uncoupled[side]), "is_missing": side.other in one.creates_on} for side in Side
        },
    }


def _drift(drift: FieldDrift) -> dict[str, Any]:
    return {
        "direction": drift.direction,
        "pairs": drift.pairs,
        "in_conflict": drift.in_conflict,
        "examples": [
            {
                "record": one.label,
                "erp_id": one.erp_id,
                "crm_id": one.crm_id,
                "erp": list(one.erp),
                "crm": list(one.crm),
            }
            for one in drift.examples
        ],
    }


def _some(some: Some) -> dict[str, Any]:
    return {"count": some.count, "examples": some.examples}
