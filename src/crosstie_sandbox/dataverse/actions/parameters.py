"""The parameters of functions and actions, as clients send them."""

from collections.abc import Mapping
from typing import Any

import simplejson

from crosstie_sandbox.dataverse.address import parse_address, relative, row_id
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import NAMESPACE, bad_request, row_missing
from crosstie_sandbox.dataverse.schema import Table
from crosstie_sandbox.odata.answer import loads
from crosstie_sandbox.odata.query import split

Body = Mapping[str, Any]


def body_of(call: Call) -> Body:
    """The body of an action; none at all is an empty one."""
    body = loads(call.operation.body) if call.operation.body.strip() else {}
    if not isinstance(body, dict):
        raise bad_request("The body of an action must be a JSON object.")
    return body


def part(body: Body, name: str, kind: type = dict) -> Any:  # noqa: ANN401 - as JSON has it
    """A parameter that must be there."""
    value = body.get(name)
    if not isinstance(value, kind):
        raise bad_request(f"The parameter '{name}' of the action is missing or of the wrong type.")
    return value


def target_of(call: Call, value: object, *allowed: str) -> tuple[Table, str]:
    """Table and id of the row that a parameter refers to: `@odata.id`, or `@odata.type` and the primary key."""
    if isinstance(value, dict):
        address = value.get("@odata.id")
        if isinstance(address, str):
            return _existing(call, *_addressed(call, address), allowed)
        name = str(value.get("@odata.type", "")).removeprefix("#").removeprefix(f"{NAMESPACE}.")
        known = call.schema.tables
        for table in [known[name]] if name in known else [known[one] for one in allowed]:
            if isinstance(value.get(table.primary_key), str):
                return _existing(call, table, str(value[table.primary_key]).lower(), allowed)
    raise bad_request("A parameter that is a row needs '@odata.id', or '@odata.type' and its primary key.")


def row_of(call: Call, table_name: str, value: object) -> str:
    """The id of an existing row of a table, given by its id or as a reference."""
    if isinstance(value, str):
        table = call.schema.tables[table_name]
        return _existing(call, table, row_id(table, value, call.session.database), (table_name,))[1]
    return target_of(call, value, table_name)[1]


def function_parameters(call: Call) -> dict[str, Any]:
    """The parameters of a function, in its parentheses or as aliases in the query."""
    segment = call.address.rest[-1] if call.address.rest else f"{call.address.name}({call.address.argument or ''})"
    inside = segment.partition("(")[2].removesuffix(")")
    found: dict[str, Any] = {}
    for one in split(inside, ","):
        name, equals, text = one.partition("=")
        if equals:
            text = call.options.other.get(text.strip(), text).strip()
            found[name.strip()] = _value(text)
    return found


def _value(text: str) -> object:
    if text.startswith("'") and text.endswith("'"):
        return text[1:-1].replace("''", "'")
    try:
        return simplejson.loads(text)
    except ValueError:
        return text


def _addressed(call: Call, url: str) -> tuple[Table, str]:
    head, slash, rest = url.partition("/")
    address = parse_address(relative(call.made.get(head, head) + slash + rest)[0])
    if address.argument is None or address.rest:
        raise bad_request(f"'{url}' is not the address of a row.")
    table = address.table(call.schema)
    return table, row_id(table, address.argument, call.session.database)


def _existing(call: Call, table: Table, identity: str, allowed: tuple[str, ...]) -> tuple[Table, str]:
    if allowed and table.logical_name not in allowed:
        raise bad_request(f"A row of {' or '.join(allowed)} was expected, not one of {table.logical_name}.")
    if not call.session.platform.exists(table, identity):
        raise row_missing(table.logical_name, identity)
    return table, identity
