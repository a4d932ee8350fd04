"""Taking components out again: with a managed solution that is deleted, or that an upgrade no longer brings along."""

from collections.abc import Sequence

from crosstie_sandbox.dataverse.altering import alter
from crosstie_sandbox.dataverse.altering.relations import remove_relationship
from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.schema import Key, ManyToMany, OneToMany, OptionSet, Table
from crosstie_sandbox.dataverse.solutions.components import Component, components, shared, things
from crosstie_sandbox.dataverse.writing import Extension, Writer

_ORDER = (
    Component.KEY,
    Component.RELATIONSHIP,
    Component.COLUMN,
    Component.ROLE,
    Component.WEB_RESOURCE,
    Component.TABLE,
    Component.OPTION_SET,
)
"""What others may depend on goes last."""


class Uninstalling(Extension):
    """A managed solution that is deleted takes its components along; an unmanaged one leaves them behind."""

    def before(self, writer: Writer, table: Table, old: Changes | None, new: Changes | None) -> None:
        """Remove the components, while the rows that name them are still there."""
        if table.logical_name == "solution" and new is None and old is not None and old["ismanaged"]:
            solution = str(old["solutionid"])
            remove_components(writer, solution, components(writer.database, solution))


def remove_components(writer: Writer, solution: str, gone: Sequence[tuple[Component, str]]) -> None:
    """Remove components that belong to this solution alone; raises ServiceError if something else needs one."""
    database = writer.database
    query = "SELECT solutioncomponentid FROM main.solutioncomponent WHERE solutionid = ? AND objectid = ?"
    for kind, identity in sorted(gone, key=lambda one: _ORDER.index(one[0])):
        if not shared(database, solution, kind, identity):
            _remove(writer, kind, identity)
        for (row,) in database.execute(query, (solution, identity)).fetchall():
            writer.delete(writer.tables["solutioncomponent"], str(row))


def _remove(writer: Writer, kind: Component, identity: str) -> None:
    database = writer.database
    if kind in {Component.ROLE, Component.WEB_RESOURCE}:
        table = writer.tables["role" if kind is Component.ROLE else "webresource"]
        if kind is Component.ROLE:
            for intersect in ("roleprivileges", "systemuserroles", "teamroles"):
                database.execute(f'DELETE FROM "{intersect}" WHERE roleid = ?', (identity,))
        if writer.exists(table, identity):
            writer.delete(table, identity)
        return
    match things(database.schema).get((kind, identity)):
        case Table(custom=True) as table:
            alter.drop_table(database, table)
        case (table, Key() as key):
            alter.remove_key(database, table, key)
        case (Table() as table, column) if column.custom:
            alter.remove_column(database, table, column.name)
        case OneToMany(custom=True) | ManyToMany(custom=True) as relationship:
            remove_relationship(database, relationship)
        case OptionSet(custom=True) as option_set:
            alter.drop_option_set(database, option_set.name)
        case _:
            pass
