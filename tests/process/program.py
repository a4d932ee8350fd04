"""The product and the sandbox servers as people start them: as processes, with an environment of their own."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

PATIENCE_S = 600
_CROSSTIE = Path(sys.executable).with_name("crosstie")


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Everything it printed, on one line whatever the width of the terminal."""
        return " ".join(f"{self.out} {self.err}".split())

    @property
    def json(self) -> dict[str, Any]:
        """The last line of standard output."""
        found: dict[str, Any] = json.loads(self.out.strip().splitlines()[-1])
        return found


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a command: this one's, without CROSSTIE_ variables but for the home and ``more``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CROSSTIE_")}
    return {**kept, "CROSSTIE_HOME": str(home), "COLUMNS": "200", "NO_COLOR": "1", **more}


@dataclass(frozen=True, slots=True)
class Product:
    """``crosstie`` in one home."""

    home: Path

    @property
    def database(self) -> Path:
        """Its database file."""
        return self.home / "crosstie.sqlite"

    def run(self, *words: object, stdin: str | None = None, **more: str) -> Said:
        """Run a command to its end."""
        done = subprocess.run(
            [_CROSSTIE, *map(str, words)],
            env=environment(self.home, **more),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_S,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def start(self, *words: object) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [_CROSSTIE, *map(str, words)],
            env=environment(self.home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def set_up(self, details: dict[str, Any]) -> None:
        """Connect it to the servers that ``details`` describe."""
        said = self.run("setup", "--answers", "-", "--json", stdin=json.dumps(details) + "\n")
        assert said.code == 0, said
        assert said.json["ok"] is True

    def count(self, table: str, where: str = "1") -> int:
        """How many rows a table of its database has; none while there is no such table."""
        try:
            with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5)) as connection:
                return int(connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()[0])
        except sqlite3.OperationalError:
            return 0

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, to see that nothing changed."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as connection:
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in sorted(names)}


@dataclass(slots=True)
class Sandbox:
    """Both sandbox servers in one process, on a state folder; the ports stay the same when started again."""

    state: Path
    company: tuple[object, ...] = ()
    details: dict[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    def start(self) -> dict[str, Any]:
        """Start, and read the first line, which comes when both serve."""
        words: tuple[object, ...] = ("--state", self.state, "--json", *self.company)
        if self.details:
            ports = {side: httpx2.URL(self.details[side]["url"]).port for side in ("crm", "erp")}
            words += ("--crm-port", ports["crm"], "--erp-port", ports["erp"])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crosstie_sandbox", *map(str, words)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.communicate(timeout=PATIENCE_S)
        self.details = json.loads(line)
        return self.details

    def kill(self) -> None:
        """SIGKILL, and wait until the ports are free."""
        if self.process is not None:
            kill(self.process)
            self.process = None

    @property
    def secrets(self) -> list[str]:
        """What must never be seen in the clear."""
        erp, crm = self.details["erp"], self.details["crm"]
        return sorted({erp["client_secret"], crm["client_secret"], erp["web_service_access_key"]})


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL a process of ours and collect it."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)


@contextmanager
def serving(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox while it serves."""
    sandbox.start()
    try:
        yield sandbox
    finally:
        sandbox.kill()


def assert_refused(said: Said, *words: str, code: int = 2) -> None:
    """A refusal as it must be: exit code, what and where, a next step, no traceback, the same in text or as JSON."""
    assert said.code == code, said
    assert "Traceback" not in said.text, said
    if said.out.startswith("{"):
        error = said.json["error"]
        assert said.json["ok"] is False
        assert error["code"], said
        assert error["next_step"], said
        heard = f"{error['message']} {error['next_step']} {error.get('detail', '')}"
    else:
        assert "Next:" in said.text, said
        heard = said.text
    for word in words:
        assert word in heard, (word, heard)
