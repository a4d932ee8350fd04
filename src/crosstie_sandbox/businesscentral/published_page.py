"""Pages that an administrator can publish as OData web services: one TOML file per page in `published/`.

A file names the page and the table behind it, and per control the column it shows. The name on the wire is made of the
control's name; type, length and the right to write are those of the column, unless the file says otherwise.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from crosstie_sandbox.businesscentral.page import Page, Property, described, tables
from crosstie_sandbox.businesscentral.values import unescaped

_CONSTANT = re.compile(r"'([^']*)'")
_REMOVED = str.maketrans(dict.fromkeys(".()"))
_WORDS = {"%": "Percent", "'": "_x0027_", "&": "_x0026_", "+": "_x002B_"}
_BLANK_OF_LOCAL = "CASE base.{0} WHEN (SELECT localCurrencyCode FROM generalLedgerSetup) THEN '' ELSE base.{0} END"
_CODE_OF = 'ifnull((SELECT target."{1}" FROM "{0}" AS target WHERE target.id = base.{2}), \'\')'


@dataclass(frozen=True, slots=True)
class Control:
    """One control of a page: the property on the wire, and where its value comes from and goes to."""

    property: Property
    """Named as on the wire; an enum has its names as people read them."""
    column: str | None
    """The column of the table that a written value goes to."""
    code_of: tuple[str, str] | None
    """Entity set and key of the record whose id the column holds, while the control shows its code."""
    sql: str
    """The value in terms of `base`, a row of the table."""
    constant: str | None = None
    """The one value that all rows of the page have; a client may send it along."""


@dataclass(frozen=True, slots=True)
class Part:
    """A page within a page: those rows whose controls `on` hold the values of controls of the outer row."""

    name: str
    page: int
    on: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class PublishedPage:
    """A page as it can be published."""

    number: int
    caption: str
    service: str
    """The name that the integration publishes it under; an administrator may choose another."""
    table: Page
    keys: tuple[str, ...]
    allows: frozenset[str]
    integration: bool
    """Whether the integration with a CRM needs it."""
    controls: Mapping[str, Control]
    parts: Mapping[str, Part]
    actions: tuple[str, ...]
    """What a record can be told to do: `POST Set(key)/NAV.Action`."""
    where: str

    @property
    def view(self) -> str:
        """The name of the view that holds its rows."""
        return f"page{self.number}"


def exposed_name(name: str) -> str:
    """The name of a control or service on the wire: blanks and hyphens become underscores, dots and parentheses go."""
    text = name.translate(_REMOVED)
    for character, word in _WORDS.items():
        text = text.replace(character, word)
    return "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in text)


@cache
def published_pages() -> Mapping[int, PublishedPage]:
    """All pages that can be published, by their number."""
    folder = files("crosstie_sandbox.businesscentral").joinpath("published")
    found = [_page(tomllib.loads(file.read_text(encoding="utf-8"))) for file in folder.iterdir()]
    return {page.number: page for page in sorted(found, key=lambda page: page.number)}


def _page(data: dict[str, Any]) -> PublishedPage:
    table = tables()[data["table"]]
    controls = [_control(table, name, entry) for name, entry in data["controls"].items()]
    allows = frozenset(data["allows"])
    parts = {
        name: Part(name, entry["page"], {exposed_name(one): exposed_name(two) for one, two in entry["on"].items()})
        for name, entry in data.get("parts", {}).items()
    }
    return PublishedPage(
        number=data["page"],
        caption=data["caption"],
        service=data["service"],
        table=table,
        keys=tuple(exposed_name(name) for name in data["keys"]),
        allows=allows,
        integration=data.get("integration", True),
        controls={control.property.name: control for control in controls},
        parts=parts,
        actions=tuple(data.get("actions", ())),
        where=data.get("where", ""),
    )


def _control(table: Page, name: str, entry: str | dict[str, Any]) -> Control:
    given: dict[str, Any] = {"column": entry} if isinstance(entry, str) else entry
    wire_name = exposed_name(name)
    if "sql" in given:
        shown = _computed(wire_name, name, given)
        constant = _CONSTANT.fullmatch(given["sql"])
        return Control(shown, None, None, given["sql"], constant[1] if constant else None)
    column = table.columns[given["column"]]
    if "code_of" in given:
        target, key = given["code_of"].split(".")
        shown = replace(tables()[target].columns[key], name=wire_name, field=name, read_only=False)
        shown = replace(shown, relation=(target, key))
        return Control(shown, column.name, (target, key), _CODE_OF.format(target, key, f'"{column.name}"'))
    read_only = given.get("read_only", column.read_only or column.name == "lastModifiedDateTime")
    names = tuple(unescaped(wire) for wire in column.wire_names)
    shown = replace(column, name=wire_name, read_only=read_only, wire_names=names)
    return Control(shown, column.name, None, _sql_of(column, local=given.get("local", False)))


def _computed(wire_name: str, name: str, given: dict[str, Any]) -> Property:
    described_as = {key: value for key, value in given.items() if key not in {"sql", "names"}}
    shown = described(wire_name, {"field": name, "read_only": True, **described_as})
    return replace(shown, wire_names=tuple(given.get("names", ())))


def _sql_of(column: Property, *, local: bool) -> str:
    quoted = f'"{column.name}"'
    if local:
        return _BLANK_OF_LOCAL.format(quoted)
    escaped = [name for name in column.wire_names if unescaped(name) != name]
    if not escaped:
        return f"base.{quoted}"
    cases = " ".join(f"WHEN {_text(name)} THEN {_text(unescaped(name))}" for name in escaped)
    return f"CASE base.{quoted} {cases} ELSE base.{quoted} END"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
