"""Answers to GET."""

from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import bad_request, unknown_property
from crosstie_sandbox.dataverse.operation import Reply, empty_reply, json_reply, text_reply
from crosstie_sandbox.dataverse.preferences import LARGEST_PAGE
from crosstie_sandbox.dataverse.reading import COUNT_LIMIT, Item, check_expands
from crosstie_sandbox.dataverse.tracking import Tracker
from crosstie_sandbox.odata.answer import context_url
from crosstie_sandbox.odata.query import QueryOptions


def service_document(call: Call) -> Reply:
    """The entity sets there are."""
    sets = [
        {"name": name, "kind": "EntitySet", "url": name} for name in sorted(call.session.database.schema.entity_sets)
    ]
    return json_reply({"@odata.context": f"{call.session.root}$metadata", "value": sets})


def rows(call: Call) -> Reply:
    """A page of a set, or of its changes."""
    call.check_options()
    tracking = call.preferences.track_changes or call.options.deltatoken is not None
    if tracking:
        return _changes(call)
    check_expands(call.schema, call.table, call.options)
    size = call.preferences.page_size or LARGEST_PAGE
    page = call.reader.page(call.table, call.options, size)
    content: Item = {"@odata.context": call.context()}
    if page.count is not None:
        content |= _counted(call, page.count)
    content["value"] = page.items
    if page.next is not None:
        content["@odata.nextLink"] = call.link("$skiptoken", page.next)
    return json_reply(content, headers=call.preferences.applied)


def _counted(call: Call, number: int) -> Item:
    counted: Item = {"@odata.count": number}
    about = {
        "Microsoft.Dynamics.CRM.totalrecordcount": number,
        "Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded": number >= COUNT_LIMIT,
    }
    return counted | {f"@{name}": value for name, value in about.items() if name in call.preferences.annotations}


def _changes(call: Call) -> Reply:
    table = call.table
    deleted = context_url(call.session.root, f"{table.entity_set}/$deletedEntity")
    tracker = Tracker(call.session.database, call.reader, table, deleted)
    found = tracker.changes(call.options, call.preferences.page_size or LARGEST_PAGE)
    content: Item = {"@odata.context": call.context("/$delta" if call.options.deltatoken is not None else "")}
    if found.count is not None:
        content["@odata.count"] = found.count
    if found.token is not None:
        content["@odata.deltaLink"] = call.link("$deltatoken", found.token)
    content["value"] = found.items
    if found.next is not None:
        content["@odata.nextLink"] = call.link("$skiptoken", found.next)
    return json_reply(content, headers=call.preferences.applied)


def count(call: Call) -> Reply:
    """The number of rows of a set that match, or of its changes since a delta token."""
    call.check_options()
    if call.options.deltatoken is not None:
        tracker = Tracker(call.session.database, call.reader, call.table, "")
        return text_reply(str(tracker.count_since(call.options.deltatoken)))
    return text_reply(str(call.reader.count(call.table, call.options)))


def row(call: Call) -> Reply:
    """One row."""
    call.check_options()
    if call.options.filter or call.options.orderby or call.options.top is not None or call.options.count:
        raise bad_request("Only $select and $expand can be given for a single row.")
    check_expands(call.schema, call.table, call.options)
    call.session.guard.must_on("Read", call.table, call.identity())
    item = call.reader.row(call.table, call.identity(), call.options)
    etag = str(item["@odata.etag"])
    if call.operation.headers.get("if-none-match") == etag and not (
        call.options.expand or call.preferences.annotations
    ):
        return Reply(304, {"OData-Version": "4.0", "ETag": etag})
    content = {"@odata.context": call.context("/$entity"), **item}
    return json_reply(content, headers={"ETag": etag, **call.preferences.applied})


def single_property(call: Call, name: str) -> Reply:
    """One value of a row, as JSON or bare."""
    column = call.table.by_wire.get(name)
    if column is None:
        raise unknown_property(name, call.table.logical_name)
    identity = call.identity()
    value = call.reader.row(call.table, identity, QueryOptions(select=(name,)))[name]
    if value is None:
        return empty_reply()
    if call.address.rest[-1] == "$value":
        return text_reply(_bare(value))
    context = context_url(call.session.root, f"{call.table.entity_set}({identity})/{name}")
    return json_reply({"@odata.context": context, "value": value})


def _bare(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(getattr(value, "encoded_json", value))
