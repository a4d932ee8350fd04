"""The multipart codec, held against the standard library's own parser."""

import re
from email.parser import BytesParser
from email.policy import HTTP

import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st

from crosstie.odata import batch_multipart
from crosstie.odata.batch import Operation
from crosstie.odata.errors import NotUnderstoodError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
BODIES = st.dictionaries(TEXTS, TEXTS | st.none() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False))
OPERATIONS = st.builds(
    Operation,
    method=st.sampled_from(["POST", "PATCH"]),
    url=st.from_regex(r"/api/accounts\([a-z0-9]{1,9}\)", fullmatch=True),
    headers=st.just({"If-Match": 'W/"7"'}),
    body=BODIES,
)


@given(st.lists(OPERATIONS, min_size=1, max_size=5))
def test_another_parser_reads_what_was_encoded(operations: list[Operation]) -> None:
    """Method, URL, headers and body of each operation arrive as they were."""
    content = batch_multipart.encode(operations)
    head = f"Content-Type: {batch_multipart.CONTENT_TYPE}\r\n\r\n".encode()
    parts = BytesParser(policy=HTTP).parsebytes(head + content).get_payload()
    assert len(parts) == len(operations)
    for part, operation in zip(parts, operations, strict=True):
        assert part.get_content_type() == "application/http"
        lines, _, body = part.get_payload(decode=True).partition(b"\r\n\r\n")
        first, *headers = lines.decode().split("\r\n")
        assert first == f"{operation.method} {operation.url} HTTP/1.1"
        assert 'If-Match: W/"7"' in headers
        assert simplejson.loads(body, use_decimal=True) == operation.body


def answer(bodies: list[bytes], newline: str, boundary: str) -> bytes:
    """A server's answer to a batch."""
    parts = [
        newline.join(
            [
                f"--{boundary}",
                "Content-Type: application/http",
                "Content-Transfer-Encoding: binary",
                "",
                f"HTTP/1.1 {200 + index} OK",
                f"OData-Entity: {index}",
                "",
                "",
            ]
        ).encode()
        + body
        + newline.encode()
        for index, body in enumerate(bodies)
    ]
    return b"".join(parts) + f"--{boundary}--{newline}".encode()


@given(
    st.lists(TEXTS.map(lambda text: simplejson.dumps({"name": text}).encode()), max_size=5),
    st.sampled_from(["\r\n", "\n"]),
    st.booleans(),
)
def test_answers_are_read_in_order(bodies: list[bytes], newline: str, is_quoted: bool) -> None:
    """Every answer keeps its status, headers and body, with either line end, the boundary quoted or not."""
    boundary = "batchresponse_1"
    content_type = f'multipart/mixed; boundary="{boundary}"' if is_quoted else f"multipart/mixed; boundary={boundary}"
    answers = batch_multipart.decode("crm.example", content_type, answer(bodies, newline, boundary))
    assert [found.status for found in answers] == [200 + index for index in range(len(bodies))]
    assert [found.headers["Odata-Entity"] for found in answers] == [str(index) for index in range(len(bodies))]
    assert [found.content for found in answers] == bodies


def test_answers_of_a_change_set_are_found_inside() -> None:
    """A nested multipart is opened, and its answers stand in its place."""
    inner = answer([b'{"a":1}', b'{"a":2}'], "\r\n", "changesetresponse_2")
    content = (
        b"--b\r\nContent-Type: multipart/mixed; boundary=changesetresponse_2\r\n\r\n"
        + inner
        + b"--b\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\n{}\r\n--b--"
    )
    answers = batch_multipart.decode("crm.example", "multipart/mixed; boundary=b", content)
    assert [(found.status, found.content) for found in answers] == [(200, b'{"a":1}'), (201, b'{"a":2}'), (404, b"{}")]


@pytest.mark.parametrize("cut", [10, 40, -3])
def test_an_answer_that_ends_early_is_not_understood(cut: int) -> None:
    """Half an answer is no answer: nobody knows what the missing half said."""
    content = answer([b"{}", b"{}"], "\r\n", "b").rstrip()[:cut]
    with pytest.raises(NotUnderstoodError, match=re.escape("ends too early")):
        batch_multipart.decode("crm.example", "multipart/mixed; boundary=b", content)


def test_a_header_cannot_smuggle_a_line() -> None:
    """A line break in a URL or header is refused, so no value can add a header or an operation."""
    with pytest.raises(ValueError, match="one line"):
        batch_multipart.encode([Operation(method="GET", url="/a\r\nX: 1")])
