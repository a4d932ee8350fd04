"""Answers to GET below `EntityDefinitions`, `RelationshipDefinitions` and `GlobalOptionSetDefinitions`."""

import re
from collections.abc import Callable, Mapping, Sequence

from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import NAMESPACE, ServiceError, bad_request, unknown_segment
from crosstie_sandbox.dataverse.metadata.entities import entities
from crosstie_sandbox.dataverse.metadata.node import Item, Node
from crosstie_sandbox.dataverse.metadata.option_sets import global_option_sets
from crosstie_sandbox.dataverse.metadata.query import rendered, selected
from crosstie_sandbox.dataverse.metadata.relationships import relationships
from crosstie_sandbox.dataverse.operation import Reply, empty_reply, json_reply, text_reply
from crosstie_sandbox.dataverse.schema import Schema
from crosstie_sandbox.odata.answer import context_url
from crosstie_sandbox.odata.query import QueryOptions

ROOTS: Mapping[str, Callable[[Schema], Sequence[Node]]] = {
    "EntityDefinitions": entities,
    "RelationshipDefinitions": relationships,
    "GlobalOptionSetDefinitions": global_option_sets,
    "ManagedPropertyDefinitions": lambda schema: [],  # noqa: ARG005 - none can be defined here
}
_KEY = re.compile(r"(?:(\w+)=)?(?:'((?:[^']|'')*)'|([0-9A-Fa-f-]{36}))")
_NAMED_BY = {"GlobalOptionSetDefinitions": "Name", "RelationshipDefinitions": "SchemaName"}
_SEGMENT = re.compile(r"([\w.$]+)(?:\((.*)\))?")


def answer(call: Call) -> Reply:
    """What the address leads to."""
    found = follow(call.schema, call.address.name, call.address.argument, call.address.rest)
    return _reply(call, found)


def follow(schema: Schema, root: str, argument: str | None, rest: Sequence[str]) -> object:
    """What an address leads to: a thing, several, or a value; raises ServiceError if it leads nowhere."""
    found: object = ROOTS[root](schema)
    if argument is not None:
        found = _by_key(found, argument, root)
    for segment in rest:
        found = _next(found, segment)
    return found


def _next(found: object, segment: str) -> object:
    matched = _SEGMENT.fullmatch(segment)
    if matched is None:
        raise unknown_segment(segment)
    name, argument = matched[1], matched[2]
    following = _step(found, name)
    return following if argument is None else _by_key(following, argument, name)


def _step(found: object, name: str) -> object:
    match found:
        case list() | tuple() if name == "$count":
            return len(found)
        case list() | tuple() if name.startswith(f"{NAMESPACE}."):
            wanted = name.removeprefix(f"{NAMESPACE}.")
            return [_as(node, wanted) for node in found if isinstance(node, Node) and node.type == wanted]
        case Node() if name.startswith(f"{NAMESPACE}."):
            wanted = name.removeprefix(f"{NAMESPACE}.")
            if wanted in {found.type, found.declared}:
                return _as(found, wanted)
        case Node() if name in found.ways:
            return found.ways[name]()
        case Node() if name in found.properties:
            return found.properties[name]
        case dict() if name in found:
            return found[name]
        case _:
            pass
    raise unknown_segment(name)


def _as(node: Node, wanted: str) -> Node:
    """A thing whose type the client has named, so that the answer need not."""
    return Node(node.type, wanted if node.type == wanted else node.declared, node.properties, node.ways)


def _by_key(found: object, argument: str, where: str) -> Node:
    matched = _KEY.fullmatch(argument.strip())
    if matched is None or not isinstance(found, list | tuple):
        raise bad_request(f"'{argument}' is not a key: give a MetadataId, or the name as in LogicalName='account'.")
    name, text, identity = matched[1], matched[2], matched[3]
    if identity is not None:
        name, value = "MetadataId", identity.lower()
    else:
        name, value = name or _NAMED_BY.get(where, "LogicalName"), text.replace("''", "'")
    for node in found:
        if isinstance(node, Node) and node.properties.get(name) == value:
            return node
    raise missing(where, name, value)


def missing(where: str, name: str, value: str) -> ServiceError:
    """Nothing of that name is defined."""
    if where == "EntityDefinitions":
        text = f"The entity with a name = '{value}' with namemapping = 'Logical' was not found in the MetadataCache."
        if name == "MetadataId":
            text = f"Could not find an entity with id = {value}."
        return ServiceError(404, "0x80041102", text)
    if where == "GlobalOptionSetDefinitions":
        return ServiceError(404, "0x80048403", f"Could not find optionset with {name} = '{value}'.")
    return ServiceError(404, "0x80060888", f"Resource not found for the segment '{where}' with {name} = '{value}'.")


def _reply(call: Call, found: object) -> Reply:
    address, options = call.address, call.options
    key = f"({address.argument})" if address.argument is not None else ""
    path = "/".join([f"{address.name}{key}", *address.rest])
    shape = f"({','.join(options.select)})" if options.select else ""
    if isinstance(found, Node):
        content = {
            "@odata.context": context_url(call.session.root, f"{path}{shape}/$entity"),
            **rendered(found, options),
        }
        return json_reply(content)
    if isinstance(found, list | tuple) and all(isinstance(node, Node) for node in found):
        return json_reply(
            {"@odata.context": context_url(call.session.root, f"{path}{shape}"), **_listed(found, options)}
        )
    if found is None:
        return empty_reply()
    if address.rest[-1] == "$count":
        return text_reply(str(found))
    context = context_url(call.session.root, path)
    return json_reply({"@odata.context": context, **(found if isinstance(found, dict) else {"value": found})})


def _listed(found: Sequence[Node], options: QueryOptions) -> Item:
    nodes = selected(found, options)
    counted: Item = {"@odata.count": len(nodes)} if options.count else {}
    return {**counted, "value": [rendered(node, options) for node in nodes]}
