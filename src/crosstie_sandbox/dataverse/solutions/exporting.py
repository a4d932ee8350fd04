"""Exporting a solution: its components as they are now, written as the ZIP that an import reads."""

from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZIP_DEFLATED, ZipFile

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.schema import Column, Key, OptionSet, Relationship, Table
from crosstie_sandbox.dataverse.solutions.components import Component, Thing, components, things
from crosstie_sandbox.dataverse.solutions.package import CUSTOMIZATIONS, MANIFEST, TYPES
from crosstie_sandbox.dataverse.solutions.refusals import no_such_solution, not_exportable
from crosstie_sandbox.dataverse.solutions.written import (
    add,
    described,
    relationship_element,
    table_element,
    written_option_set,
)

_SECTIONS = (
    "Entities",
    "Roles",
    "Workflows",
    "FieldSecurityProfiles",
    "Templates",
    "EntityMaps",
    "EntityRelationships",
    "OrganizationSettings",
    "optionsets",
    "WebResources",
    "CustomControls",
    "EntityDataProviders",
)
_LEVELS = {1: "Basic", 2: "Local", 4: "Deep", 8: "Global"}
_TYPES = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">{defaults}{overrides}</Types>'
)
Row = dict[str, Any]


@dataclass(slots=True)
class _Content:
    """What goes into the file."""

    tables: dict[str, Table] = field(default_factory=dict)
    columns: dict[str, list[Column]] = field(default_factory=dict)
    keys: dict[str, list[Key]] = field(default_factory=dict)
    relationships: list[Relationship] = field(default_factory=list)
    option_sets: list[OptionSet] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    web_resources: list[str] = field(default_factory=list)


def export_solution(database: Database, name: str, *, managed: bool) -> bytes:
    """The ZIP of an unmanaged solution; raises ServiceError for any other."""
    solution = _row(database, "solution", "uniquename", name)
    if solution is None:
        raise no_such_solution(name)
    if solution["ismanaged"]:
        raise not_exportable(name)
    content = _content(database, str(solution["solutionid"]))
    root = ET.Element("ImportExportXml")
    sections = {section: add(root, section) for section in _SECTIONS}
    for table in content.tables.values():
        columns, keys = content.columns.get(table.logical_name, []), content.keys.get(table.logical_name, [])
        sections["Entities"].append(table_element(table, columns, keys))
    for relationship in content.relationships:
        sections["EntityRelationships"].append(relationship_element(database.schema, relationship))
    for option_set in content.option_sets:
        sections["optionsets"].append(written_option_set(option_set))
    for role in content.roles:
        _role(database, sections["Roles"], role)
    files = _web_resources(database, sections["WebResources"], content.web_resources)
    add(add(root, "Languages"), "Language", "1033")
    return _zipped(_manifest(database, solution, content, managed=managed), root, files)


def _content(database: Database, solution: str) -> _Content:
    content, known = _Content(), things(database.schema)
    for kind, identity in components(database, solution):
        if kind is Component.ROLE:
            content.roles.append(identity)
        elif kind is Component.WEB_RESOURCE:
            content.web_resources.append(identity)
        else:
            _take(content, known.get((kind, identity)))
    for name, table in content.tables.items():
        if table.custom:
            content.columns[name] = [column for column in table.columns if column.custom]
    return content


def _take(content: _Content, thing: Thing | None) -> None:
    match thing:
        case Table():
            content.tables[thing.logical_name] = thing
        case (Table() as table, Column() as column):
            content.tables.setdefault(table.logical_name, table)
            content.columns.setdefault(table.logical_name, []).append(column)
        case (Table() as table, Key() as key):
            content.tables.setdefault(table.logical_name, table)
            content.keys.setdefault(table.logical_name, []).append(key)
        case OptionSet():
            content.option_sets.append(thing)
        case None:
            pass
        case _:
            content.relationships.append(thing)


def _role(database: Database, parent: ET.Element, identity: str) -> None:
    row = _row(database, "role", "roleid", identity)
    if row is None:
        return
    role = add(parent, "Role", id=f"{{{identity}}}", name=str(row["name"]), isinherited=str(row["isinherited"] or 0))
    add(role, "IsCustomizable", "1")
    privileges = add(role, "RolePrivileges")
    query = (
        "SELECT privilege.name, held.privilegedepthmask FROM main.roleprivileges AS held"
        " JOIN main.privilege ON privilege.privilegeid = held.privilegeid WHERE held.roleid = ? ORDER BY privilege.name"
    )
    for name, depth in database.execute(query, (identity,)):
        add(privileges, "RolePrivilege", name=str(name), level=_LEVELS[int(depth)])


