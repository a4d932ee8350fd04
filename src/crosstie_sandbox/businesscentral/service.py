"""One request to its answer: the same way for a request of its own and for one in a batch."""

import sqlite3
from dataclasses import dataclass
from urllib.parse import unquote

from crosstie_sandbox.businesscentral.addresses import WEB_SERVICES, Step, Target, find_target, query_company
from crosstie_sandbox.businesscentral.calls import Answer, Call
from crosstie_sandbox.businesscentral.csdl import metadata
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import ApiError, bad_request, no_company, no_set, not_allowed
from crosstie_sandbox.businesscentral.metadata_level import at_level, level_of
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.subscriptions.store import forget_expired
from crosstie_sandbox.businesscentral.users.permissions import check_permission
from crosstie_sandbox.businesscentral.verbs import VERBS
from crosstie_sandbox.businesscentral.webservices.verbs import answer_service
from crosstie_sandbox.odata.errors import ODataError, is_too_complex
from crosstie_sandbox.odata.query import parse_query

METADATA = Step("$metadata")


@dataclass(slots=True)
class Counters:
    """What was done since the server started."""

    requests: int = 0
    operations: int = 0
    writes: int = 0
    reads: int = 0


@dataclass(frozen=True, slots=True)
class Service:
    """Answers calls on one company."""

    database: Database
    counters: Counters

    def answer(self, call: Call) -> Answer:
        """The answer to a call; a refusal is an answer too."""
        self.counters.operations += 1
        if call.method == "GET":
            self.counters.reads += 1
        else:
            self.counters.writes += 1
        try:
            return self._dispatch(call)
        except ApiError as refusal:
            return Answer(refusal.status, refusal.body(self.database.ids()))
        except ODataError as refusal:
            return Answer(400, bad_request(str(refusal)).body(self.database.ids()))
        except sqlite3.Error as failure:
            if is_too_complex(failure):
                too_complex = bad_request(f"The query is too complex: {failure}.")
                return Answer(400, too_complex.body(self.database.ids()))
            broken = ApiError(500, "Internal_ServerError", f"The database of the company failed: {failure}.")
            return Answer(500, broken.body(self.database.ids()))

    def _dispatch(self, call: Call) -> Answer:
        if call.root.endswith(f"/{WEB_SERVICES}"):
            return answer_service(self.database, call)
        target = find_target(call.path)
        if target.entity_set == "":
            return _service_document(call)
        if target.steps == (METADATA,):
            return _metadata(call)
        page = pages().get(target.entity_set)
        if page is None:
            raise no_set(target.entity_set)
        if not page.of_environment:
            self._check_company(call, target)
        check_permission(call, page.table)
        if page.entity_set == "subscriptions":
            self._prepare_subscriptions(call)
        verb = VERBS.get(call.method)
        if verb is None:
            raise not_allowed(page, call.method)
        if call.method != "GET" and call.headers.get("data-access-intent", "").lower() == "readonly":
            raise bad_request(f"A '{call.method}' request cannot be answered with Data-Access-Intent: ReadOnly.")
        return at_level(verb(self.database, call, target), level_of(call.headers.get("accept", "")))

    def _prepare_subscriptions(self, call: Call) -> None:
        if call.method != "GET":
            raise bad_request("A subscription can only be written by a request of its own, outside of a batch.")
        with self.database.transaction():
            forget_expired(self.database)

    def _check_company(self, call: Call, target: Target) -> None:
        named = target.company or query_company(call.query) or unquote(call.headers.get("company", ""))
        if named != self.database.company_name and named.lower() != self.database.company_id:
            raise no_company(named)


def _service_document(call: Call) -> Answer:
    sets = [{"name": name, "kind": "EntitySet", "url": name} for name in pages()]
    return Answer(200, {"@odata.context": f"{call.root}/$metadata", "value": sets})


def _metadata(call: Call) -> Answer:
    if call.method != "GET":
        raise ApiError(405, "BadRequest_MethodNotAllowed", "The metadata can only be read.")
    first_version = parse_query(call.query).other.get("$schemaversion") == "1.0"
    text = metadata(enums_as_strings=first_version).decode("utf-8")
    return Answer(200, headers={"content-type": "application/xml"}, text=text)
