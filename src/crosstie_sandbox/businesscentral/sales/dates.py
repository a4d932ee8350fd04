"""Date formulas such as `30D` or `CM+10D` in payment terms: what they say and where they lead.

A formula is a chain of signed terms. `3D` is three days, `2W` weeks, `1M` months, `1Q` quarters, `1Y` years; `C` before
a unit is the end of the current one (`CM`: the last day of this month), with a minus its first day.
"""

import calendar
import re
from datetime import date, timedelta

_TERM = re.compile(r"([+-]?)(?:(C)([DWMQY])|(\d{1,4})([DWMQY]))")
_MONTHS = {"M": 1, "Q": 3, "Y": 12}
_DAYS = {"D": 1, "W": 7}
_YEAR = 12


class DateFormulaError(ValueError):
    """A text that is not a date formula, or one that leads out of the calendar."""


def check_formula(formula: str) -> None:
    """Refuse what is not a date formula."""
    _terms(formula)


def move(start: date, formula: str) -> date:
    """The date to which a formula leads; a blank one leads nowhere."""
    reached = start
    try:
        for sign, current, count, unit in _terms(formula):
            reached = _boundary(reached, unit, sign) if current else _shift(reached, sign * count, unit)
    except (ValueError, OverflowError):
        raise DateFormulaError(formula) from None
    return reached


def _terms(formula: str) -> list[tuple[int, bool, int, str]]:
    text = formula.replace("<", "").replace(">", "").replace(" ", "").upper()
    terms: list[tuple[int, bool, int, str]] = []
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None or (position and not match[1]):
            raise DateFormulaError(formula)
        sign = -1 if match[1] == "-" else 1
        terms.append((sign, match[2] is not None, int(match[4] or 0), match[3] or match[5]))
        position = match.end()
    return terms


def _shift(start: date, count: int, unit: str) -> date:
    if unit in _DAYS:
        return start + timedelta(days=count * _DAYS[unit])
    months = start.year * _YEAR + start.month - 1 + count * _MONTHS[unit]
    year, month = divmod(months, _YEAR)
    return date(year, month + 1, min(start.day, _length(year, month + 1)))


def _boundary(day: date, unit: str, sign: int) -> date:
    """The last (or first) day of the period a day lies in."""
    if unit == "D":
        return day
    if unit == "W":
        first = day - timedelta(days=day.weekday())
        return first if sign < 0 else first + timedelta(days=6)
    length = _MONTHS[unit]
    month = (day.month - 1) // length * length + 1
    if sign < 0:
        return date(day.year, month, 1)
    last = month + length - 1
    return date(day.year, last, _length(day.year, last))


def _length(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]
