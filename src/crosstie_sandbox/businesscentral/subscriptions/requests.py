"""Creating, renewing and deleting a subscription; each of the first two shakes hands with the receiver.

The receiver is posted to with `?validationToken=…` and must answer 200 with that token as plain text. Online the vendor
wants https; a receiver on the same machine may speak http here.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpx2
from starlette.requests import Request
from starlette.responses import Response

from crosstie_sandbox.businesscentral.addresses import WEB_SERVICES, Step, find_target, quoted
from crosstie_sandbox.businesscentral.calls import Answer, Call
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import ApiError, bad_request, no_company, no_row, not_allowed
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.payload import read_body
from crosstie_sandbox.businesscentral.rows import find
from crosstie_sandbox.businesscentral.subscriptions import store
from crosstie_sandbox.businesscentral.verbs import show
from crosstie_sandbox.odata.answer import json_answer

SUPPORTED_RESOURCES = re.compile(r"(?:/v2\.0(?:/[^/]+){1,2})?/api/microsoft/runtime/beta/webhookSupportedResources")
_RESOURCE = re.compile(r"(?:https?://[^/]+)?/?(?:v2\.0/(?:[^/]+/){1,2})?api/v2\.0/(.+)")
_SECONDS_TO_SHAKE_HANDS = 10
_WRITING = frozenset({"POST", "PATCH", "DELETE"})
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


@cache
def supported() -> frozenset[str]:
    """The entity sets whose changes can be subscribed to."""
    package = files("crosstie_sandbox.businesscentral.subscriptions")
    listed = tomllib.loads(package.joinpath("resources.toml").read_text(encoding="utf-8"))["supported"]
    return frozenset(listed) & pages().keys()


def supported_resources(request: Request) -> Response:
    """The answer of the vendor's runtime API to the question what can be subscribed to."""
    root = f"{request.url.scheme}://{request.url.netloc}{request.scope['path']}"
    context = f"{root.rpartition('/')[0]}/$metadata#webhookSupportedResources"
    resources = [{"resource": f"v2.0/companies({{id}})/{entity_set}"} for entity_set in sorted(supported())]
    return json_answer({"@odata.context": context, "value": resources})


def step_of(call: Call) -> Step | None:
    """The step of an address that leads to the subscriptions, if a call writes there."""
    if call.method not in _WRITING or "subscriptions" not in call.path or call.root.endswith(WEB_SERVICES):
        return None
    steps = find_target(call.path).steps
    return steps[0] if len(steps) == 1 and steps[0].name == "subscriptions" else None


async def answer_subscription(database: Database, call: Call, step: Step) -> Answer:
    """Carry out a write on the subscriptions."""
    if (call.method == "POST") is not (step.key is None):
        raise not_allowed(pages()["subscriptions"], call.method)
    if call.method == "POST":
        return await _create(database, call)
    identity = quoted(step)
    if call.method == "PATCH":
        return await _renew(database, call, identity)
    with database.transaction():
        store.check_version(database, identity, call.headers.get("if-match") or "*")
        store.remove(database, identity)
    return Answer(204)


async def _create(database: Database, call: Call) -> Answer:
    given = _given(call)
    for name in ("notificationUrl", "resource"):
        if not given.get(name):
            raise bad_request(f"The property '{name}' of a subscription must be provided.")
    entity_set = _subscribe_to(database, given)
    await _shake_hands(database, given["notificationUrl"])
    with database.transaction():
        identity = store.add(database, call.user_id, given, entity_set)
    location = f"{call.root}/subscriptions('{identity}')"
    return Answer(201, _shown(database, call, identity), {"Location": location})


async def _renew(database: Database, call: Call, identity: str) -> Answer:
    condition = call.headers.get("if-match")
    if not condition:
        why = "The request must have an If-Match header with an etag or *."
        raise ApiError(400, "BadRequest_RequiredParamNotProvided", why)
    store.check_version(database, identity, condition)
    row = find(database, pages()["subscriptions"], subscriptionId=identity) or {}
    kept = {name: str(row[name]) for name in ("notificationUrl", "resource", "clientState")}
    given = {**kept, **_given(call)}
    entity_set = _subscribe_to(database, given)
    await _shake_hands(database, given["notificationUrl"])
    with database.transaction():
        store.renew(database, identity, given, entity_set, condition)
    return Answer(200, _shown(database, call, identity))


def _given(call: Call) -> dict[str, str]:
    return {name: str(value) for name, value in read_body(pages()["subscriptions"], call.body).items()}


def _subscribe_to(database: Database, given: dict[str, str]) -> str:
    """The entity set of a resource, whose address is brought into the form that notifications use."""
    written = given["resource"]
    found = _RESOURCE.fullmatch(written)
    target = find_target(found[1] if found else written)
    company = target.company or ""
    if company != database.company_id:
        raise no_company(company)
    if len(target.steps) != 1 or target.steps[0].key is not None or target.entity_set not in supported():
        raise bad_request(f"The resource '{written}' does not support webhook subscriptions.")
    given["resource"] = f"api/v2.0/companies({company})/{target.entity_set}"
    return target.entity_set


async def _shake_hands(database: Database, url: str) -> None:
    parts = urlsplit(url)
    is_secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
    if not is_secure or not parts.hostname:
        raise bad_request(f"The notification URL '{url}' must be an https address.")
    token = database.ids().hex
    query = "&".join(filter(None, [parts.query, urlencode({"validationToken": token})]))
    why = await _greet(urlunsplit(parts._replace(query=query)), token)
    if why:
        raise bad_request(f"The notification URL '{url}' could not be validated: {why}. No subscription was written.")


async def _greet(url: str, token: str) -> str:
    """What is wrong with the answer of a receiver; nothing if it is right."""
    try:
        async with httpx2.AsyncClient(timeout=_SECONDS_TO_SHAKE_HANDS) as http:
            reply = await http.post(url)
    except (httpx2.HTTPError, httpx2.InvalidURL) as reason:
        return f"it does not answer ({type(reason).__name__})"
    if reply.status_code != HTTPStatus.OK:
        return f"it answered {reply.status_code} instead of 200"
    if reply.text.strip() != token:
        return "it did not answer with the validation token"
    return ""


def _shown(database: Database, call: Call, identity: str) -> Mapping[str, object]:
    page = pages()["subscriptions"]
    row = find(database, page, subscriptionId=identity)
    if row is None:
        raise no_row(page)
    return show(database, call, page, row)
