"""The ZIP of a solution: its manifest, its customizations as XML, and the files beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from xml.etree import ElementTree as ET
from zipfile import BadZipFile, ZipFile

from crosstie_sandbox.dataverse.solutions.refusals import bad_file, bad_xml

MANIFEST, CUSTOMIZATIONS, TYPES = "solution.xml", "customizations.xml", "[Content_Types].xml"
_LARGEST = 100_000_000
_MOST_FILES = 5_000
_NEEDED = f"{MANIFEST}, {CUSTOMIZATIONS}, and {TYPES}."


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who made a solution, and the prefixes that keep its names and option values apart."""

    name: str
    label: str
    prefix: str
    option_prefix: int | None


@dataclass(frozen=True, slots=True)
class Root:
    """One entry of the manifest: a component by type and schema name or id."""

    type: int
    name: str
    identity: str
    behavior: int


@dataclass(frozen=True, slots=True)
class Package:
    """A solution as it comes."""

    name: str
    label: str
    description: str
    version: tuple[int, ...]
    managed: bool
    publisher: Publisher
    roots: tuple[Root, ...]
    customizations: ET.Element
    files: Mapping[str, bytes]

    @property
    def version_text(self) -> str:
        """Four numbers with dots."""
        return ".".join(map(str, self.version))


def read_package(content: bytes) -> Package:
    """Read a ZIP; raises ServiceError for what is no solution."""
    files = _files(content)
    for name in (MANIFEST, CUSTOMIZATIONS):
        if name not in files:
            raise bad_file(_NEEDED)
    manifest = parsed(MANIFEST, files[MANIFEST]).find("SolutionManifest")
    if manifest is None:
        raise bad_xml(MANIFEST, "The element 'SolutionManifest' is missing")
    publisher = manifest.find("Publisher")
    if publisher is None:
        raise bad_xml(MANIFEST, "The element 'Publisher' is missing")
    customizations = parsed(CUSTOMIZATIONS, files[CUSTOMIZATIONS])
    if customizations.tag != "ImportExportXml":
        raise bad_xml(CUSTOMIZATIONS, f"The '{customizations.tag}' element is not declared")
    return Package(
        name=_text(manifest, "UniqueName"),
        label=described(manifest.find("LocalizedNames")) or _text(manifest, "UniqueName"),
        description=described(manifest.find("Descriptions")),
        version=_version(_text(manifest, "Version")),
        managed=manifest.findtext("Managed", "0").strip() == "1",
        publisher=_publisher(publisher),
        roots=tuple(_root(one) for one in manifest.iterfind("RootComponents/RootComponent")),
        customizations=customizations,
        files=files,
    )


def parsed(name: str, content: bytes) -> ET.Element:
    """The root of an XML file; one with definitions of its own, which could swell, is refused."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise bad_xml(name, "DTD is prohibited in this XML document")
    try:
        return ET.fromstring(content)  # noqa: S314 - without a DTD there is nothing to expand
    except ET.ParseError as reason:
        raise bad_xml(name, str(reason)) from None


def described(parent: ET.Element | None) -> str:
    """The first description below an element, in whatever language it is."""
    if parent is None:
        return ""
    return next((str(one.get("description")) for one in parent if one.get("description")), "")


def number(name: str, value: str | None, otherwise: int = 0) -> int:
    """A whole number in an attribute or element."""
    if value is None or not value.strip():
        return otherwise
    try:
        return int(value)
    except ValueError:
        raise bad_xml(name, f"The value '{value}' is not a valid number") from None


def _files(content: bytes) -> dict[str, bytes]:
    try:
        with ZipFile(BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _LARGEST:
                raise bad_file(f"{_NEEDED} It holds more than the sandbox takes.")
            return {entry.filename.lstrip("/"): archive.read(entry) for entry in entries if not entry.is_dir()}
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError):
        raise bad_file(_NEEDED) from None


def _text(parent: ET.Element, name: str) -> str:
    text = parent.findtext(name, "").strip()
    if not text:
        raise bad_xml(MANIFEST, f"The element '{name}' is missing or empty")
    return text


def _version(text: str) -> tuple[int, ...]:
    parts = text.split(".")
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise bad_xml(MANIFEST, f"The version '{text}' is not numbers with dots between")
    return tuple(map(int, [*parts, "0", "0", "0"][: max(4, len(parts))]))


def _publisher(element: ET.Element) -> Publisher:
    prefix = element.findtext("CustomizationOptionValuePrefix")
    return Publisher(
        name=_text(element, "UniqueName"),
        label=described(element.find("LocalizedNames")) or _text(element, "UniqueName"),
        prefix=_text(element, "CustomizationPrefix"),
        option_prefix=number(MANIFEST, prefix) if prefix and prefix.strip() else None,
    )


def _root(element: ET.Element) -> Root:
    return Root(
        type=number(MANIFEST, element.get("type")),
        name=element.get("schemaName", ""),
        identity=element.get("id", "").strip("{}").lower(),
        behavior=number(MANIFEST, element.get("behavior")),
    )
