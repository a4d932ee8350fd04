"""`$metadata`: the pages as CSDL 4.0 XML, with their types, enums, ways between records and bound actions.

Every entity type hangs under `company`, which contains the sets of a company. With `$schemaversion=1.0` enums are plain
strings, as the first version of the vendor's schema had them; there are clients that cannot name a member `_x0020_`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from xml.etree import ElementTree as ET

from crosstie_sandbox.businesscentral.page import Kind, Navigation, Page, Property, ordinals, pages

NAMESPACE = "Microsoft.NAV"
_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM = "http://docs.oasis-open.org/odata/ns/edm"
_CAPABILITIES = "Org.OData.Capabilities.V1"
COMPUTED = "Org.OData.Core.V1.Computed"
EDM_TYPES: Mapping[Kind, str] = {
    Kind.GUID: "Edm.Guid",
    Kind.CODE: "Edm.String",
    Kind.TEXT: "Edm.String",
    Kind.ENUM: "Edm.String",
    Kind.BOOLEAN: "Edm.Boolean",
    Kind.DECIMAL: "Edm.Decimal",
    Kind.INTEGER: "Edm.Int32",
    Kind.DATE: "Edm.Date",
    Kind.DATE_TIME: "Edm.DateTimeOffset",
}
_RESTRICTIONS = {
    "insert": ("InsertRestrictions", "Insertable"),
    "modify": ("UpdateRestrictions", "Updatable"),
    "delete": ("DeleteRestrictions", "Deletable"),
}


@cache
def metadata(*, enums_as_strings: bool) -> bytes:
    """The whole document."""
    root, schema = new_document(NAMESPACE)
    for page in pages().values():
        _entity_type(schema, page, enums_as_strings=enums_as_strings)
    if not enums_as_strings:
        for name, members in sorted(_enums().items()):
            enum = add(schema, "EnumType", Name=name)
            for member, value in members.items():
                add(enum, "Member", Name=member, Value=str(value))
    for page in pages().values():
        for action in page.actions:
            bound = add(schema, "Action", Name=action, IsBound="true")
            add(bound, "Parameter", Name="bindingParameter", Type=f"{NAMESPACE}.{page.entity}")
    container = add(schema, "EntityContainer", Name="NAV")
    for page in pages().values():
        _entity_set(container, page)
    return written(root)


def new_document(namespace: str) -> tuple[ET.Element, ET.Element]:
    """A document and its one schema, which is empty yet."""
    ET.register_namespace("edmx", _EDMX)
    ET.register_namespace("", _EDM)
    root = ET.Element(f"{{{_EDMX}}}Edmx", Version="4.0")
    services = ET.SubElement(root, f"{{{_EDMX}}}DataServices")
    return root, add(services, "Schema", Namespace=namespace)


def written(root: ET.Element) -> bytes:
    """A document as it is sent."""
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _entity_type(schema: ET.Element, page: Page, *, enums_as_strings: bool) -> None:
    entity = add(schema, "EntityType", Name=page.entity)
    add(add(entity, "Key"), "PropertyRef", Name=page.identity)
    for column in page.properties.values():
        attributes = {"Name": column.name, "Type": _type(column, enums_as_strings=enums_as_strings)}
        if column.name == page.identity:
            attributes["Nullable"] = "false"
        if column.length is not None and attributes["Type"] == "Edm.String":
            attributes["MaxLength"] = str(column.length)
        shown = add(entity, "Property", **attributes)
        if column.read_only and column.name != page.identity:
            add(shown, "Annotation", Term=COMPUTED, Bool="true")
    if page.media:
        add(entity, "Property", Name=page.media, Type="Edm.Stream")
    for navigation in page.navigations.values():
        _navigation(entity, page, navigation)
    if page.entity_set == "companies":
        for part in _parts_of_company():
            add(
                entity,
                "NavigationProperty",
                Name=part.entity_set,
                Type=f"Collection({NAMESPACE}.{part.entity})",
                ContainsTarget="true",
            )


def _navigation(entity: ET.Element, page: Page, navigation: Navigation) -> None:
    target = pages()[navigation.target]
    one = f"{NAMESPACE}.{target.entity}"
    attributes = {"Name": navigation.name, "Type": one if navigation.leads_to_one else f"Collection({one})"}
    if navigation.contained:
        attributes["ContainsTarget"] = "true"
    way = add(entity, "NavigationProperty", **attributes)
    if navigation.by:
        add(way, "ReferentialConstraint", Property=navigation.by, ReferencedProperty=target.identity)
    elif navigation.leads_to_one:
        add(way, "ReferentialConstraint", Property=page.identity, ReferencedProperty=navigation.on)


def _type(column: Property, *, enums_as_strings: bool) -> str:
    if column.kind is Kind.ENUM and not enums_as_strings:
        return f"{NAMESPACE}.{enum_type_name(column.enum)}"
    return EDM_TYPES[column.kind]


def enum_type_name(name: str) -> str:
    """`Sales Order Entity Buffer Status` as a type: salesOrderEntityBufferStatus."""
    joined = "".join(word[0].upper() + word[1:] for word in re.findall(r"\w+", name))
    return joined[0].lower() + joined[1:]


def _enums() -> dict[str, Mapping[str, int]]:
    columns = [column for page in pages().values() for column in page.properties.values()]
    return {enum_type_name(column.enum): ordinals(column.enum) for column in columns if column.kind is Kind.ENUM}


def _entity_set(container: ET.Element, page: Page) -> None:
    entity_set = add(container, "EntitySet", Name=page.entity_set, EntityType=f"{NAMESPACE}.{page.entity}")
    ways = [(way.name, way.target) for way in page.navigations.values() if not way.contained]
    for name, target in ways:
        add(entity_set, "NavigationPropertyBinding", Path=name, Target=target)
    restrict(entity_set, page.allows)


def restrict(entity_set: ET.Element, allows: frozenset[str]) -> None:
    """Say what a set does not let a client do."""
    for operation, (restriction, allowed) in _RESTRICTIONS.items():
        if operation not in allows:
            term = add(entity_set, "Annotation", Term=f"{_CAPABILITIES}.{restriction}")
            add(add(term, "Record"), "PropertyValue", Property=allowed, Bool="false")


def _parts_of_company() -> Iterator[Page]:
    for page in pages().values():
        if not page.of_environment:
            yield page


def add(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    """A new element of CSDL."""
    return ET.SubElement(parent, f"{{{_EDM}}}{tag}", attributes)
