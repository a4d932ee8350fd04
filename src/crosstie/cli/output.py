"""How commands speak: tables and sentences for people, one JSON object for programs."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from crosstie.model.errors import CrosstieError
from crosstie.model.job import Counters, SynchJob
from crosstie.model.words import Side


@dataclass(slots=True)
class Output:
    """Where a command's words go; with ``is_json`` only one JSON object goes to standard output."""

    is_json: bool
    console: Console

    def say(self, text: str) -> None:
        """A sentence for people."""
        if not self.is_json:
            self.console.print(text, highlight=False, markup=False)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table for people; numbers stand right."""
        if self.is_json:
            return
        table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=box.SIMPLE_HEAD)
        for index, column in enumerate(columns):
            is_number = bool(rows) and all(isinstance(row[index], int) for row in rows)
            table.add_column(column, justify="right" if is_number else "left", overflow="fold")
        for row in rows:
            table.add_row(*("" if cell is None else str(cell) for cell in row))
        self.console.print(table)

    def result(self, data: object) -> None:
        """The one JSON object for programs."""
        if self.is_json:
            sys.stdout.write(json.dumps(data, ensure_ascii=False, default=plain) + "\n")


def output(*, is_json: bool) -> Output:
    """The output of a command."""
    return Output(is_json=is_json, console=Console())


def complain(error: CrosstieError, *, is_json: bool) -> None:
    """An error: what, where, and what to do next; never a traceback."""
    if is_json:
        said = {"code": error.code, "message": error.message, "next_step": error.next_step, "detail": error.detail}
        sys.stdout.write(json.dumps({"ok": False, "error": said}, ensure_ascii=False) + "\n")
        return
    console = Console(stderr=True)
    console.print(f"Error: {error.message}", style="bold red", highlight=False, markup=False)
    if error.detail:
        console.print(error.detail, highlight=False, markup=False)
    if error.next_step:
        console.print(f"Next:  {error.next_step}", highlight=False, markup=False)


def job_as_json(job: SynchJob) -> dict[str, Any]:
    """A synch job for programs."""
    return {
        "id": job.id,
        "mapping": job.mapping,
        "type": job.type,
        "status": job.status,
        "started_by": job.started_by,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "message": job.message,
        "is_full": job.is_full,
        **job.sum.as_dict(),
        "to_integration_table": job.counters[Side.CRM].as_dict(),
        "from_integration_table": job.counters[Side.ERP].as_dict(),
    }


def jobs_table(out: Output, title: str, jobs: Sequence[SynchJob], *, shows_ids: bool = False) -> None:
    """Synch jobs as a table; a counter that is zero everywhere has no column."""
    counters = [name for name in Counters().as_dict() if any(job.sum.as_dict()[name] for job in jobs)]
    ids = [(job.id,) if shows_ids else () for job in jobs]
    rows = [
        (*id_, job.mapping, job.status, *(job.sum.as_dict()[name] for name in counters))
        for id_, job in zip(ids, jobs, strict=True)
    ]
    columns = (*(("Job",) if shows_ids else ()), "Mapping", "Status", *(name.capitalize() for name in counters))
    out.table(title, columns, rows)
    for job in jobs:
        if job.message:
            out.say(f"{job.mapping}: {job.message}")


def plain(value: object) -> str:
    """A value that JSON has no form for; times as ISO 8601."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
