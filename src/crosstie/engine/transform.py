"""Transformation rules: what becomes of a source value before it is fitted to the destination's column.

A rule is data of a field mapping; :data:`RULES` is the table of them. Most are one-way. An *invertible* rule may go
both ways. Blank stays blank. A field that goes one way applies its rules top down; the list of a field that goes
both ways reads from the ERP to the CRM, so towards the ERP it is gone through from the bottom up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from crosstie.engine import transform_codes, transform_forms, transform_text
from crosstie.engine.transform_step import Arguments, NotTakenError, Step
from crosstie.model.mapping import FieldMapping, Rule
from crosstie.model.schema import Column
from crosstie.model.value import Value
from crosstie.model.words import Direction, Side

Make: TypeAlias = Callable[[Arguments], Step]


@dataclass(frozen=True, slots=True)
class RuleKind:
    """One kind of rule: how it is made, the arguments it takes, whether it may go both ways."""

    make: Make
    takes: tuple[str, ...] = ()
    may_take: tuple[str, ...] = ()
    is_invertible: bool = False


RULES: Mapping[str, RuleKind] = {
    "trim": RuleKind(transform_text.trim),
    "upper": RuleKind(transform_text.upper),
    "lower": RuleKind(transform_text.lower),
    "title": RuleKind(transform_text.title),
    "replace": RuleKind(transform_text.replace, ("find", "with")),
    "regex": RuleKind(transform_text.regex, ("find", "with")),
    "substring": RuleKind(transform_text.substring, ("length",), ("start",)),
    "lookup": RuleKind(transform_codes.lookup, ("table",), ("default",), is_invertible=True),
    "options": RuleKind(transform_codes.options, ("table",), is_invertible=True),
    "country_name": RuleKind(transform_codes.country_name, is_invertible=True),
    "country_alpha3": RuleKind(transform_codes.country_alpha3, is_invertible=True),
    "language_tag": RuleKind(transform_codes.language_tag, is_invertible=True),
    "date_format": RuleKind(transform_forms.date_format, ("format",), is_invertible=True),
    "decimal_format": RuleKind(
        transform_forms.decimal_format, ("decimals",), ("decimal_separator",), is_invertible=True
    ),
    "time_zone": RuleKind(transform_forms.time_zone, ("name",), is_invertible=True),
}


def check_rule(rule: Rule) -> None:
    """Raise ValueError, worded for whoever wrote the rule, if it cannot be carried out."""
    kind = RULES[rule.name]
    given = {name for name, _ in rule.arguments}
    for name in kind.takes:
        if name not in given:
            raise ValueError(f"the rule '{rule.name}' needs '{name}'")
    for name in sorted(given):
        if name not in (*kind.takes, *kind.may_take):
            known = ", ".join((*kind.takes, *kind.may_take)) or "nothing"
            raise ValueError(f"the rule '{rule.name}' does not take '{name}'; it takes {known}")
    if rule.direction is Direction.BIDIRECTIONAL and not kind.is_invertible:
        raise ValueError(f'the rule \'{rule.name}\' cannot be undone, so it needs a direction: "to" or "from"')
    _step(rule)


def transformed(field: FieldMapping, value: Value, to: Side, column: Column) -> Value:
    """``value`` of the source after the field's rules towards ``to``, in the kind of the destination's ``column``.

    Raises NotTakenError where a rule cannot take the value, LeftAloneError where the destination keeps its own.
    """
    rules = [rule for rule in field.rules if rule.direction.writes(to)]
    if field.direction is Direction.BIDIRECTIONAL and to is Side.ERP:
        rules.reverse()
    for rule in rules:
        step = _step(rule)
        try:
            value = (step.to_crm if to is Side.CRM else step.to_erp)(value)
        except NotTakenError as error:
            raise NotTakenError(f"the rule '{rule.name}' cannot take {_said(value)}{error.why}") from error
        if value is None:
            return None
    return transform_forms.in_kind(value, column, to) if rules else value


def _said(value: Value) -> str:
    return f"'{value}'"


@lru_cache(maxsize=1024)
def _step(rule: Rule) -> Step:
    return RULES[rule.name].make(Arguments(rule))
