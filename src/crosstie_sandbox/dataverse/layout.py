"""The tables of a schema as SQL: what creates them, and what makes an older file catch up."""

from collections.abc import Iterable, Iterator
from sqlite3 import Connection

from crosstie_sandbox.dataverse.schema import Column, Key, Table, Type
from crosstie_sandbox.odata import folding

_SQL_TYPES = {
    Type.INTEGER: "INTEGER",
    Type.BIGINT: "INTEGER",
    Type.BOOLEAN: "INTEGER",
    Type.CHOICE: "INTEGER",
    Type.DOUBLE: "REAL",
}
_TEXTS = frozenset({Type.STRING, Type.MEMO})


def lay_out(connection: Connection, tables: Iterable[Table]) -> None:
    """Create the tables that are not there yet, and add the columns and indexes that existing ones lack."""
    known = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    for table in tables:
        if table.logical_name in known:
            _catch_up(connection, table)
        else:
            columns = ", ".join(_column(table, column) for column in table.columns)
            connection.execute(f'CREATE TABLE "{table.logical_name}" ({columns})')
        for index, statement in _indexes(table):
            if index not in known:
                connection.execute(statement)


def drop(connection: Connection, table: str) -> None:
    """Remove a table with its rows."""
    connection.execute(f'DROP TABLE "{table}"')


def drop_column(connection: Connection, table: str, column: str) -> None:
    """Remove a column with its values."""
    connection.execute(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')


def drop_key(connection: Connection, table: Table, key: Key) -> None:
    """Let rows be alike again in the columns of a key."""
    connection.execute(f'DROP INDEX IF EXISTS "{_key_index(table, key)}"')


def _catch_up(connection: Connection, table: Table) -> None:
    there = {row[1] for row in connection.execute(f'PRAGMA table_info("{table.logical_name}")')}
    for column in table.columns:
        if column.name not in there:
            connection.execute(f'ALTER TABLE "{table.logical_name}" ADD COLUMN {_column(table, column)}')


def _indexes(table: Table) -> Iterator[tuple[str, str]]:
    for name in ("versionnumber", *table.indexes):
        index = f"{table.logical_name}_by_{name}"
        yield index, f'CREATE INDEX "{index}" ON "{table.logical_name}" ("{name}")'
    for key in (key for key in table.keys if key.active):
        index, columns = _key_index(table, key), ", ".join(f'"{name}"' for name in key.columns)
        yield index, f'CREATE UNIQUE INDEX "{index}" ON "{table.logical_name}" ({columns})'


def _key_index(table: Table, key: Key) -> str:
    return f"{table.logical_name}_key_{key.name}"


def _column(table: Table, column: Column) -> str:
    if column.name == table.primary_key:
        return f'"{column.name}" TEXT NOT NULL PRIMARY KEY'
    collation = f" COLLATE {folding.COLLATION}" if column.type in _TEXTS else ""
    return f'"{column.name}" {_SQL_TYPES.get(column.type, "TEXT")}{collation}'
