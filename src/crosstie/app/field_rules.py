"""Reads the transformation rules of a field mapping: ``rules``, and the short forms ``options`` and ``time_zone``.

A rule that cannot be carried out is refused when the mapping is read, not when the first value comes along.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from crosstie.engine.transform import RULES, check_rule
from crosstie.model.mapping import Rule, RuleArgument
from crosstie.model.words import Direction

RULE_KEYS = ("rules", "options", "time_zone")
_DIRECTIONS = {
    "to": Direction.TO_INTEGRATION_TABLE,
    "from": Direction.FROM_INTEGRATION_TABLE,
    "both": Direction.BIDIRECTIONAL,
}


def read_rules(data: Mapping[str, Any], direction: Direction) -> tuple[Rule, ...]:
    """The rules of a field that goes in ``direction``; raises ValueError with what is wrong."""
    rules = data.get("rules", [])
    if not isinstance(rules, list) or not all(isinstance(one, dict) for one in rules):
        raise ValueError("'rules' must be a list of tables, as [{ rule = \"country_name\" }]")
    given = [dict(one) for one in rules]
    if "options" in data:
        given.append({"rule": "options", "table": data["options"]})
    if "time_zone" in data:
        given.append({"rule": "time_zone", "name": data["time_zone"]})
    if given and (_count(data, "erp") != 1 or _count(data, "crm") != 1):
        raise ValueError("transformation rules need one ERP column and one CRM column")
    for key in ("conversion", "reference", "constant"):
        if given and key in data:
            raise ValueError(f"a field with '{key}' takes no transformation rules")
    return tuple(_rule(one, direction) for one in given)


def _rule(data: dict[str, Any], of_field: Direction) -> Rule:
    name = data.pop("rule", None)
    if name not in RULES:
        close = get_close_matches(str(name), list(RULES), n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"known are {', '.join(sorted(RULES))}"
        raise ValueError(f"there is no transformation rule '{name}'; {hint}")
    word = data.pop("direction", None)
    if word is not None and word not in _DIRECTIONS:
        raise ValueError(f"the direction '{word}' of the rule '{name}' is not one of to, from, both")
    direction = of_field if word is None else _DIRECTIONS[word]
    if of_field is not Direction.BIDIRECTIONAL and direction is not of_field:
        raise ValueError(f"the rule '{name}' cannot go '{word}': its field goes '{of_field.value}' only")
    rule = Rule(name=name, direction=direction, arguments=tuple((key, _argument(value)) for key, value in data.items()))
    check_rule(rule)
    return rule


def _argument(value: object) -> RuleArgument:
    match value:
        case dict():
            return tuple((str(key), _plain(held)) for key, held in value.items())
        case _:
            return _plain(value)


def _plain(value: object) -> str | int:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"'{value}' must be a text or a whole number")  # noqa: TRY004
    return value


def _count(data: Mapping[str, Any], side: str) -> int:
    names = data.get(side, [])
    return 1 if isinstance(names, str) else len(names)
