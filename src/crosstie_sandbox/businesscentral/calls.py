"""A request and its answer, apart from any HTTP server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from uuid import NAMESPACE_URL, uuid5

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

    @property
    def user_id(self) -> str:
        """The id that stands for the caller: the same for the same name."""
        return str(uuid5(NAMESPACE_URL, self.user))


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a JSON value, a text or bytes."""

    status: int
    body: object = None
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)
    text: str | None = None
    content: bytes | None = None
