"""Creating, changing and deleting rows, with what the platform fills in by itself.

Filled in: stamps and users, owner (the caller unless given), currency (the organization's unless given), exchange
rate and amounts in the base currency (amount divided by the rate), full names, status that goes with the state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from sqlite3 import IntegrityError

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.errors import (
    bad_status,
    duplicate,
    invalid_argument,
    row_missing,
    stale_version,
    still_used,
)
from crosstie_sandbox.dataverse.payload import Changes, cleared
from crosstie_sandbox.dataverse.schema import State, Table
from crosstie_sandbox.dataverse.values import money

_BASE_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Caller:
    """On whose behalf rows are written."""

    user: str
    business_unit: str
    organization: str
    currency: str | None
    initiator: str = ""
    """Who really calls, when somebody acts for another user."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """The preconditions of a write: `If-Match` and `If-None-Match`."""

    if_match: str | None = None
    if_none_match: str | None = None

    @property
    def may_create(self) -> bool:
        """Whether an update of a missing row creates it."""
        return self.if_match is None

    def check(self, version: int) -> None:
        """Refuse to touch a row in this version if the caller wants it otherwise."""
        if self.if_none_match == "*":
            raise duplicate()
        if self.if_match not in {None, "*", f'W/"{version}"'}:
            raise stale_version()


UNCONDITIONAL = Conditions()


class Extension:
    """What more the platform does about a write than to store it; this one does nothing.

    A row is None where there is none: before a creation, after a deletion. `changes` are the columns that were given.
    """

    def before(self, writer: "Writer", table: Table, old: Changes | None, new: Changes | None) -> None:
        """Refuse a write by raising ServiceError, or change `new` before it is stored."""

    def after(self, writer: "Writer", table: Table, old: Changes | None, new: Changes | None, changes: Changes) -> None:
        """Do what follows from a write that was stored."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes rows within a transaction that someone else opened."""

    database: Database
    caller: Caller
    extensions: Sequence[Extension] = ()

    @property
    def tables(self) -> Mapping[str, Table]:
        """All tables there are."""
        return self.database.schema.tables

    def create(self, table: Table, changes: Changes) -> str:
        """Insert a row and say its id."""
        identity = str(changes.get(table.primary_key) or self.database.ids())
        if _version(self.database, table, identity) is not None:
            raise duplicate()
        _check_required(table, changes)
        row = {**table.defaults, **self._filled_in(), **changes, table.primary_key: identity}
        if table.states:
            row |= _initial_state(table, changes)
        if table.owned:
            row |= self._ownership(row.get("ownerid"), row.get("ownerid_type"))
        if row.get("overriddencreatedon"):
            row["createdon"], row["overriddencreatedon"] = row["overriddencreatedon"], row["createdon"]
        _compute(table, row)
        for extension in self.extensions:
            extension.before(self, table, None, row)
        self._price(table, row)
        row["versionnumber"] = self.database.next_version()
        self._store(table.insert, [row.get(column.name) for column in table.columns])
        for extension in self.extensions:
            extension.after(self, table, None, row, changes)
        return identity

    def read(self, table: Table, identity: str) -> Changes | None:
        """A row as it is stored."""
        query = f'SELECT {table.listed} FROM "{table.logical_name}" WHERE "{table.primary_key}" = ?'
        found = self.database.execute(query, (identity,)).fetchone()
        if found is None:
            return None
        return {column.name: value for column, value in zip(table.columns, found, strict=True)}

    def update(self, table: Table, identity: str, changes: Changes, conditions: Conditions = UNCONDITIONAL) -> None:
        """Change a row that must exist."""
        before = self.read(table, identity)
        if before is None:
            raise row_missing(table.logical_name, identity)
        conditions.check(int(str(before["versionnumber"])))
        changes = {
            name: value for name, value in changes.items() if name not in {table.primary_key, "overriddencreatedon"}
        }
        after = {**before, **changes}
        if table.states:
            after |= _next_state(table, changes, before)
        if table.owned and "ownerid" in changes:
            after |= self._ownership(after["ownerid"], after["ownerid_type"])
        after["modifiedon"], after["modifiedby"] = self.database.now(), self.caller.user
        _compute(table, after)
        for extension in self.extensions:
            extension.before(self, table, before, after)
        self._price(table, after, before)
        after["versionnumber"] = self.database.next_version()
        changed = [name for name, value in after.items() if value != before[name]]
        assignments = ", ".join(f'"{name}" = ?' for name in changed)
        statement = f'UPDATE "{table.logical_name}" SET {assignments} WHERE "{table.primary_key}" = ?'
        self._store(statement, [*(after[name] for name in changed), identity])
        for extension in self.extensions:
            extension.after(self, table, before, after, changes)

    def upsert(self, table: Table, identity: str, changes: Changes, conditions: Conditions = UNCONDITIONAL) -> bool:
        """Change a row or create it with this id; True if it was created."""
        if _version(self.database, table, identity) is not None:
            self.update(table, identity, changes, conditions)
            return False
        if not conditions.may_create:
            raise row_missing(table.logical_name, identity)
        self.create(table, {**changes, table.primary_key: identity})
        return True

    def delete(self, table: Table, identity: str, conditions: Conditions = UNCONDITIONAL) -> None:
        """Remove a row that must exist, and empty the lookups that pointed to it."""
        version = _version(self.database, table, identity)
        if version is None:
            raise row_missing(table.logical_name, identity)
        conditions.check(version)
        row = self.read(table, identity) if self.extensions else None
        for extension in self.extensions:
            extension.before(self, table, row, None)
        self.database.execute(f'DELETE FROM "{table.logical_name}" WHERE "{table.primary_key}" = ?', (identity,))
        deletion = (table.logical_name, identity, self.database.next_version())
        self.database.execute("INSERT INTO deletion VALUES (?, ?, ?)", deletion)
        self._let_go(table, identity)
        for extension in self.extensions:
            extension.after(self, table, row, None, {})

    def exists(self, table: Table, identity: str) -> bool:
        """Whether there is such a row."""
        return _version(self.database, table, identity) is not None

    def unit_of(self, owner: object, kind: object) -> object:
        """The business unit of a user or a team."""
        query = f'SELECT businessunitid FROM "{kind}" WHERE "{kind}id" = ?'
        unit = self.database.execute(query, (owner,)).fetchone()
        return unit[0] if unit else self.caller.business_unit

    def _store(self, statement: str, values: Sequence[object]) -> None:
        """Only alternate keys can stand against a row that has been checked."""
        try:
            self.database.execute(statement, values)
        except IntegrityError:
            raise duplicate() from None

    def _filled_in(self) -> Changes:
        now, user = self.database.now(), self.caller.user
        return {
            "createdon": now,
            "modifiedon": now,
            "createdby": user,
            "modifiedby": user,
            "ownerid": user,
            "ownerid_type": "systemuser",
            "businessunitid": self.caller.business_unit,
            "transactioncurrencyid": self.caller.currency,
            "organizationid": self.caller.organization,
        }

    def _ownership(self, owner: object, kind: object) -> Changes:
        """The columns that follow from the owner."""
        return {
            "owninguser": owner if kind == "systemuser" else None,
            "owningteam": owner if kind == "team" else None,
            "owningbusinessunit": self.unit_of(owner, kind),
        }

    def _price(self, table: Table, row: Changes, before: Changes | None = None) -> None:
        """Take over the currency's rate, and with it the amounts in the base currency, when an amount changes."""
        if "transactioncurrencyid" not in table.by_name or table.primary_key == "transactioncurrencyid":
            return
        watched = ["transactioncurrencyid", *(amount.name for amount, _ in table.money)]
        if before is not None and all(row[name] == before[name] for name in watched):
            return
        rate = self._rate(row.get("transactioncurrencyid"))
        row["exchangerate"] = None if rate is None else format(rate, "f")
        for amount, base in table.money:
            value = row.get(amount.name)
            if rate is None and value is not None:
                raise invalid_argument(f"The amount '{amount.name}' needs a currency (transactioncurrencyid).")
            row[base.name] = None if value is None or not rate else money(Decimal(str(value)) / rate, _BASE_DIGITS)

    def _rate(self, currency: object) -> Decimal | None:
        if currency is None:
            return None
        query = "SELECT exchangerate FROM transactioncurrency WHERE transactioncurrencyid = ?"
        found = self.database.execute(query, (currency,)).fetchone()
        return None if found is None or found[0] is None else Decimal(found[0])

    def _let_go(self, table: Table, identity: str) -> None:
        """Deal with the rows that pointed to one just deleted, as each lookup says."""
        for pointing, lookup in self.database.schema.pointing_to[table.logical_name]:
            query = f'SELECT "{pointing.primary_key}" FROM "{pointing.logical_name}" WHERE "{lookup.column.name}" = ?'
            for (found,) in self.database.execute(query, (identity,)).fetchall():
                if lookup.on_delete == "restrict":
                    raise still_used(table.logical_name, identity, pointing.logical_name)
                if lookup.on_delete == "cascade":
                    self.delete(pointing, found)
                else:
                    self.update(pointing, found, cleared(lookup))


