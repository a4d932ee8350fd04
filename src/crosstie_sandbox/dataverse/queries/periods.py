"""Periods relative to the present, such as the last seven days: read from `periods.toml`. Pure."""

import tomllib
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from functools import cache
from importlib.resources import files

_MONTHS_OF_A_YEAR = 12
_LENGTHS = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
    "weeks": timedelta(weeks=1),
}


@dataclass(frozen=True, slots=True)
class Bound:
    """A moment relative to the present; a step is a number of units, None standing for the number in the query."""

    anchor: str
    steps: tuple[tuple[int, int | None, str], ...]

    def at(self, now: datetime, number: int) -> datetime:
        """The moment itself; raises OverflowError or ValueError outside the calendar."""
        moment = _begin(self.anchor, now)
        for sign, count, unit in self.steps:
            moment = _moved(moment, sign * (number if count is None else count), unit)
        return moment


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` until right before `until`, or until the present moment itself."""

    fetch: str
    since: Bound | None
    until: Bound

    @property
    def takes_number(self) -> bool:
        """Whether the query gives the number of units."""
        bounds = [self.until] if self.since is None else [self.since, self.until]
        return any(count is None for bound in bounds for _, count, _ in bound.steps)


@cache
def periods() -> Mapping[str, Period]:
    """All periods by the name of the query function."""
    text = files("crosstie_sandbox.dataverse.queries").joinpath("periods.toml").read_text(encoding="utf-8")
    return {
        name: Period(spec["fetch"], _bound(spec["since"]) if "since" in spec else None, _bound(spec["until"]))
        for name, spec in tomllib.loads(text).items()
    }


def _bound(text: str) -> Bound:
    anchor, *words = text.split()
    steps = zip(words[::3], words[1::3], words[2::3], strict=True)
    return Bound(
        anchor, tuple((int(f"{sign}1"), None if count == "x" else int(count), unit) for sign, count, unit in steps)
    )


def _begin(anchor: str, now: datetime) -> datetime:
    hour = now.replace(minute=0, second=0, microsecond=0)
    day = hour.replace(hour=0)
    return {
        "now": now,
        "minute": now.replace(second=0, microsecond=0),
        "hour": hour,
        "day": day,
        "week": day - timedelta(days=day.isoweekday() % 7),
        "month": day.replace(day=1),
        "year": day.replace(month=1, day=1),
    }[anchor]


def _moved(moment: datetime, count: int, unit: str) -> datetime:
    length = _LENGTHS.get(unit)
    if length is not None:
        return moment + count * length
    months = count if unit == "months" else count * _MONTHS_OF_A_YEAR
    year, month = divmod(moment.year * _MONTHS_OF_A_YEAR + moment.month - 1 + months, _MONTHS_OF_A_YEAR)
    if not MINYEAR <= year <= MAXYEAR:
        raise OverflowError
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))
