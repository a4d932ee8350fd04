"""The operators that FetchXML, SQL and the query functions of OData have in common, written as SQL.

Values come as texts, as they stand in FetchXML, or as JSON has them; each is taken as what the column holds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache

from crosstie_sandbox.dataverse.errors import ServiceError, invalid_argument
from crosstie_sandbox.dataverse.queries.periods import Bound, Period, periods
from crosstie_sandbox.odata.errors import TypeMismatchError
from crosstie_sandbox.odata.sql import Column, Fragment, Kind, stored, stored_time

_MOST_DIGITS = 9
_ONE_DAY = timedelta(days=1)
_DATES = frozenset({Kind.DATE, Kind.DATE_TIME})
ANY_NUMBER = -1


@dataclass(frozen=True, slots=True)
class Asker:
    """When a query is asked, and by whom."""

    now: datetime
    user: str = ""
    business_unit: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator applied to a column."""

    operator: str
    subject: Column
    values: Sequence[object]
    asker: Asker

    def typed(self) -> list[object]:
        """The values in the form that the column stores."""
        return [_typed(value, self.subject.kind) for value in self.values]


Writer = Callable[[Operation], Fragment]


@dataclass(frozen=True, slots=True)
class Operator:
    """How many values an operator takes, and how it is written."""

    takes: int
    write: Writer


def apply(operation: Operation) -> Fragment:
    """The condition in SQL; raises ServiceError for an operator or values that do not fit."""
    operator = operators().get(operation.operator)
    if operator is None:
        raise invalid_argument(f"Invalid 'operator' attribute: '{operation.operator}' is not an operator.")
    if operator.takes not in {ANY_NUMBER, len(operation.values)}:
        raise invalid_argument(
            f"The operator '{operation.operator}' takes {operator.takes} value(s), not {len(operation.values)}."
        )
    try:
        return operator.write(operation)
    except OverflowError:
        raise invalid_argument(f"The values of '{operation.operator}' lead outside the calendar.") from None


def compared(operator: str) -> str | None:
    """The sign of an operator that compares, which may compare two columns too."""
    return _COMPARISONS.get(operator)


_COMPARISONS = {"eq": "=", "ne": "IS NOT", "neq": "IS NOT", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}


def _comparison(sign: str) -> Writer:
    def write(operation: Operation) -> Fragment:
        return f"{operation.subject.comparable} {sign} ?", operation.typed()

    return write


def _membership(connective: str) -> Writer:
    def write(operation: Operation) -> Fragment:
        values = operation.typed()
        return f"{operation.subject.comparable} {connective} ({', '.join('?' * len(values))})", values

    return write


def _between(connective: str) -> Writer:
    def write(operation: Operation) -> Fragment:
        return f"{operation.subject.comparable} {connective} ? AND ?", operation.typed()

    return write


def _like(pattern: str, *, negated: bool = False) -> Writer:
    """Within the pattern `{}` is the value, whose own wildcards count as such."""

    def write(operation: Operation) -> Fragment:
        subject = operation.subject
        if subject.kind is not Kind.STRING:
            raise TypeMismatchError(f"The operator '{operation.operator}' searches texts only.")
        found = f"odata_like(?, {subject.sql})"
        value = pattern.replace("{}", str(operation.values[0]))
        return (f"NOT ifnull({found}, 0)" if negated else found), [value]

    return write


def _null(connective: str) -> Writer:
    return lambda operation: (f"{operation.subject.sql} {connective}", [])


def _choices(*, negated: bool) -> Writer:
    """Options of a column that holds several, stored as `1,2`."""

    def write(operation: Operation) -> Fragment:
        one = f"instr(',' || {operation.subject.sql} || ',', ?) > 0"
        held = "(" + (" OR ".join([one] * len(operation.values)) or "0") + ")"
        return (f"NOT ifnull({held}, 0)" if negated else held), [f",{value}," for value in operation.values]

    return write


def _on(condition: str) -> Writer:
    """Days: the whole of the day counts, whatever the time."""

    def write(operation: Operation) -> Fragment:
        subject = _dated(operation)
        begin = datetime.fromisoformat(str(stored(operation.values[0], Kind.DATE))).replace(tzinfo=UTC)
        bounds = {"since": _stored(subject, begin)}
        if "{until}" in condition:
            bounds["until"] = _stored(subject, begin + _ONE_DAY)
        pieces = [piece for piece in ("{since}", "{until}") if piece in condition]
        values: list[object] = [bounds[piece.strip("{}")] for piece in pieces]
        return condition.format(column=subject.sql, since="?", until="?"), values

    return write


