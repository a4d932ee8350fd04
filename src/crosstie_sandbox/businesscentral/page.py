"""The API pages as data: one TOML file per page in `pages/`, the enums in `enums.toml`.

Tables that no API page shows are described in the same way in `tables/`.

A page names its properties with type, length and whether they can be written, the field of the table behind each
(error texts name fields, not properties), the natural key, and which of insert, modify and delete it allows.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any


class Kind(StrEnum):
    """Types of the properties; Code and Text are both strings on the wire."""

    GUID = "Guid"
    CODE = "Code"
    TEXT = "Text"
    ENUM = "Enum"
    BOOLEAN = "Boolean"
    DECIMAL = "Decimal"
    INTEGER = "Integer"
    DATE = "Date"
    DATE_TIME = "DateTimeOffset"


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a page."""

    name: str
    kind: Kind
    length: int | None
    field: str
    read_only: bool
    follows: bool
    """Its value follows from other properties; a written one must say the same."""
    initial: str | None
    wire_names: tuple[str, ...]
    enum: str
    """The enum's name in the application; nothing for other types."""
    relation: tuple[str, str] | None
    """Entity set and key property that a value must be found in."""
    twin: str | None
    """The property that names the same record by its id."""
    local: bool
    """Blank and the code of the local currency mean the same."""
    computed: str | None
    """The value in SQL, where it follows from other tables whenever it is read."""
    derived: tuple[str, str] | None
    """The property that names a record by id or code, and the property of that record that is shown here."""
    texts: Mapping[str, str]
    """The vendor's own words when the code (`code`), the id (`id`) or the agreement of both (`both`) is wrong."""

    @property
    def sql(self) -> str:
        """The property in a query of its page's table."""
        return f'"{self.name}"' if self.computed is None else f"({self.computed})"


@dataclass(frozen=True, slots=True)
class NumberSeries:
    """Where the numbers of new records come from."""

    code: str
    prefix: str
    digits: int
    start: int
    step: int

    def number(self, value: int) -> str:
        """A number as it stands on the record."""
        return f"{self.prefix}{value:0{self.digits}d}"


@dataclass(frozen=True, slots=True)
class Navigation:
    """A way from a row of a page to rows of another set.

    Either the property `by` of this row holds the id of the one row it leads to, or the property `on` of each row it
    leads to holds the id of this row.
    """

    name: str
    target: str
    on: str = ""
    by: str = ""
    single: bool = False
    """At most one row has it; the vendor then names the way like an entity, not like a set."""
    contained: bool = False
    """The rows go away with the row they belong to."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """What else a row that is made on this way holds."""

    @property
    def leads_to_one(self) -> bool:
        """Whether one row, or none, is answered instead of a set."""
        return self.single or bool(self.by)


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be known before a subpage shows rows: one of the properties, in the address or in the filter."""

    one_of: tuple[str, ...]
    all_of: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One API page."""

    entity: str
    entity_set: str
    table: str
    key: str | None
    order: tuple[str, ...]
    allows: frozenset[str]
    view: bool
    number_series: NumberSeries | None
    unlisted: Mapping[str, Property]
    """Columns that the table has and the page does not show."""
    properties: Mapping[str, Property]
    columns: Mapping[str, Property]
    """The columns of the table, whether the page shows them or not."""
    navigations: Mapping[str, Navigation]
    actions: tuple[str, ...]
    """What a row can be told to do: `POST set(id)/Microsoft.NAV.action`."""
    needs: Needs | None
    identity: str
    """The property that holds the SystemId, or what else a row is addressed by."""
    media: str
    """The name of the bytes that belong to each row; nothing for most pages."""
    of_environment: bool
    """Whether the rows belong to the environment instead of a company."""
    namespace: str = "Microsoft.NAV"

    @property
    def type_name(self) -> str:
        """The entity type as error texts name it."""
        return f"{self.namespace}.{self.entity}"


def referring(target: Page) -> Iterator[tuple[Page, Property]]:
    """The columns of all tables whose values are natural keys of a page, or ids that no natural key stands beside."""
    for page in tables().values():
        for column in () if page.view else page.columns.values():
            if column.relation in {(target.entity_set, target.key), (target.entity_set, "id")}:
                yield page, column


@cache
def pages() -> Mapping[str, Page]:
    """All API pages by entity set."""
    return _read("pages")


@cache
def tables() -> Mapping[str, Page]:
    """All pages, and the tables that no API page shows, by entity set."""
    return {**pages(), **_read("tables")}


def _read(folder: str) -> Mapping[str, Page]:
    enums = _load("enums.toml")
    found = {}
    for file in sorted(_package().joinpath(folder).iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            page = _page(tomllib.loads(file.read_text(encoding="utf-8")), enums)
            found[page.entity_set] = page
    return found


@cache
def ordinals(enum: str) -> Mapping[str, int]:
    """The numbers of the members of an enum, which only the metadata shows."""
    members: list[str] = _load("enums.toml")[enum]
    return {
        **{member: position for position, member in enumerate(members)},
        **_load("enum_ordinals.toml").get(enum, {}),
    }


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads(_package().joinpath(name).read_text(encoding="utf-8"))


def _package() -> Traversable:
    return files("crosstie_sandbox.businesscentral")


def _page(data: dict[str, Any], enums: dict[str, list[str]]) -> Page:
    series = data.get("number_series")
    properties = {name: _property(name, entry, enums) for name, entry in data["properties"].items()}
    unlisted = {name: _property(name, entry, enums) for name, entry in data.get("unlisted", {}).items()}
    return Page(
        entity=data["entity"],
        entity_set=data["entity_set"],
        table=data["table"],
        key=data.get("key"),
        order=tuple(data["order"]),
        allows=frozenset(data["allows"]),
        view=data.get("view", False),
        number_series=NumberSeries(**series) if series else None,
        unlisted=unlisted,
        properties=properties,
        columns={**properties, **unlisted},
        navigations={name: Navigation(name, **entry) for name, entry in data.get("navigations", {}).items()},
        actions=tuple(data.get("actions", ())),
        needs=_needs(data.get("needs")),
        identity=data.get("identity", "id"),
        media=data.get("media", ""),
        of_environment=data.get("of_environment", False),
    )


def _needs(data: dict[str, Any] | None) -> Needs | None:
    if data is None:
        return None
    return Needs(tuple(data.get("one_of", ())), tuple(data.get("all_of", ())), data["text"])


def described(name: str, entry: dict[str, Any]) -> Property:
    """A property that no file of a table describes."""
    return _property(name, entry, {})


def _property(name: str, entry: dict[str, Any], enums: dict[str, list[str]]) -> Property:
    return Property(
        name=name,
        kind=Kind(entry["type"]),
        length=entry.get("length"),
        field=entry.get("field", name),
        read_only=entry.get("read_only", False),
        follows=entry.get("follows", False),
        initial=entry.get("initial"),
        wire_names=tuple(enums[entry["enum"]]) if "enum" in entry else (),
        enum=entry.get("enum", ""),
        relation=_pair(entry.get("relation")),
        twin=entry.get("twin"),
        local=entry.get("local", False),
        computed=entry.get("computed"),
        derived=_pair(entry.get("derived")),
        texts=entry.get("texts", {}),
    )


def _pair(text: str | None) -> tuple[str, str] | None:
    """`set.property` taken apart."""
    if text is None:
        return None
    first, _, second = text.partition(".")
    return first, second
