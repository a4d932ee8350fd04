"""Numbers of documents: a prefix, a counter of its own for each, and six characters that nobody can guess."""

import base64

from crosstie_sandbox.dataverse.database import Database

_FIRST = 1000
_SUFFIX = 6


def next_number(database: Database, prefix: str) -> str:
    """A number such as ORD-01000-K3F7QZ."""
    name = f"number_{prefix}"
    database.execute("INSERT OR IGNORE INTO setting VALUES (?, ?)", (name, _FIRST - 1))
    database.execute("UPDATE setting SET value = value + 1 WHERE name = ?", (name,))
    counter = int(database.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()[0])
    suffix = base64.b32encode(database.ids().bytes).decode("ascii")[:_SUFFIX]
    return f"{prefix}-{counter:05}-{suffix}"
