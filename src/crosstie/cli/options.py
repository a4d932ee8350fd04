"""Options that several commands share, each with its one meaning."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, TypeVar

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Home = Annotated[
    Path | None,
    typer.Option("--home", help="Folder of the state; default: CROSSTIE_HOME or the platform's data folder."),
]

FAILED = 1
"""Exit code: the work was done, but some records failed or a job did not finish."""

_Result = TypeVar("_Result")


def wait_for(work: Coroutine[object, object, _Result]) -> _Result:
    """Run asynchronous work to its end."""
    return asyncio.run(work)
