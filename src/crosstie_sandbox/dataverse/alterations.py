"""What was made or altered at run time: documents in the shape of `tables/*.toml`, kept in the database itself."""

from enum import StrEnum
from sqlite3 import Connection

import simplejson

from crosstie_sandbox.dataverse.definitions import Document, schema_with
from crosstie_sandbox.dataverse.schema import Schema

LAYOUT = (
    "CREATE TABLE IF NOT EXISTS alteration"
    " (kind TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (kind, name))"
)


class Kind(StrEnum):
    """What a document is about."""

    TABLE = "table"
    OPTION_SET = "option_set"


def kept_schema(connection: Connection) -> Schema:
    """The shipped schema with all that was altered since."""
    documents: dict[Kind, dict[str, Document]] = {kind: {} for kind in Kind}
    for kind, name, text in connection.execute("SELECT kind, name, document FROM alteration ORDER BY rowid"):
        documents[Kind(kind)][name] = simplejson.loads(text)
    return schema_with(documents[Kind.TABLE], documents[Kind.OPTION_SET])


def kept(connection: Connection, kind: Kind, name: str) -> Document | None:
    """The document of one table or option set; None if it is as shipped, or not there at all."""
    query = "SELECT document FROM alteration WHERE kind = ? AND name = ?"
    found = connection.execute(query, (kind, name)).fetchone()
    return None if found is None else simplejson.loads(found[0])


def keep(connection: Connection, kind: Kind, name: str, document: Document | None) -> None:
    """Replace the document of one table or option set; None forgets it."""
    if document is None:
        connection.execute("DELETE FROM alteration WHERE kind = ? AND name = ?", (kind, name))
        return
    upsert = "INSERT INTO alteration VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET document = ?3"
    connection.execute(upsert, (kind, name, simplejson.dumps(document)))
