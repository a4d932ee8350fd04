"""Changes that somebody has subscribed to, from the write that makes them until they are told.

A change is written down in the transaction of the write, so it is told if and only if the write has happened.
Changes of one record that are told together are told as one: a new record stays new however often it was changed since.
"""

from dataclasses import dataclass
from typing import Literal

from crosstie_sandbox.businesscentral.database import Database

Kind = Literal["created", "updated", "deleted", "collection"]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a record of a set; of the set itself if there were too many."""

    identity: str
    kind: Kind
    when: str


def entity_sets_with_changes(database: Database) -> list[str]:
    """The sets of which something is to be told."""
    found = database.connection.execute("SELECT DISTINCT entitySet FROM webhookChanges ORDER BY entitySet")
    return [str(row[0]) for row in found.fetchall()]


def take_changes(database: Database, entity_set: str, most: int) -> list[Change]:
    """The changes of a set, each record once in the order of its first change; they are told from now on."""
    query = "SELECT recordId, kind, changedAt FROM webhookChanges WHERE entitySet = ? ORDER BY rowid"
    together: dict[str, Change] = {}
    for identity, kind, when in database.connection.execute(query, (entity_set,)).fetchall():
        earlier = together.get(identity)
        is_new = earlier is not None and earlier.kind == "created" and kind == "updated"
        together[identity] = Change(identity, "created" if is_new else kind, when)
    database.connection.execute("DELETE FROM webhookChanges WHERE entitySet = ?", (entity_set,))
    if len(together) > most:
        return [Change("", "collection", min(change.when for change in together.values()))]
    return list(together.values())
