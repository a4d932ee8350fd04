"""Statements and transactions of one store: a call inside a transaction joins it, a call outside is its own."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from crosstie.model.words import ConnectionId

_ROWS_PER_STATEMENT = 500


class Session:
    """One connection id on one database; used by one thread at a time."""

    def __init__(self, engine: sa.Engine, connection_id: ConnectionId) -> None:
        self.connection_id = connection_id
        self._engine = engine
        self._open: sa.Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A writing transaction, joined by everything inside it."""
        if self._open is not None:
            yield self._open
            return
        with self._engine.connect().execution_options(writes=True) as connection, connection.begin():
            self._open = connection
            try:
                yield connection
            finally:
                self._open = None

    def rows(self, statement: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """The rows of a query."""
        if self._open is not None:
            return self._open.execute(statement).all()
        with self._engine.connect() as connection:
            return connection.execute(statement).all()

    def scalar(self, statement: sa.Select[Any]) -> Any:  # noqa: ANN401 - whatever the column holds
        """The first column of the first row, or ``None``."""
        found = self.rows(statement)
        return found[0][0] if found else None

    def run(self, statement: sa.Executable, rows: Sequence[Mapping[str, object]] | None = None) -> int:
        """Execute a writing statement; returns the number of rows it touched."""
        with self.transaction() as connection:
            return connection.execute(statement, rows).rowcount if rows != [] else 0

    def mine(self, table: sa.Table) -> sa.ColumnElement[bool]:
        """The condition that every statement carries."""
        return table.c.connection_id == self.connection_id

    def upsert(
        self, table: sa.Table, rows: Sequence[Mapping[str, object]], update: Mapping[str, object] | None = None
    ) -> None:
        """Insert rows or replace those with the same key, all or none; ``update`` names expressions for single columns.

        Every row carries the same columns; ``connection_id`` is added. A key must not stand twice in ``rows``.
        """
        if not rows:
            return
        keys = [column.name for column in table.primary_key]
        statement = self._insert(table)
        changed: dict[str, Any] = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        replacing = statement.on_conflict_do_update(index_elements=keys, set_=changed | dict(update or {}))
        with self.transaction():
            for start in range(0, len(rows), _ROWS_PER_STATEMENT):
                part = rows[start : start + _ROWS_PER_STATEMENT]
                self.run(replacing, [{"connection_id": self.connection_id, **row} for row in part])

    def hold(self, table: sa.Table, row: Mapping[str, object]) -> sa.Row[Any]:
        """The row with the key of ``row``, inserted as given where there is none; nobody else changes it meanwhile.

        Called inside a transaction. A look alone holds nothing on PostgreSQL while the row does not exist yet: two who
        look at once would both find nothing.
        """
        mine = {"connection_id": self.connection_id, **row}
        self.run(self._insert(table).on_conflict_do_nothing(), [mine])
        where = (column == mine[column.name] for column in table.primary_key)
        return self.rows(sa.select(table).where(*where).with_for_update())[0]

    def _insert(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        return sqlite.insert(table) if self._engine.dialect.name == "sqlite" else postgresql.insert(table)
