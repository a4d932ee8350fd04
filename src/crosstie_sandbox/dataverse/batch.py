"""`$batch`: operations one after another; those of a change set succeed or fail together."""

from collections.abc import Iterable

from crosstie_sandbox.dataverse.address import relative
from crosstie_sandbox.dataverse.context import Session
from crosstie_sandbox.dataverse.errors import ServiceError, bad_request
from crosstie_sandbox.dataverse.operation import Operation, Reply, error_reply
from crosstie_sandbox.dataverse.preferences import preferences
from crosstie_sandbox.dataverse.service import Service
from crosstie_sandbox.odata.batch_multipart import (
    ChangeSet,
    ChangeSetResponse,
    PartRequest,
    PartResponse,
    parse_multipart_batch,
    write_multipart_batch,
)
from crosstie_sandbox.odata.errors import ODataSyntaxError

MOST_OPERATIONS = 1000
Answer = PartResponse | ChangeSetResponse


def execute_batch(service: Service, operation: Operation) -> Reply:
    """Carry out a batch; without `odata.continue-on-error` it ends at the first refusal, which sets its status."""
    try:
        parts = parse_multipart_batch(operation.headers.get("content-type", ""), operation.body)
        _check_size(parts)
    except ODataSyntaxError as error:
        return error_reply(bad_request(str(error)))
    except ServiceError as refusal:
        return error_reply(refusal)
    go_on = preferences(operation.headers.get("prefer", "")).continue_on_error
    answers: list[Answer] = []
    status = 200
    for part in parts:
        answer = _change_set(service, part) if isinstance(part, ChangeSet) else _single(service, part)
        answers.append(answer)
        if isinstance(answer, PartResponse) and answer.status >= _FIRST_ERROR and not go_on:
            status = answer.status
            break
    return _reply(service.session, answers, status)


_FIRST_ERROR = 400


def _check_size(parts: Iterable[PartRequest | ChangeSet]) -> None:
    size = sum(len(part.requests) if isinstance(part, ChangeSet) else 1 for part in parts)
    if size > MOST_OPERATIONS:
        text = f"The batch has {size} operations; the maximum number of operations allowed is {MOST_OPERATIONS}."
        raise bad_request(text)


def _single(service: Service, part: PartRequest) -> PartResponse:
    return _part(service.execute(_operation(part)), part.content_id)


def _change_set(service: Service, change_set: ChangeSet) -> Answer:
    made: dict[str, str] = {}
    responses: list[PartResponse] = []
    try:
        with service.session.database.savepoint():
            for part in change_set.requests:
                if part.method == "GET":
                    raise bad_request("A change set cannot hold a GET request.")
                reply = service.perform(_operation(part), made)
                responses.append(_part(reply, part.content_id))
                if part.content_id is not None and "OData-EntityId" in reply.headers:
                    made[f"${part.content_id}"] = relative(reply.headers["OData-EntityId"])[0]
    except ServiceError as refusal:
        return _part(error_reply(refusal), None)
    return ChangeSetResponse(tuple(responses))


def _operation(part: PartRequest) -> Operation:
    path, query = relative(part.url)
    return Operation(part.method, path, query, part.headers, part.body)


def _part(reply: Reply, content_id: str | None) -> PartResponse:
    return PartResponse(reply.status, reply.headers, reply.body, content_id)


def _reply(session: Session, answers: list[Answer], status: int) -> Reply:
    identity = session.database.ids()
    boundary = f"batchresponse_{identity}"
    body = write_multipart_batch(answers, boundary, f"changesetresponse_{identity}")
    headers = {"Content-Type": f"multipart/mixed; boundary={boundary}", "OData-Version": "4.0"}
    return Reply(status, headers, body)
