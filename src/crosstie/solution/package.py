"""The ZIP: manifest, customizations and content types. The same content makes the same bytes, whenever it is built."""

import io
import zipfile
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from crosstie.solution.content import DEFAULT_PREFIX, Content, Table, read_content
from crosstie.solution.customizations import ENGLISH, customizations

VERSION = "1.0.0.0"
"""Of the solution; raised when its content changes, so that an import is an upgrade."""
_TABLE, _ROLE = "1", "20"
_WITH_EVERYTHING, _SHELL_ONLY = "0", "2"
_ADDRESSES = (1, 2)
_ALWAYS = (2026, 1, 1, 0, 0, 0)
"""The time of every file in the ZIP."""


def build(prefix: str = DEFAULT_PREFIX, *, is_managed: bool = True) -> bytes:
    """The solution as Dataverse imports it; SetupError for a prefix that Dataverse would refuse.

    A managed solution can be removed again with all that it brought; an unmanaged one is for who wants to change it.
    """
    content = read_content(prefix)
    parts = {
        "[Content_Types].xml": _content_types(),
        "solution.xml": _manifest(content, is_managed=is_managed),
        "customizations.xml": customizations(content, VERSION),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for name, root in parts.items():
            indent(root)
            entry = zipfile.ZipInfo(name, _ALWAYS)
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, tostring(root, encoding="utf-8", xml_declaration=True))
    return made.getvalue()


def _content_types() -> Element:
    root = Element("Types", xmlns="http://schemas.openxmlformats.org/package/2006/content-types")
    SubElement(root, "Default", Extension="xml", ContentType="application/octet-stream")
    return root


def _manifest(content: Content, *, is_managed: bool) -> Element:
    root = Element(
        "ImportExportXml",
        {"version": "9.2.0.0", "SolutionPackageVersion": "9.2", "languagecode": ENGLISH, "generatedBy": "Crosstie"},
    )
    manifest = SubElement(root, "SolutionManifest")
    _text(manifest, "UniqueName", content.unique_name)
    _named(manifest, "LocalizedNames", "LocalizedName", content.title)
    _named(manifest, "Descriptions", "Description", content.description)
    _text(manifest, "Version", VERSION)
    _text(manifest, "Managed", "1" if is_managed else "0")
    _publisher(manifest, content)
    components = SubElement(manifest, "RootComponents")
    for table in content.tables:
        behavior = _WITH_EVERYTHING if table.is_ours else _SHELL_ONLY
        SubElement(components, "RootComponent", type=_TABLE, schemaName=_logical(table), behavior=behavior)
    for role in content.roles:
        SubElement(components, "RootComponent", type=_ROLE, id=f"{{{role.id}}}", behavior=_WITH_EVERYTHING)
    SubElement(manifest, "MissingDependencies")
    return root


def _logical(table: Table) -> str:
    return table.schema_name.lower()


def _publisher(manifest: Element, content: Content) -> None:
    publisher = SubElement(manifest, "Publisher")
    _text(publisher, "UniqueName", content.publisher)
    _named(publisher, "LocalizedNames", "LocalizedName", content.publisher_title)
    _named(publisher, "Descriptions", "Description", content.publisher_title)
    for name in ("EMailAddress", "SupportingWebsiteUrl"):
        SubElement(publisher, name)
    _text(publisher, "CustomizationPrefix", content.prefix)
    _text(publisher, "CustomizationOptionValuePrefix", str(content.option_value_prefix))
    addresses = SubElement(publisher, "Addresses")
    for number in _ADDRESSES:
        _text(SubElement(addresses, "Address"), "AddressNumber", str(number))


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _named(parent: Element, plural: str, singular: str, text: str) -> None:
    SubElement(SubElement(parent, plural), singular, description=text, languagecode=ENGLISH)
