"""JSON `$batch`: up to a hundred requests, one after the other, each a transaction of its own.

A refused request does not keep the next ones from being carried out. With `Isolation: snapshot` the whole batch is
one transaction: it ends at the first refusal and nothing of it stays.
"""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from crosstie_sandbox.businesscentral.addresses import ROOT
from crosstie_sandbox.businesscentral.calls import Answer, Call
from crosstie_sandbox.businesscentral.errors import bad_request
from crosstie_sandbox.businesscentral.service import Service
from crosstie_sandbox.odata.answer import JSON_TYPE
from crosstie_sandbox.odata.batch_json import JsonRequest, JsonResponse, parse_json_batch, write_json_batch

LARGEST_BATCH = 100
_FAILED = 400


class _RolledBackError(Exception):
    """A request of a snapshot batch was refused."""

    def __init__(self, index: int, answer: Answer) -> None:
        super().__init__(index)
        self.index = index
        self.answer = answer


def answer_batch(service: Service, call: Call, body: bytes) -> bytes:
    """The answers to the requests in a body, in their order."""
    requests = parse_json_batch(body)
    if len(requests) > LARGEST_BATCH:
        raise bad_request(f"The batch holds {len(requests)} operations, but at most {LARGEST_BATCH} are allowed.")
    if call.headers.get("isolation", "").lower() == "snapshot":
        answers = _all_or_nothing(service, call, requests)
    else:
        answers = [service.answer(_inner_call(call, request)) for request in requests]
    return write_json_batch(_response(request, answer) for request, answer in zip(requests, answers, strict=True))


def _all_or_nothing(service: Service, call: Call, requests: list[JsonRequest]) -> list[Answer]:
    try:
        with service.database.transaction():
            return list(_until_refused(service, call, requests))
    except _RolledBackError as stop:
        undone = bad_request(f"Nothing of the batch was kept because its request {stop.index + 1} was refused.")
        other = Answer(undone.status, undone.body(service.database.ids()))
        return [stop.answer if index == stop.index else other for index in range(len(requests))]


def _until_refused(service: Service, call: Call, requests: list[JsonRequest]) -> Iterator[Answer]:
    for index, request in enumerate(requests):
        answer = service.answer(_inner_call(call, request))
        if answer.status >= _FAILED:
            raise _RolledBackError(index, answer)
        yield answer


def _inner_call(outer: Call, request: JsonRequest) -> Call:
    address = urlsplit(request.url)
    path, query = unquote(address.path), address.query
    absolute = ROOT.fullmatch(path)
    inner = (absolute[2] or "") if absolute else path.lstrip("/")
    if "company=" in outer.query and "company=" not in query:
        query = "&".join(filter(None, [query, outer.query]))
    headers = {"prefer": outer.headers.get("prefer", ""), **request.headers}
    if "company" not in headers and "company" in outer.headers:
        headers["company"] = outer.headers["company"]
    return replace(outer, method=request.method, path=inner, query=query, headers=headers, body=request.body)


def _response(request: JsonRequest, answer: Answer) -> JsonResponse:
    headers = {"content-type": JSON_TYPE, "odata-version": "4.0"}
    headers |= {name.lower(): value for name, value in answer.headers.items()}
    return JsonResponse(request.id, answer.status, headers, answer.body if answer.text is None else answer.text)
