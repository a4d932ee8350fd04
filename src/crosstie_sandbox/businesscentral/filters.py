"""`$filter` as this application answers it: enum names in either spelling, no OR over two fields.

Filters become filters of the application's own, one per field: a disjunction can only be expressed within one field.
Texts compare exactly, case included.
"""

from functools import reduce

from crosstie_sandbox.businesscentral.errors import bad_request, unknown_property
from crosstie_sandbox.businesscentral.page import Kind, Page, pages
from crosstie_sandbox.businesscentral.values import unescaped
from crosstie_sandbox.odata import sql
from crosstie_sandbox.odata.expression import (
    And,
    Compare,
    Expression,
    Lambda,
    Literal,
    Not,
    Or,
    Property,
    chain,
    children,
    properties,
)

_KINDS = {
    Kind.GUID: sql.Kind.GUID,
    Kind.CODE: sql.Kind.STRING,
    Kind.TEXT: sql.Kind.STRING,
    Kind.ENUM: sql.Kind.STRING,
    Kind.BOOLEAN: sql.Kind.BOOLEAN,
    Kind.DECIMAL: sql.Kind.DECIMAL,
    Kind.INTEGER: sql.Kind.INTEGER,
    Kind.DATE: sql.Kind.DATE,
    Kind.DATE_TIME: sql.Kind.DATE_TIME,
}
_ONE_STEP_AWAY = 2


def where(page: Page, expression: Expression) -> sql.Fragment:
    """The WHERE text of a filter on a page; conditions on the rows of a part hold for every row."""
    expression = _without_lambdas(expression)
    _refuse_or_over_fields(expression)
    enums = {name for name, column in page.properties.items() if column.kind is Kind.ENUM}
    if any(path[0] in enums for path in properties(expression)):
        expression = _spell_enums(page, expression)
    try:
        return sql.to_sql(expression, lambda path: column(page, path))
    except OverflowError:
        raise bad_request("A date and time of the filter lies outside the calendar when it is taken as UTC.") from None


def _without_lambdas(node: Expression) -> Expression:
    match node:
        case And() | Or():
            return reduce(type(node), [_without_lambdas(operand) for operand in chain(node)])
        case Lambda() | Not(Lambda()):
            return Literal(True)
        case Not(operand):
            return Not(_without_lambdas(operand))
        case _:
            return node


def column(page: Page, path: tuple[str, ...]) -> sql.Column:
    """The column behind a property of a query."""
    if len(path) == _ONE_STEP_AWAY:
        return _column_of_neighbour(page, *path)
    found = page.properties.get(path[0]) if len(path) == 1 else None
    if found is None:
        raise unknown_property(page, "/".join(path))
    return sql.Column(found.sql, _KINDS[found.kind])


def _column_of_neighbour(page: Page, way: str, name: str) -> sql.Column:
    """A property of the one row that a navigation leads to."""
    navigation = page.navigations.get(way)
    if navigation is None or not navigation.by:
        raise unknown_property(page, f"{way}/{name}")
    target = pages()[navigation.target]
    found = target.properties.get(name)
    if found is None:
        raise unknown_property(target, name)
    owner = f'"{page.entity_set}"."{navigation.by}"'
    text = f'(SELECT n."{name}" FROM "{target.entity_set}" n WHERE n."id" = {owner})'
    return sql.Column(text, _KINDS[found.kind])


def _refuse_or_over_fields(expression: Expression) -> None:
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Or):
            operands = chain(node)
            if len(set[tuple[str, ...]]().union(*map(properties, operands))) > 1:
                raise bad_request("The 'OR' operator is not supported on distinct fields on an OData filter.")
            waiting.extend(operands)
        else:
            waiting.extend(children(node))


def _spell_enums(page: Page, node: Expression) -> Expression:
    match node:
        case And() | Or():
            return reduce(type(node), [_spell_enums(page, operand) for operand in chain(node)])
        case Not(operand):
            return Not(_spell_enums(page, operand))
        case Compare(op, Property((name,)) as left, Literal(str(text))):
            return Compare(op, left, Literal(_wire_name(page, name, text)))
        case Compare(op, Literal(str(text)), Property((name,)) as right):
            return Compare(op, Literal(_wire_name(page, name, text)), right)
        case _:
            return node


def _wire_name(page: Page, name: str, text: str) -> str:
    found = page.properties.get(name)
    if found is None or found.kind is not Kind.ENUM:
        return text
    matching = [wire for wire in found.wire_names if unescaped(wire) == unescaped(text)]
    return matching[0] if matching else text
