"""The query functions of Dataverse in SQL: lists and ranges of values, dates and periods, the caller.

They are written `Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=["a","b"])`; their values are texts,
also those of numbers and Guids. FetchXML says the same with operators, which become these functions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache, partial

from crosstie_sandbox.dataverse.errors import NAMESPACE, ServiceError, invalid_argument
from crosstie_sandbox.dataverse.queries.periods import Bound, Period, periods
from crosstie_sandbox.odata.errors import TypeMismatchError
from crosstie_sandbox.odata.expression import QueryFunction
from crosstie_sandbox.odata.sql import Column, ColumnOf, Fragment, FunctionToSql, Kind, stored, stored_time

_MOST_DIGITS = 9
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asker:
    """When a query is asked, and by whom."""

    now: datetime
    user: str = ""
    business_unit: str = ""


_Writer = Callable[[Asker, QueryFunction, ColumnOf], Fragment]


def query_functions(asker: Asker) -> Mapping[str, FunctionToSql]:
    """All query functions by qualified name, as this caller asks them now."""
    return {name: partial(write, asker) for name, write in _all().items()}


def _membership(connective: str) -> _Writer:
    def write(_: Asker, function: QueryFunction, column: ColumnOf) -> Fragment:
        subject = _subject(function, column)
        values = _values(function, subject)
        marks = ", ".join("?" * len(values))
        return f"{subject.comparable} {connective} ({marks})", values

    return write


def _between(connective: str) -> _Writer:
    def write(_: Asker, function: QueryFunction, column: ColumnOf) -> Fragment:
        subject = _subject(function, column)
        match _values(function, subject):
            case [low, high]:
                return f"{subject.comparable} {connective} ? AND ?", [low, high]
            case _:
                raise invalid_argument(f"'{function.name}' takes exactly two values.")

    return write


def _choices(*, contained: bool) -> _Writer:
    """Options of a column that holds several, stored as `1,2`."""

    def write(_: Asker, function: QueryFunction, column: ColumnOf) -> Fragment:
        subject = _subject(function, column)
        values = [f",{value}," for value in _array(function)]
        one = f"instr(',' || {subject.sql} || ',', ?) > 0"
        held = " OR ".join([one] * len(values)) or "0"
        return (f"({held})" if contained else f"NOT ifnull({held}, 0)"), list(values)

    return write


def _on(operator: str) -> _Writer:
    """Days: the whole of the day counts, whatever the time."""

    def write(_: Asker, function: QueryFunction, column: ColumnOf) -> Fragment:
        subject = _dated(function, column)
        value = stored(_single(function), Kind.DATE)
        begin = datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
        since, until = _stored(subject, begin), _stored(subject, begin + _ONE_DAY)
        match operator:
            case "on":
                return f"({subject.sql} >= ? AND {subject.sql} < ?)", [since, until]
            case "not-on":
                return f"({subject.sql} < ? OR {subject.sql} >= ?)", [since, until]
            case "on-or-after":
                return f"{subject.sql} >= ?", [since]
            case _:
                return f"{subject.sql} < ?", [until]

    return write


def _within(period: Period) -> _Writer:
    def write(asker: Asker, function: QueryFunction, column: ColumnOf) -> Fragment:
        subject = _dated(function, column)
        number = _number(function) if period.takes_number else 0
        until, last = _moment(period.until, asker, number, function), period.until.anchor == "now"
        parts, values = [f"{subject.sql} {'<=' if last else '<'} ?"], [_stored(subject, until)]
        if period.since is not None:
            parts.append(f"{subject.sql} >= ?")
            values.append(_stored(subject, _moment(period.since, asker, number, function)))
        return f"({' AND '.join(parts)})", list(values)

    return write


def _owner(operator: str, who: str) -> _Writer:
    def write(asker: Asker, function: QueryFunction, column: ColumnOf) -> Fragment:
        subject = _subject(function, column)
        return f"{subject.sql} {operator} ?", [getattr(asker, who)]

    return write


def _teams(*, and_user: bool) -> _Writer:
    def write(asker: Asker, function: QueryFunction, column: ColumnOf) -> Fragment:
        subject = _subject(function, column)
        teams = f"{subject.sql} IN (SELECT teamid FROM teammembership WHERE systemuserid = ?)"
        return (f"({subject.sql} = ? OR {teams})", [asker.user] * 2) if and_user else (teams, [asker.user])

    return write


def _null(connective: str) -> _Writer:
    def write(_: Asker, function: QueryFunction, column: ColumnOf) -> Fragment:
        return f"{_subject(function, column).sql} {connective}", []

    return write


@cache
def _all() -> Mapping[str, _Writer]:
    writers: dict[str, _Writer] = {
        "In": _membership("IN"),
        "NotIn": _membership("NOT IN"),
        "Between": _between("BETWEEN"),
        "NotBetween": _between("NOT BETWEEN"),
        "ContainValues": _choices(contained=True),
        "DoesNotContainValues": _choices(contained=False),
        "On": _on("on"),
        "NotOn": _on("not-on"),
        "OnOrAfter": _on("on-or-after"),
        "OnOrBefore": _on("on-or-before"),
        "EqualUserId": _owner("=", "user"),
        "NotEqualUserId": _owner("IS NOT", "user"),
        "EqualBusinessId": _owner("=", "business_unit"),
        "NotEqualBusinessId": _owner("IS NOT", "business_unit"),
        "EqualUserTeams": _teams(and_user=False),
        "EqualUserOrUserTeams": _teams(and_user=True),
        **{name: _within(period) for name, period in periods().items()},
    }
    return {f"{NAMESPACE}.{name}": write for name, write in writers.items()}


def _subject(function: QueryFunction, column: ColumnOf) -> Column:
    match function.arguments:
        case {"PropertyName": str(name)}:
            return column(tuple(name.split("/")))
        case _:
            raise invalid_argument(f"'{function.name}' needs a PropertyName.")


def _dated(function: QueryFunction, column: ColumnOf) -> Column:
    subject = _subject(function, column)
    if subject.kind not in {Kind.DATE, Kind.DATE_TIME}:
        raise TypeMismatchError(f"'{function.name}' takes a date, and the property is of the type {subject.kind.name}.")
    return subject


def _array(function: QueryFunction) -> list[object]:
    match function.arguments:
        case {"PropertyValues": list(values)}:
            return values
        case _:
            raise invalid_argument(f"'{function.name}' needs an array of PropertyValues.")


def _values(function: QueryFunction, subject: Column) -> list[object]:
    return [_typed(value, subject.kind) for value in _array(function)]


def _single(function: QueryFunction) -> object:
    value = function.arguments.get("PropertyValue")
    if value is None:
        raise invalid_argument(f"'{function.name}' needs a PropertyValue.")
    return value


def _number(function: QueryFunction) -> int:
    text = str(_single(function))
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) > 0):
        raise invalid_argument(f"'{function.name}' takes a positive whole number, not '{text}'.")
    return int(text)


def _moment(bound: Bound, asker: Asker, number: int, function: QueryFunction) -> datetime:
    try:
        return bound.at(asker.now, number)
    except (OverflowError, ValueError):
        raise invalid_argument(f"'{function.name}' with {number} leads outside the calendar.") from None


def _stored(subject: Column, moment: datetime) -> str:
    return moment.date().isoformat() if subject.kind is Kind.DATE else stored_time(moment)


def _typed(value: object, kind: Kind) -> object:
    """All values of query functions are texts, also those of numbers and Guids."""
    if not isinstance(value, str) or kind in {Kind.STRING, Kind.GUID, Kind.DATE, Kind.DATE_TIME}:
        return stored(value, kind)
    try:
        if kind is Kind.BOOLEAN:
            return stored({"true": True, "1": True, "false": False, "0": False}[value.lower()], kind)
        return stored(Decimal(value), kind)
    except (InvalidOperation, KeyError):
        raise _not_a(value, kind) from None


def _not_a(value: str, kind: Kind) -> ServiceError:
    return invalid_argument(f"The value '{value}' is not of the type {kind.name} of the property.")
