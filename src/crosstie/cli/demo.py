"""``crosstie demo``: sandbox systems, set-up, full synchronization with progress, and a page to look at."""

import os
import socket
from pathlib import Path
from typing import Annotated

import typer

from crosstie.app.demo import DemoResult, fresh_home, run_demo
from crosstie.app.read_model import attention
from crosstie.app.sandbox_process import sandbox_process
from crosstie.app.settings import read_settings
from crosstie.app.wiring import Crosstie, open_crosstie
from crosstie.app.worker_lock import the_only_worker
from crosstie.cli.options import FAILED, Home, Json, wait_for
from crosstie.cli.output import Output, jobs_table, output
from crosstie.cli.progress import ProgressBars
from crosstie.cli.sandbox import company_arguments
from crosstie.model.errors import UsageError
from crosstie.web.app import create_app
from crosstie.web.serve import bind, serve

_SHOWN = 10
_HOST = "127.0.0.1"


def demo(
    data: Annotated[Path | None, typer.Option(help="Load the company from the CSV files of this folder.")] = None,
    generate: Annotated[int | None, typer.Option(help="Generate a company with so many customers.")] = None,
    seed: Annotated[int | None, typer.Option(help="The seed of --generate.")] = None,
    exit_: Annotated[bool, typer.Option("--exit", help="Stop when finished, without the web page.")] = False,
    port: Annotated[int, typer.Option(help="Port of the web page; 0: any free one.")] = 8090,
    home: Home = None,
    json: Json = False,
) -> None:
    """Show Crosstie at work: a sandbox ERP's customers arrive in a sandbox CRM, over real HTTP."""
    out = output(is_json=json)
    settings = read_settings(os.environ, home)
    if not settings.is_at_home:
        raise UsageError(
            "CROSSTIE_DATABASE_URL is set; a demonstration would replace that database's connection. Nothing was done.",
            "Unset CROSSTIE_DATABASE_URL: a demonstration keeps its state in a folder of its own.",
        )
    page = None if exit_ else bind(_HOST, port)
    folder = fresh_home(home or settings.home / "demo")
    with sandbox_process(["--state", str(folder / "sandbox"), *company_arguments(data, generate, seed)]) as answers:
        out.say(f"Sandbox ERP at {answers['erp']['url']}, sandbox CRM at {answers['crm']['url']}.")
        crosstie = open_crosstie(folder)
        try:
            with the_only_worker(crosstie.settings), ProgressBars(is_shown=not json) as bars:
                result = wait_for(run_demo(crosstie, answers, bars))
            _tell(out, crosstie, result)
            if page is not None:
                _show_page(out, crosstie, folder, page)
        finally:
            crosstie.close()
    if not result.is_ok:
        raise typer.Exit(FAILED)


def _tell(out: Output, crosstie: Crosstie, result: DemoResult) -> None:
    jobs_table(out, "Full synchronization", result.jobs)
    out.say(
        f"{result.seconds:.1f} s, {result.requests} requests, {result.peak_rss_mb:.0f} MB at most."
        f" Synchronizing again wrote {result.second_run_writes} records."
    )
    unsettled = attention(crosstie)
    for one in unsettled[:_SHOWN]:
        out.say(f"{one.mapping} {one.label or one.id}: {one.kind}. {one.reason}")
    if len(unsettled) > _SHOWN:
        out.say(f"… and {len(unsettled) - _SHOWN} more; 'crosstie errors' lists them all.")
    out.result(result.as_json())


def _show_page(out: Output, crosstie: Crosstie, folder: Path, page: socket.socket) -> None:
    def announce(url: str) -> None:
        out.say(f"Look at {url} · Ctrl+C stops everything.")
        out.say(f"Other commands work on this demonstration with --home {folder}")

    wait_for(serve(create_app(crosstie), page, announce))
