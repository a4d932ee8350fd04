"""What the solution holds: `content.toml` and `privileges.csv`, read, with the publisher's prefix before our names."""

import csv
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid5

from crosstie.model.errors import SetupError

DEFAULT_PREFIX = "crosstie"
_PREFIX = re.compile(r"(?!mscrm)[a-z][a-z0-9]{1,7}")
_IDS = UUID("0c2f5f6a-6d57-4c8e-9a53-3f1c7b9e2d41")
"""Roles keep their ids from version to version: an import of a known id is an update."""


class ColumnType(StrEnum):
    """What a column of ours may hold."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    LOOKUP = "lookup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; schema names carry the prefix."""

    schema_name: str
    title: str
    type: ColumnType
    length: int = 0
    target: str = ""
    """Of a lookup: the schema name of the table that it points to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of our own, or the columns that we add to one that is there already."""

    schema_name: str
    columns: tuple[Column, ...]
    title: str = ""
    titles: str = ""
    description: str = ""
    primary_length: int = 0
    """Of the column that names a row; 0: the table is there already."""

    @property
    def is_ours(self) -> bool:
        """Whether the solution brings the table itself."""
        return bool(self.primary_length)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A security role, with its privileges by name."""

    id: UUID
    title: str
    privileges: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """The whole solution."""

    unique_name: str
    title: str
    description: str
    publisher: str
    publisher_title: str
    prefix: str
    option_value_prefix: int
    tables: tuple[Table, ...]
    roles: tuple[Role, ...]


def read_content(prefix: str = DEFAULT_PREFIX) -> Content:
    """The solution under a publisher's prefix; SetupError for one that Dataverse would refuse."""
    if not _PREFIX.fullmatch(prefix):
        raise SetupError(
            f"'{prefix}' is no prefix of a publisher: Dataverse takes two to eight small letters and digits, a letter"
            " first, and nothing that starts with mscrm. Nothing was built.",
            "Choose another one; it becomes part of the name of every table and column that the solution adds.",
        )
    data = tomllib.loads(files("crosstie.solution").joinpath("content.toml").read_text("utf-8"))
    return Content(
        unique_name=data["unique_name"],
        title=data["title"],
        description=data["description"],
        publisher=data["publisher"] if prefix == DEFAULT_PREFIX else f"{data['publisher']}_{prefix}",
        publisher_title=data["publisher_title"],
        prefix=prefix,
        option_value_prefix=data["option_value_prefix"],
        tables=(*(_own(one, prefix) for one in data["table"]), *(_extended(one, prefix) for one in data["extension"])),
        roles=_roles(data["role"], prefix),
    )


def _own(data: Mapping[str, Any], prefix: str) -> Table:
    return Table(
        schema_name=f"{prefix}_{data['name']}",
        columns=_columns(data, prefix),
        title=data["title"],
        titles=data["titles"],
        description=data["description"],
        primary_length=data["primary_length"],
    )


def _extended(data: Mapping[str, Any], prefix: str) -> Table:
    return Table(schema_name=data["table"], columns=_columns(data, prefix))


def _columns(data: Mapping[str, Any], prefix: str) -> tuple[Column, ...]:
    plain = [
        Column(
            schema_name=f"{prefix}_{one['name']}",
            title=one["title"],
            type=ColumnType(one["type"]),
            length=one.get("length", 0),
        )
        for one in data.get("columns", ())
    ]
    lookups = [
        Column(
            schema_name=f"{prefix}_{one['name']}",
            title=one["title"],
            type=ColumnType.LOOKUP,
            target=f"{prefix}_{one['target']}",
        )
        for one in data.get("lookups", ())
    ]
    return (*plain, *lookups)


def _roles(roles: list[Mapping[str, Any]], prefix: str) -> tuple[Role, ...]:
    rows = list(csv.DictReader(files("crosstie.solution").joinpath("privileges.csv").read_text("utf-8").splitlines()))
    return tuple(
        Role(
            id=uuid5(_IDS, f"{prefix}/{role['key']}"),
            title=role["title"],
            privileges=tuple(
                f"prv{verb}{row['privileges_of'].replace('*', f'{prefix}_')}"
                for row in rows
                for verb in row[role["key"]].split()
            ),
        )
        for role in roles
    )
