"""Table filters, evaluated here: change tracking allows none, and a record may leave a filter."""

from collections.abc import Sequence

from crosstie.model.mapping import Condition, Operator
from crosstie.model.value import Values


def meets(values: Values, conditions: Sequence[Condition]) -> bool:
    """Whether a record with these values takes part.

    >>> meets({"type": "Person"}, [Condition("type", Operator.EQUALS, "Person")])
    True
    """
    return all(_holds(values, condition) for condition in conditions)


def describe_filter(conditions: Sequence[Condition]) -> str:
    """The filter as people read it."""
    return ", ".join(
        f"{condition.column} is set"
        if condition.operator is Operator.IS_SET
        else f"{condition.column} {'is' if condition.operator is Operator.EQUALS else 'is not'}"
        f" {'blank' if condition.value is None else condition.value}"
        for condition in conditions
    )


def _holds(values: Values, condition: Condition) -> bool:
    value = values.get(condition.column)
    match condition.operator:
        case Operator.EQUALS:
            return value == condition.value
        case Operator.DIFFERS:
            return value != condition.value
        case Operator.IS_SET:
            return value is not None