def _version(database: Database, table: Table, identity: str) -> int | None:
    query = f'SELECT versionnumber FROM "{table.logical_name}" WHERE "{table.primary_key}" = ?'
    found = database.execute(query, (identity,)).fetchone()
    return None if found is None else int(found[0])


def _check_required(table: Table, changes: Changes) -> None:
    for column in table.required:
        if changes.get(column.name) is None:
            raise invalid_argument(f"Required field '{column.name}' is missing on the table '{table.logical_name}'.")


def _initial_state(table: Table, changes: Changes) -> Changes:
    """New rows are active: Dataverse does not take a statecode on create."""
    return _fitting(table, table.states[0], changes.get("statuscode"))


def _next_state(table: Table, changes: Changes, before: Changes) -> Changes:
    if "statecode" not in changes and "statuscode" not in changes:
        return {}
    code = changes.get("statecode", before["statecode"])
    state = next((state for state in table.states if state.value == code), None)
    if state is None:
        raise bad_status(changes.get("statuscode"), code, table.logical_name)
    kept = before["statuscode"] if code == before["statecode"] else None
    return _fitting(table, state, changes.get("statuscode", kept))


def _fitting(table: Table, state: State, status: object) -> Changes:
    if status is None:
        status = next(iter(state.statuses))
    if status not in state.statuses:
        raise bad_status(status, f"{table.schema_name}State.{state.label}", table.logical_name)
    return {"statecode": state.value, "statuscode": status}


def _compute(table: Table, row: Changes) -> None:
    """Full names: the parts that are there, in order."""
    for name, parts in table.computed.items():
        joined = " ".join(str(row[part]) for part in parts if row.get(part))
        row[name] = joined[: table.by_name[name].length] or None
