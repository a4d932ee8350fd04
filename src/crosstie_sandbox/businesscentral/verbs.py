"""GET, POST, PATCH and DELETE on a page: a call to its answer."""

import re
from collections.abc import Callable, Mapping

from crosstie_sandbox.businesscentral.addresses import Target
from crosstie_sandbox.businesscentral.calls import NO_HEADERS, Answer, Call
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import ApiError, no_set, not_allowed
from crosstie_sandbox.businesscentral.page import Page, pages
from crosstie_sandbox.businesscentral.paging import next_query
from crosstie_sandbox.businesscentral.payload import read_body
from crosstie_sandbox.businesscentral.reading import Scope, count_rows, read_part, show_row
from crosstie_sandbox.businesscentral.rows import Row, get
from crosstie_sandbox.businesscentral.writing import delete, insert, modify
from crosstie_sandbox.odata.query import EVERYTHING, parse_query

BYTE_ORDER_MARK = "\ufeff"
_PAGE_SIZE = re.compile(r"\bodata\.maxpagesize\s*=\s*(\d{1,9})")


def _read(database: Database, call: Call, target: Target, page: Page) -> Answer:
    if target.key is not None and target.part is None and not target.counted:
        row = get(database, page, target.key)
        shown = show_row(database, page, parse_query(call.query), row)
        return Answer(200, {"@odata.context": f"{_context(database, call, page)}/$entity", **shown})
    scope: Scope = {}
    if target.key is not None:
        page, scope = _part(database, target, page)
    if target.counted:
        number = count_rows(database, page, parse_query(call.query), scope=scope)
        return Answer(200, text=f"{BYTE_ORDER_MARK}{number}")
    return _read_set(database, call, page, scope)


def _part(database: Database, target: Target, page: Page) -> tuple[Page, Scope]:
    """The page of a part of a row, and what ties its rows to that row."""
    navigation = page.navigations.get(target.part or "")
    if navigation is None or target.key is None:
        raise no_set(target.part or "$count")
    get(database, page, target.key)
    return pages()[navigation.target], {navigation.on: target.key}


def _read_set(database: Database, call: Call, page: Page, scope: Scope) -> Answer:
    wanted = _PAGE_SIZE.search(call.headers.get("prefer", ""))
    size = int(wanted[1]) if wanted else None
    part = read_part(database, page, parse_query(call.query), scope=scope, size=size)
    body: dict[str, object] = {"@odata.context": _context(database, call, page)}
    if part.count is not None:
        body["@odata.count"] = part.count
    body["value"] = part.rows
    if part.next_token is not None:
        body["@odata.nextLink"] = f"{call.root}/{call.path}?{next_query(call.query, part.next_token)}"
    return Answer(200, body, {"Preference-Applied": f"odata.maxpagesize={size}"} if size else NO_HEADERS)


def _insert(database: Database, call: Call, target: Target, page: Page) -> Answer:
    _check_allowed(page, target, call.method, "insert")
    changes = read_body(page, call.body)
    with database.transaction():
        row = insert(database, page, changes)
    location = f"{call.root}/companies({database.company_id})/{page.entity_set}({row['id']})"
    return Answer(201, _written(database, call, page, row), {"Location": location})


def _modify(database: Database, call: Call, target: Target, page: Page) -> Answer:
    _check_allowed(page, target, call.method, "modify")
    condition = call.headers.get("if-match")
    if not condition:
        why = "The request must have an If-Match header with an etag or *."
        raise ApiError(400, "BadRequest_RequiredParamNotProvided", why)
    changes = read_body(page, call.body)
    with database.transaction():
        row = modify(database, page, target.key or "", changes, condition)
    return Answer(200, _written(database, call, page, row))


def _delete(database: Database, call: Call, target: Target, page: Page) -> Answer:
    _check_allowed(page, target, call.method, "delete")
    with database.transaction():
        delete(database, page, target.key or "", call.headers.get("if-match") or "*")
    return Answer(204)


def _check_allowed(page: Page, target: Target, method: str, operation: str) -> None:
    with_key = operation != "insert"
    on_the_row = target.part is None and not target.counted and with_key is (target.key is not None)
    if operation not in page.allows or not on_the_row:
        raise not_allowed(page, method)


def _written(database: Database, call: Call, page: Page, row: Row) -> dict[str, object]:
    shown = show_row(database, page, EVERYTHING, row)
    return {"@odata.context": f"{_context(database, call, page)}/$entity", **shown}


def _context(database: Database, call: Call, page: Page) -> str:
    if page.entity_set == "companies":
        return f"{call.root}/$metadata#companies"
    return f"{call.root}/$metadata#companies({database.company_id})/{page.entity_set}"


VERBS: Mapping[str, Callable[[Database, Call, Target, Page], Answer]] = {
    "GET": _read,
    "POST": _insert,
    "PATCH": _modify,
    "DELETE": _delete,
}
