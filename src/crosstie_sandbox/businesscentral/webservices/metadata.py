"""`$metadata` of the published web services as CSDL 4.0 XML: a company that contains an entity set per service.

Enums are texts here; what they can be is told by the annotation `NAV.AllowedValues`.
"""

from collections.abc import Mapping
from xml.etree import ElementTree as ET

from crosstie_sandbox.businesscentral.csdl import COMPUTED, EDM_TYPES, add, new_document, restrict, written
from crosstie_sandbox.businesscentral.page import Kind, Property
from crosstie_sandbox.businesscentral.webservices.addresses import COMPANY
from crosstie_sandbox.businesscentral.webservices.links import links_among
from crosstie_sandbox.businesscentral.webservices.services import NAMESPACE, Service

_ALLOWED_VALUES = "AllowedValues"
_COMPANY = {
    "Name": ("Edm.String", {"Nullable": "false", "MaxLength": "30"}),
    "Evaluation_Company": ("Edm.Boolean", {}),
    "Display_Name": ("Edm.String", {"MaxLength": "250"}),
    "Id": ("Edm.Guid", {}),
    "Business_Profile_Id": ("Edm.String", {"MaxLength": "250"}),
}


def document(published: Mapping[str, Service]) -> str:
    """The XML text."""
    root, schema = new_document(NAMESPACE)
    _company(schema, published)
    for service in published.values():
        _entity_type(schema, published, service)
        _actions(schema, service)
    add(schema, "Term", Name=_ALLOWED_VALUES, Type="Edm.String", AppliesTo="Property")
    container = add(schema, "EntityContainer", Name=NAMESPACE)
    add(container, "EntitySet", Name=COMPANY, EntityType=f"{NAMESPACE}.{COMPANY}")
    for service in published.values():
        _entity_set(container, published, service)
    return written(root).decode("utf-8")


def _company(schema: ET.Element, published: Mapping[str, Service]) -> None:
    company = add(schema, "EntityType", Name=COMPANY)
    add(add(company, "Key"), "PropertyRef", Name="Name")
    for name, (kind, facets) in _COMPANY.items():
        add(company, "Property", Name=name, Type=kind, **facets)
    for name in published:
        add(company, "NavigationProperty", Name=name, Type=_collection(name), ContainsTarget="true")


def _entity_type(schema: ET.Element, published: Mapping[str, Service], service: Service) -> None:
    entity = add(schema, "EntityType", Name=service.name)
    key = add(entity, "Key")
    for name in service.page.keys:
        add(key, "PropertyRef", Name=name)
    for control in service.page.controls.values():
        _property(entity, control.property, is_key=control.property.name in service.page.keys)
    for link in links_among(published, service).values():
        contained = {"ContainsTarget": "true"} if link.contained else {}
        add(entity, "NavigationProperty", Name=link.name, Type=_collection(link.service.name), **contained)


def _collection(name: str) -> str:
    return f"Collection({NAMESPACE}.{name})"


def _actions(schema: ET.Element, service: Service) -> None:
    for name in service.page.actions:
        action = add(schema, "Action", Name=name, IsBound="true")
        add(action, "Parameter", Name="bindingParameter", Type=f"{NAMESPACE}.{service.name}")


def _property(entity: ET.Element, column: Property, *, is_key: bool) -> None:
    facets = {"Nullable": "false"} if is_key else {}
    if column.kind is Kind.DECIMAL:
        facets["Scale"] = "variable"
    if column.length is not None:
        facets["MaxLength"] = str(column.length)
    shown = add(entity, "Property", Name=column.name, Type=EDM_TYPES[column.kind], **facets)
    if column.read_only:
        add(shown, "Annotation", Term=COMPUTED, Bool="true")
    if column.wire_names:
        add(shown, "Annotation", Term=f"{NAMESPACE}.{_ALLOWED_VALUES}", String=",".join(column.wire_names))


def _entity_set(container: ET.Element, published: Mapping[str, Service], service: Service) -> None:
    entity_set = add(container, "EntitySet", Name=service.name, EntityType=f"{NAMESPACE}.{service.name}")
    for link in links_among(published, service).values():
        if not link.contained:
            add(entity_set, "NavigationPropertyBinding", Path=link.name, Target=link.service.name)
    restrict(entity_set, service.page.allows)
