"""A request and its answer, apart from any HTTP server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `root` is the address of the API without a slash at its end, `path` what follows it."""

    method: str
    root: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)
    body: object = None
    user: str = ""
    """Who is calling."""
    permission_set: str = ""
    """What the caller may do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a JSON value or a text."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)
    text: str | None = None
