"""Query options, JSON and the two batch formats."""

import contextlib
import string
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstie_sandbox.odata.answer import context_url, dumps, json_answer, loads
from crosstie_sandbox.odata.batch_json import JsonRequest, JsonResponse, parse_json_batch, write_json_batch
from crosstie_sandbox.odata.batch_multipart import (
    ChangeSet,
    ChangeSetResponse,
    PartRequest,
    PartResponse,
    parse_multipart_batch,
    write_multipart_batch,
)
from crosstie_sandbox.odata.errors import ODataSyntaxError
from crosstie_sandbox.odata.query import EVERYTHING, Order, parse_query


def test_options_are_read() -> None:
    """Blanks as plus or %20, an encoded dollar sign, nested options, and what is left over by name."""
    options = parse_query(
        "%24select=a,b&$orderby=name+desc,p/x&$top=3&$count=true&tag=7"
        "&$expand=p($select=f;$filter=a%20eq%20'x;,)';$expand=q),r&$skiptoken=%3Cc%3E"
    )
    assert options.select == ("a", "b")
    assert options.orderby == (Order(("name",), descending=True), Order(("p", "x"), descending=False))
    assert (options.top, options.count, options.skip, options.skiptoken) == (3, True, None, "<c>")
    assert dict(options.other) == {"tag": "7"}
    first, second = options.expand
    assert (first.name, first.options.select, second.name, second.options) == ("p", ("f",), "r", EVERYTHING)
    assert [nested.name for nested in first.options.expand] == ["q"]


@pytest.mark.parametrize(
    "query",
    ["$top=x", "$top=-1", "$top=99999999999", "$skip=1.5", "$count=yes", "$select=a,,b", "$orderby=a sideways",
     "$expand=", "$expand=p($select=a",
     "$expand=p)", "$filter=a eq", "$top=1&$top=1", "$expand=" + "p($expand=" * 200 + "q" + ")" * 200],
)  # fmt: skip
def test_bad_options_are_refused(query) -> None:
    """An option that cannot be read is an error, whatever is wrong with it."""
    with pytest.raises(ODataSyntaxError):
        parse_query(query)


@given(st.text(alphabet=string.printable, max_size=80))
def test_any_query_is_read_or_refused(text) -> None:
    """No query fails in another way than by being refused."""
    with contextlib.suppress(ODataSyntaxError):
        parse_query(text)


def test_decimals_keep_their_digits() -> None:
    """A number with a point is a Decimal in and out."""
    value = loads(b'{"a":0.10,"b":[12345678901234567890.12],"c":"\\u00f6"}')
    assert value == {"a": Decimal("0.10"), "b": [Decimal("12345678901234567890.12")], "c": "ö"}
    assert dumps(value) == '{"a":0.10,"b":[12345678901234567890.12],"c":"ö"}'.encode()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'"\\ud800"', b"[" * 200_000, b"NaN"])
def test_what_is_no_json_is_refused(body) -> None:
    """Broken JSON, broken UTF-8, half characters and bottomless nesting are refused alike."""
    with pytest.raises(ODataSyntaxError):
        loads(body)


def test_answers_say_their_version() -> None:
    """Every answer carries OData-Version and its content type."""
    answer = json_answer({"a": 1}, 201, {"Location": "x"})
    assert (answer.status_code, answer.body) == (201, b'{"a":1}')
    assert answer.headers["OData-Version"] == "4.0"
    assert answer.headers["Content-Type"] == "application/json; odata.metadata=minimal"
    assert context_url("http://h/v9.2/", "accounts/$entity") == "http://h/v9.2/$metadata#accounts/$entity"


def test_json_batches() -> None:
    """Ids may be null or missing, header names are lower-cased, answers keep the order."""
    first = b'{"id":"1","method":"post","url":"a","headers":{"If-Match":"*"},"body":{"n":1.5}}'
    body = b'{"requests":[' + first + b',{"method":"GET","url":"b"}]}'
    assert parse_json_batch(body) == [
        JsonRequest("1", "POST", "a", {"if-match": "*"}, {"n": Decimal("1.5")}),
        JsonRequest(None, "GET", "b", {}, None),
    ]
    written = write_json_batch(
        [JsonResponse("1", 201, {"a": "b"}, {"n": Decimal("1.50")}), JsonResponse(None, 204, {})]
    )
    assert loads(written) == {
        "responses": [
            {"id": "1", "status": 201, "headers": {"a": "b"}, "body": {"n": Decimal("1.50")}},
            {"id": None, "status": 204, "headers": {}},
        ]
    }
    for bad in (
        b"[]",
        b'{"requests":1}',
        b'{"requests":[1]}',
        b'{"requests":[{"method":"GET"}]}',
        b'{"requests":[{"method":"GET","url":"a","headers":{"a":1}}]}',
    ):
        with pytest.raises(ODataSyntaxError):
            parse_json_batch(bad)


bodies = st.binary(max_size=40).filter(
    lambda body: b"--" not in body and not body.endswith((b"\r", b"\n")) and not body.startswith((b"\r", b"\n"))
)


@given(st.lists(bodies, min_size=1, max_size=4), st.sampled_from([b"\r\n", b"\n"]), st.booleans(), st.booleans())
def test_multipart_bodies_survive(contents, end, leading, quoted) -> None:
    """Whatever the line breaks and however the boundary is written, bodies arrive byte for byte."""
    parts = [
        end.join([b"--x y", b"Content-Type: application/http", b"", b"POST /a b?c HTTP/1.1", b"If-Match: *", b"", one])
        for one in contents
    ]
    body = (end if leading else b"") + end.join([*parts, b"--x y--", b""])
    if not quoted:
        body = body.replace(b"x y", b"xy")
    found = parse_multipart_batch('multipart/mixed; boundary="x y"' if quoted else "multipart/mixed;boundary=xy", body)
    assert found == [
        PartRequest("POST", "/a b?c", {"if-match": "*"}, one if one.strip() else found[i].body)
        for i, one in enumerate(contents)
    ]


def test_change_sets_are_read_and_written() -> None:
    """A nested multipart is a change set with its Content-IDs, and its answers nest the same way."""
    inner = b"--c\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\nPOST a HTTP/1.1\r\n\r\n{}\r\n--c--\r\n"
    body = b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n" + inner + b"--b--"
    assert parse_multipart_batch("multipart/mixed; boundary=b", body) == [
        ChangeSet((PartRequest("POST", "a", {}, b"{}", "1"),))
    ]
    written = write_multipart_batch(
        [ChangeSetResponse((PartResponse(204, {"A": "b"}, b"", "1"),)), PartResponse(404, {}, b"{}")], "r", "s"
    ).decode()
    assert written.count("--s_0\r\n") == 1
    assert "Content-ID: 1\r\n\r\nHTTP/1.1 204 No Content\r\nA: b\r\n\r\n" in written
    assert "HTTP/1.1 404 Not Found\r\n\r\n{}\r\n--r--\r\n" in written


@given(st.binary(max_size=200))
def test_any_batch_is_read_or_refused(body) -> None:
    """No bytes make the codec fail in another way than by refusing."""
    for content in (body, b"--b\r\n" + body + b"\r\n--b--", b"--b\n\n" + body):
        with contextlib.suppress(ODataSyntaxError):
            parse_multipart_batch("multipart/mixed; boundary=b", content)
