"""JSON in and out: decimals stay decimals, every answer says which OData it speaks."""

from collections.abc import Mapping
from types import MappingProxyType

import simplejson
from starlette.responses import Response

from crosstie_sandbox.odata.errors import ODataSyntaxError

JSON_TYPE = "application/json; odata.metadata=minimal"
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def dumps(value: object) -> bytes:
    """A value as UTF-8 JSON, decimals with every digit they have."""
    text: str = simplejson.dumps(value, use_decimal=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def loads(body: bytes) -> object:
    """The value in a JSON body, fractions as Decimal; raises ODataSyntaxError for what is not JSON."""
    try:
        value: object = simplejson.loads(body.decode("utf-8-sig"), use_decimal=True, allow_nan=False)
        if b"\\u" in body:
            simplejson.dumps(value, use_decimal=True, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise ODataSyntaxError("The body escapes half of a surrogate pair, which is no character.") from None
    except UnicodeDecodeError as reason:
        raise ODataSyntaxError(f"The body is not UTF-8: {reason.reason} at byte {reason.start}.") from None
    except simplejson.JSONDecodeError as reason:
        raise ODataSyntaxError(f"The body is not JSON: {reason.msg} at position {reason.pos}.", reason.pos) from None
    except (ValueError, RecursionError):
        raise ODataSyntaxError("The body is not JSON that can be read.") from None
    return value


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] = _NO_HEADERS) -> Response:
    """A JSON response."""
    return answer(dumps(value), status, {"content-type": JSON_TYPE, **headers})


def answer(content: bytes = b"", status: int = 204, headers: Mapping[str, str] = _NO_HEADERS) -> Response:
    """A response with content made elsewhere, or without any."""
    return Response(content, status, headers={"OData-Version": "4.0", **headers})


def context_url(root: str, path: str) -> str:
    """The address of a description of what an answer holds; `root` ends with a slash."""
    return f"{root}$metadata#{path}"
