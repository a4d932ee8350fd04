"""Many writes in one call, all or nothing."""

from crosstie_sandbox.dataverse.address import parse_address, relative, row_id
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import NAMESPACE, ServiceError, bad_request, invalid_argument
from crosstie_sandbox.dataverse.operation import Reply, empty_reply, json_reply
from crosstie_sandbox.dataverse.upserting import place_of, upsert
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
    """Change or create all targets; a new row must not have the columns of its alternate key in the body too."""
    targets = _targets(call)
    for target in targets:
        place, changes = place_of(call, _argument(call, target)), call.changes(target)
        repeated = sorted(set(place.key) & set(changes)) if place.identity is None else []
        if repeated:
            raise bad_request(f"The column '{repeated[0]}' is part of the key in '@odata.id' and must not be repeated.")
        upsert(call, place, changes)
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
    return row_id(call.table, _argument(call, target), call.session.database)


def _argument(call: Call, target: dict[str, object]) -> str:
    """Which row a target is: its primary key, or the parentheses of `@odata.id`."""
    identity, url = target.get(call.table.primary_key), target.get("@odata.id")
    if isinstance(identity, str):
        return identity
    if isinstance(url, str):
        address = parse_address(relative(url)[0])
        if address.table(call.schema) is call.table and address.argument is not None:
            return address.argument
    raise invalid_argument(f"Each target needs '{call.table.primary_key}' or '@odata.id'.")


def delete_multiple(call: Call) -> Reply:
    """Standard tables do not have it; a batch of deletions or a BulkDelete job does the same."""
    del call
    raise ServiceError(501, "0x80040219", "DeleteMultiple has not yet been implemented.")
