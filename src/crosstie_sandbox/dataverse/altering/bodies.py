"""Definitions as clients send them, turned into the documents that tables are made from."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from crosstie_sandbox.dataverse.altering.identity import option_set_id
from crosstie_sandbox.dataverse.altering.refusals import bad_definition, bad_name, no_such_definition
from crosstie_sandbox.dataverse.altering.texts import text_of
from crosstie_sandbox.dataverse.definitions import Document
from crosstie_sandbox.dataverse.errors import NAMESPACE, bad_request
from crosstie_sandbox.dataverse.schema import Schema, Type

Body = Mapping[str, Any]
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{1,7}_[A-Za-z0-9_]{1,90}")
_TYPES = {
    "String": Type.STRING,
    "Memo": Type.MEMO,
    "Integer": Type.INTEGER,
    "BigInt": Type.BIGINT,
    "Decimal": Type.DECIMAL,
    "Double": Type.DOUBLE,
    "Money": Type.MONEY,
    "Boolean": Type.BOOLEAN,
    "Picklist": Type.CHOICE,
    "MultiSelectPicklist": Type.CHOICES,
    "DateTime": Type.DATETIME,
    "Lookup": Type.LOOKUP,
    "File": Type.FILE,
    "UniqueIdentifier": Type.GUID,
}
_LEVELS = {"None": "none", "Recommended": "recommended", "ApplicationRequired": "application"}
_OWNERSHIP = {"UserOwned": "user", "OrganizationOwned": "organization", "None": "none"}
_LENGTHS = {Type.STRING: 100, Type.MEMO: 2000}
_VOWELS = "aeiou"
STATES: Sequence[Document] = (
    {"value": 0, "label": "Active", "statuses": {"1": "Active"}},
    {"value": 1, "label": "Inactive", "statuses": {"2": "Inactive"}},
)


def custom_name(name: object) -> str:
    """A schema name with a customization prefix."""
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise bad_name(str(name))
    return name


def table_document(schema: Schema, body: Body) -> Document:
    """A table with its columns; one of them must be marked as the primary name."""
    name = custom_name(body.get("SchemaName"))
    attributes = body.get("Attributes")
    if not isinstance(attributes, list) or not all(isinstance(one, dict) for one in attributes):
        raise bad_request("A table needs 'Attributes', with at least the column that is its primary name.")
    named = [one for one in attributes if one.get("IsPrimaryName") is True]
    if len(named) != 1:
        raise bad_definition(f"The table '{name}' needs exactly one column with IsPrimaryName true.")
    columns = dict(column_document(schema, one) for one in attributes)
    label = text_of(body.get("DisplayName")) or name
    return new_table(
        name,
        columns=columns,
        primary_name=str(named[0]["SchemaName"]).lower(),
        ownership=_OWNERSHIP.get(str(body.get("OwnershipType", "UserOwned")), "user"),
        entity_set=str(body.get("EntitySetName") or plural(name.lower())),
        label=label,
        collection_label=text_of(body.get("DisplayCollectionName")) or f"{label}s",
        description=text_of(body.get("Description")),
    )


def new_table(
    name: str, *, columns: Mapping[str, Document], primary_name: str, ownership: str, **others: object
) -> Document:
    """The document of a custom table with the usual states."""
    logical = name.lower()
    return {
        "logical_name": logical,
        "schema_name": name,
        "entity_set": plural(logical),
        "primary_key": f"{logical}id",
        "primary_name": primary_name,
        "natural_key": primary_name,
        "ownership": ownership,
        "indexes": [],
        "keys": [],
        "computed": {},
        "states": list(STATES),
        "columns": dict(columns),
        "lookups": {},
        **others,
    }


def plural(name: str) -> str:
    """The name of the set of a table, as the vendor makes it."""
    if name.endswith("y") and name[-2:-1] not in _VOWELS:
        return f"{name[:-1]}ies"
    return f"{name}es" if name.endswith(("s", "x", "z", "ch", "sh")) else f"{name}s"


def column_document(schema: Schema, body: Body) -> tuple[str, Document]:
    """A column's logical name and document."""
    name = custom_name(body.get("SchemaName"))
    kind = _type(body)
    label = text_of(body.get("DisplayName")) or name
    document: Document = {"schema": name, "type": str(kind), "custom": True, "label": label, **common(body)}
    document |= _PARTS.get(kind, _nothing)(kind, body)
    if kind in {Type.CHOICE, Type.CHOICES}:
        document |= options_document(schema, body)
    return name.lower(), document


def common(body: Body) -> Document:
    """What every column can say of itself, as far as the body says it."""
    found: Document = {}
    if text_of(body.get("DisplayName")):
        found["label"] = text_of(body["DisplayName"])
    if text_of(body.get("Description")):
        found["description"] = text_of(body["Description"])
    level = body.get("RequiredLevel")
    if isinstance(level, dict) and level.get("Value") in _LEVELS:
        found["required"] = _LEVELS[str(level["Value"])]
    return found


