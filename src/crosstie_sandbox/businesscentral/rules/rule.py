"""The places where a table may have a say when one of its rows is written."""

from collections.abc import Callable
from dataclasses import dataclass

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.page import Page
from crosstie_sandbox.businesscentral.payload import Changes
from crosstie_sandbox.businesscentral.rows import Row, add
from crosstie_sandbox.businesscentral.values import Stored, blank

Complete = Callable[[Database, Row, Changes, Row | None], None]
After = Callable[[Database, Row, Row | None], None]
BeforeDelete = Callable[[Database, Row], None]


def _complete_nothing(_database: Database, _row: Row, _changes: Changes, _before: Row | None) -> None:
    return


def _nothing_after(_database: Database, _row: Row, _before: Row | None) -> None:
    return


def _nothing_before_delete(_database: Database, _row: Row) -> None:
    return


@dataclass(frozen=True, slots=True)
class Rule:
    """What a table does; `before` is the row as it stood, or None for a new one."""

    complete: Complete = _complete_nothing
    """Check a row that holds the changes already, and fill in what follows from them."""
    after: After = _nothing_after
    """What happens to other rows once it is written."""
    before_delete: BeforeDelete = _nothing_before_delete
    """Refuse the deletion, or remove what belongs to the row."""


def changed(row: Row, before: Row | None, name: str) -> bool:
    """Whether a column holds something new."""
    return before is None or row[name] != before[name]


def add_row(database: Database, page: Page, **values: Stored) -> Row:
    """Insert a row that the application makes by itself."""
    row: Row = {name: blank(column) for name, column in page.columns.items()}
    row |= {"id": str(database.ids()), **values}
    add(database, page, row)
    return row
