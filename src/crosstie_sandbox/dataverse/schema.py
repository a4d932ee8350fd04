"""The tables of the CRM: read from `tables/*.toml`, completed with the columns that every table has.

Names follow Dataverse: a column has a logical name (`primarycontactid`), a lookup is read as `_primarycontactid_value`
and written through a navigation property per table it may point to (`parentcustomerid_account`).
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files

from crosstie_sandbox.odata.sql import Kind


class Type(StrEnum):
    """What a column holds."""

    STRING = "string"
    INTEGER = "integer"
    BIGINT = "bigint"
    DECIMAL = "decimal"
    MONEY = "money"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    GUID = "guid"
    DATE = "date"
    DATETIME = "datetime"
    LOOKUP = "lookup"
    TABLE_NAME = "table_name"


KINDS = {
    Type.STRING: Kind.STRING,
    Type.INTEGER: Kind.INTEGER,
    Type.BIGINT: Kind.INTEGER,
    Type.DECIMAL: Kind.DECIMAL,
    Type.MONEY: Kind.DECIMAL,
    Type.BOOLEAN: Kind.BOOLEAN,
    Type.CHOICE: Kind.INTEGER,
    Type.GUID: Kind.GUID,
    Type.DATE: Kind.DATE,
    Type.DATETIME: Kind.DATE_TIME,
    Type.LOOKUP: Kind.GUID,
    Type.TABLE_NAME: Kind.STRING,
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column as it is stored; `wire` is the property that readers see, empty for one they do not."""

    name: str
    wire: str
    schema_name: str
    type: Type
    position: int
    length: int = 0
    precision: int = 0
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    options: Mapping[int, str] | None = None
    default: object = None
    required: bool = False
    read_only: bool = False

    @property
    def kind(self) -> Kind:
        """How it compares."""
        return KINDS[self.type]


@dataclass(frozen=True, slots=True)
class Navigation:
    """A lookup seen as a navigation property; `type_column` is set if the lookup may point to several tables."""

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


@dataclass(frozen=True, eq=False)
class Table:
    """A table; columns are in the order in which SQLite stores them."""

    logical_name: str
    schema_name: str
    entity_set: str
    primary_key: str
    primary_name: str
    natural_key: str
    ownership: str
    indexes: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    computed: Mapping[str, tuple[str, ...]]
    states: tuple[State, ...]
    columns: tuple[Column, ...]
    navigations: Mapping[str, Navigation]

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

    @property
    def owned(self) -> bool:
        """Whether rows belong to a user or a team."""
        return self.ownership == "user"


@cache
def tables() -> Mapping[str, Table]:
    """All tables by logical name."""
    folder = files("crosstie_sandbox.dataverse").joinpath("tables")
    texts = sorted((entry.name, entry.read_text(encoding="utf-8")) for entry in folder.iterdir())
    read = [_table(tomllib.loads(text)) for name, text in texts if name.endswith(".toml")]
    return {table.logical_name: table for table in read}


@cache
def entity_sets() -> Mapping[str, Table]:
    """All tables by the name of their entity set."""
    return {table.entity_set: table for table in tables().values()}


_EVERY_TABLE = {
    "versionnumber": {"schema": "VersionNumber", "type": "bigint", "read_only": True},
    "createdon": {"schema": "CreatedOn", "type": "datetime", "read_only": True},
    "modifiedon": {"schema": "ModifiedOn", "type": "datetime", "read_only": True},
    "overriddencreatedon": {"schema": "OverriddenCreatedOn", "type": "datetime"},
    "importsequencenumber": {"schema": "ImportSequenceNumber", "type": "integer"},
}
_EVERY_LOOKUP = {
    "createdby": {"schema": "CreatedBy", "targets": {"createdby": "systemuser"}, "read_only": True},
    "modifiedby": {"schema": "ModifiedBy", "targets": {"modifiedby": "systemuser"}, "read_only": True},
}
_OWNERSHIP = {
    "ownerid": {"schema": "OwnerId", "targets": {"ownerid": "systemuser|team"}, "on_delete": "restrict"},
    "owninguser": {"schema": "OwningUser", "targets": {"owninguser": "systemuser"}, "read_only": True},
    "owningteam": {"schema": "OwningTeam", "targets": {"owningteam": "team"}, "read_only": True},
    "owningbusinessunit": {
        "schema": "OwningBusinessUnit",
        "targets": {"owningbusinessunit": "businessunit"},
        "read_only": True,
    },
}


