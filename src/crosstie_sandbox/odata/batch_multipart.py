"""The multipart form of `$batch`, read liberally: CRLF or LF, a leading line break, any boundary."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from crosstie_sandbox.odata.errors import ODataSyntaxError

_REQUEST_LINE = re.compile(r"([A-Za-z]+) (\S.*?)(?: HTTP/\d\.\d)?\s*")
_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]+)\"|([^\s;\"]+))", re.IGNORECASE)
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_LONGEST_BOUNDARY = 200


@dataclass(frozen=True, slots=True)
class PartRequest:
    """One request inside a batch; header names are lower-case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Requests that succeed or fail together."""

    requests: tuple[PartRequest, ...]


@dataclass(frozen=True, slots=True)
class PartResponse:
    """One answer inside a batch."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_id: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeSetResponse:
    """The answers of a change set that succeeded."""

    responses: tuple[PartResponse, ...]


def parse_multipart_batch(content_type: str, body: bytes) -> list[PartRequest | ChangeSet]:
    """The requests of a batch in the order they are to be executed."""
    return [_part(head, content) for head, content in _parts(content_type, body)]


def _part(head: dict[str, str], content: bytes) -> PartRequest | ChangeSet:
    content_type = head.get("content-type", "application/http")
    if not content_type.lower().startswith("multipart/mixed"):
        return _request(head, content)
    requests: list[PartRequest] = []
    for inner_head, inner_content in _parts(content_type, content):
        if inner_head.get("content-type", "").lower().startswith("multipart/"):
            raise ODataSyntaxError("A change set cannot hold another change set.")
        requests.append(_request(inner_head, inner_content))
    return ChangeSet(tuple(requests))


def _parts(content_type: str, body: bytes) -> Iterable[tuple[dict[str, str], bytes]]:
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/mixed") or found is None:
        raise ODataSyntaxError("The Content-Type of a batch must be multipart/mixed with a boundary.")
    boundary = found[1] or found[2]
    if len(boundary) > _LONGEST_BOUNDARY:
        raise ODataSyntaxError("The boundary of the batch is too long.")
    delimiter = re.compile(
        rb"(?:\A|\r?\n)--" + re.escape(boundary.encode("latin-1", "replace")) + rb"(--)?[ \t]*(?=\r?\n|\Z)"
    )
    marks = list(delimiter.finditer(body))
    if not marks:
        raise ODataSyntaxError(f"The boundary '{boundary}' does not occur in the body of the batch.")
    for begin, end in zip(marks, [*marks[1:], None], strict=True):
        if begin[1]:
            return
        if end is None:
            raise ODataSyntaxError(f"The body of the batch ends without '--{boundary}--'.")
        yield _head_and_rest(body[begin.end() : end.start()])


def _head_and_rest(text: bytes) -> tuple[dict[str, str], bytes]:
    """Header lines and what follows the first empty line; a part may do without headers."""
    text = _without_first_break(text)
    if text.startswith((b"\r\n", b"\n")):
        return {}, _without_first_break(text)
    end = _END_OF_HEAD.search(text)
    head, rest = (text, b"") if end is None else (text[: end.start()], text[end.end() :])
    return _headers(head.decode("utf-8", "replace").splitlines()), rest


def _without_first_break(text: bytes) -> bytes:
    return text[2:] if text.startswith(b"\r\n") else text[1:] if text.startswith(b"\n") else text


def _headers(lines: Iterable[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise ODataSyntaxError(f"'{line[:100]}' is not a header of a part of the batch.")
        headers[name.strip().lower()] = value.strip()
    return headers


def _request(head: Mapping[str, str], content: bytes) -> PartRequest:
    content = content.lstrip(b"\r\n")
    line, _, rest = content.partition(b"\n")
    text = line.rstrip(b"\r").decode("utf-8", "replace")
    found = _REQUEST_LINE.fullmatch(text)
    if found is None:
        raise ODataSyntaxError(f"'{text[:100]}' is not a request line of a part of the batch.")
    headers, body = ({}, b"") if not rest.strip() else _head_and_rest(b"\n" + rest)
    return PartRequest(found[1].upper(), found[2], headers, body, head.get("content-id") or headers.get("content-id"))


def write_multipart_batch(
    answers: Iterable[PartResponse | ChangeSetResponse], boundary: str, change_set_boundary: str
) -> bytes:
    """The answers of a batch; the boundaries must not occur in any of them (a fresh Guid does not)."""
    pieces: list[bytes] = []
    for number, one in enumerate(answers):
        pieces.append(f"--{boundary}\r\n".encode())
        if isinstance(one, PartResponse):
            _write(one, pieces)
            continue
        inner = f"{change_set_boundary}_{number}"
        pieces.append(f"Content-Type: multipart/mixed; boundary={inner}\r\n\r\n".encode())
        for response in one.responses:
            pieces.append(f"--{inner}\r\n".encode())
            _write(response, pieces)
        pieces.append(f"--{inner}--\r\n".encode())
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces)


def _write(response: PartResponse, pieces: list[bytes]) -> None:
    head = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    if response.content_id is not None:
        head.append(f"Content-ID: {response.content_id}")
    head += ["", f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    head += [f"{name}: {value}" for name, value in response.headers.items()]
    pieces += ["\r\n".join([*head, "", ""]).encode(), response.body, b"\r\n"]
