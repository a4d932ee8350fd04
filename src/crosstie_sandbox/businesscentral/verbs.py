"""GET, POST, PATCH and DELETE on a place: a call to its answer."""

import re
from collections.abc import Callable, Mapping

from crosstie_sandbox.businesscentral.addresses import Target
from crosstie_sandbox.businesscentral.behaviour import action_of
from crosstie_sandbox.businesscentral.calls import NO_HEADERS, Answer, Call
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.deep_insert import insert_deep
from crosstie_sandbox.businesscentral.errors import ApiError, bad_request, no_row, not_allowed
from crosstie_sandbox.businesscentral.etags import check_etag
from crosstie_sandbox.businesscentral.media import media_links, read_media, write_media
from crosstie_sandbox.businesscentral.metadata_level import with_addresses
from crosstie_sandbox.businesscentral.page import Page
from crosstie_sandbox.businesscentral.paging import next_query
from crosstie_sandbox.businesscentral.payload import read_body
from crosstie_sandbox.businesscentral.places import Place, find_place
from crosstie_sandbox.businesscentral.reading import Shown, count_rows, read_part, show_row
from crosstie_sandbox.businesscentral.rows import Row, get
from crosstie_sandbox.businesscentral.writing import delete, modify
from crosstie_sandbox.odata.query import parse_query

BYTE_ORDER_MARK = "\ufeff"
_PAGE_SIZE = re.compile(r"\bodata\.maxpagesize\s*=\s*(\d{1,9})")


def _read(database: Database, call: Call, target: Target) -> Answer:
    place = find_place(database, target)
    if place.action is not None:
        raise not_allowed(place.page, call.method)
    if target.raw and place.shown in {None, place.page.media}:
        raise bad_request("'$value' must follow a property.")
    if place.missing:
        return Answer(204)
    if place.row is None:
        return _read_set(database, call, target, place)
    if target.counted:
        raise bad_request("Only the rows of a set can be counted.")
    if place.shown is not None and place.shown == place.page.media:
        return read_media(database, place.row)
    if place.shown is not None:
        return _read_property(database, call, target, place, place.row)
    return Answer(200, show(database, call, place.page, place.row))


def _read_set(database: Database, call: Call, target: Target, place: Place) -> Answer:
    options = parse_query(call.query)
    scope = {**place.scope, "userId": call.user_id} if "userId" in place.page.properties else place.scope
    if target.counted:
        number = count_rows(database, place.page, options, scope=scope)
        return Answer(200, text=f"{BYTE_ORDER_MARK}{number}")
    wanted = _PAGE_SIZE.search(call.headers.get("prefer", ""))
    size = int(wanted[1]) if wanted else None
    part = read_part(database, place.page, options, scope=scope, size=size)
    body: dict[str, object] = {"@odata.context": _context(database, call, place.page)}
    if part.count is not None:
        body["@odata.count"] = part.count
    body["value"] = [_described(database, call, place.page, row) for row in part.rows]
    if part.next_token is not None:
        body["@odata.nextLink"] = f"{call.root}/{call.path}?{next_query(call.query, part.next_token)}"
    return Answer(200, body, {"Preference-Applied": f"odata.maxpagesize={size}"} if size else NO_HEADERS)


def _read_property(database: Database, call: Call, target: Target, place: Place, row: Row) -> Answer:
    name = place.shown or ""
    value = show_row(database, place.page, parse_query(f"$select={name}"), row)[name]
    if target.raw:
        return Answer(200, text=str(value).lower() if isinstance(value, bool) else str(value))
    context = f"{_context(database, call, place.page)}({row[place.page.identity]})/{name}"
    return Answer(200, {"@odata.context": context, "value": value})


def _post(database: Database, call: Call, target: Target) -> Answer:
    place = find_place(database, target)
    page = place.page
    if place.action is not None and place.row is not None:
        return _act(database, call, place, place.row)
    if place.row is not None or place.missing or not _is_allowed(target, page, "insert"):
        raise not_allowed(page, call.method)
    with database.transaction():
        row = insert_deep(database, page, call.body, {**place.scope, **place.fixed})
    location = f"{call.root}/companies({database.company_id})/{page.entity_set}({row['id']})"
    return Answer(201, show(database, call, page, row), {"Location": location})


def _act(database: Database, call: Call, place: Place, row: Row) -> Answer:
    action = action_of(place.page, place.action or "")
    if action is None:
        raise not_allowed(place.page, call.method)
    with database.transaction():
        current = get(database, place.page, str(row["id"]))
        check_etag(current["etag"], call.headers.get("if-match") or "*")
        action(database, current)
    return Answer(204)


def _modify(database: Database, call: Call, target: Target) -> Answer:
    place = find_place(database, target)
    if place.shown and place.shown == place.page.media and place.row is not None:
        return write_media(database, place.page, place.row, call.body, _condition(call))
    row = _row_to_write(call, target, place, "modify")
    condition = _condition(call)
    changes = read_body(place.page, call.body)
    with database.transaction():
        row = modify(database, place.page, str(row["id"]), changes, condition)
    return Answer(200, show(database, call, place.page, row))


def _condition(call: Call) -> str:
    """The version that a change is meant for, which it has to say."""
    condition = call.headers.get("if-match")
    if not condition:
        why = "The request must have an If-Match header with an etag or *."
        raise ApiError(400, "BadRequest_RequiredParamNotProvided", why)
    return condition


def _delete(database: Database, call: Call, target: Target) -> Answer:
    place = find_place(database, target)
    row = _row_to_write(call, target, place, "delete")
    with database.transaction():
        delete(database, place.page, str(row["id"]), call.headers.get("if-match") or "*")
    return Answer(204)


def _row_to_write(call: Call, target: Target, place: Place, operation: str) -> Row:
    if place.missing:
        raise no_row(place.page)
    if place.row is None or place.shown or place.action or not _is_allowed(target, place.page, operation):
        raise not_allowed(place.page, call.method)
    return place.row


def _is_allowed(target: Target, page: Page, operation: str) -> bool:
    return operation in page.allows and not target.counted and not target.raw


def show(database: Database, call: Call, page: Page, row: Row) -> dict[str, object]:
    """A row as it is answered, with what the query part of the call asks for."""
    shown = _described(database, call, page, show_row(database, page, parse_query(call.query), row))
    return {"@odata.context": f"{_context(database, call, page)}/$entity", **shown}


def _described(database: Database, call: Call, page: Page, row: Shown) -> Shown:
    """A row with what it says about itself."""
    return with_addresses(call, database.company_id, page, media_links(call, database.company_id, page, row))


def _context(database: Database, call: Call, page: Page) -> str:
    if page.of_environment:
        return f"{call.root}/$metadata#{page.entity_set}"
    return f"{call.root}/$metadata#companies({database.company_id})/{page.entity_set}"


VERBS: Mapping[str, Callable[[Database, Call, Target], Answer]] = {
    "GET": _read,
    "POST": _post,
    "PATCH": _modify,
    "DELETE": _delete,
}
