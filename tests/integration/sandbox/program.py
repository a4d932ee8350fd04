"""The program as a process of its own, for tests that need it running."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import simplejson

PATIENCE_S = 20


@dataclass(frozen=True)
class Program:
    """A running program and what its first line said."""

    process: subprocess.Popen[str]
    details: dict[str, Any]


@contextmanager
def running(*words: object) -> Iterator[Program]:
    """The program with these options; it must end gracefully and without complaint."""
    command = [sys.executable, "-m", "crosstie_sandbox", "--json", *map(str, words)]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield Program(process, simplejson.loads(process.stdout.readline()))
        process.terminate()
        assert process.wait(timeout=PATIENCE_S) == 0
        assert process.communicate()[1] == ""
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)
