"""The SQLite file behind the CRM: its schema, its layout made from that, and its one writer.

One counter for the whole database numbers every write; it is the row version of Dataverse, and what delta tokens hold.
Another counts the alterations of the schema, so that a connection notices those that another one made.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from crosstie_sandbox.dataverse.alterations import LAYOUT, kept_schema
from crosstie_sandbox.dataverse.layout import lay_out
from crosstie_sandbox.dataverse.queries import aggregates
from crosstie_sandbox.dataverse.schema import Schema
from crosstie_sandbox.odata import folding
from crosstie_sandbox.odata.sql import stored_time
from crosstie_sandbox.token import Clock, IdSource

_LAYOUT = f"""
{LAYOUT};
CREATE TABLE IF NOT EXISTS deletion (table_name TEXT NOT NULL, id TEXT NOT NULL, version INTEGER PRIMARY KEY);
CREATE INDEX IF NOT EXISTS deletion_by_table ON deletion (table_name, version);
CREATE TABLE IF NOT EXISTS stored_file (id TEXT PRIMARY KEY, name TEXT, type TEXT, content BLOB);
CREATE TABLE IF NOT EXISTS upload (token TEXT PRIMARY KEY, table_name, row, column_name, name, received INTEGER);
CREATE TABLE IF NOT EXISTS upload_part (token TEXT, first INTEGER, content BLOB, PRIMARY KEY (token, first));
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value NOT NULL);
INSERT OR IGNORE INTO setting VALUES ('version', 1000);
INSERT OR IGNORE INTO setting VALUES ('alterations', 0);
INSERT OR IGNORE INTO setting VALUES ('token_key', randomblob(32));
"""
_STORED = (
    "SELECT version.value, alterations.value FROM setting AS version, setting AS alterations"
    " WHERE version.name = 'version' AND alterations.name = 'alterations'"
)


class Database:
    """One connection, used by one thread at a time."""

    def __init__(self, path: Path, *, clock: Clock, ids: IdSource) -> None:
        self.clock = clock
        self.ids = ids
        self.connection = _connect(path)
        self.execute = self.connection.execute
        self.execute("BEGIN IMMEDIATE")
        for statement in _LAYOUT.strip().split("\n"):
            self.execute(statement)
        self._schema = kept_schema(self.connection)
        lay_out(self.connection, self._schema.tables.values())
        self.execute("COMMIT")
        self._version, self._alterations = self._stored()
        self.followers: list[Callable[[], None]] = []
        """Called within the transaction that altered the schema."""

    @property
    def schema(self) -> Schema:
        """All tables there are, as of the transaction or snapshot that is open."""
        return self._schema

    @property
    def version(self) -> int:
        """The row version of the latest write."""
        return self._version

    @property
    def token_key(self) -> bytes:
        """What access tokens are signed with."""
        return bytes(self.execute("SELECT value FROM setting WHERE name = 'token_key'").fetchone()[0])

    @property
    def alterations(self) -> int:
        """How often the schema has been altered."""
        return self._alterations

    def next_version(self) -> int:
        """Number one more write."""
        self._version += 1
        return self._version

    def altered(self, *tables: str) -> None:
        """Follow what has been written among the alterations: the schema, and the layout of these tables."""
        self._alterations += 1
        self.execute("UPDATE setting SET value = ? WHERE name = 'alterations'", (self._alterations,))
        self._schema = kept_schema(self.connection)
        lay_out(self.connection, [self._schema.tables[name] for name in tables])
        for follow in self.followers:
            follow()

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
        self._refresh()
        before = self._state
        try:
            yield
            if self._version != before[0]:
                self.execute("UPDATE setting SET value = ? WHERE name = 'version'", (self._version,))
            self.execute("COMMIT")
        except BaseException:
            self.connection.rollback()
            self._version, self._alterations, self._schema = before
            raise

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of a transaction that can fail on its own."""
        self.execute("SAVEPOINT part")
        before = self._state
        try:
            yield
        except BaseException:
            self.execute("ROLLBACK TO part")
            self._version, self._alterations, self._schema = before
            raise
        finally:
            self.execute("RELEASE part")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read in it is one state of the database."""
        self.execute("BEGIN")
        try:
            self._refresh()
            yield
        finally:
            self.connection.rollback()

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    @property
    def _state(self) -> tuple[int, int, Schema]:
        return self._version, self._alterations, self._schema

    def _refresh(self) -> None:
        """Take note of what other connections have done."""
        self._version, alterations = self._stored()
        if alterations != self._alterations:
            self._alterations, self._schema = alterations, kept_schema(self.connection)

    def _stored(self) -> tuple[int, int]:
        version, alterations = self.execute(_STORED).fetchone()
        return int(version), int(alterations)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;")
    folding.install(connection)
    aggregates.install(connection)
    return connection
