"""The query functions of Dataverse, such as `Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=["a","b"])`.

Each is an operator with the arguments of a function; values are texts, also those of numbers and Guids.
"""

from collections.abc import Mapping
from functools import cache, partial

from crosstie_sandbox.dataverse.errors import NAMESPACE, invalid_argument
from crosstie_sandbox.dataverse.queries.operators import Asker, Operation, apply, operators
from crosstie_sandbox.dataverse.queries.periods import periods
from crosstie_sandbox.odata.expression import QueryFunction
from crosstie_sandbox.odata.sql import ColumnOf, Fragment, FunctionToSql

_NAMES = {
    "In": "in",
    "NotIn": "not-in",
    "Between": "between",
    "NotBetween": "not-between",
    "ContainValues": "contain-values",
    "DoesNotContainValues": "not-contain-values",
    "On": "on",
    "NotOn": "not-on",
    "OnOrAfter": "on-or-after",
    "OnOrBefore": "on-or-before",
    "EqualUserId": "eq-userid",
    "NotEqualUserId": "ne-userid",
    "EqualBusinessId": "eq-businessid",
    "NotEqualBusinessId": "ne-businessid",
    "EqualUserTeams": "eq-userteams",
    "EqualUserOrUserTeams": "eq-useroruserteams",
}


def query_functions(asker: Asker) -> Mapping[str, FunctionToSql]:
    """All query functions by qualified name, as this caller asks them now."""
    return {name: partial(_write, asker, operator) for name, operator in _operators().items()}


@cache
def _operators() -> Mapping[str, str]:
    named = {**_NAMES, **{name: period.fetch for name, period in periods().items()}}
    return {f"{NAMESPACE}.{name}": operator for name, operator in named.items()}


def _write(asker: Asker, operator: str, function: QueryFunction, column: ColumnOf) -> Fragment:
    match function.arguments:
        case {"PropertyName": str(name)}:
            subject = column(tuple(name.split("/")))
        case _:
            raise invalid_argument(f"'{function.name}' needs a PropertyName.")
    return apply(Operation(operator, subject, _values(function, operators()[operator].takes), asker))


def _values(function: QueryFunction, takes: int) -> list[object]:
    if takes == 0:
        return []
    match function.arguments:
        case {"PropertyValue": value} if takes == 1 and value is not None:
            return [value]
        case {"PropertyValues": list(values)} if takes != 1:
            return values
        case _:
            wanted = "a PropertyValue" if takes == 1 else "an array of PropertyValues"
            raise invalid_argument(f"'{function.name}' needs {wanted}.")
