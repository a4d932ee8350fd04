"""Detect: read a table's change feed into the change inbox.

The inbox is shared by all mappings of the table; a crash repeats at most one pass, and a known version keeps its
place. Nothing is decided here.
"""

from crosstie.model.words import Side
from crosstie.synch.ports.environment import Environment


async def detect(env: Environment, side: Side, table: str, *, whole_table: bool) -> None:
    """Bring the inbox up to date with ``table``; ``whole_table`` looks at every record (and finds the gone ones)."""
    inbox = env.store.inbox
    columns = filter_columns(env, side, table)
    known = inbox.feed(side, table)
    token = known.token if known and known.columns == columns else None
    number = inbox.begin_pass(side, table, columns)
    async for page in env.connector(side).changes(table, columns, token, whole_table=whole_table):
        with env.store.transaction():
            inbox.add(side, table, number, page.changes)
            if page.token is not None:
                inbox.finish_pass(side, table, number, page.token, is_complete_set=page.is_complete_set)


def filter_columns(env: Environment, side: Side, table: str) -> tuple[str, ...]:
    """The columns that the filters of all mappings of this table need."""
    of_table = (mapping for mapping in env.mappings.values() if mapping.table(side) == table)
    return tuple(sorted({column for mapping in of_table for column in mapping.filter_columns(side)}))
