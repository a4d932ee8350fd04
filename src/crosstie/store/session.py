"""Statements and transactions of one store: a call inside a transaction joins it, a call outside is its own.

A statement is built once, when its module is imported, and takes its values as arguments: building one costs more than
running it on a small page.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from crosstie.model.words import ConnectionId

_ROWS_PER_STATEMENT = 500
_PREFIX = "arg_"
"""Keeps the name of an argument apart from the columns that a statement sets."""


def arg(name: str) -> sa.BindParameter[Any]:
    """The argument of that name, which every call of the statement gives."""
    return sa.bindparam(_PREFIX + name)


def args(name: str) -> sa.BindParameter[Any]:
    """An argument that is a list, for ``in_``."""
    return sa.bindparam(_PREFIX + name, expanding=True)


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
        self.insert_or_leave: Mapping[str, sa.Insert] = {
            name: insert.on_conflict_do_nothing() for name, insert in inserts.items()
        }
        self.hold = sa.select(table).where(*(table.c[key] == arg(key) for key in keys)).with_for_update()
        self.keys = keys


def excluded(name: str) -> sa.ColumnClause[Any]:
    """What an insert that met a row with its key would have put into that column."""
    return sa.literal_column(f"excluded.{name}")


class Session:
    """One connection id on one database; used by one thread at a time."""

    def __init__(self, engine: sa.Engine, connection_id: ConnectionId) -> None:
        self.connection_id = connection_id
        self._engine = engine
        self._writer = engine.execution_options(writes=True)
        self._open: sa.Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A writing transaction, joined by everything inside it."""
        if self._open is not None:
            yield self._open
            return
        with self._writer.begin() as connection:
            self._open = connection
            try:
                yield connection
            finally:
                self._open = None

    def rows(self, statement: sa.Select[Any], **arguments: object) -> Sequence[sa.Row[Any]]:
        """The rows of a query."""
        given = self._given(arguments)
        if self._open is not None:
            return self._open.execute(statement, given).all()
        with self._engine.connect() as connection:
            return connection.execute(statement, given).all()

    def scalar(self, statement: sa.Select[Any], **arguments: object) -> Any:  # noqa: ANN401 - whatever the column holds
        """The first column of the first row, or ``None``."""
        found = self.rows(statement, **arguments)
        return found[0][0] if found else None

    def run(self, statement: sa.Executable, **arguments: object) -> int:
        """Execute a writing statement; returns the number of rows it touched."""
        with self.transaction() as connection:
            return connection.execute(statement, self._given(arguments)).rowcount

    def run_for_each(self, statement: sa.Executable, calls: Sequence[Mapping[str, object]]) -> None:
        """Execute a writing statement once with each of these arguments."""
        if calls:
            with self.transaction() as connection:
                connection.execute(statement, [self._given(arguments) for arguments in calls])

    def upsert(self, keyed: Keyed, rows: Sequence[Mapping[str, object]]) -> None:
        """Insert rows or replace those with the same key, all or none.

        Every row carries every column but ``connection_id``, which is added. A key must not stand twice in ``rows``.
        """
        if not rows:
            return
        with self.transaction() as connection:
            statement = keyed.insert_or_replace[connection.dialect.name]
            for start in range(0, len(rows), _ROWS_PER_STATEMENT):
                part = rows[start : start + _ROWS_PER_STATEMENT]
                connection.execute(statement, [self._own(row) for row in part])

    def hold(self, keyed: Keyed, row: Mapping[str, object]) -> sa.Row[Any]:
        """The row with the key of ``row``, inserted as given where there is none; nobody else changes it meanwhile.

        Called inside a transaction. A look alone holds nothing on PostgreSQL while the row does not exist yet: two who
        look at once would both find nothing.
        """
        own = self._own(row)
        with self.transaction() as connection:
            connection.execute(keyed.insert_or_leave[connection.dialect.name], own)
            return self.rows(keyed.hold, **{key: own[key] for key in keyed.keys})[0]

    def _given(self, arguments: Mapping[str, object]) -> dict[str, object]:
        given = {_PREFIX + name: value for name, value in arguments.items()}
        return {_PREFIX + "connection_id": self.connection_id, **given}

    def _own(self, row: Mapping[str, object]) -> dict[str, object]:
        return {"connection_id": self.connection_id, **row}
