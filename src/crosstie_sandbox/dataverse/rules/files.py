"""Files beside the rows that hold them, and uploads that are not complete yet.

A file column holds the id of a file; a file that no column holds any longer goes with the write that let go of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.schema import Table, Type
from crosstie_sandbox.dataverse.writing import Extension, Writer


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file with its name and media type."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is coming in by chunks; `received` is how many bytes are there."""

    token: str
    place: tuple[str, str, str]
    name: str
    received: int


def keep(database: Database, file: StoredFile) -> str:
    """Store a file and say its id."""
    identity = str(database.ids())
    database.execute("INSERT INTO stored_file VALUES (?, ?, ?, ?)", (identity, file.name, file.type, file.content))
    return identity


def find(database: Database, identity: str) -> StoredFile | None:
    """A file by its id."""
    query = "SELECT name, type, content FROM stored_file WHERE id = ?"
    found = database.execute(query, (identity,)).fetchone()
    return None if found is None else StoredFile(*found)


def begin_upload(database: Database, place: tuple[str, str, str], name: str) -> str:
    """Expect chunks for a table, row and column; says the token that they must carry."""
    token = str(database.ids())
    database.execute("INSERT INTO upload VALUES (?, ?, ?, ?, ?, 0)", (token, *place, name))
    return token


def upload_of(database: Database, token: str) -> Upload | None:
    """The upload that a token belongs to."""
    query = "SELECT table_name, row, column_name, name, received FROM upload WHERE token = ?"
    found = database.execute(query, (token,)).fetchone()
    if found is None:
        return None
    table, row, column, name, received = found
    return Upload(token, (table, row, column), name, received)


def receive(database: Database, upload: Upload, content: bytes) -> None:
    """Keep the next chunk."""
    database.execute("INSERT INTO upload_part VALUES (?, ?, ?)", (upload.token, upload.received, content))
    query = "UPDATE upload SET received = received + ? WHERE token = ?"
    database.execute(query, (len(content), upload.token))


def complete(database: Database, upload: Upload) -> bytes:
    """All chunks as one; the upload is over."""
    query = "SELECT content FROM upload_part WHERE token = ? ORDER BY first"
    content = b"".join(part for (part,) in database.execute(query, (upload.token,)).fetchall())
    database.execute("DELETE FROM upload_part WHERE token = ?", (upload.token,))
    database.execute("DELETE FROM upload WHERE token = ?", (upload.token,))
    return content


class Files(Extension):
    """Removes files that no column holds any longer."""

    def after(self, writer: Writer, table: Table, old: Changes | None, new: Changes | None, changes: Changes) -> None:
        """Let go of what the row held before and does not hold now."""
        del changes
        if old is not None:
            for name in _file_columns(table):
                if old.get(name) is not None and (new is None or new.get(name) != old[name]):
                    writer.database.execute("DELETE FROM stored_file WHERE id = ?", (old[name],))


def _file_columns(table: Table) -> Sequence[str]:
    return [column.name for column in table.columns if column.type is Type.FILE]
