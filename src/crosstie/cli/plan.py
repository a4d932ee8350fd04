"""How a plan is shown: a block per record for people, one JSON object for programs, both while it is being made.

Nothing is collected, so that a plan of any size needs no more memory than a page of it.
"""

import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import typer

from crosstie.cli.output import Output, plain
from crosstie.model.errors import CrosstieError
from crosstie.model.value import Value
from crosstie.synch.plan import PlannedAction, PlannedWrite, Tally

_REFUSED = 2


@dataclass(slots=True)
class PlanPrinter:
    """Prints a plan on ``out``."""

    out: Output
    is_open: bool = False
    """Whether the JSON object has begun."""

    async def show(self, actions: AsyncIterator[PlannedAction], tally: Tally) -> None:
        """Print every action as it comes, then the counts."""
        try:
            async for action in actions:
                if self.out.is_json:
                    self._write(_as_json(action))
                else:
                    self._tell(action)
        except CrosstieError as error:
            if not self.is_open:
                raise
            # The object has begun: it is closed properly, and says that it is not the whole plan.
            said = {"code": error.code, "message": error.message, "next_step": error.next_step, "detail": error.detail}
            self._close({"ok": False, "error": said})
            raise typer.Exit(_REFUSED) from error
        counters = {"counters": tally.as_dict(), "mappings": {name: tally.as_dict(name) for name in tally.records}}
        stops = [
            {"mapping": name, "message": stop.message, "next_step": stop.next_step}
            for name, stop in tally.stops.items()
        ]
        if self.out.is_json:
            self._close({"ok": True, "stops": stops, **counters})
        else:
            self._sum_up(tally)

    def _tell(self, action: PlannedAction) -> None:
        say = self.out.say
        say(f"{action.mapping} {action.label or action.id}: {action.kind}. {action.reason}")
        for write in action.writes:
            say(f"  {_destination(write)}")
            for column, value in write.before.items() if write.is_delete else ():
                if value is not None:
                    say(f"    {column}: {_shown(value)}")
            for column, value in write.after.items():
                before = "" if write.is_insert else f"{_shown(write.before.get(column))} → "
                say(f"    {column}: {before}{_shown(value)}")
        if action.follow_up:
            say(f"  afterwards the ERP's own values go to the CRM: {', '.join(action.follow_up)}")
        if action.truncated:
            say(f"  cut to fit: {', '.join(action.truncated)}")
        for conflict in action.conflicts:
            erp, crm = (", ".join(map(_shown, side)) for side in (conflict.erp, conflict.crm))
            say(f"  conflict in {conflict.unit}: ERP {erp}, CRM {crm}")
        if action.reason.next_step:
            say(f"  Next: {action.reason.next_step}")

    def _sum_up(self, tally: Tally) -> None:
        columns = [name for name, count in tally.as_dict().items() if count]
        rows = [(name, *(tally.as_dict(name)[column] for column in columns)) for name in tally.records]
        self.out.table("Plan", ("Mapping", *(name.replace("_", " ").capitalize() for name in columns)), rows)
        for name, stop in tally.stops.items():
            self.out.say(f"{name} would stop. {stop.message} {stop.next_step}")
        self.out.say("Nothing was written. Next: the same command without '--plan' does it.")

    def _write(self, data: dict[str, Any]) -> None:
        sys.stdout.write(", " if self.is_open else '{"actions": [')
        sys.stdout.write(json.dumps(data, ensure_ascii=False, default=plain))
        self.is_open = True

    def _close(self, data: dict[str, Any]) -> None:
        sys.stdout.write("" if self.is_open else '{"actions": [')
        sys.stdout.write("], " + json.dumps(data, ensure_ascii=False, default=plain)[1:] + "\n")


def _destination(write: PlannedWrite) -> str:
    verb = "create in" if write.is_insert else "delete in" if write.is_delete else "write to"
    return f"{verb} the {write.side.value.upper()}: {write.table} {write.number or write.id or ''}".rstrip()


def _shown(value: Value) -> str:
    return "blank" if value is None else repr(value) if isinstance(value, str) else plain(value)


def _as_json(action: PlannedAction) -> dict[str, Any]:
    return {
        "mapping": action.mapping,
        "side": action.side,
        "id": action.id,
        "record": action.label,
        "action": action.kind,
        "code": action.reason.code,
        "reason": str(action.reason),
        "next_step": action.reason.next_step,
        "writes": [_write_as_json(write) for write in action.writes],
        "conflicts": [
            {"unit": one.unit, "erp": list(one.erp), "crm": list(one.crm), "reason": str(one.reason)}
            for one in action.conflicts
        ],
        "truncated": list(action.truncated),
        "follow_up": list(action.follow_up),
    }


def _write_as_json(write: PlannedWrite) -> dict[str, Any]:
    return {
        "side": write.side,
        "table": write.table,
        "id": write.id,
        "number": write.number,
        "is_insert": write.is_insert,
        "is_delete": write.is_delete,
        "before": dict(write.before),
        "after": dict(write.after),
    }
