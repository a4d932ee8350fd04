"""What tables do beside keeping rows: the hooks that `writing.py` calls, and the bound actions that `verbs.py` calls.

A table without rules of its own uses `Behaviour` as it stands. All hooks run inside the transaction of the write, and
refuse it by raising an ApiError. `behaviours.py` lists the tables that have rules.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.page import Page
from crosstie_sandbox.businesscentral.payload import Changes
from crosstie_sandbox.businesscentral.rows import Row

Action = Callable[[Database, Row], None]
"""A bound action on a row; the answer is always empty."""


@dataclass(slots=True)
class Write:
    """A row that is being inserted, modified or deleted."""

    database: Database
    page: Page
    row: Row
    """As it shall be: it already holds the changes."""
    changes: Changes
    """What was asked for, in the order it was sent, with what follows for ids and codes of the same record."""
    before: Row | None
    """What the row held until now; None for a new one."""

    def changed(self, *names: str) -> bool:
        """Whether one of these columns is about to hold something else, or is new."""
        return self.before is None or any(self.row[name] != self.before[name] for name in names)


class Behaviour:
    """The rules of a table."""

    def complete(self, write: Write) -> None:
        """Check a row before it is written and fill in what follows; a new one has its id and number already."""

    def inserted(self, write: Write) -> None:
        """Do what else comes with a new row; what is changed in `row` here is written too."""

    def modified(self, write: Write) -> None:
        """Do what else comes with a change that is now written."""

    def renamed(self, write: Write) -> None:
        """Carry a new natural key to where only this table's rules know of it."""

    def deleting(self, write: Write) -> None:
        """Refuse a deletion, or tidy up before the row goes away."""


PLAIN = Behaviour()
_behaviours: dict[str, Behaviour] = {}
_actions: dict[tuple[str, str], Action] = {}


def know(behaviours: Mapping[str, Behaviour], actions: Mapping[tuple[str, str], Action]) -> None:
    """Make rules known, by entity set, and actions, by entity set and name."""
    _behaviours.update(behaviours)
    _actions.update(actions)


def behaviour_of(page: Page) -> Behaviour:
    """The rules of a page's table."""
    return _behaviours.get(page.entity_set, PLAIN)


def action_of(page: Page, name: str) -> Action | None:
    """What a row of a page does when it is told to; None if the page has no such action."""
    return _actions.get((page.entity_set, name)) if name in page.actions else None


def service_action_of(page: Page, name: str) -> Action:
    """What a row does when a web service that lists the action tells it to."""
    return _actions[page.entity_set, name]
