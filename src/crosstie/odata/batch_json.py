"""``$batch`` as JSON, the form Business Central documents: requests with ids, answers found by them."""

from collections.abc import Sequence

from crosstie.odata.batch import Operation
from crosstie.odata.errors import NotUnderstoodError
from crosstie.odata.message import Answer, JsonObject, dump_json, parse_json

CONTENT_TYPE = "application/json"


def encode(operations: Sequence[Operation]) -> bytes:
    """The body of a batch request; an operation's id is its position."""
    return dump_json({"requests": [_request(index, operation) for index, operation in enumerate(operations)]})


def _request(index: int, operation: Operation) -> JsonObject:
    request: JsonObject = {
        "method": operation.method,
        "id": str(index),
        "url": operation.url,
        "headers": dict(operation.headers),
    }
    if operation.body is not None:
        request["headers"] = {"Content-Type": "application/json", **operation.headers}
        request["body"] = dict(operation.body)
    return request


def decode(host: str, content: bytes, number: int) -> list[Answer | None]:
    """The answer to each of ``number`` operations, in their order; ``None`` for one that was not answered."""
    data = parse_json(host, content)
    responses = data.get("responses") if isinstance(data, dict) else None
    if not isinstance(responses, list):
        raise NotUnderstoodError(host, "an answer to a batch without responses")
    answers: list[Answer | None] = [None] * number
    for response in responses:
        index, answer = _read(host, response)
        if not 0 <= index < number:
            raise NotUnderstoodError(host, "an answer in a batch that no request asked for")
        answers[index] = answer
    return answers


def _read(host: str, response: object) -> tuple[int, Answer]:
    if not isinstance(response, dict):
        raise NotUnderstoodError(host, "an answer in a batch that is not an object")
    try:
        index, status = int(response["id"]), int(response["status"])
    except (TypeError, KeyError, ValueError) as error:
        raise NotUnderstoodError(host, "an answer in a batch without id and status") from error
    body = response.get("body")
    return index, Answer(host=host, status=status, body=body if isinstance(body, dict) else {})
