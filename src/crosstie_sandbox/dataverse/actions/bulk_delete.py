"""`BulkDelete`: a system job that deletes the rows its queries find."""

from collections.abc import Mapping
from typing import Any

from crosstie_sandbox.dataverse.actions.parameters import body_of, part
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import NAMESPACE, ServiceError, bad_request
from crosstie_sandbox.dataverse.operation import Reply, json_reply
from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.schema import Column, Table
from crosstie_sandbox.dataverse.security.visibility import limited_to
from crosstie_sandbox.odata.answer import context_url
from crosstie_sandbox.odata.sql import Kind, stored

BULK_DELETE = 13
_SUCCEEDED, _FAILED = 30, 31
_COMPARISONS = {
    "Equal": "=",
    "NotEqual": "<>",
    "GreaterThan": ">",
    "GreaterEqual": ">=",
    "LessThan": "<",
    "LessEqual": "<=",
    "Like": "LIKE",
    "NotLike": "NOT LIKE",
}
Condition = tuple[str, list[object]]


def bulk_delete(call: Call) -> Reply:
    """Delete at once, each row by itself, and leave a job that says how many; the caller is told the job's id."""
    body = body_of(call)
    call.session.guard.must_have("prvBulkDelete")
    queries = part(body, "QuerySet", list)
    found = [(table, identity) for query in queries for table, identity in _rows(call, query)]
    deleted, troubles = 0, []
    for table, identity in found:
        try:
            with call.session.database.savepoint():
                call.session.writer.delete(table, identity)
            deleted += 1
        except ServiceError as refusal:
            troubles.append(refusal.message)
    job = _job(call, str(body.get("JobName") or "Bulk delete"), deleted, troubles)
    context = context_url(call.session.root, f"{NAMESPACE}.BulkDeleteResponse")
    return json_reply({"@odata.context": context, "JobId": job})


def _job(call: Call, name: str, deleted: int, troubles: list[str]) -> str:
    writer, now = call.session.platform, call.session.database.now()
    table = writer.tables["asyncoperation"]
    job = writer.create(table, {"name": name, "operationtype": BULK_DELETE, "messagename": "BulkDelete"})
    result: Changes = {
        "statecode": 3,
        "statuscode": _FAILED if troubles else _SUCCEEDED,
        "startedon": now,
        "completedon": now,
        "message": "\n".join([f"{deleted} rows deleted, {len(troubles)} not.", *troubles[:100]]),
    }
    writer.update(table, job, result)
    return job


def _rows(call: Call, query: Mapping[str, Any]) -> list[tuple[Table, str]]:
    name = query.get("EntityName")
    table = call.schema.tables.get(str(name))
    if table is None:
        raise ServiceError(400, "0x80041102", f"The entity with a name = '{name}' was not found.")
    condition, values = _filter(table, query.get("Criteria") or {})
    statement = f'SELECT "{table.primary_key}" FROM "{table.logical_name}" WHERE {condition}'
    with limited_to(call.session.database, call.session.rights):
        rows = call.session.database.execute(statement, values).fetchall()
    return [(table, str(identity)) for (identity,) in rows]


def _filter(table: Table, criteria: Mapping[str, Any]) -> Condition:
    parts = [_condition(table, one) for one in criteria.get("Conditions") or ()]
    parts += [_filter(table, one) for one in criteria.get("Filters") or ()]
    if not parts:
        return "1", []
    word = " OR " if criteria.get("FilterOperator") == "Or" else " AND "
    return word.join(f"({sql})" for sql, _ in parts), [value for _, values in parts for value in values]


def _condition(table: Table, given: Mapping[str, Any]) -> Condition:
    column = table.by_name.get(str(given.get("AttributeName")))
    if column is None:
        text = f"'{table.logical_name}' entity doesn't contain attribute with Name = '{given.get('AttributeName')}'."
        raise ServiceError(400, "0x80041103", text)
    values = [_value(column, one) for one in given.get("Values") or ()]
    operator, name = str(given.get("Operator")), f'"{column.name}"'
    if column.kind is Kind.DECIMAL:
        name = f"CAST({name} AS REAL)"
    if operator in {"Null", "NotNull"}:
        return f"{name} IS {'NOT ' if operator == 'NotNull' else ''}NULL", []
    if operator in {"In", "NotIn"} and values:
        marks = ", ".join("?" * len(values))
        return f"{name} {'NOT ' if operator == 'NotIn' else ''}IN ({marks})", values
    if operator in _COMPARISONS and len(values) == 1:
        return f"{name} {_COMPARISONS[operator]} ?", values
    raise bad_request(f"The condition operator '{operator}' with {len(values)} values is not known here.")


def _value(column: Column, given: object) -> object:
    """A value of a condition, bare or as an object with its type."""
    value = given.get("Value") if isinstance(given, dict) else given
    return stored(value, column.kind)
