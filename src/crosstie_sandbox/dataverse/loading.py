"""Fills a database with many rows at once, all or nothing, from values as a CSV file or a program has them.

Columns are named as in the API; a lookup is named by its navigation property and holds the Guid or the natural key
of its target (account: accountnumber, contact: emailaddress1, systemuser: internalemailaddress, transactioncurrency:
isocurrencycode). Rows may point to rows of tables that are loaded later: such lookups are set in a second pass.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from uuid import UUID

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.errors import ServiceError
from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.schema import Column, Navigation, Table, Type
from crosstie_sandbox.dataverse.seed import follow_base_currency, seed, system_caller
from crosstie_sandbox.dataverse.values import to_stored
from crosstie_sandbox.dataverse.writing import Writer
from crosstie_sandbox.token import Clock, IdSource

LOADABLE = (
    "transactioncurrencies",
    "organizations",
    "businessunits",
    "systemusers",
    "teams",
    "accounts",
    "contacts",
    "uomschedules",
    "uoms",
    "pricelevels",
    "products",
    "productpricelevels",
    "opportunities",
)
"""The entity sets that can be loaded, in the order in which they are."""
_AFTER_THE_CURRENCIES = "businessunits"
_UNIQUE = frozenset({"transactioncurrencies", "businessunits", "systemusers"})
_NUMBERS = frozenset({Type.INTEGER, Type.BIGINT, Type.CHOICE})
_AMOUNTS = frozenset({Type.DECIMAL, Type.MONEY})
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
Row = Mapping[str, object]


class BadRowError(Exception):
    """A row that cannot be loaded; nothing has been loaded then. Rows are counted from 1."""

    def __init__(self, entity_set: str, row_number: int, column: str, value: object, why: str) -> None:
        super().__init__(f"{entity_set}, row {row_number}, column '{column}': {value!r} {why}")
        self.entity_set = entity_set
        self.row_number = row_number
        self.column = column
        self.value = value
        self.why = why


def load(database: Path, rows: Mapping[str, Sequence[Row]], *, clock: Clock, ids: IdSource) -> None:
    """Insert rows by entity set in one transaction; raises BadRowError and loads nothing if one of them is bad.

    The row of `organizations` changes the one there is, and so does a row for the currency it starts with.
    """
    opened = Database(database, clock=clock, ids=ids)
    try:
        seed(opened)
        with opened.transaction():
            _Loader(opened).load(rows)
    finally:
        opened.close()


@dataclass(frozen=True, slots=True)
class _Place:
    """A row that is being loaded."""

    table: Table
    number: int
    row: Row

    def refuse(self, column: str, why: str) -> BadRowError:
        return BadRowError(self.table.entity_set, self.number, column, self.row.get(column), why)


@dataclass(slots=True)
class _Loader:
    database: Database
    later: list[tuple[_Place, str, Navigation]] = field(default_factory=list)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def load(self, rows: Mapping[str, Sequence[Row]]) -> None:
        for entity_set, some in rows.items():
            if entity_set not in LOADABLE and some:
                raise BadRowError(
                    entity_set, 1, "", "", "cannot be loaded: there is no such entity set, or it cannot be loaded"
                )
        started_with = system_caller(self.database).currency
        for entity_set in LOADABLE:
            if entity_set == _AFTER_THE_CURRENCIES:
                given = {str(row.get("isocurrencycode")) for row in rows.get("transactioncurrencies", ())}
                follow_base_currency(self.database, started_with, given)
            table = self.database.schema.entity_sets[entity_set]
            writer = Writer(self.database, system_caller(self.database))
            for number, row in enumerate(rows.get(entity_set, ()), start=1):
                place = _Place(table, number, row)
                try:
                    self._load_row(writer, place)
                except ServiceError as refusal:
                    raise place.refuse(table.primary_key, f"cannot be loaded: {refusal.message}") from None
        for place, identity, navigation in self.later:
            self._point(place, identity, navigation)

    def _load_row(self, writer: Writer, place: _Place) -> None:
        table = place.table
        changes = self._changes(place)
        self._check_unique(place)
        existing = self._seeded(place)
        if existing is not None:
            writer.update(table, existing, changes)
            identity = existing
        else:
            for column in table.required:
                if changes.get(column.name) is None:
                    raise place.refuse(column.name, "is missing, and no row can do without it")
            identity = writer.create(table, changes)
            if changes.get("statecode") not in {None, *(state.value for state in table.states[:1])}:
                states: Changes = {name: changes[name] for name in ("statecode", "statuscode") if name in changes}
                writer.update(table, identity, states)
        self.later += [(place, identity, navigation) for navigation in self._late(place)]

    def _changes(self, place: _Place) -> Changes:
        table, changes = place.table, Changes()
        for name, value in place.row.items():
            navigation = table.navigations.get(name)
            if navigation is not None and not navigation.read_only:
                if not _blank(value) and navigation not in self._late(place):
                    changes |= self._target(place, navigation)
                continue
            column = table.by_name.get(name)
            if column is None or column.read_only or column.wire != name:
                why = "filled in by the server" if name in table.by_wire else "unknown"
                raise place.refuse(name, f"cannot be loaded: this column of {table.entity_set} is {why}")
            changes[name] = _value(place, column, value)
        return changes

    def _late(self, place: _Place) -> list[Navigation]:
        """Lookups to tables that are not loaded yet, or to the table itself."""
        position = LOADABLE.index(place.table.entity_set)
        return [
            navigation
            for name, navigation in place.table.navigations.items()
            if not _blank(place.row.get(name))
            and not navigation.read_only
            and _comes_at(self.database.schema.tables[navigation.targets[0]]) >= position
        ]

    def _point(self, place: _Place, identity: str, navigation: Navigation) -> None:
        table = place.table
        target = self._target(place, navigation)
        assignments = ", ".join(f'"{name}" = ?' for name in target)
        statement = f'UPDATE "{table.logical_name}" SET {assignments} WHERE "{table.primary_key}" = ?'
        self.database.execute(statement, [*target.values(), identity])

    def _target(self, place: _Place, navigation: Navigation) -> Changes:
        """The columns that make a lookup point to the row with this Guid or natural key."""
        target = self.database.schema.tables[navigation.targets[0]]
        value = str(place.row[navigation.name]).strip()
        column = target.primary_key if _is_guid(value) else target.natural_key
        wanted = value.lower() if column == target.primary_key else value
        query = f'SELECT "{target.primary_key}" FROM "{target.logical_name}" WHERE "{column}" = ? LIMIT 2'
        found = self.database.execute(query, (wanted,)).fetchall()
        if len(found) != 1:
            how_many = "no row has" if not found else "several rows have"
            raise place.refuse(navigation.name, f"is not one row of {target.entity_set}: {how_many} it as {column}")
        changes: Changes = {navigation.column.name: found[0][0]}
        if navigation.type_column is not None:
            changes[navigation.type_column.name] = target.logical_name
        return changes

    def _check_unique(self, place: _Place) -> None:
        table = place.table
        keys = [table.primary_key, *([table.natural_key] if table.entity_set in _UNIQUE else [])]
        for name in keys:
            value = place.row.get(name)
            if _blank(value):
                continue
            first = self.seen.setdefault((f"{table.entity_set}.{name}", str(value).casefold()), place.number)
            if first != place.number:
                raise place.refuse(name, f"is already that of row {first}")

    def _seeded(self, place: _Place) -> str | None:
        """The row that the database started with and that this one replaces."""
        table = place.table
        match table.entity_set:
            case "organizations":
                if place.number > 1:
                    raise place.refuse(table.natural_key, "is a second organization, but there is only one")
                condition, value = "?1 IS NOT NULL", "any"
            case "businessunits" if _blank(place.row.get("parentbusinessunitid")):
                if place.number > 1:
                    raise place.refuse(
                        table.natural_key, "needs a parentbusinessunitid: only the first row is the root"
                    )
                condition, value = "parentbusinessunitid IS NULL AND ?1 IS NOT NULL", "any"
            case "transactioncurrencies":
                condition, value = "isocurrencycode = ?1", str(place.row.get("isocurrencycode"))
            case _:
                return None
        query = f'SELECT "{table.primary_key}" FROM "{table.logical_name}" WHERE {condition}'
        found = self.database.execute(query, (value,)).fetchone()
        return None if found is None else str(found[0])


def _value(place: _Place, column: Column, value: object) -> object:
    try:
        return to_stored(column, None if _blank(value) else _parsed(column, value), place.table)
    except ServiceError as refusal:
        raise place.refuse(column.name, f"does not fit: {refusal.message}") from None
    except (ValueError, InvalidOperation, KeyError):
        raise place.refuse(column.name, f"is not of the type {column.type}") from None


def _parsed(column: Column, value: object) -> object:
    """A text from a file as the value it spells; other values as they are."""
    if not isinstance(value, str):
        return str(value) if isinstance(value, UUID) else value
    if column.type in _NUMBERS:
        return int(value)
    if column.type in _AMOUNTS:
        return Decimal(value)
    return _TRUTHS[value.strip().lower()] if column.type is Type.BOOLEAN else value


def _comes_at(table: Table) -> int:
    """When a table is loaded; one that is not has its rows from the start."""
    return LOADABLE.index(table.entity_set) if table.entity_set in LOADABLE else -1


def _blank(value: object) -> bool:
    return value is None or value == ""


def _is_guid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
