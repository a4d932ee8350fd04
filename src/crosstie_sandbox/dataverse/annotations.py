"""What `odata.include-annotations` adds to a row: labels, names of related rows, formatted amounts and times."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.schema import Column, Type
from crosstie_sandbox.dataverse.selection import Selection

NAMES = frozenset(
    {
        "OData.Community.Display.V1.FormattedValue",
        "Microsoft.Dynamics.CRM.lookuplogicalname",
        "Microsoft.Dynamics.CRM.associatednavigationproperty",
        "Microsoft.Dynamics.CRM.totalrecordcount",
        "Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded",
    }
)
FORMATTED = "@OData.Community.Display.V1.FormattedValue"
LOOKUP_TABLE = "@Microsoft.Dynamics.CRM.lookuplogicalname"
NAVIGATION = "@Microsoft.Dynamics.CRM.associatednavigationproperty"


class Annotator:
    """Annotates the rows of one answer; names of related rows are looked up once."""

    def __init__(self, database: Database, chosen: Selection, wanted: frozenset[str]) -> None:
        self._database = database
        self._table = chosen.table
        self._columns = [column for column in chosen.columns if column.type in _FORMATS or column.type is Type.LOOKUP]
        self._wanted = wanted
        self._names: dict[tuple[str, str], str | None] = {}

    def annotate(self, item: dict[str, object]) -> dict[str, object]:
        """A rendered row with its annotations, each right before the property it is about."""
        annotated: dict[str, object] = {}
        about = {column.wire: column for column in self._columns}
        for name, value in item.items():
            if value is not None and name in about:
                found = self._annotations(about[name], value, item).items()
                annotated.update(pair for pair in found if pair[0].partition("@")[2] in self._wanted)
            annotated[name] = value
        return annotated

    def _annotations(self, column: Column, value: object, item: dict[str, object]) -> dict[str, object]:
        if column.type is not Type.LOOKUP:
            return {f"{column.wire}{FORMATTED}": _FORMATS[column.type](value, column)}
        found = self._target(column, str(item[self._table.primary_key]))
        if found is None:
            return {}
        navigation, target = found
        name = self._name(target, str(value))
        return {
            f"{column.wire}{NAVIGATION}": navigation,
            f"{column.wire}{LOOKUP_TABLE}": target,
            **({} if name is None else {f"{column.wire}{FORMATTED}": name}),
        }

    def _target(self, column: Column, row: str) -> tuple[str, str] | None:
        """Navigation property and table of the row that a lookup points to."""
        choices = [
            (navigation.name, target)
            for navigation in self._table.navigations.values()
            if navigation.column is column
            for target in navigation.targets
        ]
        if len(choices) == 1:
            return choices[0]
        kind = self._database.execute(
            f'SELECT "{column.name}_type" FROM "{self._table.logical_name}" WHERE "{self._table.primary_key}" = ?',
            (row,),
        ).fetchone()
        return next((choice for choice in choices if kind is not None and choice[1] == kind[0]), None)

    def _name(self, target: str, identity: str) -> str | None:
        key = (target, identity)
        if key not in self._names:
            table = self._database.schema.tables[target]
            found = self._database.execute(
                f'SELECT "{table.primary_name}" FROM main."{target}" WHERE "{table.primary_key}" = ?', (identity,)
            ).fetchone()
            self._names[key] = found[0] if found else None
        return self._names[key]


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
