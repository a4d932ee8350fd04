"""What each verb and address of the Web API does, within a transaction that someone else opened."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from types import MappingProxyType

from crosstie_sandbox.dataverse import associating, gets, inserting, writes
from crosstie_sandbox.dataverse.actions.registry import OF_SETS, UNBOUND, Doing, Operations, bound, name_of
from crosstie_sandbox.dataverse.address import parse_address
from crosstie_sandbox.dataverse.context import Call, Session
from crosstie_sandbox.dataverse.errors import (
    ServiceError,
    bad_request,
    from_query,
    sql_error,
    unknown_segment,
    wrong_method,
)
from crosstie_sandbox.dataverse.expanding import REFERENCES, target_of
from crosstie_sandbox.dataverse.metadata import routes as metadata
from crosstie_sandbox.dataverse.operation import Operation, Reply, error_reply
from crosstie_sandbox.dataverse.preferences import preferences
from crosstie_sandbox.dataverse.schema import Table
from crosstie_sandbox.dataverse.security.visibility import limited_to
from crosstie_sandbox.odata.errors import ODataError, is_too_complex
from crosstie_sandbox.odata.query import Expand, parse_query

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
            with self._reading() if reading else self.session.database.savepoint():
                return self.perform(operation, made)
        except ServiceError as refusal:
            return error_reply(refusal)

    def _reading(self) -> AbstractContextManager[None]:
        return limited_to(self.session.database, self.session.rights)

    def perform(self, operation: Operation, made: Mapping[str, str] = NOTHING_MADE) -> Reply:
        """Carry out an operation; raises ServiceError for a refusal.

        `made` has the addresses of what earlier requests of the change set made, by `$` and Content-ID.
        """
        head, slash, rest = operation.path.partition("/")
        path = made.get(head, head) + slash + rest
        table = "crmbaseentity"
        try:
            address = parse_address(path)
            if address.name and address.name not in UNBOUND and address.name not in metadata.NAMES:
                table = address.table(self.session.database.schema).logical_name
            options = parse_query(operation.query)
            call = Call(
                session=_tagged(self.session, options.other.get("tag")),
                operation=operation,
                address=address,
                options=options,
                preferences=preferences(operation.headers.get("prefer", "")),
                made=made,
            )
            return _route(call)
        except ODataError as error:
            raise from_query(error, table) from None
        except sqlite3.Error as error:
            if is_too_complex(error):
                raise bad_request(f"The query is too complex: {error}.") from None
            raise sql_error(str(error)) from error


def _tagged(session: Session, tag: str | None) -> Session:
    """The session with what the client wants to find in the events of what it does."""
    return session if tag is None else replace(session, events=replace(session.events, tag=tag))


def _route(call: Call) -> Reply:
    address, method = call.address, "GET" if call.operation.method == "HEAD" else call.operation.method
    if not address.name:
        _check(method, "GET")
        return _counted(call, method, gets.service_document)
    if address.name in metadata.NAMES:
        return _counted(call, method, lambda one: metadata.answer(one, method))
    if address.name in UNBOUND:
        return _operate(call, UNBOUND, name_of(address.name), method)
    operations = bound(call)
    if operations is not None:
        return _operate(call, operations, name_of(address.rest[0]), method)
    if method == "POST" and address.rest and address.argument is None:
        raise unknown_segment(address.rest[0])
    call.session.counters.count(method)
    if method == "GET":
        _check_reading(call.session, call.table, () if call.address.rest else call.options.expand)
    return _route_to_rows(call, method)


def _operate(call: Call, operations: Operations, name: str, method: str) -> Reply:
    doing = operations.find(name, method)
    if doing is None:
        raise wrong_method(method)
    if operations is OF_SETS:
        return doing(call)  # which counts the rows it writes
    return _counted(call, method, doing)


def _counted(call: Call, method: str, doing: Doing) -> Reply:
    call.session.counters.count(method)
    return doing(call)


def _route_to_rows(call: Call, method: str) -> Reply:
    match call.address.argument, call.address.rest:
        case None, ():
            _check(method, "GET", "POST")
            return gets.rows(call) if method == "GET" else inserting.create(call)
        case None, ("$count",):
            _check(method, "GET")
            return gets.count(call)
        case str(), ():
            _check(method, "GET", "PATCH", "DELETE")
            return {"GET": gets.row, "PATCH": writes.update, "DELETE": writes.delete}[method](call)
        case str(), _:
            _check(method, "GET", "POST", "PUT", "PATCH", "DELETE")
            return gets.at(call) if method == "GET" else associating.write_at(call, method)
        case _, rest:
            raise unknown_segment("/".join(rest))


def _check_reading(session: Session, table: Table, expands: Sequence[Expand]) -> None:
    """Refuse a caller who may read no row of a table or of what it is expanded with."""
    if session.rights.is_administrator:
        return
    session.guard.must("Read", table)
    for expand in expands:
        target = target_of(session.database.schema, table, expand.name.removesuffix(REFERENCES))
        _check_reading(session, target, expand.options.expand)


def _check(method: str, *allowed: str) -> None:
    if method not in allowed:
        raise wrong_method(method)
