"""Detect: read a table's change feed into the change inbox.

The inbox is shared by all mappings of the table; a crash repeats at most one pass, and a known version keeps its
place. Nothing is decided here.
"""

from crosstie.model.record import Change
from crosstie.model.schema import TableSchema
from crosstie.model.words import Side
from crosstie.synch.ports.environment import Environment


async def detect(env: Environment, side: Side, schema: TableSchema, *, whole_table: bool) -> None:
    """Bring the inbox up to date with a table; ``whole_table`` looks at every record (and finds the gone ones)."""
    inbox, table = env.store.inbox, schema.table
    columns = listed_columns(env, side, schema)
    begun = inbox.begin_pass(side, table, columns)
    number = begun.number
    async for page in env.connector(side).changes(table, columns, begun.token, whole_table=whole_table):
        with env.store.transaction():
            inbox.add(side, table, number, page.changes)
            if page.token is not None:
                inbox.finish_pass(side, table, number, page.token, is_complete_set=page.is_complete_set)
            if page.is_complete_set:
                _note_never_listed(env, side, table, number)


def _note_never_listed(env: Environment, side: Side, table: str, number: int) -> None:
    """Coupled records that no pass ever listed: created by us, and deleted before the feed came to them."""
    for mapping in env.mappings.values():
        if mapping.table(side) == table:
            while ids := env.store.mass_changes.never_listed(mapping.name, side, table, env.page_size):
                env.store.inbox.add(side, table, number, [Change(id=id_, version=None) for id_ in ids])


def listed_columns(env: Environment, side: Side, schema: TableSchema) -> tuple[str, ...]:
    """What the feed lists: the columns that the filters of all mappings of the table need, number and name."""
    of_table = (mapping for mapping in env.mappings.values() if mapping.table(side) == schema.table)
    columns = {column for mapping in of_table for column in mapping.filter_columns(side)}
    return tuple(sorted(columns | schema.naming))
