"""`$metadata` of the published web services as CSDL 4.0 XML: a company that contains an entity set per service."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, tostring

from crosstie_sandbox.businesscentral.page import Kind, Property
from crosstie_sandbox.businesscentral.webservices.addresses import COMPANY
from crosstie_sandbox.businesscentral.webservices.links import links_among
from crosstie_sandbox.businesscentral.webservices.services import NAMESPACE, Service

_EDM = "http://docs.oasis-open.org/odata/ns/edm"
_EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
_TYPES: Mapping[Kind, str] = {
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
_COMPANY = {
    "Name": ("Edm.String", "30"),
    "Evaluation_Company": ("Edm.Boolean", None),
    "Display_Name": ("Edm.String", "250"),
    "Id": ("Edm.Guid", None),
    "Business_Profile_Id": ("Edm.String", "250"),
}


def document(published: Mapping[str, Service]) -> str:
    """The XML text."""
    root = Element("edmx:Edmx", {"Version": "4.0", "xmlns:edmx": _EDMX})
    schema = SubElement(SubElement(root, "edmx:DataServices"), "Schema", {"Namespace": NAMESPACE, "xmlns": _EDM})
    _company(schema, published)
    for service in published.values():
        _entity_type(schema, published, service)
        _actions(schema, service)
    SubElement(schema, "Term", {"Name": "AllowEdit", "Type": "Edm.Boolean", "AppliesTo": "Property"})
    SubElement(schema, "Term", {"Name": "AllowedValues", "Type": "Edm.String", "AppliesTo": "Property"})
    container = SubElement(schema, "EntityContainer", {"Name": NAMESPACE})
    SubElement(container, "EntitySet", {"Name": COMPANY, "EntityType": f"{NAMESPACE}.{COMPANY}"})
    for service in published.values():
        _entity_set(container, published, service)
    return '<?xml version="1.0" encoding="utf-8"?>' + tostring(root, encoding="unicode")


def _company(schema: Element, published: Mapping[str, Service]) -> None:
    company = SubElement(schema, "EntityType", {"Name": COMPANY})
    SubElement(SubElement(company, "Key"), "PropertyRef", {"Name": "Name"})
    for name, (kind, length) in _COMPANY.items():
        facets = {"Nullable": "false"} if name == "Name" else {}
        SubElement(company, "Property", {"Name": name, "Type": kind, **facets, **_length(length)})
    for name in published:
        kind = f"Collection({NAMESPACE}.{name})"
        SubElement(company, "NavigationProperty", {"Name": name, "Type": kind, "ContainsTarget": "true"})


def _entity_type(schema: Element, published: Mapping[str, Service], service: Service) -> None:
    entity = SubElement(schema, "EntityType", {"Name": service.name})
    key = SubElement(entity, "Key")
    for name in service.page.keys:
        SubElement(key, "PropertyRef", {"Name": name})
    for control in service.page.controls.values():
        _property(entity, control.property, is_key=control.property.name in service.page.keys)
    for link in links_among(published, service).values():
        contained = {"ContainsTarget": "true"} if link.contained else {}
        kind = f"Collection({NAMESPACE}.{link.service.name})"
        SubElement(entity, "NavigationProperty", {"Name": link.name, "Type": kind, **contained})


def _actions(schema: Element, service: Service) -> None:
    for name in service.page.actions:
        action = SubElement(schema, "Action", {"Name": name, "IsBound": "true"})
        SubElement(action, "Parameter", {"Name": "bindingParameter", "Type": f"{NAMESPACE}.{service.name}"})


def _property(entity: Element, column: Property, *, is_key: bool) -> None:
    facets = {"Nullable": "false"} if is_key else {}
    if column.kind is Kind.DECIMAL:
        facets["Scale"] = "variable"
    length = None if column.length is None else str(column.length)
    attributes = {"Name": column.name, "Type": _TYPES[column.kind], **facets, **_length(length)}
    made = SubElement(entity, "Property", attributes)
    if column.read_only:
        SubElement(made, "Annotation", {"Term": f"{NAMESPACE}.AllowEdit", "Bool": "false"})
    if column.wire_names:
        names = ",".join(column.wire_names)
        SubElement(made, "Annotation", {"Term": f"{NAMESPACE}.AllowedValues", "String": names})


def _length(length: str | None) -> dict[str, str]:
    return {} if length is None else {"MaxLength": length}


def _entity_set(container: Element, published: Mapping[str, Service], service: Service) -> None:
    kind = f"{NAMESPACE}.{service.name}"
    entity_set = SubElement(container, "EntitySet", {"Name": service.name, "EntityType": kind})
    for link in links_among(published, service).values():
        if not link.contained:
            target = {"Path": link.name, "Target": link.service.name}
            SubElement(entity_set, "NavigationPropertyBinding", target)
