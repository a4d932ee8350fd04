"""Addresses within the API: `companies(id)/customers(id)/part`, `customers?company=name`, `customers/$count`."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_plus

from crosstie_sandbox.businesscentral.errors import bad_request, no_set

_SEGMENT = re.compile(r"([A-Za-z$][\w.$]*)(?:\(([^()]*)\))?")
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DEEPEST = 3
WEB_SERVICES = "ODataV4"
ROOT = re.compile(rf"((?:/v2\.0(?:/[^/]+){{1,2}}|/[^/]+)?/(?:api/v2\.0|{WEB_SERVICES}))(?:/(.*))?", re.DOTALL)
"""Where APIs live: online after tenant and environment, on premises after the name of the instance, if any."""


@dataclass(frozen=True, slots=True)
class Target:
    """What an address points to."""

    company: str | None
    entity_set: str
    key: str | None
    part: str | None
    counted: bool


def find_target(path: str) -> Target:
    """Take an address apart."""
    segments = [_segment(text) for text in path.strip("/").split("/") if text]
    company = None
    if len(segments) > 1 and segments[0][0] == "companies" and segments[0][1] is not None:
        company = segments.pop(0)[1]
    counted = bool(segments) and segments[-1] == ("$count", None)
    if counted:
        segments.pop()
    if len(segments) >= _DEEPEST or any(key is not None for _, key in segments[1:]):
        raise no_set(segments[-1][0])
    name, key = segments[0] if segments else ("", None)
    part = segments[1][0] if len(segments) > 1 else None
    if part is not None and key is None:
        raise no_set(part)
    return Target(company, name, None if key is None else _guid(key), part, counted)


def query_company(query: str) -> str | None:
    """The company that the query part names."""
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name == "company":
            return unquote_plus(value)
    return None


def _segment(text: str) -> tuple[str, str | None]:
    match = _SEGMENT.fullmatch(text)
    if match is None:
        raise no_set(text)
    return match[1], match[2]


def _guid(text: str) -> str:
    value = text.partition("=")[2] if text.startswith("id=") else text
    if _GUID.fullmatch(value) is None:
        raise bad_request(f"The key '{text}' is not a Guid.")
    return value.lower()
