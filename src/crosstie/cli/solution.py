"""``crosstie solution``: the integration solution that an administrator imports into Dataverse."""

from pathlib import Path
from typing import Annotated

import typer

from crosstie.cli.options import Json
from crosstie.cli.output import output
from crosstie.model.errors import UsageError
from crosstie.solution.content import DEFAULT_PREFIX
from crosstie.solution.package import VERSION, build

solution_commands = typer.Typer(help="The integration solution for Dataverse.", no_args_is_help=True)


@solution_commands.command("build")
def build_solution(
    file: Annotated[Path, typer.Argument(help="Where the ZIP is written.")],
    prefix: Annotated[str, typer.Option(help="The publisher's prefix, before the name of all that is added.")] = (
        DEFAULT_PREFIX
    ),
    is_unmanaged: Annotated[bool, typer.Option("--unmanaged", help="For those who want to change it.")] = False,
    json: Json = False,
) -> None:
    """Write the solution as a ZIP that Dataverse imports; nothing is sent anywhere."""
    package = build(prefix, is_managed=not is_unmanaged)
    try:
        file.write_bytes(package)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}.", "Name another file.") from error
    out = output(is_json=json)
    out.say(f"Wrote {file}: Crosstie Integration {VERSION}, {'un' if is_unmanaged else ''}managed, prefix {prefix}.")
    out.say("Next: an administrator imports it in Power Apps under Solutions, Import solution.")
    out.result({"ok": True, "file": str(file), "version": VERSION, "prefix": prefix, "managed": not is_unmanaged})