def _web_resources(database: Database, parent: ET.Element, wanted: Iterable[str]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for identity in wanted:
        row = _row(database, "webresource", "webresourceid", identity)
        if row is None:
            continue
        path = f"WebResources/{row['name']}{identity.upper()}"
        files[path] = b64decode(str(row["content"] or ""))
        element = add(parent, "WebResource")
        add(element, "WebResourceId", f"{{{identity}}}")
        add(element, "Name", str(row["name"]))
        add(element, "DisplayName", str(row["displayname"] or ""))
        add(element, "WebResourceType", str(row["webresourcetype"]))
        if row["languagecode"]:
            add(element, "LanguageCode", str(row["languagecode"]))
        add(element, "IntroducedVersion", str(row["introducedversion"] or "1.0.0.0"))
        add(element, "FileName", f"/{path}")
    return files


def _manifest(database: Database, solution: Row, content: _Content, *, managed: bool) -> ET.Element:
    root = ET.Element(
        "ImportExportXml", version="9.2.0.0", SolutionPackageVersion="9.2", languagecode="1033", generatedBy="CrmLive"
    )
    manifest = add(root, "SolutionManifest")
    add(manifest, "UniqueName", str(solution["uniquename"]))
    described(manifest, "LocalizedNames", "LocalizedName", str(solution["friendlyname"]))
    described(manifest, "Descriptions", "Description", str(solution["description"] or ""))
    add(manifest, "Version", str(solution["version"]))
    add(manifest, "Managed", str(int(managed)))
    _publisher(manifest, _row(database, "publisher", "publisherid", str(solution["publisherid"])) or {})
    roots = add(manifest, "RootComponents")
    for table in content.tables.values():
        behavior = "0" if table.custom else "2"
        add(roots, "RootComponent", type=str(int(Component.TABLE)), schemaName=table.logical_name, behavior=behavior)
    for option_set in content.option_sets:
        add(roots, "RootComponent", type=str(int(Component.OPTION_SET)), schemaName=option_set.name, behavior="0")
    for kind, ids in ((Component.ROLE, content.roles), (Component.WEB_RESOURCE, content.web_resources)):
        for identity in ids:
            add(roots, "RootComponent", type=str(int(kind)), id=f"{{{identity}}}", behavior="0")
    add(manifest, "MissingDependencies")
    return root


def _publisher(manifest: ET.Element, row: Row) -> None:
    publisher = add(manifest, "Publisher")
    add(publisher, "UniqueName", str(row.get("uniquename")))
    described(publisher, "LocalizedNames", "LocalizedName", str(row.get("friendlyname")))
    described(publisher, "Descriptions", "Description", str(row.get("description") or ""))
    add(publisher, "EMailAddress", str(row.get("emailaddress") or ""))
    add(publisher, "SupportingWebsiteUrl", str(row.get("supportingwebsiteurl") or ""))
    add(publisher, "CustomizationPrefix", str(row.get("customizationprefix")))
    add(publisher, "CustomizationOptionValuePrefix", str(row.get("customizationoptionvalueprefix") or 10000))
    addresses = add(publisher, "Addresses")
    for number in ("1", "2"):
        add(add(addresses, "Address"), "AddressNumber", number)


def _zipped(manifest: ET.Element, customizations: ET.Element, files: dict[str, bytes]) -> bytes:
    overrides = "".join(
        f'<Override PartName="/{path}" ContentType="application/octet-stream" />' for path in map(_escaped, files)
    )
    types = _TYPES.format(defaults='<Default Extension="xml" ContentType="text/xml" />', overrides=overrides)
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        archive.writestr(TYPES, types)
        for name, element in ((MANIFEST, manifest), (CUSTOMIZATIONS, customizations)):
            ET.indent(element)
            archive.writestr(name, ET.tostring(element, encoding="utf-8", xml_declaration=True))
        for path, content in files.items():
            archive.writestr(path, content)
    return buffer.getvalue()


def _escaped(path: str) -> str:
    return path.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")


def _row(database: Database, table: str, column: str, value: str) -> Row | None:
    described_table = database.schema.tables[table]
    query = f'SELECT {described_table.listed} FROM main."{table}" WHERE "{column}" = ?'
    found = database.execute(query, (value,)).fetchone()
    if found is None:
        return None
    return {one.name: value for one, value in zip(described_table.columns, found, strict=True)}
