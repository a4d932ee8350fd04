"""`Merge`: two accounts or contacts become one; the other one stays, inactive."""

from crosstie_sandbox.dataverse.actions.parameters import body_of, part, target_of
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import invalid_argument
from crosstie_sandbox.dataverse.operation import Reply, empty_reply
from crosstie_sandbox.dataverse.payload import Changes, References, read_body

_MERGEABLE = ("account", "contact")
_OWN = frozenset({"masterid"})
"""Lookups that tell of a merge, and are not moved by one."""


def merge(call: Call) -> Reply:
    """Move what belongs to the subordinate to the target, take over the content given, deactivate the subordinate."""
    body = body_of(call)
    table, master = target_of(call, body.get("Target"), *_MERGEABLE)
    other, subordinate = target_of(call, body.get("Subordinate"), *_MERGEABLE)
    if other is not table or master == subordinate:
        raise invalid_argument("Target and Subordinate must be two rows of the same table.")
    session = call.session
    for identity in (master, subordinate):
        session.guard.must_on("Write", table, identity)
    writer = session.platform
    content = part(body, "UpdateContent") if body.get("UpdateContent") else {}
    changes = read_body(table, dict(content), References(session.database, call.made).follow)
    changes.pop(table.primary_key, None)
    if changes:
        writer.update(table, master, changes)
    _move(call, table.logical_name, subordinate, master)
    loser: Changes = {"masterid": master, "merged": 1, "statecode": 1}
    writer.update(table, subordinate, loser)
    return empty_reply()


def _move(call: Call, table: str, subordinate: str, master: str) -> None:
    """Have every lookup that points to the subordinate point to the target."""
    for pointing, navigation in call.schema.pointing_to[table]:
        column = navigation.column.name
        if column in _OWN:
            continue
        query = f'SELECT "{pointing.primary_key}" FROM "{pointing.logical_name}" WHERE "{column}" = ?'
        for (found,) in call.session.database.execute(query, (subordinate,)).fetchall():
            if not (pointing.logical_name == table and found == master):
                call.session.unlocked.update(pointing, str(found), {column: master})
