"""``crosstie connection``: show the connection, or test it."""

import typer

from crosstie.app.connections import load
from crosstie.app.setup import check
from crosstie.app.wiring import open_crosstie
from crosstie.cli.options import Home, Json, wait_for
from crosstie.cli.output import output

connection_commands = typer.Typer(help="Show or test the connection.", no_args_is_help=True)


@connection_commands.command()
def show(home: Home = None, json: Json = False) -> None:
    """Show both sides' settings; secrets stay hidden."""
    crosstie = open_crosstie(home)
    draft = load(crosstie.engine, crosstie.vault, crosstie.settings.connection)
    crosstie.close()
    sides = {
        side: {key: str(value) for key, value in sorted(settings.items())}
        for side, settings in (("erp", draft.erp), ("crm", draft.crm))
    }
    out = output(is_json=json)
    rows = [(side.upper(), key, value) for side, settings in sides.items() for key, value in settings.items()]
    out.table(draft.title, ("Side", "Setting", "Value"), rows)
    out.result({"ok": True, "title": draft.title, **sides})


@connection_commands.command("test")
def try_out(home: Home = None, json: Json = False) -> None:
    """Sign in to both systems and read something small."""
    crosstie = open_crosstie(home)
    try:
        said = wait_for(check(crosstie, load(crosstie.engine, crosstie.vault, crosstie.settings.connection)))
    finally:
        crosstie.close()
    out = output(is_json=json)
    out.say(f"Both systems answer: {said.erp} (ERP) and {said.crm} (CRM).")
    out.result({"ok": True, "erp": said.erp, "crm": said.crm})
