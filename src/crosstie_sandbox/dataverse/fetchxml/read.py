"""FetchXML text to a query."""

from collections.abc import Callable, Iterable, Iterator
from xml.etree import ElementTree as ET

from crosstie_sandbox.dataverse.errors import ServiceError, bad_request
from crosstie_sandbox.dataverse.fetchxml.model import Condition, Entity, Fetch, Filter, Group, Link, Order, Output

MOST_CONDITIONS = 500
MOST_LINKS = 15
_DEEPEST = 40
_LARGEST_NUMBER = 9
_KINDS = {"inner": "inner", "natural": "inner", "outer": "outer", "exists": "exists", "in": "exists", "any": "exists"}
_NEGATED = "not any"
_AGGREGATES = frozenset({"count", "countcolumn", "sum", "avg", "min", "max"})


def read_fetch(text: str) -> Fetch:
    """Read FetchXML; raises ServiceError for what is not, or asks for more than the vendor allows."""
    root = _parsed(text)
    if root.tag != "fetch":
        raise _invalid(f"The FetchXML begins with '{root.tag}', not with 'fetch'.")
    _check_size(root)
    tables = root.findall("entity")
    if len(tables) != 1:
        raise _invalid("The FetchXML needs exactly one 'entity'.")
    return Fetch(
        entity=_entity(tables[0], linked=False),
        top=_number(root, "top"),
        size=_number(root, "count"),
        page=max(_number(root, "page") or 1, 1),
        cookie=root.get("paging-cookie", ""),
        distinct=_truth(root, "distinct"),
        aggregate=_truth(root, "aggregate"),
        total=_truth(root, "returntotalrecordcount"),
    )


def _parsed(text: str) -> ET.Element:
    """The elements; a document type, with which a short text could become a huge one, is not taken."""
    if "<!" in text.replace("<!--", ""):
        raise _invalid("The FetchXML cannot have a document type.")
    try:
        return ET.fromstring(text)  # noqa: S314 - without document type there are no entities to expand
    except (ET.ParseError, ValueError) as reason:
        raise _invalid(f"Invalid XML: {reason}.") from None


def _check_size(root: ET.Element) -> None:
    if len(root.findall(".//condition")) > MOST_CONDITIONS:
        raise ServiceError(
            400, "0x8004430d", f"Number of conditions in query exceeded maximum limit of {MOST_CONDITIONS}."
        )
    if len(root.findall(".//link-entity")) > MOST_LINKS:
        text = f"Number of link entities in query exceeded maximum limit of {MOST_LINKS}."
        raise ServiceError(400, "0x8004430d", text)
    level = [root]
    for _ in range(_DEEPEST):
        level = [child for element in level for child in element]
    if level:
        raise _invalid(f"The FetchXML is nested deeper than {_DEEPEST} levels.")


def _entity(element: ET.Element, *, linked: bool) -> Entity:
    return Entity(
        table=_needed(element, "name"),
        alias=element.get("alias", "") if linked else "",
        outputs=tuple(_output(child) for child in element.findall("attribute")),
        everything=element.find("all-attributes") is not None,
        filters=tuple(_group(child) for child in element.findall("filter")),
        orders=tuple(_order(child) for child in element.findall("order")),
        links=tuple(_links(element)),
    )


def _links(element: ET.Element) -> Iterator[Link]:
    for child in element.findall("link-entity"):
        kind = child.get("link-type", "inner")
        if kind != _NEGATED and kind not in _KINDS:
            raise _invalid(f"The link-type '{kind}' is not supported.")
        yield Link(
            entity=_entity(child, linked=True),
            here=_needed(child, "to"),
            there=_needed(child, "from"),
            kind=_KINDS.get(kind, "exists"),
            negated=kind == _NEGATED,
        )


def _output(element: ET.Element) -> Output:
    aggregate = element.get("aggregate", "")
    if aggregate and aggregate not in _AGGREGATES:
        raise _invalid(f"The aggregate '{aggregate}' is not supported.")
    return Output(
        column=_needed(element, "name"),
        alias=element.get("alias", ""),
        aggregate=aggregate,
        grouped=_truth(element, "groupby"),
        dates_by=element.get("dategrouping", ""),
        distinct=_truth(element, "distinct"),
    )


def _order(element: ET.Element) -> Order:
    column, alias = element.get("attribute", ""), element.get("alias", "")
    if not (column or alias):
        raise _invalid("An 'order' needs an 'attribute' or an 'alias'.")
    return Order(column, alias, descending=_truth(element, "descending"), entity=element.get("entityname", ""))


def _group(element: ET.Element) -> Filter:
    kind = element.get("type", "and")
    if kind not in {"and", "or"}:
        raise _invalid(f"The type of a filter is 'and' or 'or', not '{kind}'.")
    readers: dict[str, Callable[[ET.Element], Filter]] = {"condition": _condition, "filter": _group}
    for child in element:
        if child.tag not in readers:
            raise _invalid(f"A filter cannot have '{child.tag}'.")
    return Group(kind == "and", tuple(readers[child.tag](child) for child in element))


def _condition(element: ET.Element) -> Condition:
    values: Iterable[str] = (child.text or "" for child in element.findall("value"))
    single = element.get("value")
    other = element.get("valueof")
    return Condition(
        entity=element.get("entityname", ""),
        column=_needed(element, "attribute"),
        operator=_needed(element, "operator"),
        values=tuple(values) if single is None else (single,),
        other=None if other is None else _column_of(other),
    )


def _column_of(text: str) -> tuple[str, str]:
    entity, dot, column = text.rpartition(".")
    return (entity, column) if dot else ("", text)


def _needed(element: ET.Element, name: str) -> str:
    value = element.get(name)
    if not value:
        raise _invalid(f"The element '{element.tag}' needs the attribute '{name}'.")
    return value


def _number(element: ET.Element, name: str) -> int | None:
    text = element.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _LARGEST_NUMBER):
        raise _invalid(f"The attribute '{name}' of '{element.tag}' must be a whole number, not '{text}'.")
    return int(text)


def _truth(element: ET.Element, name: str) -> bool:
    text = element.get(name, "false")
    if text not in {"true", "false", "1", "0"}:
        raise _invalid(f"The attribute '{name}' of '{element.tag}' is 'true' or 'false', not '{text}'.")
    return text in {"true", "1"}


def _invalid(message: str) -> ServiceError:
    return bad_request(f"Invalid FetchXML: {message}")
