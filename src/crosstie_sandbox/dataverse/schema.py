"""The tables of the CRM as one value, with their columns, keys, relationships and option sets.

A `Schema` belongs to an open database (`Database.schema`) and never changes: what alters a table puts another in its
place. Names follow Dataverse: a column has a logical name (`primarycontactid`), a lookup is read as
`_primarycontactid_value` and written through a navigation property per table it may point to
(`parentcustomerid_account`); the way back is a collection named like the relationship (`contact_customer_accounts`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from crosstie_sandbox.odata.sql import Kind


class Type(StrEnum):
    """What a column holds."""

    STRING = "string"
    MEMO = "memo"
    INTEGER = "integer"
    BIGINT = "bigint"
    DECIMAL = "decimal"
    DOUBLE = "double"
    MONEY = "money"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    CHOICES = "choices"
    GUID = "guid"
    DATE = "date"
    DATETIME = "datetime"
    LOOKUP = "lookup"
    FILE = "file"
    TABLE_NAME = "table_name"


KINDS = {
    Type.STRING: Kind.STRING,
    Type.MEMO: Kind.STRING,
    Type.INTEGER: Kind.INTEGER,
    Type.BIGINT: Kind.INTEGER,
    Type.DECIMAL: Kind.DECIMAL,
    Type.DOUBLE: Kind.DECIMAL,
    Type.MONEY: Kind.DECIMAL,
    Type.BOOLEAN: Kind.BOOLEAN,
    Type.CHOICE: Kind.INTEGER,
    Type.CHOICES: Kind.STRING,
    Type.GUID: Kind.GUID,
    Type.DATE: Kind.DATE,
    Type.DATETIME: Kind.DATE_TIME,
    Type.LOOKUP: Kind.GUID,
    Type.FILE: Kind.GUID,
    Type.TABLE_NAME: Kind.STRING,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column as it is stored; `wire` is the property that readers see, empty for one they do not.

    `option_set` is the name of a global option set, empty if the options are the column's own; `level` is the
    required level (`none`, `recommended`, `application`, `system`); `format` the vendor's, such as `Email`.
    """

    name: str
    wire: str
    schema_name: str
    type: Type
    label: str = ""
    description: str = ""
    length: int = 0
    precision: int = 0
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    options: Mapping[int, str] | None = None
    option_set: str = ""
    default: object = None
    level: str = "none"
    format: str = ""
    read_only: bool = False
    custom: bool = False

    @property
    def kind(self) -> Kind:
        """How it compares."""
        return KINDS[self.type]

    @property
    def required(self) -> bool:
        """Whether no row is created without it."""
        return self.level == "system"


@dataclass(frozen=True, slots=True)
class Navigation:
    """A lookup seen as a navigation property; `type_column` is set if the lookup may point to several tables.

    `on_delete` says what the deletion of the row pointed to does: `clear`, `restrict` or `cascade`.
    """

    name: str
    column: Column
    targets: tuple[str, ...]
    type_column: Column | None
    read_only: bool
    on_delete: str


@dataclass(frozen=True, slots=True)
class State:
    """A statecode with the statuscodes that go with it, the first being its default."""

    value: int
    label: str
    statuses: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Key:
    """An alternate key: columns by logical name that no two rows have alike, unless one of them is empty.

    One that is not `active` is only a wish: there were rows alike when it was made.
    """

    name: str
    schema_name: str
    label: str
    columns: tuple[str, ...]
    active: bool = True


@dataclass(frozen=True, slots=True)
class OptionSet:
    """A global option set."""

    name: str
    label: str
    options: Mapping[int, str]
    custom: bool = False


@dataclass(frozen=True, slots=True)
class OneToMany:
    """A relationship by a lookup: `name` is also the collection of `referenced` that holds the rows pointing to it."""

    name: str
    referenced: str
    referencing: str
    navigation: Navigation
    custom: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """One side of a relationship by an intersect table: its table, its id's column there, its collection's name."""

    table: str
    column: str
    collection: str


@dataclass(frozen=True, slots=True)
class ManyToMany:
    """A relationship by an intersect table."""

    name: str
    intersect: str
    first: End
    second: End
    custom: bool = False


