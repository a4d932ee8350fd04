"""Addresses within the API: `companies(id)/customers(id)/part`, `customers?company=name`, `customers/$count`.

What the steps of an address mean is decided in `places.py`.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote_plus

from crosstie_sandbox.businesscentral.errors import bad_request, no_set

_SEGMENT = re.compile(r"([A-Za-z$][\w.$]*)(?:\(([^()]*)\))?")
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_QUOTED = re.compile(r"(?:\w+=)?'((?:[^']|'')*)'")
_MOST_STEPS = 6
WEB_SERVICES = "ODataV4"
ROOT = re.compile(rf"((?:/v2\.0(?:/[^/]+){{1,2}}|/[^/]+)?/(?:api/v2\.0|{WEB_SERVICES}))(?:/(.*))?", re.DOTALL)
"""Where APIs live: online after tenant and environment, on premises after the name of the instance, if any."""


@dataclass(frozen=True, slots=True)
class Step:
    """One segment of an address: a name, and the key in the parentheses behind it."""

    name: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """What an address points to."""

    company: str | None
    steps: tuple[Step, ...]
    counted: bool = False
    raw: bool = False
    """Whether `$value` stands at the end."""

    @property
    def entity_set(self) -> str:
        """The set that the address begins with; nothing for the root."""
        return self.steps[0].name if self.steps else ""


def find_target(path: str) -> Target:
    """Take an address apart."""
    steps = [_step(text) for text in path.strip("/").split("/") if text]
    company = None
    if len(steps) > 1 and steps[0].name == "companies" and steps[0].key is not None and not _is_plain(steps[1]):
        company = guid(steps.pop(0))
    counted = bool(steps) and steps[-1] == Step("$count")
    raw = bool(steps) and steps[-1] == Step("$value")
    if counted or raw:
        steps.pop()
    if not steps and (counted or raw):
        raise no_set("$count" if counted else "$value")
    if len(steps) > _MOST_STEPS:
        raise no_set(steps[-1].name)
    return Target(company, tuple(steps), counted, raw)


def _is_plain(step: Step) -> bool:
    """Whether a segment after a company can only belong to the company's own row."""
    return step.name in {"$value", "name", "displayName"} and step.key is None


def query_company(query: str) -> str | None:
    """The company that the query part names."""
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name == "company":
            return unquote_plus(value)
    return None


def _step(text: str) -> Step:
    match = _SEGMENT.fullmatch(text)
    if match is None:
        raise no_set(text)
    return Step(match[1], match[2])


def guid(step: Step) -> str:
    """The id in the parentheses of a step."""
    text = step.key or ""
    value = text.partition("=")[2] if text.startswith("id=") else text
    if _GUID.fullmatch(value) is None:
        raise bad_request(f"The key '{text}' is not a Guid.")
    return value.lower()


def quoted(step: Step) -> str:
    """The text in quotes in the parentheses of a step, with or without the name of the key before it."""
    found = _QUOTED.fullmatch(step.key or "")
    if found is None:
        raise bad_request(f"The key '{step.key}' must be a text in quotes.")
    return found[1].replace("''", "'")
