"""What a transformation rule is made of: its arguments, its two functions, and the two ways of saying no."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from crosstie.model.mapping import Rule
from crosstie.model.value import Value
from crosstie.model.words import Direction

Function: TypeAlias = Callable[[Value], Value]


class NotTakenError(Exception):
    """A rule cannot take a value."""

    def __init__(self, why: str = "") -> None:
        super().__init__(why)
        self.why = why


class LeftAloneError(Exception):
    """A rule has nothing to say of a value: the destination keeps what it holds."""

    def __init__(self, note: str = "") -> None:
        super().__init__(note)
        self.note = note


@dataclass(frozen=True, slots=True)
class Step:
    """A rule, ready to be carried out. One that cannot be undone does the same towards both sides."""

    to_crm: Function
    to_erp: Function


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a rule; asking for one of the wrong type raises ValueError."""

    rule: Rule

    @property
    def goes_both_ways(self) -> bool:
        """Whether the rule must be undone towards the ERP."""
        return self.rule.direction is Direction.BIDIRECTIONAL

    def text(self, name: str, default: str | None = None) -> str:
        """A text."""
        value = dict(self.rule.arguments).get(name, default)
        if not isinstance(value, str):
            raise ValueError(f"'{name}' of the rule '{self.rule.name}' must be a text")  # noqa: TRY004
        return value

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number that is not negative."""
        value = dict(self.rule.arguments).get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise ValueError(f"'{name}' of the rule '{self.rule.name}' must be a whole number, zero or more")
        return value

    def table(self, name: str) -> Mapping[str, str | int]:
        """A table of values by text."""
        value = dict(self.rule.arguments).get(name)
        if not isinstance(value, tuple):
            raise ValueError(f"'{name}' of the rule '{self.rule.name}' must be a table")  # noqa: TRY004
        return dict(value)


def one_way(function: Callable[[str], str]) -> Step:
    """A rule on texts that does the same towards both sides; blank stays blank."""

    def step(value: Value) -> Value:
        if value is None:
            return None
        if not isinstance(value, str):
            raise NotTakenError(", which is no text")
        return function(value) or None

    return Step(step, step)
