"""`$filter`, `$orderby`, `$select` and `$expand` over described things, in memory: metadata is never paged."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from crosstie_sandbox.dataverse.errors import NAMESPACE, ServiceError, bad_request, unknown_property
from crosstie_sandbox.dataverse.metadata.node import Item, Node
from crosstie_sandbox.odata.expression import And, Call, Compare, Expression, Literal, Not, Or, Property, chain
from crosstie_sandbox.odata.query import QueryOptions

_ALWAYS = "MetadataId"


def selected(nodes: Sequence[Node], options: QueryOptions) -> list[Node]:
    """The things that a query asks for, in its order."""
    kept = list(nodes)
    if options.filter is not None:
        condition = options.filter
        kept = [node for node in kept if _truth(condition, node)]
    for order in reversed(options.orderby):
        kept.sort(key=lambda node: _sortable(_value_at(node, order.path)), reverse=order.descending)
    return kept if options.top is None else kept[: options.top]


def rendered(node: Node, options: QueryOptions) -> Item:
    """One thing as JSON."""
    item: Item = {}
    if node.type != node.declared:
        item["@odata.type"] = f"#{NAMESPACE}.{node.type}"
    if options.select is None:
        item |= node.properties
    else:
        names = [*options.select, *([_ALWAYS] if _ALWAYS in node.properties else [])]
        for name in names:
            if name in node.properties:
                item[name] = node.properties[name]
            elif name not in node.ways:
                raise unknown_property(name, node.type)
    for expand in options.expand:
        way = node.ways.get(expand.name)
        if way is None:
            raise unknown_property(expand.name, node.type)
        found = way()
        match found:
            case None:
                item[expand.name] = None
            case Node():
                item[expand.name] = rendered(found, expand.options)
            case _:
                item[expand.name] = [rendered(one, expand.options) for one in selected(found, expand.options)]
    return item


def _truth(expression: Expression, node: Node) -> bool:
    match expression:
        case And() | Or():
            found = (_truth(operand, node) for operand in chain(expression))
            return all(found) if isinstance(expression, And) else any(found)
        case Not(operand):
            return not _truth(operand, node)
        case Compare(op, left, right):
            return _compared(op, _value(left, node), _value(right, node))
        case Call(name, (subject, Literal(str(text)))) if name in _SEARCHES:
            value = _value(subject, node)
            return isinstance(value, str) and _SEARCHES[name](value, text)
        case _:
            return _value(expression, node) is True


_SEARCHES: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda value, text: text in value,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
_ORDERS: Mapping[str, Callable[[int], bool]] = {
    "gt": lambda sign: sign > 0,
    "ge": lambda sign: sign >= 0,
    "lt": lambda sign: sign < 0,
    "le": lambda sign: sign <= 0,
}


def _value(expression: Expression, node: Node) -> object:
    match expression:
        case Literal(value):
            return str(value) if isinstance(value, UUID) else value
        case Property(path):
            return _value_at(node, path)
        case _:
            raise _not_here()


def _value_at(node: Node, path: Sequence[str]) -> object:
    """The value at the end of a path through properties that hold properties."""
    value: object = node.properties
    for position, name in enumerate(path):
        if not isinstance(value, dict) or name not in value:
            if position == 0:
                raise unknown_property(name, node.type)
            return None
        value = value[name]
    return value


def _compared(op: str, left: object, right: object) -> bool:
    if op in {"eq", "ne"}:
        return (left == right) is (op == "eq")
    match left, right:
        case (str(), str()) | (int() | Decimal(), int() | Decimal()):
            return _ORDERS[op]((left > right) - (left < right))  # type: ignore[operator]
        case _:
            return False


def _sortable(value: object) -> tuple[str, str]:
    """Nothing goes before everything, numbers by their size."""
    return ("", "") if value is None else ("1", f"{value:020}" if isinstance(value, int) else str(value).casefold())


def _not_here() -> ServiceError:
    return bad_request("The $filter of a metadata query takes comparisons, contains, startswith and endswith only.")
