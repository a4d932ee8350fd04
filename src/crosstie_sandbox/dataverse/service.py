"""What each verb and address of the Web API does, within a transaction that someone else opened."""

import sqlite3
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from types import MappingProxyType

from crosstie_sandbox.dataverse import actions, gets, writes
from crosstie_sandbox.dataverse.address import parse_address
from crosstie_sandbox.dataverse.context import Call, Session
from crosstie_sandbox.dataverse.errors import ServiceError, from_query, sql_error, unknown_segment, wrong_method
from crosstie_sandbox.dataverse.operation import Operation, Reply, error_reply
from crosstie_sandbox.dataverse.preferences import preferences
from crosstie_sandbox.odata.errors import ODataError
from crosstie_sandbox.odata.query import parse_query

NOTHING_MADE: Mapping[str, str] = MappingProxyType({})
_READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Service:
    """The service as one caller sees it at one root address."""

    session: Session

    def execute(self, operation: Operation, made: Mapping[str, str] = NOTHING_MADE) -> Reply:
        """Carry out an operation; a refusal is an answer too, and leaves nothing of the operation behind."""
        reading = operation.method in _READS
        try:
            with nullcontext() if reading else self.session.database.savepoint():
                return self.perform(operation, made)
        except ServiceError as refusal:
            return error_reply(refusal)

    def perform(self, operation: Operation, made: Mapping[str, str] = NOTHING_MADE) -> Reply:
        """Carry out an operation; raises ServiceError for a refusal.

        `made` has the addresses of what earlier requests of the change set made, by `$` and Content-ID.
        """
        head, slash, rest = operation.path.partition("/")
        path = made.get(head, head) + slash + rest
        table = "crmbaseentity"
        try:
            address = parse_address(path)
            if address.name not in _UNBOUND:
                table = address.table(self.session.database.schema).logical_name
            call = Call(
                session=self.session,
                operation=operation,
                address=address,
                options=parse_query(operation.query),
                preferences=preferences(operation.headers.get("prefer", "")),
                made=made,
            )
            return _route(call)
        except ODataError as error:
            raise from_query(error, table) from None
        except sqlite3.Error as error:
            raise sql_error(str(error)) from error


_UNBOUND = {
    "": gets.service_document,
    "WhoAmI": actions.who_am_i,
    "RetrieveTotalRecordCount": actions.total_record_count,
}
_BOUND = {
    "CreateMultiple": actions.create_multiple,
    "UpdateMultiple": actions.update_multiple,
    "UpsertMultiple": actions.upsert_multiple,
}


def _route(call: Call) -> Reply:
    address, method = call.address, "GET" if call.operation.method == "HEAD" else call.operation.method
    if address.name in _UNBOUND:
        _check(method, "GET")
        call.session.counters.count(method)
        return _UNBOUND[address.name](call)
    if len(address.rest) == 1 and address.argument is None and method == "POST":
        action = _BOUND.get(address.rest[0].removeprefix("Microsoft.Dynamics.CRM."))
        if action is None:
            raise unknown_segment(address.rest[0])
        return action(call)
    call.session.counters.count(method)
    return _route_to_rows(call, method)


def _route_to_rows(call: Call, method: str) -> Reply:
    match call.address.argument, call.address.rest:
        case None, ():
            _check(method, "GET", "POST")
            return gets.rows(call) if method == "GET" else writes.create(call)
        case None, ("$count",):
            _check(method, "GET")
            return gets.count(call)
        case str(), ():
            _check(method, "GET", "PATCH", "DELETE")
            return {"GET": gets.row, "PATCH": writes.update, "DELETE": writes.delete}[method](call)
        case str(), (name,) | (name, "$value"):
            _check(method, "GET")
            return gets.single_property(call, name)
        case _, rest:
            raise unknown_segment("/".join(rest))


def _check(method: str, *allowed: str) -> None:
    if method not in allowed:
        raise wrong_method(method)