def changed(kind: Type, body: Body) -> Document:
    """What an update says of a column of a type."""
    found = {**common(body), **_PARTS.get(kind, _nothing)(kind, body)}
    found.pop("type", None)
    return found


def _type(body: Body) -> Type:
    given = str(body.get("@odata.type", "")).removeprefix("#").removeprefix(f"{NAMESPACE}.")
    word = given.removeprefix("Complex").removesuffix("AttributeMetadata") or str(body.get("AttributeType", ""))
    if word not in _TYPES or word == "Lookup":
        raise bad_request(f"A column of the type '{given}' cannot be created like this.")
    return _TYPES[word]


def _nothing(kind: Type, body: Body) -> Document:
    del kind, body
    return {}


def _text(kind: Type, body: Body) -> Document:
    length = body.get("MaxLength") or _LENGTHS[kind]
    if not isinstance(length, int) or length < 1:
        raise bad_definition(f"MaxLength must be a positive number, not {length}.")
    name = body.get("FormatName")
    shown = name.get("Value") if isinstance(name, dict) else body.get("Format")
    return {"length": length, "format": str(shown or "Text")}


def _number(kind: Type, body: Body) -> Document:
    found: Document = {}
    for limit, name in (("minimum", "MinValue"), ("maximum", "MaxValue")):
        value = body.get(name)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            found[limit] = int(value) if kind is Type.INTEGER else format(Decimal(value), "f")
    if kind is not Type.INTEGER:
        precision = body.get("Precision")
        found["precision"] = precision if isinstance(precision, int) else 2
    return found


def _boolean(kind: Type, body: Body) -> Document:
    del kind
    default = body.get("DefaultValue") is True
    given = body.get("OptionSet")
    if not isinstance(given, dict):
        return {"default": default}
    yes, no = (text_of((given.get(one) or {}).get("Label")) for one in ("TrueOption", "FalseOption"))
    return {"default": default, "options": {"0": no or "No", "1": yes or "Yes"}}


def _moment(kind: Type, body: Body) -> Document:
    del kind
    behavior = body.get("DateTimeBehavior")
    value = behavior.get("Value") if isinstance(behavior, dict) else None
    shown = str(body.get("Format") or "DateAndTime")
    if value == "DateOnly":
        return {"type": "date", "format": "DateOnly"}
    return {"format": value if value == "TimeZoneIndependent" else shown}


def _file(kind: Type, body: Body) -> Document:
    del kind
    size = body.get("MaxSizeInKB")
    return {"length": size if isinstance(size, int) else 32768}


_PARTS: Mapping[Type, Callable[[Type, Body], Document]] = {
    Type.STRING: _text,
    Type.MEMO: _text,
    Type.INTEGER: _number,
    Type.DECIMAL: _number,
    Type.DOUBLE: _number,
    Type.MONEY: _number,
    Type.BOOLEAN: _boolean,
    Type.DATETIME: _moment,
    Type.FILE: _file,
}


def options_document(schema: Schema, body: Body) -> Document:
    """The options of a choice: a global option set by its address, or options of its own."""
    found: Document = {}
    default = body.get("DefaultFormValue")
    if isinstance(default, int) and default != -1:
        found["default"] = default
    bound = body.get("GlobalOptionSet@odata.bind")
    given = body.get("OptionSet") or body.get("GlobalOptionSet")
    if isinstance(bound, str):
        return {**found, "option_set": _bound(schema, bound)}
    if isinstance(given, dict) and given.get("IsGlobal") is True and isinstance(given.get("Name"), str):
        if given["Name"] not in schema.option_sets:
            raise no_such_definition("option set", str(given["Name"]))
        return {**found, "option_set": given["Name"]}
    return {**found, "options": options(given)}


def options(given: object) -> Document:
    """Options by value."""
    listed = given.get("Options") if isinstance(given, dict) else None
    found: Document = {}
    for number, one in enumerate(listed if isinstance(listed, list) else []):
        value = one.get("Value") if isinstance(one, dict) else None
        value = value if isinstance(value, int) else 100_000_000 + number
        if str(value) in found:
            raise bad_definition(f"The option value {value} is there twice.")
        found[str(value)] = text_of(one.get("Label")) or str(value)
    return found


def _bound(schema: Schema, address: str) -> str:
    inside = address.partition("(")[2].partition(")")[0]
    name = inside.partition("=")[2].strip("'") if "=" in inside else ""
    for option_set in schema.option_sets.values():
        if option_set.name == name or option_set_id(option_set) == inside.lower():
            return option_set.name
    raise no_such_definition("option set", address)