def _table(raw: dict[str, object]) -> Table:
    states = tuple(_state(state) for state in _list(raw.get("states", [])))
    lookups = {**_dict(raw["lookups"]), **_EVERY_LOOKUP, **(_OWNERSHIP if raw["ownership"] == "user" else {})}
    columns = tuple(_columns(raw, states, lookups))
    by_name = {column.name: column for column in columns}
    return Table(
        logical_name=str(raw["logical_name"]),
        schema_name=str(raw["schema_name"]),
        entity_set=str(raw["entity_set"]),
        primary_key=str(raw["primary_key"]),
        primary_name=str(raw["primary_name"]),
        natural_key=str(raw["natural_key"]),
        ownership=str(raw["ownership"]),
        indexes=tuple(map(str, _list(raw["indexes"]))),
        keys=tuple(tuple(map(str, _list(key))) for key in _list(raw["keys"])),
        computed={name: tuple(map(str, _list(parts))) for name, parts in _dict(raw["computed"]).items()},
        states=states,
        columns=columns,
        navigations={
            navigation.name: navigation
            for name, spec in lookups.items()
            for navigation in _navigations(name, _dict(spec), by_name)
        },
    )


def _columns(raw: dict[str, object], states: tuple[State, ...], lookups: dict[str, object]) -> Iterator[Column]:
    own: dict[str, object] = {
        str(raw["primary_key"]): {"schema": f"{raw['schema_name']}Id", "type": "guid"},
        **_EVERY_TABLE,
        **_dict(raw["columns"]),
    }
    if states:
        own["statecode"] = _choice("StateCode", {state.value: state.label for state in states})
        own["statuscode"] = _choice("StatusCode", {value: label for s in states for value, label in s.statuses.items()})
    position = 0
    for name, raw_spec in own.items():
        spec = _dict(raw_spec)
        yield _column(name, spec, position)
        position += 1
        if spec["type"] == "money":
            base = {"schema": f"{spec['schema']}_Base", "type": "money", "precision": 4, "read_only": True}
            yield _column(f"{name}_base", base, position)
            position += 1
    for name, raw_spec in lookups.items():
        spec = _dict(raw_spec)
        yield Column(name, f"_{name}_value", str(spec["schema"]), Type.LOOKUP, position)
        position += 1
        if sum(len(str(target).split("|")) for target in _dict(spec["targets"]).values()) > 1:
            yield Column(f"{name}_type", "", f"{spec['schema']}Type", Type.TABLE_NAME, position)
            position += 1


def _choice(schema_name: str, options: dict[int, str]) -> dict[str, object]:
    return {"schema": schema_name, "type": "choice", "options": {str(value): label for value, label in options.items()}}


def _column(name: str, spec: dict[str, object], position: int) -> Column:
    options = spec.get("options")
    return Column(
        name=name,
        wire=name,
        schema_name=str(spec["schema"]),
        type=Type(str(spec["type"])),
        position=position,
        length=_int(spec.get("length", 0)),
        precision=_int(spec.get("precision", 0)),
        minimum=_bound(spec.get("minimum")),
        maximum=_bound(spec.get("maximum")),
        options=None if options is None else {int(value): str(label) for value, label in _dict(options).items()},
        default=spec.get("default"),
        required=spec.get("required") == "system",
        read_only=bool(spec.get("read_only")),
    )


def _navigations(name: str, spec: dict[str, object], by_name: Mapping[str, Column]) -> Iterator[Navigation]:
    type_column = by_name.get(f"{name}_type")
    read_only, on_delete = bool(spec.get("read_only")), str(spec.get("on_delete", "clear"))
    for navigation, target in _dict(spec["targets"]).items():
        yield Navigation(navigation, by_name[name], tuple(str(target).split("|")), type_column, read_only, on_delete)


def _state(raw: object) -> State:
    spec = _dict(raw)
    statuses = {int(value): str(label) for value, label in _dict(spec["statuses"]).items()}
    return State(_int(spec["value"]), str(spec["label"]), statuses)


def _bound(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _dict(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"a table of names was expected, not {value!r}")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"an array was expected, not {value!r}")
    return value


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"a whole number was expected, not {value!r}")
    return value
