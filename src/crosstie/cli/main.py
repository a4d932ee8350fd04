"""The entry point: every command, and the one place where errors become words and exit codes.

Exit codes: 0 success · 1 the work was done but some records failed or a job did not finish · 2 nothing was done, the
message says why.
"""

import sys

import typer
from typer.exceptions import TyperException

from crosstie.cli.conflicts import conflicts
from crosstie.cli.connection import connection_commands
from crosstie.cli.couple import couple
from crosstie.cli.demo import demo
from crosstie.cli.errors import errors
from crosstie.cli.explain import explain
from crosstie.cli.full_synch import full_synch_commands
from crosstie.cli.jobs import jobs
from crosstie.cli.output import complain
from crosstie.cli.resolve import resolve
from crosstie.cli.retry import retry
from crosstie.cli.sandbox import sandbox
from crosstie.cli.setup import setup
from crosstie.cli.solution import solution_commands
from crosstie.cli.synch import synch
from crosstie.cli.uncouple import uncouple
from crosstie.cli.undo import undo
from crosstie.cli.verify import verify
from crosstie.model.errors import CrosstieError, UsageError

REFUSED = 2
INTERRUPTED = 130

app = typer.Typer(
    name="crosstie",
    help="Couples a CRM (Dynamics 365 Sales) with an ERP (Business Central) and keeps their records in step.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    demo,
    sandbox,
    setup,
    synch,
    verify,
    jobs,
    errors,
    conflicts,
    resolve,
    retry,
    couple,
    uncouple,
    explain,
    undo,
):
    app.command()(command)
app.add_typer(connection_commands, name="connection")
app.add_typer(full_synch_commands, name="full-synch")
app.add_typer(solution_commands, name="solution")


def run() -> None:
    """What the ``crosstie`` program does."""
    is_json = "--json" in sys.argv
    try:
        sys.exit(app(standalone_mode=not is_json))
    except TyperException as error:
        # Words that no command knows; without --json Typer tells people itself.
        complain(UsageError(error.format_message(), "See 'crosstie --help'; nothing was done."), is_json=is_json)
        sys.exit(REFUSED)
    except CrosstieError as error:
        complain(error, is_json=is_json)
        sys.exit(REFUSED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
