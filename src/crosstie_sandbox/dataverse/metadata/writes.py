"""Answers to POST, PUT and DELETE below `EntityDefinitions` and its like: alterations of tables."""

from collections.abc import Callable
from typing import Any

from crosstie_sandbox.dataverse.altering import alter, bodies
from crosstie_sandbox.dataverse.altering.identity import column_id, key_id, option_set_id, relationship_id, table_id
from crosstie_sandbox.dataverse.altering.refusals import name_taken
from crosstie_sandbox.dataverse.altering.relations import add_relationship, remove_relationship
from crosstie_sandbox.dataverse.altering.texts import text_of
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import bad_request, wrong_method
from crosstie_sandbox.dataverse.metadata.node import Node
from crosstie_sandbox.dataverse.metadata.reading import follow
from crosstie_sandbox.dataverse.operation import Reply, empty_reply
from crosstie_sandbox.dataverse.schema import Table
from crosstie_sandbox.dataverse.solutions.components import Component, add_component, solution_named
from crosstie_sandbox.odata.answer import loads


def answer(call: Call, method: str) -> Reply:
    """What a method does at an address; raises ServiceError for what it cannot do there."""
    address = call.address
    if method == "POST" and not (address.argument is not None and len(address.rest) != 1):
        where = address.rest[0] if address.rest else address.name
        doing = _CREATIONS.get(where)
        if doing is not None and (address.argument is not None) is bool(address.rest):
            return doing(call)
    if method in {"PUT", "DELETE"} and address.argument is not None:
        found = follow(call.schema, address.name, address.argument, address.rest)
        if isinstance(found, Node):
            return _changed(call, found) if method == "PUT" else _removed(call, found)
    raise wrong_method(method)


def create_table(call: Call, body: dict[str, Any]) -> Table:
    """Make a table from its definition, for whoever may."""
    call.session.guard.must_have("prvCreateEntity")
    document = bodies.table_document(call.schema, body)
    alter.add_table(call.session.database, document)
    return call.schema.tables[str(document["logical_name"])]


def _body(call: Call) -> dict[str, Any]:
    body = loads(call.operation.body)
    if not isinstance(body, dict):
        raise bad_request("The body of a definition must be a JSON object.")
    return body


def _table(call: Call) -> Table:
    node = follow(call.schema, call.address.name, call.address.argument, ())
    return call.schema.tables[_logical_name(node)]


def _logical_name(found: object) -> str:
    return str(found.properties["LogicalName"]) if isinstance(found, Node) else ""


def _made(call: Call, kind: Component, path: str, identity: str) -> Reply:
    """The address of what was made, which belongs to the solution that the client names."""
    solution = call.operation.headers.get("mscrm.solutionuniquename") or call.options.other.get("SolutionUniqueName")
    if solution:
        add_component(call.session.platform, solution_named(call.session.database, solution), kind, identity)
    return empty_reply({"OData-EntityId": f"{call.session.root}{path}({identity})"})


def _create_table(call: Call) -> Reply:
    return _made(call, Component.TABLE, "EntityDefinitions", table_id(create_table(call, _body(call))))


def _create_column(call: Call) -> Reply:
    call.session.guard.must_have("prvCreateAttribute")
    table = _table(call)
    name, document = bodies.column_document(call.schema, _body(call))
    alter.add_column(call.session.database, table, name, document)
    return _made(call, Component.COLUMN, f"EntityDefinitions({table_id(table)})/Attributes", column_id(table, name))


def _create_key(call: Call) -> Reply:
    call.session.guard.must_have("prvWriteEntity")
    table, body = _table(call), _body(call)
    columns = body.get("KeyAttributes")
    if not isinstance(columns, list) or not columns:
        raise bad_request("A key needs 'KeyAttributes', the logical names of its columns.")
    schema_name = bodies.custom_name(body.get("SchemaName"))
    label = text_of(body.get("DisplayName")) or schema_name
    key = alter.add_key(call.session.database, table, schema_name, label, [str(one) for one in columns])
    # The table as the client named it: Microsoft's Python client takes the first id in the header for the key's.
    return _made(call, Component.KEY, f"EntityDefinitions({call.address.argument})/Keys", key_id(table, key))


