"""Option sets as metadata shows them: global ones, and those of a single column."""

from collections.abc import Mapping

from crosstie_sandbox.dataverse.altering.identity import option_set_id
from crosstie_sandbox.dataverse.metadata.node import Item, Node, label, managed
from crosstie_sandbox.dataverse.schema import Column, OptionSet, Schema, Table


def global_option_sets(schema: Schema) -> list[Node]:
    """All global option sets."""
    return [global_option_set(schema.option_sets[name]) for name in sorted(schema.option_sets)]


def global_option_set(option_set: OptionSet) -> Node:
    """A global option set."""
    shared = _set(option_set.name, option_set.label, is_global=True, custom=option_set.custom)
    options = [option(value, text) for value, text in option_set.options.items()]
    return Node(
        "OptionSetMetadata", "OptionSetMetadataBase", {**shared, "OptionSetType": "Picklist", "Options": options}
    )


def local_option_set(table: Table, column: Column, kind: str) -> Node:
    """The options of a column; `kind` is Picklist, State or Status."""
    name = column.option_set or local_name(table, column)
    shared = _set(name, column.label, is_global=bool(column.option_set), custom=column.custom)
    options = [_option(table, kind, value, text) for value, text in sorted((column.options or {}).items())]
    return Node("OptionSetMetadata", "OptionSetMetadata", {**shared, "OptionSetType": kind, "Options": options})


def yes_no(table: Table, column: Column) -> Node:
    """The two options of a yes/no column."""
    shared = _set(local_name(table, column), column.label, is_global=False, custom=column.custom)
    texts = column.options or {0: "No", 1: "Yes"}
    options = {"TrueOption": option(1, texts[1]), "FalseOption": option(0, texts[0])}
    return Node(
        "BooleanOptionSetMetadata", "BooleanOptionSetMetadata", {**shared, "OptionSetType": "Boolean", **options}
    )


def local_name(table: Table, column: Column) -> str:
    """What the option set of a single column is called."""
    return f"{table.logical_name}_{column.name}"


def option(value: int, text: str) -> Item:
    """One option."""
    return {
        "Value": value,
        "Color": None,
        "IsManaged": False,
        "ExternalValue": "",
        "ParentValues": [],
        "Tag": None,
        "IsHidden": False,
        "MetadataId": None,
        "HasChanged": None,
        "Label": label(text),
        "Description": label(""),
    }


def _option(table: Table, kind: str, value: int, text: str) -> Item:
    extra: Mapping[str, Item] = {
        "State": {
            "@odata.type": "#Microsoft.Dynamics.CRM.StateOptionMetadata",
            "DefaultStatus": _default_status(table, value),
            "InvariantName": text.replace(" ", ""),
        },
        "Status": {
            "@odata.type": "#Microsoft.Dynamics.CRM.StatusOptionMetadata",
            "State": _state_of(table, value),
            "TransitionData": None,
        },
    }
    return {**extra.get(kind, {}), **option(value, text)}


def _default_status(table: Table, value: int) -> int | None:
    return next((next(iter(state.statuses)) for state in table.states if state.value == value), None)


def _state_of(table: Table, status: int) -> int | None:
    return next((state.value for state in table.states if status in state.statuses), None)


def _set(name: str, text: str, *, is_global: bool, custom: bool) -> Item:
    return {
        "MetadataId": option_set_id(name),
        "HasChanged": None,
        "Name": name,
        "DisplayName": label(text),
        "Description": label(""),
        "IsGlobal": is_global,
        "IsCustomOptionSet": custom,
        "IsManaged": not custom,
        "ParentOptionSetName": None,
        "IsCustomizable": managed(value=True, name="iscustomizable"),
    }
