"""A company before it is loaded: rows of text by entity set, for each side, and where each row came from."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Side = Literal["erp", "crm"]
Fields = Mapping[str, str]
Rows = Callable[[], Iterable[Fields]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row came from."""

    file: str
    line: int | None


def _nowhere(side: Side, entity_set: str, row_number: int) -> Place:
    return Place(f"{side}/{entity_set}", row_number)


@dataclass(frozen=True, slots=True)
class CompanyData:
    """The rows of a company; they can be gone through more than once."""

    erp: Mapping[str, Rows]
    crm: Mapping[str, Rows]
    place: Callable[[Side, str, int], Place] = field(default=_nowhere)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file."""

    file: str
    line: int | None
    column: str
    value: str
    why: str

    def __str__(self) -> str:
        parts = [self.file if self.line is None else f"{self.file} line {self.line}"]
        if self.column:
            parts.append(f"column {self.column}")
        if self.value:
            shown = self.value if len(self.value) <= _SHOWN else f"{self.value[:_SHOWN]}…"
            parts.append(f"value {shown!r}")
        return f"{', '.join(parts)}: {self.why}"


_SHOWN = 60
MOST_PROBLEMS = 10


class CompanyDataError(Exception):
    """Data that cannot be loaded; nothing was."""

    def __init__(self, problems: list[Problem]) -> None:
        shown = problems[:MOST_PROBLEMS]
        lines = [f"  {problem}" for problem in shown]
        if len(problems) > len(shown):
            lines.append(f"  … and {len(problems) - len(shown)} more")
        super().__init__("\n".join(["The company data cannot be loaded, so nothing was loaded:", *lines]))
        self.problems = tuple(problems)
