"""What a client asks for in its Prefer header."""

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from crosstie_sandbox.dataverse.annotations import NAMES
from crosstie_sandbox.dataverse.errors import bad_request

LARGEST_PAGE = 5000
_PREFERENCE = re.compile(r"\s*([A-Za-z.\-]+)\s*(?:=\s*(?:\"([^\"]*)\"|([^,;\s]*)))?\s*(?:[,;]|$)")


@dataclass(frozen=True, slots=True)
class Preferences:
    """The preferences this service knows; others are ignored, as they should be."""

    page_size: int | None = None
    representation: bool = False
    annotations: frozenset[str] = frozenset()
    annotations_asked: str = ""
    track_changes: bool = False
    continue_on_error: bool = False

    @property
    def applied(self) -> dict[str, str]:
        """The header that says which were honoured."""
        parts = [
            *([f"odata.maxpagesize={self.page_size}"] if self.page_size else []),
            *(["odata.track-changes"] if self.track_changes else []),
            *([f'odata.include-annotations="{self.annotations_asked}"'] if self.annotations_asked else []),
        ]
        return {"Preference-Applied": ", ".join(parts)} if parts else {}


@lru_cache(maxsize=256)
def preferences(header: str) -> Preferences:
    """Read a Prefer header."""
    given = {found[1].lower(): found[2] or found[3] or "" for found in _PREFERENCE.finditer(header)}
    return Preferences(
        page_size=_page_size(given.get("odata.maxpagesize")),
        representation=given.get("return") == "representation",
        annotations=_matching(given.get("odata.include-annotations", "")),
        annotations_asked=given.get("odata.include-annotations", ""),
        track_changes="odata.track-changes" in given,
        continue_on_error="odata.continue-on-error" in given,
    )


def _matching(patterns: str) -> frozenset[str]:
    """The annotations that a comma-separated list of names or patterns such as `*` asks for."""
    wanted = [pattern.strip() for pattern in patterns.split(",")]
    return frozenset(name for name in NAMES if any(fnmatchcase(name, pattern) for pattern in wanted))


def _page_size(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0):
        raise bad_request(
            f"Invalid value '{text}' for the preference odata.maxpagesize: it must be a positive integer."
        )
    return min(int(text[:9]), LARGEST_PAGE)
