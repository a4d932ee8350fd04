"""What `odata.include-annotations` adds to a row: labels, names of related rows, formatted amounts and times."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.schema import Column, Table, Type
from crosstie_sandbox.dataverse.selection import Selection

NAMES = frozenset(
    {
        "OData.Community.Display.V1.FormattedValue",
        "Microsoft.Dynamics.CRM.lookuplogicalname",
        "Microsoft.Dynamics.CRM.associatednavigationproperty",
        "Microsoft.Dynamics.CRM.totalrecordcount",
        "Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded",
        "Microsoft.Dynamics.CRM.fetchxmlpagingcookie",
        "Microsoft.Dynamics.CRM.morerecords",
    }
)
FORMATTED = "@OData.Community.Display.V1.FormattedValue"
LOOKUP_TABLE = "@Microsoft.Dynamics.CRM.lookuplogicalname"
NAVIGATION = "@Microsoft.Dynamics.CRM.associatednavigationproperty"


class Annotations:
    """Annotates values one by one; names of related rows are looked up once."""

    def __init__(self, database: Database, wanted: frozenset[str]) -> None:
        self._database = database
        self._wanted = wanted
        self._names: dict[tuple[str, str], str | None] = {}

    def of(self, name: str, column: Column, value: object, pointing: tuple[Table, object]) -> dict[str, object]:
        """The annotations of a value under the name that it has in the answer.

        `pointing` is the table of the column and, for a lookup that has a choice, the table it points to.
        """
        if column.type is Type.LOOKUP:
            found = self._related(name, value, _target(column, *pointing))
        else:
            write = _FORMATS.get(column.type)
            found = {} if write is None else {f"{name}{FORMATTED}": write(value, column)}
        return {key: text for key, text in found.items() if key.removeprefix(f"{name}@") in self._wanted}

    def _related(self, name: str, value: object, found: tuple[str, str] | None) -> dict[str, object]:
        if found is None:
            return {}
        navigation, target = found
        text = self._name(target, str(value))
        return {
            f"{name}{NAVIGATION}": navigation,
            f"{name}{LOOKUP_TABLE}": target,
            **({} if text is None else {f"{name}{FORMATTED}": text}),
        }

    def _name(self, target: str, identity: str) -> str | None:
        key = (target, identity)
        if key not in self._names:
            table = self._database.schema.tables[target]
            found = self._database.execute(
                f'SELECT "{table.primary_name}" FROM main."{target}" WHERE "{table.primary_key}" = ?', (identity,)
            ).fetchone()
            self._names[key] = found[0] if found else None
        return self._names[key]


def _target(column: Column, table: Table, target: object) -> tuple[str, str] | None:
    """Navigation property and table of the row that a lookup points to."""
    choices = [
        (navigation.name, name)
        for navigation in table.navigations.values()
        if navigation.column is column
        for name in navigation.targets
    ]
    if len(choices) == 1:
        return choices[0]
    return next((choice for choice in choices if choice[1] == target), None)


class Annotator:
    """Annotates the rows of one answer."""

    def __init__(self, database: Database, chosen: Selection, wanted: frozenset[str]) -> None:
        self._database = database
        self._table = chosen.table
        self._about = {
            column.wire: column for column in chosen.columns if column.type in _FORMATS or column.type is Type.LOOKUP
        }
        self._annotations = Annotations(database, wanted)

    def annotate(self, item: dict[str, object]) -> dict[str, object]:
        """A rendered row with its annotations, each right before the property it is about."""
        annotated: dict[str, object] = {}
        for name, value in item.items():
            column = self._about.get(name)
            if value is not None and column is not None:
                target = self._pointed_to(column, item) if column.type is Type.LOOKUP else None
                annotated |= self._annotations.of(name, column, value, (self._table, target))
            annotated[name] = value
        return annotated

    def _pointed_to(self, column: Column, item: dict[str, object]) -> object:
        """The table that a lookup of a row points to, if it has a choice."""
        kind = self._table.by_name.get(f"{column.name}_type")
        if kind is None:
            return None
        found = self._database.execute(
            f'SELECT "{kind.name}" FROM "{self._table.logical_name}" WHERE "{self._table.primary_key}" = ?',
            (str(item[self._table.primary_key]),),
        ).fetchone()
        return None if found is None else found[0]


def _label(value: object, column: Column) -> str:
    return (column.options or {}).get(int(str(value)), str(value))


def _labels(value: object, column: Column) -> str:
    return "; ".join(_label(part, column) for part in str(value).split(","))


def _yes_no(value: object, column: Column) -> str:
    return (column.options or {0: "No", 1: "Yes"})[int(bool(value))]


def _grouped(value: object, _: Column) -> str:
    return f"{int(str(value)):,}"


def _amount(value: object, column: Column) -> str:
    return f"{_decimal(value):,.{column.precision}f}"


def _decimal(value: object) -> Decimal:
    return Decimal(str(getattr(value, "encoded_json", value)))


def _day(value: object, _: Column) -> str:
    moment = datetime.fromisoformat(str(value))
    return f"{moment.month}/{moment.day}/{moment.year}"


def _moment(value: object, column: Column) -> str:
    moment = datetime.fromisoformat(str(value))
    hour = moment.hour % 12 or 12
    return f"{_day(value, column)} {hour}:{moment:%M %p}"


_FORMATS: dict[Type, Callable[[object, Column], str]] = {
    Type.CHOICE: _label,
    Type.CHOICES: _labels,
    Type.BOOLEAN: _yes_no,
    Type.INTEGER: _grouped,
    Type.BIGINT: _grouped,
    Type.MONEY: _amount,
    Type.DECIMAL: _amount,
    Type.DOUBLE: _amount,
    Type.DATE: _day,
    Type.DATETIME: _moment,
}
