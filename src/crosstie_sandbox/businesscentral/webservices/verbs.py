"""A call on web services to its answer: service document, `$metadata`, companies, sets, records and their parts."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import quote

from crosstie_sandbox.businesscentral.addresses import query_company
from crosstie_sandbox.businesscentral.behaviour import service_action_of
from crosstie_sandbox.businesscentral.calls import NO_HEADERS, Answer, Call
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import ApiError, no_company, no_set
from crosstie_sandbox.businesscentral.etags import check_etag
from crosstie_sandbox.businesscentral.paging import next_query
from crosstie_sandbox.businesscentral.reading import Scope, Shown, count_rows
from crosstie_sandbox.businesscentral.rows import get
from crosstie_sandbox.businesscentral.users.permissions import check_permission
from crosstie_sandbox.businesscentral.verbs import BYTE_ORDER_MARK
from crosstie_sandbox.businesscentral.webservices import companies
from crosstie_sandbox.businesscentral.webservices.addresses import COMPANY, Key, Target, find_target
from crosstie_sandbox.businesscentral.webservices.links import Link, links
from crosstie_sandbox.businesscentral.webservices.metadata import document
from crosstie_sandbox.businesscentral.webservices.records import (
    delete,
    insert,
    modify,
    one,
    read,
    scope_of,
    scope_of_link,
)
from crosstie_sandbox.businesscentral.webservices.services import NAMESPACE, Service, services
from crosstie_sandbox.odata.query import EVERYTHING, parse_query

_ACTION = f"{NAMESPACE}."
_PAGE_SIZE = re.compile(r"\bodata\.maxpagesize\s*=\s*(\d{1,9})")


def answer_service(database: Database, call: Call) -> Answer:
    """The answer to a call whose path follows `ODataV4/`."""
    target = find_target(call.path)
    if not target.segments:
        return _documents(database, call)
    name = target.segments[0].name
    if name == "$metadata":
        return Answer(200, text=document(services(database)), headers={"content-type": "application/xml"})
    if name == COMPANY:
        return companies.answer(database, call, target)
    _check_company(database, call, target)
    service = services(database).get(name)
    if service is None:
        raise no_set(name)
    check_permission(call, service.page.table.table)
    verb = _VERBS.get(call.method)
    if verb is None:
        raise _not_allowed(service, call)
    return verb(database, call, target, service)


def _documents(database: Database, call: Call) -> Answer:
    names = (COMPANY, *services(database))
    sets = [{"name": name, "kind": "EntitySet", "url": name} for name in names]
    return Answer(200, {"@odata.context": f"{call.root}/$metadata", "value": sets})


def _check_company(database: Database, call: Call, target: Target) -> None:
    named = target.company or query_company(call.query) or call.headers.get("company", "")
    if named != database.company_name and named.lower() != database.company_id:
        raise no_company(named)


def _place(database: Database, target: Target, service: Service) -> tuple[Service, Scope, bool]:
    """The service an address ends at, what narrows it down, and whether that is one record."""
    first, *rest = target.segments
    if not rest:
        return service, scope_of(service, first.key) if first.key is not None else {}, first.key is not None
    if first.key is None or len(rest) > 1:
        raise no_set(rest[-1].name)
    outer = one(database, service, EVERYTHING, scope_of(service, first.key))
    link = links(database, service).get(rest[0].name)
    if link is None:
        raise no_set(rest[0].name)
    scope = scope_of_link(link, outer)
    if rest[0].key is None:
        return link.service, scope, False
    return link.service, {**_whole_key(link, scope, rest[0].key), **scope}, True


def _whole_key(link: Link, scope: Scope, key: Key) -> Scope:
    """The key of a contained record; what the outer record says of it may be left out."""
    order = link.service.reading.order
    own = [name for name in order if name not in scope]
    if len(key) == len(own):
        given = [(name or expected, value) for expected, (name, value) in zip(own, key, strict=True)]
        key = (*((name, scope[name]) for name in order if name in scope), *given)
    return scope_of(link.service, key)


def _get(database: Database, call: Call, target: Target, service: Service) -> Answer:
    service, scope, single = _place(database, target, service)
    options = parse_query(call.query)
    if target.counted:
        return Answer(200, text=f"{BYTE_ORDER_MARK}{count_rows(database, service.reading, options, scope=scope)}")
    if single:
        return Answer(200, _entity(database, call, service, one(database, service, options, scope)))
    wanted = _PAGE_SIZE.search(call.headers.get("prefer", ""))
    size = int(wanted[1]) if wanted else None
    part = read(database, service, options, scope, size)
    body: dict[str, object] = {"@odata.context": _context(database, call, service)}
    if part.count is not None:
        body["@odata.count"] = part.count
    body["value"] = part.rows
    if part.next_token is not None:
        path = quote(call.path, safe="/()',=$")
        body["@odata.nextLink"] = f"{call.root}/{path}?{next_query(call.query, part.next_token)}"
    return Answer(200, body, {"Preference-Applied": f"odata.maxpagesize={size}"} if size else NO_HEADERS)


def _act(database: Database, call: Call, target: Target, service: Service) -> Answer:
    """Tell one record what to do; the answer is empty."""
    *_, last = target.segments
    name = last.name.removeprefix(_ACTION)
    if name not in service.page.actions or last.key is not None:
        raise no_set(last.name)
    service, scope, single = _place(database, replace(target, segments=target.segments[:-1]), service)
    if not single or service.part is not None:
        raise no_set(last.name)
    with database.transaction():
        row = get(database, service.page.table, str(one(database, service, EVERYTHING, scope)["SystemId"]))
        check_etag(row["etag"], call.headers.get("if-match") or "*")
        service_action_of(service.page.table, name)(database, row)
    return Answer(204)


def _post(database: Database, call: Call, target: Target, service: Service) -> Answer:
    if target.segments[-1].name.startswith(_ACTION):
        return _act(database, call, target, service)
    service, scope, single = _place(database, target, service)
    if single or target.counted or "insert" not in service.page.allows:
        raise _not_allowed(service, call)
    with database.transaction():
        row = insert(database, service, call.body, scope)
    location = _address(database, call, service, row)
    return Answer(201, _entity(database, call, service, row), {"Location": location})


def _patch(database: Database, call: Call, target: Target, service: Service) -> Answer:
    service, scope, single = _place(database, target, service)
    if not single or target.counted or "modify" not in service.page.allows:
        raise _not_allowed(service, call)
    with database.transaction():
        row = modify(database, service, call.body, scope, _condition(call))
    return Answer(200, _entity(database, call, service, row))


def _delete(database: Database, call: Call, target: Target, service: Service) -> Answer:
    service, scope, single = _place(database, target, service)
    if not single or target.counted or "delete" not in service.page.allows:
        raise _not_allowed(service, call)
    with database.transaction():
        delete(database, service, scope, call.headers.get("if-match") or "*")
    return Answer(204)


def _condition(call: Call) -> str:
    condition = call.headers.get("if-match")
    if not condition:
        why = "The request must have an If-Match header with an etag or *."
        raise ApiError(400, "BadRequest_RequiredParamNotProvided", why)
    return condition


def _not_allowed(service: Service, call: Call) -> ApiError:
    why = f"'{call.method}' requests are not supported for the web service '{service.name}' at this address."
    return ApiError(405, "BadRequest_MethodNotAllowed", why)


def _entity(database: Database, call: Call, service: Service, row: Shown) -> Shown:
    return {"@odata.context": f"{_context(database, call, service)}/$entity", **row}


def _context(database: Database, call: Call, service: Service) -> str:
    return f"{call.root}/$metadata#{_company(database)}/{service.name}"


def _address(database: Database, call: Call, service: Service, row: Shown) -> str:
    page = service.reading
    values = [row[name] for name in page.order]
    key = ",".join(_key_text(name, value) for name, value in zip(page.order, values, strict=True))
    if len(values) == 1:
        key = key.partition("=")[2]
    return f"{company_address(database, call.root)}/{service.name}({key})"


def _key_text(name: str, value: object) -> str:
    text = str(value) if isinstance(value, int) else "'{}'".format(quote(str(value).replace("'", "''"), safe="'"))
    return f"{name}={text}"


def company_address(database: Database, root: str) -> str:
    """The address of the company below the root of web services."""
    return f"{root}/{_company(database)}"


def _company(database: Database) -> str:
    return "Company('{}')".format(quote(database.company_name.replace("'", "''"), safe="'"))


_VERBS: Mapping[str, Callable[[Database, Call, Target, Service], Answer]] = {
    "GET": _get,
    "POST": _post,
    "PATCH": _patch,
    "DELETE": _delete,
}
