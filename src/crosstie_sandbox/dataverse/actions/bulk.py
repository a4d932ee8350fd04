"""Many writes in one call, all or nothing."""

from crosstie_sandbox.dataverse.address import parse_address, relative, row_id
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import NAMESPACE, ServiceError, bad_request, invalid_argument
from crosstie_sandbox.dataverse.operation import Reply, empty_reply, json_reply
from crosstie_sandbox.odata.answer import context_url, loads


def create_multiple(call: Call) -> Reply:
    """Insert all targets."""
    writer, targets = call.session.writer, _targets(call)
    ids = [writer.create(call.table, call.changes(target)) for target in targets]
    call.session.counters.count("POST", len(targets))
    context = context_url(call.session.root, f"{NAMESPACE}.CreateMultipleResponse")
    return json_reply({"@odata.context": context, "Ids": ids})


def update_multiple(call: Call) -> Reply:
    """Change all targets; each must exist."""
    writer, targets = call.session.writer, _targets(call)
    for target in targets:
        identity = _identity(call, target)
        writer.update(call.table, identity, call.changes(target))
    call.session.counters.count("PATCH", len(targets))
    return empty_reply()


def upsert_multiple(call: Call) -> Reply:
    """Change or create all targets."""
    writer, targets = call.session.writer, _targets(call)
    for target in targets:
        identity = _identity(call, target)
        writer.upsert(call.table, identity, call.changes(target))
    call.session.counters.count("PATCH", len(targets))
    return empty_reply()


def _targets(call: Call) -> list[dict[str, object]]:
    body = loads(call.operation.body)
    targets = body.get("Targets") if isinstance(body, dict) else None
    if not isinstance(targets, list) or not targets or not all(isinstance(target, dict) for target in targets):
        raise bad_request("The body needs 'Targets', an array with at least one object.")
    expected = f"{NAMESPACE}.{call.table.logical_name}"
    for target in targets:
        if str(target.get("@odata.type", expected)).removeprefix("#") != expected:
            raise invalid_argument(f"All targets of this action must be of the type '{expected}'.")
    return [dict(target) for target in targets]


def _identity(call: Call, target: dict[str, object]) -> str:
    """The id in a target: its primary key, or the address in `@odata.id`."""
    table, database = call.table, call.session.database
    identity, url = target.get(table.primary_key), target.get("@odata.id")
    if isinstance(identity, str):
        return row_id(table, identity, database)
    if isinstance(url, str):
        address = parse_address(relative(url)[0])
        if address.table is table and address.argument is not None:
            return row_id(table, address.argument, database)
    raise invalid_argument(f"Each target needs '{table.primary_key}' or '@odata.id'.")


def delete_multiple(call: Call) -> Reply:
    """Standard tables do not have it; a batch of deletions or a BulkDelete job does the same."""
    del call
    raise ServiceError(501, "0x80040216", "DeleteMultiple has not yet been implemented.")