def _create_relationship(call: Call) -> Reply:
    call.session.guard.must_have("prvCreateRelationship")
    made = add_relationship(call.session.database, _body(call))
    return _made(call, Component.RELATIONSHIP, "RelationshipDefinitions", relationship_id(made))


def _create_option_set(call: Call) -> Reply:
    call.session.guard.must_have("prvCreateOptionSet")
    body = _body(call)
    name = bodies.custom_name(body.get("Name"))
    if name in call.schema.option_sets:
        raise name_taken("An option set", name)
    label = text_of(body.get("DisplayName")) or name
    document = {"label": label, "options": bodies.options(body), "custom": True}
    alter.set_option_set(call.session.database, name, document)
    return _made(call, Component.OPTION_SET, "GlobalOptionSetDefinitions", option_set_id(name))


_CREATIONS: dict[str, Callable[[Call], Reply]] = {
    "EntityDefinitions": _create_table,
    "Attributes": _create_column,
    "Keys": _create_key,
    "RelationshipDefinitions": _create_relationship,
    "GlobalOptionSetDefinitions": _create_option_set,
}


def _changed(call: Call, node: Node) -> Reply:
    """Take over what the definition sent says, as far as it can change."""
    database, body = call.session.database, _body(call)
    match node.declared:
        case "EntityMetadata":
            call.session.guard.must_have("prvWriteEntity")
            table = call.schema.tables[_logical_name(node)]
            texts = {"label": "DisplayName", "collection_label": "DisplayCollectionName", "description": "Description"}
            changes = {part: text_of(body.get(name)) for part, name in texts.items() if text_of(body.get(name))}
            alter.change_table(database, table, **changes)
        case "AttributeMetadata":
            call.session.guard.must_have("prvWriteAttribute")
            table = _table(call)
            column = table.by_name[_logical_name(node)]
            alter.change_column(database, table, column.name, **bodies.changed(column.type, body))
        case "OptionSetMetadataBase":
            call.session.guard.must_have("prvWriteOptionSet")
            current = call.schema.option_sets[str(node.properties["Name"])]
            kept = {str(value): text for value, text in current.options.items()}
            label = text_of(body.get("DisplayName")) or current.label
            options = bodies.options(body) if isinstance(body.get("Options"), list) else kept
            alter.set_option_set(database, current.name, {"label": label, "options": options, "custom": current.custom})
        case _:
            raise wrong_method("PUT")
    return empty_reply()


def _removed(call: Call, node: Node) -> Reply:
    database, guard = call.session.database, call.session.guard
    match node.type:
        case "EntityMetadata":
            guard.must_have("prvDeleteEntity")
            alter.drop_table(database, call.schema.tables[_logical_name(node)])
        case "EntityKeyMetadata":
            guard.must_have("prvWriteEntity")
            table = _table(call)
            alter.remove_key(database, table, next(key for key in table.keys if key.name == _logical_name(node)))
        case "OneToManyRelationshipMetadata" | "ManyToManyRelationshipMetadata":
            guard.must_have("prvDeleteRelationship")
            remove_relationship(database, call.schema.relationships[str(node.properties["SchemaName"])])
        case "OptionSetMetadata":
            guard.must_have("prvDeleteOptionSet")
            alter.drop_option_set(database, str(node.properties["Name"]))
        case _ if node.type.endswith("AttributeMetadata"):
            guard.must_have("prvDeleteAttribute")
            alter.remove_column(database, _table(call), _logical_name(node))
        case _:
            raise wrong_method("DELETE")
    return empty_reply()
