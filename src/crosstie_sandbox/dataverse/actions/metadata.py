"""Actions and functions about definitions: tables in one go, options of choices, what changed, publishing."""

from typing import Any

from crosstie_sandbox.dataverse.actions.parameters import Body, body_of, function_parameters, part
from crosstie_sandbox.dataverse.altering.alter import reactivate_key
from crosstie_sandbox.dataverse.altering.choices import Choice, choice_of, insert_status
from crosstie_sandbox.dataverse.altering.refusals import no_such_definition
from crosstie_sandbox.dataverse.altering.texts import text_of
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import NAMESPACE, bad_request
from crosstie_sandbox.dataverse.metadata.changes import metadata_changes
from crosstie_sandbox.dataverse.metadata.writes import create_table
from crosstie_sandbox.dataverse.operation import Reply, empty_reply, json_reply
from crosstie_sandbox.odata.answer import context_url

_DEFAULT_PREFIX = 10_000


def create_entities(call: Call) -> Reply:
    """Make several tables with their columns, all or none."""
    for body in part(body_of(call), "Entities", list):
        if not isinstance(body, dict):
            raise bad_request("Each of the 'Entities' must be a JSON object.")
        create_table(call, body)
    return empty_reply()


def retrieve_metadata_changes(call: Call) -> Reply:
    """The definitions that a query names, with a stamp for the next time."""
    query = function_parameters(call).get("Query")
    if not isinstance(query, dict):
        raise bad_request("RetrieveMetadataChanges needs Query, an EntityQueryExpression.")
    content: dict[str, Any] = {
        "@odata.context": context_url(call.session.root, f"{NAMESPACE}.RetrieveMetadataChangesResponse"),
        "ServerVersionStamp": f"{call.session.database.alterations}!{call.session.database.now()}",
        "DeletedMetadata": None,
        "EntityMetadata": metadata_changes(call.schema, query),
    }
    return json_reply(content)


def publish(call: Call) -> Reply:
    """Customizations are in force as soon as they are made: there is nothing left to do."""
    call.session.guard.must_have("prvPublishCustomization")
    return empty_reply()


def insert_option_value(call: Call) -> Reply:
    """Add an option and say its value."""
    body = _authorized(call)
    value = _choice(call, body).insert(_number(body, "Value"), text_of(body.get("Label")), _prefix(call, body))
    return _new_option(call, "InsertOptionValueResponse", value)


def insert_status_value(call: Call) -> Reply:
    """Add a status to a state and say its value."""
    body = _authorized(call)
    table = call.schema.tables.get(str(body.get("EntityLogicalName")))
    state = _number(body, "StateCode")
    if table is None or state is None:
        raise no_such_definition("state", f"{body.get('EntityLogicalName')}.{body.get('StateCode')}")
    label, prefix = text_of(body.get("Label")), _prefix(call, body)
    value = insert_status(call.session.database, table, state, value=_number(body, "Value"), label=label, prefix=prefix)
    return _new_option(call, "InsertStatusValueResponse", value)


def update_option_value(call: Call) -> Reply:
    """Give an option another label."""
    body = _authorized(call)
    _choice(call, body).rename(part(body, "Value", int), text_of(body.get("Label")))
    return empty_reply()


def delete_option_value(call: Call) -> Reply:
    """Remove an option."""
    body = _authorized(call)
    _choice(call, body).delete(part(body, "Value", int))
    return empty_reply()


def order_option(call: Call) -> Reply:
    """Put options in another order."""
    body = _authorized(call)
    _choice(call, body).order(part(body, "Values", list))
    return empty_reply()


def reactivate_entity_key(call: Call) -> Reply:
    """Try again to make the rows of a table unique in the columns of a key."""
    call.session.guard.must_have("prvWriteEntity")
    body = body_of(call)
    table = call.schema.tables.get(str(body.get("EntityLogicalName")))
    name = str(body.get("EntityKeyLogicalName"))
    key = next((key for key in table.keys if key.name == name), None) if table is not None else None
    if table is None or key is None:
        raise no_such_definition("key", f"{body.get('EntityLogicalName')}.{name}")
    reactivate_key(call.session.database, table, key)
    return empty_reply()


def _authorized(call: Call) -> Body:
    call.session.guard.must_have("prvWriteAttribute")
    return body_of(call)


def _choice(call: Call, body: Body) -> Choice:
    names = (str(body.get(name) or "") for name in ("OptionSetName", "EntityLogicalName", "AttributeLogicalName"))
    return choice_of(call.session.database, *names)


def _number(body: Body, name: str) -> int | None:
    value = body.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _prefix(call: Call, body: Body) -> int:
    """The prefix of the publisher of the solution that the caller names."""
    query = (
        "SELECT customizationoptionvalueprefix FROM main.publisher JOIN main.solution"
        " ON solution.publisherid = publisher.publisherid WHERE solution.uniquename = ?"
    )
    found = call.session.database.execute(query, (str(body.get("SolutionUniqueName") or ""),)).fetchone()
    return int(found[0]) if found is not None and found[0] is not None else _DEFAULT_PREFIX


def _new_option(call: Call, response: str, value: int) -> Reply:
    context = context_url(call.session.root, f"{NAMESPACE}.{response}")
    return json_reply({"@odata.context": context, "NewOptionValue": value})
