"""The JSON batch codec."""

from decimal import Decimal

import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st

from crosstie.odata import batch_json
from crosstie.odata.batch import Operation
from crosstie.odata.errors import NotUnderstoodError


def test_requests_carry_exact_decimals() -> None:
    """A decimal is sent digit by digit, and a body says its content type."""
    content = batch_json.encode(
        [Operation(method="PATCH", url="x(1)", headers={"If-Match": "*"}, body={"a": Decimal("0.10")})]
    )
    assert content == (
        b'{"requests":[{"method":"PATCH","id":"0","url":"x(1)",'
        b'"headers":{"Content-Type":"application/json","If-Match":"*"},"body":{"a":0.10}}]}'
    )


@given(st.permutations(range(5)))
def test_answers_are_found_by_id(order: list[int]) -> None:
    """Answers stand in the order of their requests, whatever order they came in."""
    responses = [{"id": str(index), "status": 200 + index, "body": {"n": index}} for index in order]
    answers = batch_json.decode("erp.example", simplejson.dumps({"responses": responses}).encode(), 5)
    assert [(found.status, found.json()) for found in answers if found] == [(200 + n, {"n": n}) for n in range(5)]


def test_a_request_without_answer_is_told() -> None:
    """A request that the server left out has no answer, and nobody else's."""
    content = b'{"responses":[{"id":"1","status":201,"body":{}}]}'
    assert [found and found.status for found in batch_json.decode("erp.example", content, 3)] == [None, 201, None]


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]", b'{"responses":[{"id":"9","status":200}]}', b'{"responses":[{"status":200}]}']
)
def test_anything_else_is_not_understood(content: bytes) -> None:
    """What is no answer to our batch is refused, not guessed at."""
    with pytest.raises(NotUnderstoodError):
        batch_json.decode("erp.example", content, 2)