def _within(period: Period) -> Writer:
    def write(operation: Operation) -> Fragment:
        subject = _dated(operation)
        number = _number(operation) if period.takes_number else 0
        until, inclusive = _moment(period.until, operation, number), period.until.anchor == "now"
        parts, values = [f"{subject.sql} {'<=' if inclusive else '<'} ?"], [_stored(subject, until)]
        if period.since is not None:
            parts.append(f"{subject.sql} >= ?")
            values.append(_stored(subject, _moment(period.since, operation, number)))
        return f"({' AND '.join(parts)})", list(values)

    return write


def _owner(sign: str, who: Callable[[Asker], str]) -> Writer:
    return lambda operation: (f"{operation.subject.sql} {sign} ?", [who(operation.asker)])


def _teams(condition: str) -> Writer:
    def write(operation: Operation) -> Fragment:
        teams = "(SELECT teamid FROM teammembership WHERE systemuserid = ?)"
        text = condition.format(column=operation.subject.sql, teams=teams, user="?")
        return text, [operation.asker.user] * text.count("?")

    return write


@cache
def operators() -> Mapping[str, Operator]:
    """All operators by the name that FetchXML gives them."""
    none, one, two = 0, 1, 2
    return {
        **{name: Operator(one, _comparison(sign)) for name, sign in _COMPARISONS.items()},
        "null": Operator(none, _null("IS NULL")),
        "not-null": Operator(none, _null("IS NOT NULL")),
        "in": Operator(ANY_NUMBER, _membership("IN")),
        "not-in": Operator(ANY_NUMBER, _membership("NOT IN")),
        "between": Operator(two, _between("BETWEEN")),
        "not-between": Operator(two, _between("NOT BETWEEN")),
        "like": Operator(one, _like("{}")),
        "not-like": Operator(one, _like("{}", negated=True)),
        "begins-with": Operator(one, _like("{}%")),
        "not-begin-with": Operator(one, _like("{}%", negated=True)),
        "ends-with": Operator(one, _like("%{}")),
        "not-end-with": Operator(one, _like("%{}", negated=True)),
        "contain-values": Operator(ANY_NUMBER, _choices(negated=False)),
        "not-contain-values": Operator(ANY_NUMBER, _choices(negated=True)),
        "on": Operator(one, _on("({column} >= {since} AND {column} < {until})")),
        "not-on": Operator(one, _on("({column} < {since} OR {column} >= {until})")),
        "on-or-after": Operator(one, _on("{column} >= {since}")),
        "on-or-before": Operator(one, _on("{column} < {until}")),
        "eq-userid": Operator(none, _owner("=", lambda asker: asker.user)),
        "ne-userid": Operator(none, _owner("IS NOT", lambda asker: asker.user)),
        "eq-businessid": Operator(none, _owner("=", lambda asker: asker.business_unit)),
        "ne-businessid": Operator(none, _owner("IS NOT", lambda asker: asker.business_unit)),
        "eq-userteams": Operator(none, _teams("{column} IN {teams}")),
        "eq-useroruserteams": Operator(none, _teams("({column} = {user} OR {column} IN {teams})")),
        **{period.fetch: Operator(int(period.takes_number), _within(period)) for period in periods().values()},
    }


def _dated(operation: Operation) -> Column:
    subject = operation.subject
    if subject.kind not in _DATES:
        text = f"'{operation.operator}' takes a date, and the property is of the type {subject.kind.name}."
        raise TypeMismatchError(text)
    return subject


def _number(operation: Operation) -> int:
    text = str(operation.values[0])
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS and int(text) > 0):
        raise invalid_argument(f"'{operation.operator}' takes a positive whole number, not '{text}'.")
    return int(text)


def _moment(bound: Bound, operation: Operation, number: int) -> datetime:
    try:
        return bound.at(operation.asker.now, number)
    except ValueError:
        raise OverflowError from None


def _stored(subject: Column, moment: datetime) -> str:
    return moment.date().isoformat() if subject.kind is Kind.DATE else stored_time(moment)


def _typed(value: object, kind: Kind) -> object:
    if not isinstance(value, str) or kind is Kind.STRING or kind is Kind.GUID or kind in _DATES:
        return stored(_bare(value) if kind is Kind.GUID else value, kind)
    try:
        if kind is Kind.BOOLEAN:
            return stored({"true": True, "1": True, "false": False, "0": False}[value.lower()], kind)
        return stored(Decimal(value), kind)
    except (InvalidOperation, KeyError):
        raise _not_a(value, kind) from None


def _bare(value: object) -> object:
    """A Guid, which FetchXML may write in braces."""
    return value.removeprefix("{").removesuffix("}") if isinstance(value, str) else value


def _not_a(value: str, kind: Kind) -> ServiceError:
    return invalid_argument(f"The value '{value}' is not of the type {kind.name} of the property.")
