"""``$batch`` as ``multipart/mixed``, the only form Dataverse takes.

Bodies are JSON on one line, so no body can hold a line that looks like the boundary: it may be a constant.
Answers are read liberally: CRLF or LF, boundary quoted or not, an answer to a change set nested as its own multipart.
"""

import re
from collections.abc import Iterator, Sequence

from crosstie.odata.batch import Operation
from crosstie.odata.errors import NotUnderstoodError
from crosstie.odata.message import Answer, dump_json

BOUNDARY = "batch_crosstie"
CONTENT_TYPE = f"multipart/mixed; boundary={BOUNDARY}"

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3})")
_NESTED = re.compile(rb"^content-type:\s*(multipart/mixed.*?)\r?$", re.IGNORECASE | re.MULTILINE)


def encode(operations: Sequence[Operation]) -> bytes:
    """The body of a batch request."""
    parts: list[bytes] = []
    for operation in operations:
        head = [
            f"--{BOUNDARY}",
            "Content-Type: application/http",
            "Content-Transfer-Encoding: binary",
            "",
            f"{operation.method} {operation.url} HTTP/1.1",
            *(f"{name}: {value}" for name, value in operation.headers.items()),
        ]
        if any("\n" in line or "\r" in line for line in head):
            raise ValueError("a header or URL of a batch must be one line")
        body = b""
        if operation.body is not None:
            head.append("Content-Type: application/json")
            body = dump_json(operation.body)
        parts += ["\r\n".join(head).encode(), b"\r\n\r\n", body, b"\r\n"]
    parts.append(f"--{BOUNDARY}--\r\n".encode())
    return b"".join(parts)


def decode(host: str, content_type: str, content: bytes) -> list[Answer]:
    """The answers in a batch's answer, those of change sets among them, in order."""
    return list(_answers(host, content_type, content))


def _answers(host: str, content_type: str, content: bytes) -> Iterator[Answer]:
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise NotUnderstoodError(host, f"an answer to a batch that is not multipart ({content_type or 'no type'})")
    for part in _parts(host, found[1].strip(), content):
        head, body = _split(part)
        nested = _NESTED.search(head)
        if nested is not None:
            yield from _answers(host, nested[1].decode("latin-1"), body)
        else:
            yield _answer(host, body)


def _parts(host: str, boundary: str, content: bytes) -> Iterator[bytes]:
    pieces = (b"\n" + content).split(b"\n--" + boundary.encode())
    if len(pieces) == 1 or not pieces[-1].startswith(b"--"):
        raise NotUnderstoodError(host, "an answer to a batch that ends too early")
    for piece in pieces[1:-1]:
        yield piece.removeprefix(b"\r").removeprefix(b"\n").removesuffix(b"\r")


def _answer(host: str, part: bytes) -> Answer:
    head, body = _split(part)
    status = _STATUS.match(head)
    if status is None:
        raise NotUnderstoodError(host, "a part of a batch's answer without a status")
    headers: dict[str, str] = {}
    for line in head.decode("latin-1").splitlines()[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().title()] = value.strip()
    return Answer(host=host, status=int(status[1]), headers=headers, content=body)


def _split(part: bytes) -> tuple[bytes, bytes]:
    """Head and body, at the first blank line."""
    wide, narrow = part.find(b"\r\n\r\n"), part.find(b"\n\n")
    if wide >= 0 and (narrow < 0 or wide < narrow):
        return part[:wide], part[wide + 4 :]
    return (part[:narrow], part[narrow + 2 :]) if narrow >= 0 else (part, b"")
