"""The privileges there are: some for each table, named after it, and some of no table."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid5

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.schema import Schema, Table

_NAMESPACE = UUID("b2f5c0de-5b1e-4d6a-9a53-0d1f0c7e6a11")


@cache
def vocabulary() -> Mapping[str, Any]:
    """`privileges.toml`."""
    text = files("crosstie_sandbox.dataverse.security").joinpath("privileges.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def privilege_name(right: str, table: Table) -> str:
    """The privilege that gives a right on a table, such as prvReadAccount."""
    words = vocabulary()
    name = table.logical_name
    return f"prv{right}{words['shared'].get(name) or words['names'].get(name) or table.schema_name}"


def rights_on(table: Table) -> Sequence[str]:
    """The rights that there are on rows of a table."""
    rights: Sequence[str] = vocabulary()["rights"][table.ownership]
    return rights


@cache
def privilege_id(name: str) -> str:
    """The id of a privilege: the same in every organization."""
    return str(uuid5(_NAMESPACE, name.lower()))


def add_missing_privileges(database: Database) -> None:
    """Make sure that every table has its privileges, within a transaction that someone else opened."""
    known = {str(name) for (name,) in database.execute('SELECT name FROM main."privilege"')}
    now = database.now()
    database.connection.executemany(
        "INSERT INTO privilege (privilegeid, versionnumber, createdon, modifiedon, name, accessright,"
        " canbebasic, canbelocal, canbedeep, canbeglobal) VALUES (?, ?, ?, ?, ?, ?, 1, 1, 1, 1)",
        [
            (privilege_id(name), database.next_version(), now, now, name, access)
            for name, access in _wanted(database.schema).items()
            if name not in known
        ],
    )


def forget_privileges(database: Database, table: Table) -> None:
    """The privileges of a table go with it, unless another table shares them."""
    others = {name for name, _ in _of_tables(database.schema, without=table)}
    for right in rights_on(table):
        name = privilege_name(right, table)
        if name not in others:
            database.execute("DELETE FROM roleprivileges WHERE privilegeid = ?", (privilege_id(name),))
            database.execute("DELETE FROM privilege WHERE privilegeid = ?", (privilege_id(name),))


def _wanted(schema: Schema) -> dict[str, int]:
    words = vocabulary()
    return {**dict(_of_tables(schema)), **words["others"]}


def _of_tables(schema: Schema, without: Table | None = None) -> Iterator[tuple[str, int]]:
    words = vocabulary()
    for table in schema.tables.values():
        for right in rights_on(table) if table is not without else ():
            yield privilege_name(right, table), words["access"][right]
