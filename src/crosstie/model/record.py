"""One record of one side, as read or as a write's own answer."""

from dataclasses import dataclass, field
from datetime import datetime

from crosstie.model.value import Values
from crosstie.model.words import RecordId, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record with the version it was read at."""

    id: RecordId
    version: Version
    values: Values = field(default_factory=dict)
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LastEdit:
    """When a record was last modified and by whom, as far as its system tells."""

    version: Version
    at: datetime | None = None
    by: str | None = None
    """The name of the user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A hint that a record changed: its id, its version then, and the columns that filters need."""

    id: RecordId
    version: Version | None
    """``None``: the system says the record is gone (believed only after a read by key)."""
    values: Values = field(default_factory=dict)
    modified_at: datetime | None = None
