"""The SQLite file behind the CRM: its layout, made from the tables' data, and its one writer.

One counter for the whole database numbers every write; it is the row version of Dataverse, and what delta tokens hold.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from crosstie_sandbox.dataverse.schema import Table, Type, tables
from crosstie_sandbox.odata import folding
from crosstie_sandbox.odata.sql import stored_time
from crosstie_sandbox.token import Clock, IdSource

_SQL_TYPES = {
    Type.INTEGER: "INTEGER",
    Type.BIGINT: "INTEGER",
    Type.BOOLEAN: "INTEGER",
    Type.CHOICE: "INTEGER",
}
_LAYOUT = """
CREATE TABLE IF NOT EXISTS deletion (table_name TEXT NOT NULL, id TEXT NOT NULL, version INTEGER PRIMARY KEY);
CREATE INDEX IF NOT EXISTS deletion_by_table ON deletion (table_name, version);
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value NOT NULL);
INSERT OR IGNORE INTO setting VALUES ('version', 1000);
INSERT OR IGNORE INTO setting VALUES ('token_key', randomblob(32));
"""


class Database:
    """One connection, used by one thread at a time."""

    def __init__(self, path: Path, *, clock: Clock, ids: IdSource) -> None:
        self.clock = clock
        self.ids = ids
        self.connection = _connect(path)
        self.execute = self.connection.execute
        self._version = self._stored_version()

    @property
    def version(self) -> int:
        """The row version of the latest write."""
        return self._version

    @property
    def token_key(self) -> bytes:
        """What access tokens are signed with."""
        return bytes(self.execute("SELECT value FROM setting WHERE name = 'token_key'").fetchone()[0])

    def next_version(self) -> int:
        """Number one more write."""
        self._version += 1
        return self._version

    def now(self) -> str:
        """The moment, as date and time columns hold it: Dataverse keeps whole seconds."""
        return stored_time(self.clock().astimezone(UTC).replace(microsecond=0))

    def seconds(self) -> float:
        """The moment as seconds, to measure with."""
        return self.clock().timestamp()

    def today(self) -> datetime:
        """The moment with its zone."""
        return self.clock().astimezone(UTC)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything in it is kept, or nothing if it raises."""
        self.execute("BEGIN IMMEDIATE")
        self._version = before = self._stored_version()
        try:
            yield
            if self._version != before:
                self.execute("UPDATE setting SET value = ? WHERE name = 'version'", (self._version,))
            self.execute("COMMIT")
        except BaseException:
            self.connection.rollback()
            self._version = before
            raise

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of a transaction that can fail on its own."""
        self.execute("SAVEPOINT part")
        before = self._version
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK TO part")
            self._version = before
            raise
        finally:
            self.execute("RELEASE part")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read in it is one state of the database."""
        self.execute("BEGIN")
        try:
            self._version = self._stored_version()
            yield
        finally:
            self.connection.rollback()

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    def _stored_version(self) -> int:
        return int(self.execute("SELECT value FROM setting WHERE name = 'version'").fetchone()[0])


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;")
    folding.install(connection)
    connection.execute("BEGIN IMMEDIATE")
    for statement in _LAYOUT.strip().split("\n"):
        connection.execute(statement)
    for table in tables().values():
        for statement in _statements(table):
            connection.execute(statement)
    connection.execute("COMMIT")
    return connection


def _statements(table: Table) -> Iterator[str]:
    columns = ", ".join(_column(table, column.name, column.type) for column in table.columns)
    yield f'CREATE TABLE IF NOT EXISTS "{table.logical_name}" ({columns})'
    for name in ("versionnumber", *table.indexes):
        index = f"{table.logical_name}_by_{name}"
        yield f'CREATE INDEX IF NOT EXISTS "{index}" ON "{table.logical_name}" ("{name}")'


def _column(table: Table, name: str, kind: Type) -> str:
    if name == table.primary_key:
        return f'"{name}" TEXT NOT NULL PRIMARY KEY'
    collation = f" COLLATE {folding.COLLATION}" if kind is Type.STRING else ""
    return f'"{name}" {_SQL_TYPES.get(kind, "TEXT")}{collation}'
