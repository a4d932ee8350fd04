"""`RetrieveMetadataChanges`: the properties of tables and columns that a query names, and a stamp of when it was."""

from collections.abc import Mapping, Sequence
from typing import Any

from crosstie_sandbox.dataverse.errors import NAMESPACE, bad_request
from crosstie_sandbox.dataverse.metadata.entities import entities
from crosstie_sandbox.dataverse.metadata.node import Item, Node
from crosstie_sandbox.dataverse.schema import Schema

Query = Mapping[str, Any]
_WAYS = {
    "Attributes": "AttributeQuery",
    "Keys": "KeyQuery",
    "OneToManyRelationships": "RelationshipQuery",
    "ManyToOneRelationships": "RelationshipQuery",
    "ManyToManyRelationships": "RelationshipQuery",
}


def metadata_changes(schema: Schema, query: Query) -> list[Item]:
    """The tables that match, each with the properties and the parts that the query names."""
    return [_shown(node, query, query) for node in entities(schema) if _matches(node, query.get("Criteria"))]


def _shown(node: Node, query: Query, whole: Query) -> Item:
    wanted = query.get("Properties") or {}
    names: Sequence[str] = wanted.get("PropertyNames") or []
    everything = wanted.get("AllProperties") is True or not names
    item: Item = {"@odata.type": f"#{NAMESPACE}.{node.type}"} if node.type != node.declared else {}
    item |= {"MetadataId": node.properties["MetadataId"]}
    item |= {name: value for name, value in node.properties.items() if everything or name in names}
    for name, part in _WAYS.items():
        if name in node.ways and (name in names or (everything and whole.get(part) is not None)):
            inner = whole.get(part) or {}
            item[name] = [
                _shown(one, inner, whole) for one in _several(node, name) if _matches(one, inner.get("Criteria"))
            ]
    if "OptionSet" in node.ways and (everything or "OptionSet" in names):
        found = node.ways["OptionSet"]()
        item["OptionSet"] = found.properties if isinstance(found, Node) else None
    return item


def _several(node: Node, way: str) -> list[Node]:
    found = node.ways[way]()
    return list(found) if isinstance(found, Sequence) else []


def _matches(node: Node, criteria: object) -> bool:
    if not isinstance(criteria, dict):
        return True
    found = [_holds(node, condition) for condition in criteria.get("Conditions") or []]
    found += [_matches(node, inner) for inner in criteria.get("Filters") or []]
    if not found:
        return True
    return any(found) if criteria.get("FilterOperator") == "Or" else all(found)


def _holds(node: Node, condition: Query) -> bool:
    name, wanted = str(condition.get("PropertyName")), condition.get("Value")
    if isinstance(wanted, dict):
        wanted = wanted.get("Value")
    found = node.properties.get(name)
    if isinstance(found, dict) and "Value" in found:
        found = found["Value"]
    match condition.get("ConditionOperator"):
        case "Equals":
            return _same(found, wanted)
        case "NotEquals":
            return not _same(found, wanted)
        case "In" if isinstance(wanted, list):
            return any(_same(found, one) for one in wanted)
        case "NotIn" if isinstance(wanted, list):
            return not any(_same(found, one) for one in wanted)
        case other:
            raise bad_request(f"The ConditionOperator '{other}' is not supported for the property '{name}'.")


def _same(found: object, wanted: object) -> bool:
    """Values come as texts, whatever they are compared with."""
    return str(found).casefold() == str(wanted).casefold()
