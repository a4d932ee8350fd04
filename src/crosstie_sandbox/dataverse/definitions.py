"""Tables from their data: `tables/*.toml` as shipped, and documents of the same shape for what was made at run time.

A document may hold a whole table, or only what a table has beyond (or other than) the shipped one. Every table gets
the columns that all tables have; a money column gets its twin in the base currency, a lookup that may point to
several tables a column that says to which.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import chain

from crosstie_sandbox.dataverse.schema import (
    Column,
    End,
    Key,
    ManyToMany,
    Navigation,
    OneToMany,
    OptionSet,
    Relationship,
    Schema,
    State,
    Table,
    Type,
)

Document = dict[str, object]
_PARTS = ("columns", "lookups")


@cache
def shipped_schema() -> Schema:
    """What every database starts with."""
    text = files("crosstie_sandbox.dataverse").joinpath("option_sets.toml").read_text(encoding="utf-8")
    option_sets = {name: _option_set(name, _dict(spec)) for name, spec in tomllib.loads(text).items()}
    return Schema({name: _table(raw, option_sets) for name, raw in shipped_tables().items()}, option_sets)


@cache
def shipped_tables() -> Mapping[str, Document]:
    """The documents of the shipped tables by logical name."""
    folder = files("crosstie_sandbox.dataverse").joinpath("tables")
    texts = sorted((entry.name, entry.read_text(encoding="utf-8")) for entry in folder.iterdir())
    read = [tomllib.loads(text) for name, text in texts if name.endswith(".toml")]
    return {str(raw["logical_name"]): raw for raw in read}


def schema_with(tables: Mapping[str, Document], option_sets: Mapping[str, Document]) -> Schema:
    """The shipped schema with tables and option sets made or altered at run time, by name."""
    base = shipped_schema()
    if not tables and not option_sets:
        return base
    sets = {**base.option_sets, **{name: _option_set(name, spec) for name, spec in option_sets.items()}}
    affected = {name: merged(name, own) for name, own in tables.items()}
    for name, raw in shipped_tables().items():
        if name not in affected and not option_sets.keys().isdisjoint(_sets_used(raw)):
            affected[name] = raw
    return Schema({**base.tables, **{name: _table(raw, sets) for name, raw in affected.items()}}, sets)


def merged(name: str, own: Document) -> Document:
    """The document of a table: the shipped one with what was made at run time over it."""
    raw = shipped_tables().get(name)
    if raw is None:
        return own
    return {**raw, **own, **{part: {**_dict(raw[part]), **_dict(own.get(part, {}))} for part in _PARTS}}


def label_of(schema_name: str) -> str:
    """A name for people: `PrimaryContactId` is Primary Contact."""
    bare = re.sub(r"(?<=[a-z0-9])Id$", "", schema_name.rpartition("_")[2] or schema_name)
    return re.sub(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[A-Z][a-z])", " ", bare)


def _sets_used(raw: Document) -> set[object]:
    return {_dict(spec).get("option_set") for spec in _dict(raw["columns"]).values()} - {None}


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
_RELATIONSHIPS = {
    "createdby": "lk_{table}base_createdby",
    "modifiedby": "lk_{table}base_modifiedby",
    "owninguser": "user_{table}",
    "owningteam": "team_{set}",
    "owningbusinessunit": "business_unit_{set}",
    "transactioncurrencyid": "transactioncurrency_{table}",
}


def _table(raw: Document, sets: Mapping[str, OptionSet]) -> Table:
    states = tuple(_state(state) for state in _list(raw.get("states", [])))
    intersect = "intersect" in raw
    everywhere = {} if intersect else _EVERY_LOOKUP | (_OWNERSHIP if raw["ownership"] == "user" else {})
    lookups = {**_dict(raw["lookups"]), **everywhere}
    columns = tuple(_columns(raw, states, lookups, sets))
    by_name = {column.name: column for column in columns}
    label = str(raw.get("label") or label_of(str(raw["schema_name"])))
    navigations = {
        navigation.name: navigation
        for name, spec in lookups.items()
        for navigation in _navigations(name, _dict(spec), by_name)
    }
    return Table(
        logical_name=str(raw["logical_name"]),
        schema_name=str(raw["schema_name"]),
        entity_set=str(raw["entity_set"]),
        primary_key=str(raw["primary_key"]),
        primary_name=str(raw["primary_name"]),
        natural_key=str(raw["natural_key"]),
        ownership=str(raw["ownership"]),
        indexes=tuple(map(str, _list(raw["indexes"]))),
        keys=tuple(_key(key, by_name) for key in _list(raw["keys"])),
        computed={name: tuple(map(str, _list(parts))) for name, parts in _dict(raw["computed"]).items()},
        states=states,
        columns=columns,
        navigations=navigations,
        relationships=tuple(chain(_one_to_many(raw, lookups, navigations), _many_to_many(raw))),
        label=label,
        collection_label=str(raw.get("collection_label") or f"{label}s"),
        description=str(raw.get("description", "")),
        type_code=_int(raw.get("type_code", 0)),
        activity=bool(raw.get("activity")),
        custom=bool(raw.get("custom")),
        intersect=intersect,
    )


def _columns(
    raw: Document, states: tuple[State, ...], lookups: Document, sets: Mapping[str, OptionSet]
) -> Iterator[Column]:
    everywhere = {"versionnumber": _EVERY_TABLE["versionnumber"]} if "intersect" in raw else _EVERY_TABLE
    own: Document = {
        str(raw["primary_key"]): {"schema": raw.get("primary_key_schema") or f"{raw['schema_name']}Id", "type": "guid"},
        **everywhere,
        **_dict(raw["columns"]),
    }
    if states:
        own["statecode"] = _choice("StateCode", "Status", {state.value: state.label for state in states})
        statuses = {value: label for state in states for value, label in state.statuses.items()}
        own["statuscode"] = _choice("StatusCode", "Status Reason", statuses)
    for name, raw_spec in own.items():
        spec = _dict(raw_spec)
        yield _column(name, spec, sets)
        if spec["type"] == "money":
            label = f"{spec.get('label') or label_of(str(spec['schema']))} (Base)"
            base = {"schema": f"{spec['schema']}_Base", "type": "money", "precision": 4, "read_only": True}
            yield _column(f"{name}_base", {**base, "label": label, "custom": spec.get("custom")}, sets)
    for name, raw_spec in lookups.items():
        yield from _lookup_columns(name, _dict(raw_spec))


def _lookup_columns(name: str, spec: Document) -> Iterator[Column]:
    schema_name = str(spec["schema"])
    yield Column(
        name=name,
        wire=f"_{name}_value",
        schema_name=schema_name,
        type=Type.LOOKUP,
        label=str(spec.get("label") or label_of(schema_name)),
        description=str(spec.get("description", "")),
        level=str(spec.get("required", "none")),
        read_only=bool(spec.get("read_only")),
        custom=bool(spec.get("custom")),
    )
    if sum(len(str(target).split("|")) for target in _dict(spec["targets"]).values()) > 1:
        yield Column(f"{name}_type", "", f"{schema_name}Type", Type.TABLE_NAME)


def _choice(schema_name: str, label: str, options: dict[int, str]) -> Document:
    listed = {str(value): text for value, text in options.items()}
    return {"schema": schema_name, "label": label, "type": "choice", "options": listed}


def _column(name: str, spec: Document, sets: Mapping[str, OptionSet]) -> Column:
    options, option_set = spec.get("options"), str(spec.get("option_set", ""))
    schema_name = str(spec["schema"])
    return Column(
        name=name,
        wire=name,
        schema_name=schema_name,
        type=Type(str(spec["type"])),
        label=str(spec.get("label") or label_of(schema_name)),
        description=str(spec.get("description", "")),
        length=_int(spec.get("length", 0)),
        precision=_int(spec.get("precision", 0)),
        minimum=_bound(spec.get("minimum")),
        maximum=_bound(spec.get("maximum")),
        options=sets[option_set].options if option_set else None if options is None else _options(options),
        option_set=option_set,
        default=spec.get("default"),
        level=str(spec.get("required", "none")),
        format=str(spec.get("format", "")),
        read_only=bool(spec.get("read_only")) or spec["type"] == Type.FILE,
        custom=bool(spec.get("custom")),
    )


def _options(raw: object) -> dict[int, str]:
    return {int(value): str(label) for value, label in _dict(raw).items()}


def _option_set(name: str, spec: Document) -> OptionSet:
    label = str(spec.get("label") or label_of(name))
    return OptionSet(name, label, _options(spec["options"]), custom=bool(spec.get("custom")))


def _key(raw: object, by_name: Mapping[str, Column]) -> Key:
    """A key is a list of columns, or says its names too."""
    spec = raw if isinstance(raw, dict) else {"columns": raw}
    columns = tuple(map(str, _list(spec["columns"])))
    schema_name = str(spec.get("schema") or "".join(by_name[name].schema_name for name in columns) + "Key")
    label, active = str(spec.get("label") or label_of(schema_name)), bool(spec.get("active", True))
    return Key(schema_name.lower(), schema_name, label, columns, active)


def _navigations(name: str, spec: Document, by_name: Mapping[str, Column]) -> Iterator[Navigation]:
    type_column = by_name.get(f"{name}_type")
    read_only, on_delete = bool(spec.get("read_only")), str(spec.get("on_delete", "clear"))
    for navigation, target in _dict(spec["targets"]).items():
        yield Navigation(navigation, by_name[name], tuple(str(target).split("|")), type_column, read_only, on_delete)


def _one_to_many(raw: Document, lookups: Document, navigations: Mapping[str, Navigation]) -> Iterator[Relationship]:
    """One relationship per navigation property that leads to one table."""
    table, entity_set = str(raw["logical_name"]), str(raw["entity_set"])
    for column, raw_spec in lookups.items():
        spec = _dict(raw_spec)
        names = _dict(spec.get("relationships", {}))
        for name, target in _dict(spec["targets"]).items():
            if "|" in str(target):
                continue
            usual = _RELATIONSHIPS.get(column, f"{target}_{{set}}_{column}").format(table=table, set=entity_set)
            relationship = str(names.get(name, usual))
            yield OneToMany(relationship, str(target), table, navigations[name], custom=bool(spec.get("custom")))


def _many_to_many(raw: Document) -> Iterator[Relationship]:
    if "intersect" not in raw:
        return
    spec = _dict(raw["intersect"])
    name = str(spec["relationship"])
    first, second = (_end(_dict(spec[side]), name) for side in ("first", "second"))
    yield ManyToMany(name, str(raw["logical_name"]), first, second, custom=bool(raw.get("custom")))


def _end(spec: Document, relationship: str) -> End:
    return End(str(spec["table"]), str(spec["column"]), str(spec.get("collection", relationship)))


def _state(raw: object) -> State:
    spec = _dict(raw)
    return State(_int(spec["value"]), str(spec["label"]), _options(spec["statuses"]))


def _bound(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _dict(value: object) -> Document:
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
