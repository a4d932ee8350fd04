"""What a caller sees: tables through which a privilege does not reach all are read through views of the rows it does.

A view of the same name in SQLite's temporary schema goes before the table, so no query can forget to ask.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.schema import Table
from crosstie_sandbox.dataverse.security.privileges import privilege_name
from crosstie_sandbox.dataverse.security.rights import Rights, Scope


@contextmanager
def limited_to(database: Database, rights: Rights) -> Iterator[None]:
    """Everything read in it is what the rights let one read; nothing may be written in it."""
    if rights.is_administrator:
        yield
        return
    hidden = [
        (table, scope)
        for table in database.schema.tables.values()
        if not (scope := rights.scope(privilege_name("Read", table))).is_all
    ]
    database.execute("SAVEPOINT visibility")
    try:
        for table, scope in hidden:
            condition = _condition(table, scope)
            name = f'"{table.logical_name}"'
            database.execute(f"CREATE TEMP VIEW {name} AS SELECT * FROM main.{name} WHERE {condition}")
        yield
    finally:
        database.execute("ROLLBACK TO visibility")
        database.execute("RELEASE visibility")


def _condition(table: Table, scope: Scope) -> str:
    """The rows in reach; ids are written into the text, since a view takes no parameters, and are known to be ids."""
    match table.ownership:
        case "user":
            return f"ownerid IN ({_ids(scope.owners)}) OR owningbusinessunit IN ({_ids(scope.units)})"
        case "business":
            return f'"{table.primary_key}" IN ({_ids(scope.owners)}) OR businessunitid IN ({_ids(scope.units)})'
        case _:
            return "1" if scope else "0"


def _ids(ids: frozenset[str]) -> str:
    return ", ".join("'" + one.replace("'", "''") + "'" for one in sorted(ids))
