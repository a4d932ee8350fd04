"""The sandbox systems as a process of their own: started, its first line read, stopped with us."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from crosstie.model.errors import SetupError

_STOP_S = 10


@contextmanager
def sandbox_process(arguments: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Run ``python -m crosstie_sandbox``; yields what its first line says once both servers accept connections.

    The sandbox ends when this process ends, however it ends (it watches its standard input).
    """
    command = [sys.executable, "-m", "crosstie_sandbox", "--json", "--exit-with-parent", *arguments]
    with subprocess.Popen(  # noqa: S603 - our own program with our own arguments
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            yield _first_line(process)
        finally:
            process.terminate()
            try:
                process.wait(timeout=_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _first_line(process: "subprocess.Popen[str]") -> dict[str, Any]:
    line = process.stdout.readline() if process.stdout else ""
    try:
        said: dict[str, Any] = json.loads(line)
    except ValueError as error:
        _, complaint = process.communicate()
        last = complaint.strip().splitlines()[-1:] or ["it said nothing"]
        raise SetupError(
            f"The sandbox systems did not start: {last[0]}.", "Run 'crosstie sandbox' alone to see more."
        ) from error
    if "error" in said:
        raise SetupError(said["error"]["message"], said["error"]["next_step"], said["error"]["code"])
    return said
