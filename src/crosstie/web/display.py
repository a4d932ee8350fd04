"""How values look on a page: times, durations, ids, numbers, and an icon with a tone for every status."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crosstie.model.words import ActionKind, Direction, JobStatus, TableJobStatus

_ID_LENGTH = 8
_MINUTE, _HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class Look:
    """An icon, its tone (a class of the stylesheet), and the word that stands beside it."""

    icon: str
    tone: str
    word: str


JOB_LOOKS: Mapping[JobStatus, Look] = {
    JobStatus.READY: Look("hourglass", "waiting", JobStatus.READY),
    JobStatus.WAITING: Look("hourglass", "waiting", JobStatus.WAITING),
    JobStatus.IN_PROCESS: Look("arrow_sync", "running", JobStatus.IN_PROCESS),
    JobStatus.ON_HOLD: Look("record_stop", "waiting", JobStatus.ON_HOLD),
    JobStatus.ON_HOLD_INACTIVE: Look("record_stop", "waiting", JobStatus.ON_HOLD_INACTIVE),
    JobStatus.FINISHED: Look("ok", "good", JobStatus.FINISHED),
    JobStatus.ERROR: Look("err", "bad", JobStatus.ERROR),
}

TABLE_JOB_LOOKS: Mapping[TableJobStatus, Look] = {
    TableJobStatus.IN_PROCESS: Look("arrow_sync", "running", TableJobStatus.IN_PROCESS),
    TableJobStatus.SUCCESS: Look("ok", "good", TableJobStatus.SUCCESS),
    TableJobStatus.ERROR: Look("err", "bad", TableJobStatus.ERROR),
}
"""A blank status has no look: it is shown as a dash."""

OUTCOME_LOOKS: Mapping[ActionKind, Look] = {
    ActionKind.FAIL: Look("err", "bad", "Failed"),
    ActionKind.SKIP: Look("subtract_circle", "warn", "Skipped"),
    ActionKind.WAIT: Look("hourglass", "waiting", "Waiting"),
    ActionKind.CONFLICT: Look("branch_compare", "warn", "Conflict"),
}
"""The outcomes that need attention."""

DIRECTION_LOOKS: Mapping[Direction, Look] = {
    Direction.BIDIRECTIONAL: Look("arrow_swap", "", "Bidirectional"),
    Direction.TO_INTEGRATION_TABLE: Look("arrow_right", "", "To Integration Table"),
    Direction.FROM_INTEGRATION_TABLE: Look("arrow_left", "", "From Integration Table"),
}


def number(value: int) -> str:
    """Thousands are grouped.

    >>> number(37481)
    '37,481'
    """
    return f"{value:,}"


def short_id(id_: str) -> str:
    """The beginning of an id; the page holds the whole one as a title.

    >>> short_id("0a1b2c3d-1111-2222-3333-444455556666")
    '0a1b2c3d…'
    """
    return id_ if len(id_) <= _ID_LENGTH else f"{id_[:_ID_LENGTH]}…"


def moment(at: datetime) -> str:
    """A time of day, UTC, to the second; the column heading says UTC.

    >>> moment(datetime(2026, 11, 3, 9, 5, 7, tzinfo=UTC))
    '3 Nov 2026, 09:05:07'
    """
    at = at.astimezone(UTC)
    return f"{at.day} {at:%b %Y, %H:%M:%S}"


def duration(span: timedelta) -> str:
    """How long something took, as precisely as a person wants to know.

    >>> [duration(timedelta(seconds=seconds)) for seconds in (0.42, 12, 75, 3725)]
    ['0.4 s', '12 s', '1 min 15 s', '1 h 02 min']
    """
    seconds = max(span.total_seconds(), 0)
    if seconds < 1:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"
