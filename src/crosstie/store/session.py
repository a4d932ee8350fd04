"""Statements and transactions of one store: a call inside a transaction joins it, a call outside is its own.

A session takes a connection of the pool at its first statement and keeps it until it is closed. It runs statements on
the driver's own cursor, and says itself where a transaction begins and ends.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from crosstie.model.words import ConnectionId
from crosstie.store.statement import Arguments, Cursor, Prepared, Row, arg, prepared

_BEGIN = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN"}
"""A deferred SQLite transaction that turns into a writer fails at once when another one wrote; this one waits."""

_JOINED = nullcontext()


def mine(table: sa.Table) -> sa.ColumnElement[bool]:
    """The condition that every statement carries; the session gives its argument."""
    return table.c.connection_id == arg("connection_id")


class Keyed:
    """The statements that find their row by the key of a table; ``update`` names expressions for single columns."""

    def __init__(self, table: sa.Table, update: Mapping[str, sa.ColumnElement[Any]] | None = None) -> None:
        keys = [column.name for column in table.primary_key]
        changed = {column.name: excluded(column.name) for column in table.c if column.name not in keys}
        inserts: dict[str, sqlite.Insert | postgresql.Insert] = {
            "sqlite": sqlite.insert(table),
            "postgresql": postgresql.insert(table),
        }
        self.insert_or_replace: Mapping[str, sa.Insert] = {
            name: insert.on_conflict_do_update(index_elements=keys, set_={**changed, **(update or {})})
            for name, insert in inserts.items()
        }
        # Setting the key to itself changes nothing and holds the row: one statement that inserts, locks and reads.
        self.insert_or_hold: Mapping[str, sa.Executable] = {
            name: insert.on_conflict_do_update(
                index_elements=keys, set_={keys[0]: excluded(keys[0]), **(update or {})}
            ).returning(*table.c)
            for name, insert in inserts.items()
        }


def excluded(name: str) -> sa.ColumnClause[Any]:
    """What an insert that met a row with its key would have put into that column."""
    return sa.literal_column(f"excluded.{name}")


class Session:
    """One connection id on one database; used by one thread at a time."""

    def __init__(self, engine: sa.Engine, connection_id: ConnectionId) -> None:
        self.connection_id = connection_id
        self._engine = engine
        self._dialect = engine.dialect
        self._held: sa.PoolProxiedConnection | None = None
        self._driver: Any = None
        self._in_transaction = False

    def close(self) -> None:
        """Give the connection back to the pool; the next statement takes one again."""
        held, self._held = self._held, None
        if held is not None:
            if self._dialect.name == "postgresql":
                self._driver.autocommit = False
            held.close()

    def transaction(self) -> AbstractContextManager[None]:
        """A writing transaction, joined by everything inside it."""
        return _JOINED if self._in_transaction else self._begun()

    @contextmanager
    def _begun(self) -> Iterator[None]:
        self._execute(_BEGIN[self._dialect.name])
        self._in_transaction = True
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            self._take_back("ROLLBACK")
            raise
        finally:
            self._in_transaction = False

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What fails inside is taken back, not what the transaction did before."""
        with self.transaction():
            self._execute("SAVEPOINT inside")
            try:
                yield
            except BaseException:
                self._take_back("ROLLBACK TO SAVEPOINT inside")
                self._take_back("RELEASE SAVEPOINT inside")
                raise
            self._execute("RELEASE SAVEPOINT inside")

    def _take_back(self, text: str) -> None:
        """Undo on the way out of an error, where there is anything left to undo: it must not hide the error."""
        if self._held is None:
            return  # the connection was lost, and the transaction with it
        if self._dialect.name == "sqlite" and not self._driver.in_transaction:
            return  # SQLite ends a transaction by itself, when the disk is full
        self._execute(text)

    def rows(self, statement: sa.Executable, **arguments: object) -> list[Row]:
        """The rows of a statement, as named tuples."""
        return self._rows(statement, self._own(arguments))

    def scalar(self, statement: sa.Executable, **arguments: object) -> Any:  # noqa: ANN401 - whatever the column holds
        """The first column of the first row, or ``None``."""
        found = self.rows(statement, **arguments)
        return found[0][0] if found else None

    def run(self, statement: sa.Executable, **arguments: object) -> int:
        """Execute a writing statement; returns the number of rows it touched."""
        what = prepared(statement, self._dialect)
        touched: int = self._execute(what.text, what.arguments(self._own(arguments))).rowcount
        return touched

    def run_for_each(self, statement: sa.Executable, calls: Sequence[Mapping[str, object]]) -> None:
        """Execute a writing statement once with each of these arguments, all or none."""
        self._run_many(prepared(statement, self._dialect), [self._own(arguments) for arguments in calls])

    def upsert(self, keyed: Keyed, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows or replace those with the same key, all or none.

        Every row carries every column but ``connection_id``, which is added. A key must not stand twice in ``rows``.
        """
        statement = keyed.insert_or_replace[self._dialect.name]
        self._run_many(prepared(statement, self._dialect), [self._own(row) for row in rows])

    def hold(self, keyed: Keyed, row: Mapping[str, object]) -> Row:
        """The row with the key of ``row`` as the statement leaves it, inserted as given where there is none.

        Inside a transaction nobody else changes it meanwhile. A look alone holds nothing on PostgreSQL while the row
        does not exist yet: two who look at once would both find nothing.
        """
        return self._rows(keyed.insert_or_hold[self._dialect.name], self._own(row))[0]

    def _rows(self, statement: sa.Executable, values: Mapping[str, object]) -> list[Row]:
        what = prepared(statement, self._dialect)
        return what.rows(self._execute(what.text, what.arguments(values)))

    def _run_many(self, what: Prepared, calls: Sequence[Mapping[str, object]]) -> None:
        if len(calls) == 1:
            self._execute(what.text, what.arguments(calls[0]))
        elif calls:
            with self.transaction():
                self._execute(what.text, [what.arguments(call) for call in calls], is_many=True)

    def _execute(self, text: str, arguments: Arguments = (), *, is_many: bool = False) -> Cursor:
        if self._held is None:
            self._take()
        cursor = self._driver.cursor()
        try:
            if is_many:
                cursor.executemany(text, arguments)
            else:
                cursor.execute(text, arguments)
        except self._dialect.loaded_dbapi.Error as error:
            self._let_go_if_lost(error)
            # Without the arguments: they are customers' data.
            raise sa.exc.DBAPIError.instance(text, None, error, self._dialect.loaded_dbapi.Error) from error
        return cursor

    def _take(self) -> None:
        self._held = self._engine.raw_connection()
        self._driver = self._held.driver_connection
        if self._dialect.name == "postgresql":
            self._driver.autocommit = True

    def _let_go_if_lost(self, error: Any) -> None:  # noqa: ANN401 - an error of either driver
        held = self._held
        if held is not None and self._dialect.is_disconnect(error, held, None):
            self._held = None
            held.invalidate(error)

    def _own(self, row: Mapping[str, object]) -> dict[str, object]:
        return {"connection_id": self.connection_id, **row}
