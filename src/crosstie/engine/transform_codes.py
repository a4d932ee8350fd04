"""Rules that translate codes by a table: one of the mapping's own, or a list of the package.

Between the two systems the ERP holds the short code: ``CH`` there is ``Switzerland``, ``CHE`` or an option's number in
the CRM, whichever way a field goes. Only a ``lookup`` that goes one way reads from its source to its destination.
"""

from collections.abc import Mapping

from crosstie.engine.code_lists import country_alpha3 as alpha3_codes
from crosstie.engine.code_lists import country_names, language_lcids
from crosstie.engine.transform_step import Arguments, Function, LeftAloneError, NotTakenError, Step
from crosstie.model.value import Value

_DEFAULTS = ("keep", "blank", "refuse")


def lookup(given: Arguments) -> Step:
    """What the table says; ``default`` says what becomes of a value that is not in it."""
    table, default = given.table("table"), given.text("default", "refuse")
    if default not in _DEFAULTS:
        raise ValueError(f"'default' of the rule 'lookup' must be one of {', '.join(_DEFAULTS)}")

    def unknown(value: Value) -> Value:
        if default == "refuse":
            raise NotTakenError(", which is not in its table")
        return value if default == "keep" else None

    forward = _by(_forward("lookup", table), unknown)
    if not given.goes_both_ways:
        return Step(forward, forward)
    return Step(forward, _by(_inverse("lookup", table), unknown))


def options(given: Arguments) -> Step:
    """ERP code ↔ number of the CRM's option; a blank or unknown one leaves the destination alone."""
    table = given.table("table")
    for code, number in table.items():
        if isinstance(number, bool) or not isinstance(number, int):
            raise ValueError(f"the option of '{code}' must be a whole number")  # noqa: TRY004

    def unknown(value: Value) -> Value:
        raise LeftAloneError(f"'{value}' has no option")

    def blank_too(function: Function) -> Function:
        def step(value: Value) -> Value:
            if value is None:
                raise LeftAloneError
            return function(value)

        return step

    forward = _by(_forward("options", table), unknown)
    return Step(blank_too(forward), blank_too(_by(_inverse("options", table), unknown)))


def country_name(given: Arguments) -> Step:
    """ERP ``CH`` ↔ CRM ``Switzerland``."""
    return _listed(given, country_names())


def country_alpha3(given: Arguments) -> Step:
    """ERP ``CH`` ↔ CRM ``CHE``."""
    return _listed(given, alpha3_codes())


def language_tag(given: Arguments) -> Step:
    """ERP ``de`` ↔ CRM ``1031``."""
    return _listed(given, language_lcids())


def _listed(given: Arguments, codes: Mapping[str, str | int]) -> Step:
    def unknown(value: Value) -> Value:
        del value
        raise NotTakenError(", which is not in its list")

    return Step(_by(_forward(given.rule.name, codes), unknown), _by(_inverse(given.rule.name, codes), unknown))


def _forward(rule: str, table: Mapping[str, str | int]) -> Mapping[str, str | int]:
    forward = {_key(key): held for key, held in table.items()}
    if len(forward) < len(table):
        raise ValueError(f"the table of the rule '{rule}' has a key twice; letters count the same in both cases")
    return forward


def _inverse(rule: str, table: Mapping[str, str | int]) -> Mapping[str, str]:
    inverse: dict[str, str] = {}
    for key, held in table.items():
        if inverse.setdefault(_key(held), key) != key:
            raise ValueError(f"the table of the rule '{rule}' has '{held}' twice, so it cannot be undone")
    return inverse


def _by(table: Mapping[str, str | int], unknown: Function) -> Function:
    def step(value: Value) -> Value:
        if value is None:
            return None
        key = _key(value)
        return table[key] if key in table else unknown(value)

    return step


def _key(value: Value) -> str:
    """Codes are compared without regard to case, as both systems do; a number by its digits."""
    return str(value).strip().casefold()
