"""Checks before what a caller asks for is done: the right on the table, and that it reaches the row."""

from dataclasses import dataclass

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.schema import Table
from crosstie_sandbox.dataverse.security.privileges import privilege_name
from crosstie_sandbox.dataverse.security.refusals import privilege_missing, right_missing, row_out_of_reach
from crosstie_sandbox.dataverse.security.rights import Rights, Scope
from crosstie_sandbox.dataverse.writing import UNCONDITIONAL, Conditions, Writer


@dataclass(frozen=True, slots=True)
class Guard:
    """What one caller may do."""

    database: Database
    rights: Rights

    def must_have(self, privilege: str) -> None:
        """Refuse a caller without a privilege that belongs to no row."""
        if not self.rights.scope(privilege):
            raise privilege_missing(self.rights, privilege)

    def must(self, right: str, table: Table) -> Scope:
        """Refuse a caller without a right on any row of a table; says on which rows there is one."""
        scope = self.rights.scope(privilege_name(right, table))
        if not scope:
            raise right_missing(self.rights, right, table)
        return scope

    def must_on(self, right: str, table: Table, identity: str) -> None:
        """Refuse a caller without a right on a row; one that does not exist is somebody else's refusal."""
        if self.rights.is_administrator:
            return
        scope = self.must(right, table)
        place = place_of(self.database, table, identity)
        if place is not None and not scope.reaches(*place):
            raise row_out_of_reach(self.rights, right, table, identity)

    def must_reach(self, right: str, table: Table, place: tuple[object, object]) -> None:
        """Refuse a caller without a right on rows of an owner in a unit."""
        if not self.must(right, table).reaches(*place):
            raise right_missing(self.rights, right, table)


def place_of(database: Database, table: Table, identity: str) -> tuple[object, object] | None:
    """Owner and business unit of a row; None if there is no such row. Rows without an owner belong to everybody."""
    columns = {
        "user": "ownerid, owningbusinessunit",
        "business": f'"{table.primary_key}", businessunitid',
    }.get(table.ownership)
    key = f'"{table.primary_key}"'
    query = f'SELECT {columns or f"{key}, NULL"} FROM main."{table.logical_name}" WHERE {key} = ?'
    found = database.execute(query, (identity,)).fetchone()
    if found is None:
        return None
    return (found[0], found[1]) if columns else None


@dataclass(frozen=True, slots=True)
class GuardedWriter:
    """Writes what the caller may write; what the platform does because of it needs no right of the caller."""

    writer: Writer
    guard: Guard

    def create(self, table: Table, changes: Changes) -> str:
        """Insert a row and say its id."""
        if not self.guard.rights.is_administrator:
            self._check_new(table, changes)
        return self.writer.create(table, changes)

    def update(self, table: Table, identity: str, changes: Changes, conditions: Conditions = UNCONDITIONAL) -> None:
        """Change a row that must exist."""
        if not self.guard.rights.is_administrator:
            self._check_changed(table, identity, changes)
        self.writer.update(table, identity, changes, conditions)

    def upsert(self, table: Table, identity: str, changes: Changes, conditions: Conditions = UNCONDITIONAL) -> bool:
        """Change a row or create it with this id; True if it was created."""
        if not self.guard.rights.is_administrator:
            if self.writer.exists(table, identity):
                self._check_changed(table, identity, changes)
            else:
                self._check_new(table, changes)
        return self.writer.upsert(table, identity, changes, conditions)

    def delete(self, table: Table, identity: str, conditions: Conditions = UNCONDITIONAL) -> None:
        """Remove a row that must exist."""
        self.guard.must_on("Delete", table, identity)
        self.writer.delete(table, identity, conditions)

    def _check_new(self, table: Table, changes: Changes) -> None:
        caller = self.writer.caller
        if table.ownership == "user":
            owner = changes.get("ownerid") or caller.user
            unit = self.writer.unit_of(owner, changes.get("ownerid_type") or "systemuser")
            self.guard.must_reach("Create", table, (owner, unit))
        elif table.ownership == "business":
            self.guard.must_reach("Create", table, (caller.user, changes.get("businessunitid") or caller.business_unit))
        else:
            self.guard.must("Create", table)
        self._check_references(table, None, changes)

    def _check_changed(self, table: Table, identity: str, changes: Changes) -> None:
        if set(changes) - {"ownerid", "ownerid_type"} or not changes:
            self.guard.must_on("Write", table, identity)
        if changes.get("ownerid") is not None:
            self.guard.must_on("Assign", table, identity)
        self._check_references(table, identity, changes)

    def _check_references(self, table: Table, identity: str | None, changes: Changes) -> None:
        """Pointing to a row appends this one to it."""
        pointing = [
            navigation
            for navigation in table.navigations.values()
            if navigation.column.name != "ownerid" and changes.get(navigation.column.name) is not None
        ]
        for number, navigation in enumerate(pointing):
            if number == 0 and identity is None:
                self.guard.must("Append", table)
            elif number == 0 and identity is not None:
                self.guard.must_on("Append", table, identity)
            kind = changes.get(navigation.type_column.name) if navigation.type_column else navigation.targets[0]
            if kind in navigation.targets:
                self.guard.must_on("AppendTo", self.writer.tables[str(kind)], str(changes[navigation.column.name]))
