"""The messages there are, and the tables they concern: rows that clients look up to register steps."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from uuid import UUID, uuid5

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.schema import Schema

_NAMESPACE = UUID("5f0e9a57-9d0c-4e0b-8f0a-7b6f7f1f6c21")


@cache
def _messages() -> Mapping[str, Sequence[str]]:
    text = files("crosstie_sandbox.dataverse.webhooks").joinpath("messages.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def add_missing_messages(database: Database) -> None:
    """Make sure that every message and every table's filters are there, within somebody else's transaction."""
    now = database.now()
    known = {str(name) for (name,) in database.execute("SELECT name FROM main.sdkmessage")}
    names = [name for group in _messages().values() for name in group]
    database.connection.executemany(
        "INSERT INTO sdkmessage (sdkmessageid, versionnumber, createdon, modifiedon, name, isprivate, isactive)"
        " VALUES (?, ?, ?, ?, ?, 0, 1)",
        [(_id(name), database.next_version(), now, now, name) for name in names if name not in known],
    )
    found = database.execute("SELECT DISTINCT primaryobjecttypecode FROM main.sdkmessagefilter")
    filtered = {str(name) for (name,) in found}
    database.connection.executemany(
        "INSERT INTO sdkmessagefilter (sdkmessagefilterid, versionnumber, createdon, modifiedon, sdkmessageid,"
        " primaryobjecttypecode, secondaryobjecttypecode, availability, iscustomprocessingstepallowed, isvisible)"
        " VALUES (?, ?, ?, ?, ?, ?, 'none', 0, 1, 1)",
        [
            (_id(f"{message} {table}"), database.next_version(), now, now, _id(message), table)
            for message, table in _pairs(database.schema)
            if table not in filtered
        ],
    )


def _pairs(schema: Schema) -> Iterator[tuple[str, str]]:
    messages = _messages()
    for table in schema.tables.values():
        for message in messages["of_tables"]:
            yield message, table.logical_name
        for message in messages["of_owned_tables"] if table.owned else ():
            yield message, table.logical_name


@cache
def _id(name: str) -> str:
    return str(uuid5(_NAMESPACE, name.lower()))
