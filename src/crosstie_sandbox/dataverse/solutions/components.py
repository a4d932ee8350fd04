"""Which components belong to a solution: rows by type and id, and the things that those ids stand for."""

from collections.abc import Iterator
from enum import IntEnum

from crosstie_sandbox.dataverse.altering.identity import (
    column_id,
    key_id,
    option_set_id,
    relationship_id,
    table_id,
)
from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.schema import Column, Key, OptionSet, Relationship, Schema, Table
from crosstie_sandbox.dataverse.solutions.refusals import no_such_solution
from crosstie_sandbox.dataverse.writing import Writer

Thing = Table | tuple[Table, Column] | tuple[Table, Key] | Relationship | OptionSet


class Component(IntEnum):
    """Types of components, as the vendor numbers them."""

    TABLE = 1
    COLUMN = 2
    OPTION_SET = 9
    RELATIONSHIP = 10
    KEY = 14
    ROLE = 20
    WEB_RESOURCE = 61


def add_component(writer: Writer, solution: str, kind: Component, identity: str, behavior: int = 0) -> None:
    """Note that a component belongs to a solution, once."""
    query = "SELECT 1 FROM main.solutioncomponent WHERE solutionid = ? AND componenttype = ? AND objectid = ?"
    if writer.database.execute(query, (solution, int(kind), identity)).fetchone() is None:
        row = {
            "solutionid": solution,
            "componenttype": int(kind),
            "objectid": identity,
            "rootcomponentbehavior": behavior,
            "ismetadata": int(kind not in {Component.ROLE, Component.WEB_RESOURCE}),
        }
        writer.create(writer.tables["solutioncomponent"], row)


def solution_named(database: Database, name: str) -> str:
    """The id of an installed solution; raises ServiceError if there is none of that name."""
    found = database.execute("SELECT solutionid FROM main.solution WHERE uniquename = ?", (name,)).fetchone()
    if found is None:
        raise no_such_solution(name)
    return str(found[0])


def components(database: Database, solution: str) -> list[tuple[Component, str]]:
    """The components of a solution that this service knows how to handle."""
    query = "SELECT componenttype, objectid FROM main.solutioncomponent WHERE solutionid = ?"
    known = set(Component)
    return [
        (Component(kind), str(identity)) for kind, identity in database.execute(query, (solution,)) if kind in known
    ]


def shared(database: Database, solution: str, kind: Component, identity: str) -> bool:
    """Whether a component belongs to another solution too."""
    query = "SELECT 1 FROM main.solutioncomponent WHERE solutionid <> ? AND componenttype = ? AND objectid = ?"
    return database.execute(query, (solution, int(kind), identity)).fetchone() is not None


def things(schema: Schema) -> dict[tuple[Component, str], Thing]:
    """Everything that metadata ids stand for."""
    return dict(_things(schema))


def _things(schema: Schema) -> Iterator[tuple[tuple[Component, str], Thing]]:
    for table in schema.tables.values():
        yield (Component.TABLE, table_id(table)), table
        for column in table.columns:
            yield (Component.COLUMN, column_id(table, column)), (table, column)
        for key in table.keys:
            yield (Component.KEY, key_id(table, key)), (table, key)
    for relationship in schema.relationships.values():
        yield (Component.RELATIONSHIP, relationship_id(relationship)), relationship
    for option_set in schema.option_sets.values():
        yield (Component.OPTION_SET, option_set_id(option_set)), option_set
