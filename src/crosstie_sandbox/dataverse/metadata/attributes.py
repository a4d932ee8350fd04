"""Columns as metadata shows them: what they all have, and what each type has beyond that."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from crosstie_sandbox.dataverse.altering.identity import column_id
from crosstie_sandbox.dataverse.metadata.node import Item, Node, Way, label, managed
from crosstie_sandbox.dataverse.metadata.option_sets import global_option_set, local_option_set, yes_no
from crosstie_sandbox.dataverse.schema import Column, Schema, Table, Type

_LEVELS = {
    "none": "None",
    "recommended": "Recommended",
    "application": "ApplicationRequired",
    "system": "SystemRequired",
}
_CUSTOMER = {"account", "contact"}
_MOST = 100_000_000_000
_DATE_ONLY = "DateOnly"


def attributes(schema: Schema, table: Table) -> list[Node]:
    """The columns of a table by logical name; a lookup to several tables has one that says to which."""
    found = [attribute(schema, table, column) for column in table.columns]
    return sorted(found, key=lambda node: str(node.properties["LogicalName"]))


def attribute(schema: Schema, table: Table, column: Column) -> Node:
    """One column."""
    kind, type_name, metadata = _kind(table, column)
    properties = {
        **_shared(table, column, kind, type_name),
        **_SPECIFIC.get(column.type, _nothing)(table, column),
    }
    return Node(
        f"{metadata}AttributeMetadata", "AttributeMetadata", properties, dict(_ways(schema, table, column, kind))
    )


def logical_name(column: Column) -> str:
    """The name that clients know a column by."""
    return column.name.removesuffix("_type") + "type" if column.type is Type.TABLE_NAME else column.name


_KINDS: Mapping[Type, tuple[str, str, str]] = {
    Type.STRING: ("String", "StringType", "String"),
    Type.MEMO: ("Memo", "MemoType", "Memo"),
    Type.INTEGER: ("Integer", "IntegerType", "Integer"),
    Type.BIGINT: ("BigInt", "BigIntType", "BigInt"),
    Type.DECIMAL: ("Decimal", "DecimalType", "Decimal"),
    Type.DOUBLE: ("Double", "DoubleType", "Double"),
    Type.MONEY: ("Money", "MoneyType", "Money"),
    Type.BOOLEAN: ("Boolean", "BooleanType", "Boolean"),
    Type.CHOICE: ("Picklist", "PicklistType", "Picklist"),
    Type.CHOICES: ("Virtual", "MultiSelectPicklistType", "MultiSelectPicklist"),
    Type.GUID: ("Uniqueidentifier", "UniqueidentifierType", "UniqueIdentifier"),
    Type.DATE: ("DateTime", "DateTimeType", "DateTime"),
    Type.DATETIME: ("DateTime", "DateTimeType", "DateTime"),
    Type.LOOKUP: ("Lookup", "LookupType", "Lookup"),
    Type.FILE: ("Virtual", "FileType", "File"),
    Type.TABLE_NAME: ("EntityName", "EntityNameType", "EntityName"),
}


def _kind(table: Table, column: Column) -> tuple[str, str, str]:
    match column.name:
        case "statecode":
            return "State", "StateType", "State"
        case "statuscode":
            return "Status", "StatusType", "Status"
        case "ownerid" if column.type is Type.LOOKUP:
            return "Owner", "OwnerType", "Lookup"
        case _ if column.type is Type.LOOKUP and set(targets(table, column)) == _CUSTOMER:
            return "Customer", "CustomerType", "Lookup"
    return _KINDS[column.type]


def targets(table: Table, column: Column) -> list[str]:
    """The tables that a lookup may point to."""
    return [
        target
        for navigation in table.navigations.values()
        if navigation.column is column
        for target in navigation.targets
    ]


def _shared(table: Table, column: Column, kind: str, type_name: str) -> Item:
    name, custom = logical_name(column), column.custom
    writable = not column.read_only and column.type is not Type.TABLE_NAME
    return {
        "MetadataId": column_id(table, name),
        "HasChanged": None,
        "AttributeOf": column.name.removesuffix("_type") if column.type is Type.TABLE_NAME else None,
        "AttributeType": kind,
        "AttributeTypeName": {"Value": type_name},
        "ColumnNumber": table.columns.index(column) + 1,
        "DisplayName": label(column.label),
        "Description": label(column.description),
        "EntityLogicalName": table.logical_name,
        "LogicalName": name,
        "SchemaName": column.schema_name,
        "ExternalName": None,
        "IntroducedVersion": "1.0.0.0" if custom else "5.0.0.0",
        "DeprecatedVersion": None,
        "InheritsFrom": None,
        "IsCustomAttribute": custom,
        "IsManaged": not custom,
        "IsLogical": column.type is Type.TABLE_NAME,
        "IsPrimaryId": column.name == table.primary_key,
        "IsPrimaryName": column.name == table.primary_name,
        "IsRequiredForForm": False,
        "IsRetrievable": True,
        "IsSearchable": False,
        "IsFilterable": False,
        "IsSecured": False,
        "IsDataSourceSecret": False,
        "IsValidODataAttribute": column.type is not Type.TABLE_NAME,
        "IsValidForCreate": writable,
        "IsValidForForm": True,
        "IsValidForGrid": True,
        "IsValidForRead": True,
        "IsValidForUpdate": writable and column.name != table.primary_key,
        "LinkedAttributeId": None,
        "RequiredLevel": managed(_level(table, column), "canmodifyrequirementlevelsettings"),
        "IsAuditEnabled": managed(value=False, name="canmodifyauditsettings"),
        "IsCustomizable": managed(value=True, name="iscustomizable"),
        "IsGlobalFilterEnabled": managed(value=False, name="canmodifyglobalfiltersettings"),
        "IsRenameable": managed(value=True, name="isrenameable"),
        "IsSortableEnabled": managed(value=False, name="canmodifyissortablesettings"),
        "IsValidForAdvancedFind": managed(value=True, name="canmodifysearchsettings"),
        "CanBeSecuredForCreate": True,
        "CanBeSecuredForRead": True,
        "CanBeSecuredForUpdate": True,
        "CanModifyAdditionalSettings": managed(value=True, name="canmodifyadditionalsettings"),
        "SourceType": 0 if column.type in _COMPUTABLE else None,
    }


_COMPUTABLE = frozenset(_KINDS) - {Type.LOOKUP, Type.GUID, Type.TABLE_NAME, Type.MEMO, Type.FILE, Type.BIGINT}


def _level(table: Table, column: Column) -> str:
    if column.name in {table.primary_key, "ownerid", "statecode"}:
        return "SystemRequired"
    return _LEVELS[column.level]


def _nothing(table: Table, column: Column) -> Item:
    del table, column
    return {}


def _string(table: Table, column: Column) -> Item:
    del table
    kind = column.format or "Text"
    extra: Item = {"FormatName": {"Value": kind}} if column.type in {Type.STRING, Type.MEMO} else {}
    return {
        "MaxLength": column.length,
        "DatabaseLength": column.length * 2,
        "Format": kind,
        "ImeMode": "Auto",
        "IsLocalizable": False,
        **extra,
        **({"AutoNumberFormat": "", "YomiOf": None} if column.type is Type.STRING else {}),
    }


def _integer(table: Table, column: Column) -> Item:
    del table
    if column.type is Type.BIGINT:
        return {"MinValue": -(2**63), "MaxValue": 2**63 - 1}
    low, high = _bound(column.minimum, -(2**31)), _bound(column.maximum, 2**31 - 1)
    return {"Format": "None", "MinValue": low, "MaxValue": high}


def _decimal(table: Table, column: Column) -> Item:
    del table
    low, high = _bound(column.minimum, -_MOST), _bound(column.maximum, _MOST)
    shared: Item = {"Precision": column.precision, "MinValue": low, "MaxValue": high, "ImeMode": "Disabled"}
    if column.type is not Type.MONEY:
        return shared
    base = column.name.endswith("_base")
    of = column.name.removesuffix("_base") if base else None
    return {**shared, "PrecisionSource": 2, "IsBaseCurrency": base, "CalculationOf": of}


def _bound(value: Decimal | None, otherwise: int) -> object:
    return Decimal(otherwise) if value is None else value


def _boolean(table: Table, column: Column) -> Item:
    del table
    return {"DefaultValue": bool(column.default)}


def _choice(table: Table, column: Column) -> Item:
    if column.name == "statuscode":
        return {"DefaultFormValue": None}
    if column.name == "statecode":
        return {"DefaultFormValue": table.states[0].value if table.states else None}
    return {"DefaultFormValue": -1 if column.default is None else column.default}


def _date_time(table: Table, column: Column) -> Item:
    del table
    only = column.type is Type.DATE
    behavior = _DATE_ONLY if only else "TimeZoneIndependent" if column.format == "TimeZoneIndependent" else "UserLocal"
    return {
        "Format": _DATE_ONLY if only or column.format == _DATE_ONLY else "DateAndTime",
        "ImeMode": "Inactive",
        "DateTimeBehavior": {"Value": behavior},
        "CanChangeDateTimeBehavior": managed(value=not only, name="canchangedatetimebehavior"),
    }


def _lookup(table: Table, column: Column) -> Item:
    return {"Targets": targets(table, column), "Format": "None"}


def _file(table: Table, column: Column) -> Item:
    del table
    return {"MaxSizeInKB": column.length or 32768}


_SPECIFIC: Mapping[Type, Callable[[Table, Column], Item]] = {
    Type.STRING: _string,
    Type.MEMO: _string,
    Type.INTEGER: _integer,
    Type.BIGINT: _integer,
    Type.DECIMAL: _decimal,
    Type.DOUBLE: _decimal,
    Type.MONEY: _decimal,
    Type.BOOLEAN: _boolean,
    Type.CHOICE: _choice,
    Type.CHOICES: _choice,
    Type.DATE: _date_time,
    Type.DATETIME: _date_time,
    Type.LOOKUP: _lookup,
    Type.FILE: _file,
}


def _ways(schema: Schema, table: Table, column: Column, kind: str) -> Iterator[tuple[str, Way]]:
    if column.type is Type.BOOLEAN:
        yield "OptionSet", lambda: yes_no(table, column)
    elif column.type in {Type.CHOICE, Type.CHOICES}:
        own = kind if kind in {"State", "Status"} else "Picklist"
        yield "OptionSet", lambda: None if column.option_set else local_option_set(table, column, own)
        shared = schema.option_sets.get(column.option_set)
        yield "GlobalOptionSet", lambda: None if shared is None else global_option_set(shared)