Relationship = OneToMany | ManyToMany


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection-valued navigation property.

    Rows of `table` whose lookup `column` holds the row's id; or, with an `intersect` table, rows whose id stands
    there in `far` beside the row's in `column`.
    """

    name: str
    table: str
    column: str
    type_column: str = ""
    intersect: str = ""
    far: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """A table; two of the same name are different if something was altered in between.

    `ownership` is `user` (rows belong to users and teams), `organization`, `business` (unit) or `none`.
    """

    logical_name: str
    schema_name: str
    entity_set: str
    primary_key: str
    primary_name: str
    natural_key: str
    ownership: str
    indexes: tuple[str, ...]
    keys: tuple[Key, ...]
    computed: Mapping[str, tuple[str, ...]]
    states: tuple[State, ...]
    columns: tuple[Column, ...]
    navigations: Mapping[str, Navigation]
    relationships: tuple[Relationship, ...] = ()
    label: str = ""
    collection_label: str = ""
    description: str = ""
    type_code: int = 0
    activity: bool = False
    custom: bool = False
    intersect: bool = False

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Columns by logical name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def by_wire(self) -> Mapping[str, Column]:
        """Columns by the property name that readers see."""
        return {column.wire: column for column in self.columns if column.wire}

    @cached_property
    def money(self) -> tuple[tuple[Column, Column], ...]:
        """Each amount with its twin in the base currency."""
        return tuple(
            (column, self.by_name[f"{column.name}_base"])
            for column in self.columns
            if column.type is Type.MONEY and not column.name.endswith("_base")
        )

    @cached_property
    def required(self) -> tuple[Column, ...]:
        """Columns without which no row is created."""
        return tuple(column for column in self.columns if column.required)

    @cached_property
    def defaults(self) -> Mapping[str, object]:
        """What columns hold in a new row unless it says otherwise, as stored."""
        return {
            column.name: int(column.default) if isinstance(column.default, bool) else column.default
            for column in self.columns
            if column.default is not None
        }

    @cached_property
    def listed(self) -> str:
        """The columns in their order, as SQL lists them."""
        return ", ".join(f'"{column.name}"' for column in self.columns)

    @cached_property
    def insert(self) -> str:
        """The statement that adds a row, with a value for each of the columns."""
        marks = ", ".join("?" * len(self.columns))
        return f'INSERT INTO "{self.logical_name}" ({self.listed}) VALUES ({marks})'

    @property
    def owned(self) -> bool:
        """Whether rows belong to a user or a team."""
        return self.ownership == "user"


@dataclass(frozen=True, eq=False)
class Schema:
    """All tables by logical name, and all global option sets by name."""

    tables: Mapping[str, Table]
    option_sets: Mapping[str, OptionSet] = field(default_factory=dict)

    @cached_property
    def entity_sets(self) -> Mapping[str, Table]:
        """All tables by the name of their entity set."""
        return {table.entity_set: table for table in self.tables.values()}

    @cached_property
    def relationships(self) -> Mapping[str, Relationship]:
        """All relationships by name."""
        return {relationship.name: relationship for relationship in self._relationships()}

    @cached_property
    def collections(self) -> Mapping[str, Mapping[str, Collection]]:
        """By logical name of a table: its collection-valued navigation properties by name."""
        found: dict[str, dict[str, Collection]] = {name: {} for name in self.tables}
        for relationship in self.relationships.values():
            for owner, collection in _collections(relationship):
                if owner in found:
                    found[owner][collection.name] = collection
        return found

    @cached_property
    def pointing_to(self) -> Mapping[str, tuple[tuple[Table, Navigation], ...]]:
        """By logical name of a table: the lookups that can point to it, without the stamps of users and owners."""
        found: dict[str, list[tuple[Table, Navigation]]] = {name: [] for name in self.tables}
        for table in self.tables.values():
            for navigation in table.navigations.values():
                for target in navigation.targets:
                    if navigation.name not in STAMPS and target in found:
                        found[target].append((table, navigation))
        return {name: tuple(lookups) for name, lookups in found.items()}

    def _relationships(self) -> Iterable[Relationship]:
        for table in self.tables.values():
            yield from table.relationships


STAMPS = frozenset(
    {"createdby", "createdonbehalfby", "modifiedby", "modifiedonbehalfby"}
    | {"owninguser", "owningteam", "owningbusinessunit"}
)


def _collections(relationship: Relationship) -> Iterable[tuple[str, Collection]]:
    if isinstance(relationship, OneToMany):
        navigation = relationship.navigation
        type_column = "" if navigation.type_column is None else navigation.type_column.name
        collection = Collection(relationship.name, relationship.referencing, navigation.column.name, type_column)
        yield relationship.referenced, collection
        return
    for near, far in ((relationship.first, relationship.second), (relationship.second, relationship.first)):
        intersect = relationship.intersect
        yield near.table, Collection(near.collection, far.table, near.column, intersect=intersect, far=far.column)
