"""A request and its answer, as the session sees them; JSON with exact decimals."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import urlsplit

import simplejson

from crosstie.odata.errors import NotUnderstoodError

JsonObject: TypeAlias = dict[str, object]

_NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request."""

    method: str
    url: str
    purpose: str
    """Which of our verbs it serves; requests are counted by it."""
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    is_write: bool = False
    """It changes something, so it must not be sent twice when nobody knows whether it arrived."""
    is_patient: bool = True
    """Failures that may pass are waited for; a connection test does not wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer, or one answer of a batch."""

    host: str
    status: int
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)
    content: bytes = b""
    body: JsonObject | None = None
    """The body as JSON, where it came inside other JSON."""

    def json(self) -> JsonObject:
        """The body, an object; numbers with a decimal point are exact."""
        if self.body is not None:
            return self.body
        data = parse_json(self.host, self.content)
        if not isinstance(data, dict):
            raise NotUnderstoodError(self.host, "the JSON in the answer is not an object")
        return data

    def error(self) -> tuple[str, str]:
        """Code and words of the vendor's error body; blank where the body is none."""
        try:
            error = self.json().get("error")
        except NotUnderstoodError:
            return "", ""
        if not isinstance(error, dict):
            return "", ""
        return str(error.get("code") or ""), str(error.get("message") or "")


def host_of(url: str) -> str:
    """Host and port of ``url``, without user or password.

    >>> host_of("https://me:secret@crm.example:8443/api")
    'crm.example:8443'
    """
    return urlsplit(url).netloc.rpartition("@")[2]


def parse_json(host: str, content: bytes) -> object:
    """Parse JSON, with exact decimals."""
    try:
        data: object = simplejson.loads(content, use_decimal=True)
    except ValueError as error:
        raise NotUnderstoodError(host, f"no JSON where JSON was asked for ({len(content)} bytes)") from error
    return data


def dump_json(data: object) -> bytes:
    """Write JSON, with exact decimals, on one line."""
    text: str = simplejson.dumps(data, use_decimal=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode()
