"""Answers to GET."""

from dataclasses import replace

from crosstie_sandbox.dataverse import asking, file_transfer
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import bad_request, unknown_segment
from crosstie_sandbox.dataverse.expanding import check_expands
from crosstie_sandbox.dataverse.navigation import Place, follow
from crosstie_sandbox.dataverse.operation import Reply, empty_reply, json_reply, text_reply
from crosstie_sandbox.dataverse.preferences import LARGEST_PAGE
from crosstie_sandbox.dataverse.reading import COUNT_LIMIT, Item
from crosstie_sandbox.dataverse.schema import Collection, Column, Navigation, Type
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
    if asking.is_asked(call):
        return asking.answer(call)
    call.check_options()
    tracking = call.preferences.track_changes or call.options.deltatoken is not None
    if tracking:
        return _changes(call)
    check_expands(call.schema, call.table, call.options)
    size = call.preferences.page_size or LARGEST_PAGE
    page = call.reader.page(call.table, call.options, size, call.within)
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
    return text_reply(str(call.reader.count(call.table, call.options, call.within)))


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


def at(call: Call) -> Reply:
    """What a path that goes on from a row leads to."""
    place = follow(call)
    owner = place.owner
    if owner is not None:
        _check_step(place)
    match place:
        case Place(column=Column() as column, suffix="" | "$value"):
            return _single_value(place, column)
        case Place(column=None, suffix="$ref") if owner is not None:
            return _references(place)
        case Place(column=None, row=None, step=Collection(), suffix="$count"):
            return count(place.call)
        case Place(column=None, row=None, step=Collection(), suffix=""):
            return rows(place.call)
        case Place(column=None, row=None, suffix=""):
            return empty_reply()
        case Place(column=None, suffix=""):
            return row(place.call)
        case _:
            raise unknown_segment(call.address.rest[-1])


def _check_step(place: Place) -> None:
    """Refuse a caller who may not read where a path leads."""
    call = place.call
    if call.session.rights.is_administrator:
        return
    call.session.guard.must("Read", call.table)


def _single_value(place: Place, column: Column) -> Reply:
    """One value of a row, as JSON or bare."""
    call, identity = place.call, str(place.row)
    if column.type is Type.FILE:
        return file_transfer.download(call, identity, column, bare=place.suffix == "$value")
    value = call.reader.row(call.table, identity, QueryOptions(select=(column.wire,)))[column.wire]
    if value is None:
        return empty_reply()
    if place.suffix == "$value":
        return text_reply(_bare(value))
    context = context_url(call.session.root, f"{call.table.entity_set}({identity})/{column.wire}")
    return json_reply({"@odata.context": context, "value": value})


def _references(place: Place) -> Reply:
    """The address of the row that a lookup points to, or those of the rows of a collection."""
    call, table = place.call, place.call.table
    if isinstance(place.step, Navigation) or place.row is not None:
        if place.row is None:
            return empty_reply()
        reference = {"@odata.id": call.row_url(place.row)}
        return json_reply({"@odata.context": context_url(call.session.root, "$ref"), **reference})
    options = replace(call.options, select=(table.primary_key,), expand=())
    page = call.reader.page(table, options, call.preferences.page_size or LARGEST_PAGE, call.within)
    content: Item = {
        "@odata.context": context_url(call.session.root, "Collection($ref)"),
        "value": [{"@odata.id": call.row_url(str(item[table.primary_key]))} for item in page.items],
    }
    if page.next is not None:
        content["@odata.nextLink"] = call.link("$skiptoken", page.next)
    return json_reply(content, headers=call.preferences.applied)


def _bare(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(getattr(value, "encoded_json", value))
