"""The API pages as data: one TOML file per page in `pages/`, the enums in `enums.toml`.

Tables that no API page shows are described in the same way in `tables/`.

A page names its properties with type, length and whether they can be written, the field of the table behind each
(error texts name fields, not properties), the natural key, and which of insert, modify and delete it allows.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
    relation: tuple[str, str] | None
    """Entity set and key property that a value must be found in."""
    twin: str | None
    """The property that names the same record by its id; blank stands for the local currency."""
    absent_table: str | None
    """A table of the vendor's that this company leaves empty, so that only the blank id is right."""


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
    """A part of a page: the rows of another set whose `on` property holds the id of this page's row."""

    name: str
    target: str
    on: str


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
    namespace: str = "Microsoft.NAV"

    @property
    def type_name(self) -> str:
        """The entity type as error texts name it."""
        return f"{self.namespace}.{self.entity}"

    @property
    def identity(self) -> str:
        """The property that holds the SystemId."""
        return "id" if "id" in self.properties else "contactId"


def referring(target: Page) -> Iterator[tuple[Page, Property]]:
    """The columns of all tables whose values are natural keys of a page."""
    for page in tables().values():
        for column in page.columns.values():
            if column.relation == (target.entity_set, target.key):
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
    enums = tomllib.loads(_package().joinpath("enums.toml").read_text(encoding="utf-8"))
    found = {}
    for file in sorted(_package().joinpath(folder).iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            page = _page(tomllib.loads(file.read_text(encoding="utf-8")), enums)
            found[page.entity_set] = page
    return found


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
    )


def _property(name: str, entry: dict[str, Any], enums: dict[str, list[str]]) -> Property:
    target = entry.get("relation")
    return Property(
        name=name,
        kind=Kind(entry["type"]),
        length=entry.get("length"),
        field=entry.get("field", name),
        read_only=entry.get("read_only", False),
        follows=entry.get("follows", False),
        initial=entry.get("initial"),
        wire_names=tuple(enums[entry["enum"]]) if "enum" in entry else (),
        relation=(target.split(".")[0], target.split(".")[1]) if target else None,
        twin=entry.get("twin"),
        absent_table=entry.get("absent_table"),
    )
