"""Options of choices, global or of one column, added, renamed, removed and put in order while the server runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from crosstie_sandbox.dataverse.altering import alter
from crosstie_sandbox.dataverse.altering.refusals import bad_definition, no_such_definition
from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.schema import Column, OptionSet, State, Table

_PER_PREFIX = 10_000


@dataclass(frozen=True, slots=True)
class Choice:
    """A global option set, or the options of a column."""

    database: Database
    option_set: OptionSet | None
    table: Table | None
    column: Column | None

    @property
    def options(self) -> dict[int, str]:
        """Labels by value, in order."""
        if self.option_set is not None:
            return dict(self.option_set.options)
        return dict(self.column.options or {}) if self.column is not None else {}

    def insert(self, value: int | None, label: str, prefix: int) -> int:
        """Add an option; without a value it gets the next one of the publisher."""
        options = self.options
        if value is None:
            first = prefix * _PER_PREFIX
            value = max([first - 1, *(one for one in options if first <= one < first + _PER_PREFIX)]) + 1
        if value in options:
            raise bad_definition(f"The option value {value} is there already.")
        self.keep({**options, value: label})
        return value

    def rename(self, value: int, label: str) -> None:
        """Give an option another label."""
        self._must_have(value)
        if self.column is not None and self.table is not None and self.column.name in {"statecode", "statuscode"}:
            alter.change_states(self.database, self.table, _renamed(self.table, self.column.name, value, label))
            return
        self.keep({**self.options, value: label})

    def delete(self, value: int) -> None:
        """Remove an option; rows that have it keep their number."""
        self._must_have(value)
        options = self.options
        del options[value]
        if self.column is not None and self.table is not None and self.column.name == "statuscode":
            alter.change_states(self.database, self.table, _without(self.table, value))
            return
        self.keep(options)

    def order(self, values: Sequence[int]) -> None:
        """Put the options in another order."""
        options = self.options
        if sorted(values) != sorted(options):
            raise bad_definition("The order must name every option once.")
        self.keep({value: options[value] for value in values})

    def keep(self, options: dict[int, str]) -> None:
        """Let these be the options."""
        document = {str(value): label for value, label in options.items()}
        if self.option_set is not None:
            whole = {"label": self.option_set.label, "options": document, "custom": self.option_set.custom}
            alter.set_option_set(self.database, self.option_set.name, whole)
        elif self.table is not None and self.column is not None:
            if self.column.name in {"statecode", "statuscode"}:
                raise bad_definition(f"The options of '{self.column.name}' follow the states of the table.")
            alter.change_column(self.database, self.table, self.column.name, options=document)

    def _must_have(self, value: int) -> None:
        if value not in self.options:
            raise no_such_definition("option", str(value))


def choice_of(database: Database, option_set: str, table: str, column: str) -> Choice:
    """The global option set of this name, or that of the column of a table."""
    schema = database.schema
    if option_set:
        if option_set not in schema.option_sets:
            raise no_such_definition("option set", option_set)
        return Choice(database, schema.option_sets[option_set], None, None)
    found = schema.tables.get(table)
    described = found.by_name.get(column) if found is not None else None
    if found is None or described is None:
        raise no_such_definition("column", f"{table}.{column}")
    if described.options is None:
        raise bad_definition(f"The column '{table}.{column}' is no choice.")
    shared = schema.option_sets.get(described.option_set)
    return Choice(database, shared, found, described)


def insert_status(database: Database, table: Table, state: int, *, value: int | None, label: str, prefix: int) -> int:
    """Add a status to one of the states of a table."""
    known = {status for one in table.states for status in one.statuses}
    if value is None:
        first = prefix * _PER_PREFIX
        value = max([first - 1, *(one for one in known if first <= one < first + _PER_PREFIX)]) + 1
    if value in known:
        raise bad_definition(f"The status value {value} is there already.")
    if state not in {one.value for one in table.states}:
        raise no_such_definition("state", str(state))
    states = [
        State(one.value, one.label, {**one.statuses, value: label} if one.value == state else one.statuses)
        for one in table.states
    ]
    alter.change_states(database, table, [_document(one) for one in states])
    return value


def _renamed(table: Table, column: str, value: int, label: str) -> list[dict[str, object]]:
    if column == "statecode":
        return [
            _document(State(one.value, label if one.value == value else one.label, one.statuses))
            for one in table.states
        ]
    return [
        _document(State(one.value, one.label, {**one.statuses, **({value: label} if value in one.statuses else {})}))
        for one in table.states
    ]


def _without(table: Table, status: int) -> list[dict[str, object]]:
    states = []
    for one in table.states:
        left = {value: label for value, label in one.statuses.items() if value != status}
        if not left:
            raise bad_definition(f"The status {status} is the only one of the state '{one.label}'.")
        states.append(_document(State(one.value, one.label, left)))
    return states


def _document(state: State) -> dict[str, object]:
    statuses = {str(value): label for value, label in state.statuses.items()}
    return {"value": state.value, "label": state.label, "statuses": statuses}
