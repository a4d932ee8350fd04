"""The JSON form of `$batch`: `{"requests": [...]}` to `{"responses": [...]}`; ids may be missing or null."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crosstie_sandbox.odata.answer import dumps, loads
from crosstie_sandbox.odata.errors import ODataSyntaxError


@dataclass(frozen=True, slots=True)
class JsonRequest:
    """One request inside a batch; header names are lower-case, `body` is parsed JSON or None."""

    id: str | None
    method: str
    url: str
    headers: Mapping[str, str]
    body: object


@dataclass(frozen=True, slots=True)
class JsonResponse:
    """One answer inside a batch."""

    id: str | None
    status: int
    headers: Mapping[str, str]
    body: object = None


def parse_json_batch(body: bytes) -> list[JsonRequest]:
    """The requests of a batch in the order they are to be executed."""
    match loads(body):
        case {"requests": list(requests)}:
            return [_request(item, index) for index, item in enumerate(requests)]
        case _:
            raise ODataSyntaxError("The body of a batch must be an object with an array named 'requests'.")


def _request(item: object, index: int) -> JsonRequest:
    if not isinstance(item, dict):
        raise ODataSyntaxError(f"Request {index} of the batch is not an object.")
    identity, method, url, headers = (item.get(name) for name in ("id", "method", "url", "headers"))
    if not (isinstance(method, str) and isinstance(url, str)):
        raise ODataSyntaxError(f"Request {index} of the batch needs a 'method' and a 'url'.")
    headers = {} if headers is None else headers
    if not (isinstance(headers, dict) and all(isinstance(value, str) for value in headers.values())):
        raise ODataSyntaxError(f"The headers of request {index} of the batch must be an object of texts.")
    return JsonRequest(
        id=None if identity is None else str(identity),
        method=method.upper(),
        url=url,
        headers={name.lower(): value for name, value in headers.items()},
        body=item.get("body"),
    )


def write_json_batch(responses: Iterable[JsonResponse]) -> bytes:
    """The answers of a batch as one JSON body."""
    return dumps({"responses": [_response(response) for response in responses]})


def _response(response: JsonResponse) -> dict[str, object]:
    written: dict[str, object] = {
        "id": response.id,
        "status": response.status,
        "headers": dict(response.headers),
    }
    if response.body is not None:
        written["body"] = response.body
    return written
