"""Errors, sorted by what must happen next.

CrosstieError
├── SetupError            a person must act; the job stops
│   ├── UsageError        what was asked for cannot be done as asked
│   └── MassChangeError   so much is gone or blanked that a person should look first
├── TransientError        the same call again, later
├── OutcomeUnknownError   look before doing anything else
├── StaleRecordError      read and decide again
├── RecordError           this record fails, the job goes on
│   └── AlreadyExistsError  the key of a create is taken
└── LockLostError         another worker took over; stop without a trace

Each class has a stable ``code``, its data as fields, and a ``next_step`` that a person can follow.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(eq=False)
class CrosstieError(Exception):
    """Something went wrong that the product knows how to speak about."""

    code: ClassVar[str] = "error"

    message: str
    next_step: str = ""
    detail: str = ""
    """The vendor's own code and words, where there are any."""

    def __str__(self) -> str:
        """Message and next step as two sentences."""
        return f"{self.message} {self.next_step}".strip()


class SetupError(CrosstieError):
    """Configuration, credentials or rights are wrong: a person must act."""

    code = "setup"


class UsageError(SetupError):
    """The request itself cannot be met."""

    code = "usage"


class MassChangeError(SetupError):
    """So much is gone or blanked at once that a person should look first; nothing of it was carried over."""

    code = "mass_change"


@dataclass(eq=False)
class TransientError(CrosstieError):
    """The system is busy or away: the same call may succeed later."""

    code: ClassVar[str] = "transient"

    retry_after_s: float | None = None


class OutcomeUnknownError(CrosstieError):
    """A write was sent and its answer was lost: it may or may not have been applied."""

    code = "outcome_unknown"


class StaleRecordError(CrosstieError):
    """The record changed since it was read: read and decide again."""

    code = "stale_record"


class RecordError(CrosstieError):
    """The system refuses this record; others are not affected."""

    code = "record_refused"


class AlreadyExistsError(RecordError):
    """The key of a create is taken: ours if an open intent names it."""

    code = "already_exists"


class LockLostError(CrosstieError):
    """Another worker took this mapping over; nothing more may be written."""

    code = "lock_lost"
