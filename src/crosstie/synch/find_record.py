"""Finds the record that a person means: by number, by name, or by id."""

from uuid import UUID

from crosstie.model.errors import UsageError
from crosstie.model.record import Record
from crosstie.model.words import RecordId, Side
from crosstie.synch.ports.environment import Environment
from crosstie.synch.tables import Tables


async def find_one(env: Environment, tables: Tables, side: Side, text: str) -> Record:
    """The one record that ``text`` names on ``side``; UsageError when there is none, or more than one."""
    found = await find(env, tables, side, text)
    table = tables.on(side)
    if not found:
        raise UsageError(
            f"No {table.table} with {table.key}, {table.label} or id '{text}' exists on the {side.value.upper()} side.",
            "Check the spelling; the ERP compares capital letters too.",
        )
    if len(found) > 1:
        raise UsageError(
            f"{len(found)} {table.table} are named '{text}' on the {side.value.upper()} side.",
            f"Name one by its {table.key} or id: {', '.join(record.id for record in found[:5])}.",
        )
    return found[0]


async def find(env: Environment, tables: Tables, side: Side, text: str) -> list[Record]:
    """Every record that ``text`` names: an id first, then a number, then a name."""
    connector, table, columns = env.connector(side), tables.on(side), tables.mapping.columns(side)
    if _is_id(text):
        id_ = RecordId(text.lower())
        return list((await connector.read(table.table, [id_], columns)).values())
    for column in dict.fromkeys((table.key, table.label)):
        if column in table.columns and (found := await connector.find(table.table, column, [text], columns)):
            return list(found)
    return []


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def is_named(text: str, id_: str, label: str) -> bool:
    """Whether ``text`` is the id, the number, the name, or both as lists show them, of a record seen before.

    >>> [is_named(text, "id-1", "C10 Adatum AG") for text in ("c10", "Adatum AG", "C10 Adatum AG", "Adatum")]
    [True, True, True, False]
    """
    asked, known = text.casefold(), label.casefold()
    return asked in {id_, known} or known.startswith(f"{asked} ") or known.endswith(f" {asked}")
