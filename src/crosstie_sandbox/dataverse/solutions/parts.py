"""What `customizations.xml` defines, as documents that tables are made from, and as rows."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from crosstie_sandbox.dataverse.definitions import Document
from crosstie_sandbox.dataverse.solutions.package import CUSTOMIZATIONS, Package, described, number
from crosstie_sandbox.dataverse.solutions.refusals import bad_xml

DEPTHS = {"Basic": 1, "Local": 2, "Deep": 4, "Global": 8}
ON_DELETE = {"Cascade": "cascade", "Restrict": "restrict"}
OWNERSHIP = {"UserOwned": "user", "OrgOwned": "organization"}
_TYPES = {
    "nvarchar": "string",
    "text": "string",
    "ntext": "memo",
    "memo": "memo",
    "int": "integer",
    "bigint": "bigint",
    "decimal": "decimal",
    "float": "double",
    "money": "money",
    "bit": "boolean",
    "picklist": "choice",
    "multiselectpicklist": "choices",
    "datetime": "datetime",
    "uniqueidentifier": "guid",
    "file": "file",
}
_POINTING = frozenset({"lookup", "customer"})
_OF_THE_SYSTEM = frozenset({"primarykey", "state", "status", "owner", "partylist", "virtual", "image"})
_LEVELS = {"required": "application", "applicationrequired": "application", "recommended": "recommended"}
_DATE_ONLY = "2"


@dataclass(slots=True)
class TablePart:
    """A table, new or not, with the columns and keys that the solution gives it."""

    name: str
    label: str
    collection_label: str
    description: str
    entity_set: str
    ownership: str
    primary_name: str = ""
    columns: dict[str, Document] = field(default_factory=dict)
    lookups: dict[str, Document] = field(default_factory=dict)
    keys: list[tuple[str, str, list[str]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Relation:
    """A relationship: by a lookup, or by an intersect table."""

    name: str
    referenced: str
    referencing: str
    column: str
    on_delete: str
    intersect: str


@dataclass(frozen=True, slots=True)
class Role:
    """A role with the depth of each privilege."""

    identity: str
    name: str
    privileges: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Parts:
    """All that a solution defines."""

    tables: list[TablePart]
    relations: list[Relation]
    option_sets: dict[str, Document]
    roles: list[Role]
    web_resources: list[Document]


def parts_of(package: Package) -> Parts:
    """Read the customizations of a package; raises ServiceError for what makes no sense."""
    root = package.customizations
    return Parts(
        tables=[_table(one) for one in root.iterfind("Entities/Entity")],
        relations=[_relation(one) for one in root.iterfind("EntityRelationships/EntityRelationship")],
        option_sets={_named(one, "Name"): _option_set(one) for one in root.iterfind("optionsets/optionset")},
        roles=[_role(one) for one in root.iterfind("Roles/Role")],
        web_resources=[_web_resource(one, package.files) for one in root.iterfind("WebResources/WebResource")],
    )


def _table(element: ET.Element) -> TablePart:
    info = element.find("EntityInfo/entity")
    name = element.findtext("Name", "").strip()
    if not name:
        raise bad_xml(CUSTOMIZATIONS, "The element 'Name' of an 'Entity' is missing or empty")
    if info is None:
        return TablePart(name, "", "", "", "", "user")
    part = TablePart(
        name=name,
        label=described(info.find("LocalizedNames")),
        collection_label=described(info.find("LocalizedCollectionNames")),
        description=described(info.find("Descriptions")),
        entity_set=info.findtext("EntitySetName", "").strip(),
        ownership=OWNERSHIP.get(info.findtext("OwnershipTypeMask", "UserOwned").strip(), "user"),
    )
    for attribute in info.iterfind("attributes/attribute"):
        _attribute(part, attribute)
    for key in info.iterfind("EntityKeys/EntityKey"):
        columns = [(one.text or "").strip().lower() for one in key.iterfind("EntityKeyAttributes/AttributeName")]
        schema_name = key.get("Name") or _named(key, "Name")
        part.keys.append((schema_name, described(key.find("displaynames")) or schema_name, columns))
    return part


def _attribute(part: TablePart, element: ET.Element) -> None:
    schema_name = _named(element, "PhysicalName")
    kind = element.findtext("Type", "").strip().lower()
    name = (element.findtext("LogicalName") or schema_name).strip().lower()
    if kind in _OF_THE_SYSTEM or element.findtext("IsCustomField", "1").strip() == "0":
        return
    document: Document = {
        "schema": schema_name,
        "label": described(element.find("displaynames")) or schema_name,
        "description": described(element.find("Descriptions")),
        "required": _LEVELS.get(element.findtext("RequiredLevel", "none").strip().lower(), "none"),
        "custom": True,
    }
    if kind in _POINTING:
        part.lookups[name] = document
        return
    if kind not in _TYPES:
        raise bad_xml(CUSTOMIZATIONS, f"The value '{kind}' of 'Type' of the attribute '{schema_name}' is not known")
    document |= {"type": _TYPES[kind], **_SPECIFIC.get(kind, _nothing)(element)}
    part.columns[name] = document
    if "PrimaryName" in element.findtext("DisplayMask", "").split("|"):
        part.primary_name = name


def _nothing(element: ET.Element) -> Document:
    del element
    return {}


def _text(element: ET.Element) -> Document:
    length = number(CUSTOMIZATIONS, element.findtext("MaxLength"), 100)
    return {"length": length, "format": element.findtext("Format", "text").strip().capitalize()}


def _number(element: ET.Element) -> Document:
    found: Document = {"precision": number(CUSTOMIZATIONS, element.findtext("Accuracy"), 2)}
    for name, tag in (("minimum", "MinValue"), ("maximum", "MaxValue")):
        text = element.findtext(tag, "").strip()
        if text:
            found[name] = text
    return found


def _whole(element: ET.Element) -> Document:
    return {
        name: number(CUSTOMIZATIONS, element.findtext(tag))
        for name, tag in (("minimum", "MinValue"), ("maximum", "MaxValue"))
        if element.findtext(tag, "").strip()
    }


def _moment(element: ET.Element) -> Document:
    if element.findtext("Behavior", "").strip() == _DATE_ONLY:
        return {"type": "date", "format": "DateOnly"}
    return {"format": "DateOnly" if element.findtext("Format", "").strip() == "date" else "DateAndTime"}


def _yes_no(element: ET.Element) -> Document:
    default = number(CUSTOMIZATIONS, element.findtext("AppDefaultValue")) == 1
    own = element.find("optionset")
    return {"default": default, **({"options": _options(own)} if own is not None and len(_options(own)) > 1 else {})}


def _choice(element: ET.Element) -> Document:
    shared = element.findtext("OptionSetName", "").strip()
    own = element.find("optionset")
    default = number(CUSTOMIZATIONS, element.findtext("AppDefaultValue"), -1)
    found: Document = {} if default == -1 else {"default": default}
    if shared:
        return {**found, "option_set": shared}
    return {**found, "options": {} if own is None else _options(own)}


_SPECIFIC: Mapping[str, Callable[[ET.Element], Document]] = {
    "nvarchar": _text,
    "text": _text,
    "ntext": _text,
    "memo": _text,
    "int": _whole,
    "decimal": _number,
    "float": _number,
    "money": _number,
    "bit": _yes_no,
    "picklist": _choice,
    "multiselectpicklist": _choice,
    "datetime": _moment,
}


def _options(element: ET.Element) -> Document:
    options = element.iterfind("options/option")
    return {str(number(CUSTOMIZATIONS, one.get("value"))): described(one.find("labels")) for one in options}


def _option_set(element: ET.Element) -> Document:
    label = element.get("localizedName") or described(element.find("displaynames"))
    return {"label": label or _named(element, "Name"), "options": _options(element), "custom": True}


def _relation(element: ET.Element) -> Relation:
    text = {child.tag: (child.text or "").strip() for child in element}
    many = text.get("EntityRelationshipType") == "ManyToMany"
    needed = ("FirstEntityName", "SecondEntityName") if many else ("ReferencedEntityName", "ReferencingEntityName")
    for tag in needed:
        if not text.get(tag):
            raise bad_xml(CUSTOMIZATIONS, f"The element '{tag}' of an 'EntityRelationship' is missing or empty")
    name = _named(element, "Name")
    return Relation(
        name=name,
        referenced=text[needed[0]].lower(),
        referencing=text[needed[1]].lower(),
        column=text.get("ReferencingAttributeName", ""),
        on_delete=ON_DELETE.get(text.get("CascadeDelete", ""), "clear"),
        intersect=(text.get("IntersectEntityName") or name) if many else "",
    )


def _role(element: ET.Element) -> Role:
    privileges = {}
    for one in element.iterfind("RolePrivileges/RolePrivilege"):
        level = one.get("level", "")
        if level not in DEPTHS:
            raise bad_xml(CUSTOMIZATIONS, f"The 'level' attribute is invalid - The value '{level}' is not known")
        privileges[_named(one, "name")] = DEPTHS[level]
    return Role(_named(element, "id").strip("{}").lower(), _named(element, "name"), privileges)


def _web_resource(element: ET.Element, files: Mapping[str, bytes]) -> Document:
    path = element.findtext("FileName", "").strip().lstrip("/")
    if path not in files:
        raise bad_xml(CUSTOMIZATIONS, f"The file '{path}' of a web resource is not in the solution")
    texts = {child.tag: (child.text or "").strip() for child in element}
    return {
        "webresourceid": texts.get("WebResourceId", "").strip("{}").lower(),
        "name": texts.get("Name", ""),
        "displayname": texts.get("DisplayName") or None,
        "webresourcetype": number(CUSTOMIZATIONS, texts.get("WebResourceType")),
        "languagecode": number(CUSTOMIZATIONS, texts.get("LanguageCode")) or None,
        "introducedversion": texts.get("IntroducedVersion") or None,
        "content": b64encode(files[path]).decode(),
    }


def _named(element: ET.Element, name: str) -> str:
    value = (element.get(name) or element.findtext(name) or "").strip()
    if not value:
        raise bad_xml(CUSTOMIZATIONS, f"The required attribute '{name}' of '{element.tag}' is missing")
    return value
