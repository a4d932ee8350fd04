"""``crosstie setup``: connect a CRM and an ERP, unattended, from a file of answers."""

import json as json_format
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from crosstie.app.connections import draft_from
from crosstie.app.setup import set_up
from crosstie.app.wiring import open_crosstie
from crosstie.cli.options import Home, Json, wait_for
from crosstie.cli.output import output
from crosstie.model.errors import SetupError


def setup(
    answers: Annotated[Path, typer.Option(help="TOML or JSON with 'crm' and 'erp'; '-' reads standard input.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Test a CRM and an ERP and save the connection; the first line of 'crosstie sandbox --json' is a valid answer."""
    draft = draft_from(_read(answers))
    crosstie = open_crosstie(home)
    try:
        said = wait_for(set_up(crosstie, draft))
    finally:
        crosstie.close()
    out = output(is_json=json)
    out.say(f"Connected: {said.erp} (ERP) and {said.crm} (CRM).")
    out.say("Next: 'crosstie full-synch review' shows what a full synchronization would do.")
    out.result({"ok": True, "erp": said.erp, "crm": said.crm})


def _read(path: Path) -> dict[str, Any]:
    try:
        text = sys.stdin.readline() if str(path) == "-" else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(
            f"The answers in {path} cannot be read: {error}.", "Check the path and its encoding."
        ) from error
    try:
        data = json_format.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except ValueError as error:
        raise SetupError(
            f"The answers in {path} are neither JSON nor TOML: {error}.", "See docs/how-to/connect.md for an example."
        ) from error
    return dict(data)
