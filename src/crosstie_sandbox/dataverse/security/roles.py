"""The roles that every organization starts with, and what roles hold."""

import tomllib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import Any

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.security.privileges import add_missing_privileges
from crosstie_sandbox.dataverse.security.rights import ADMINISTRATOR_TEMPLATE, watch_changes
from crosstie_sandbox.dataverse.writing import Writer

Patterns = tuple[tuple[str, int], ...]


@cache
def _roles() -> Sequence[Mapping[str, Any]]:
    text = files("crosstie_sandbox.dataverse.security").joinpath("roles.toml").read_text(encoding="utf-8")
    found: Sequence[Mapping[str, Any]] = tomllib.loads(text)["role"]
    return found


def add_roles(database: Database, writer: Writer) -> None:
    """Privileges and roles of a fresh organization, within a transaction that someone else opened."""
    watch_changes(database)
    add_missing_privileges(database)
    for spec in _roles():
        template = spec.get("template")
        if template is not None:
            writer.create(writer.tables["roletemplate"], {"roletemplateid": template, "name": spec["name"]})
        role = writer.create(writer.tables["role"], {"name": spec["name"], "roletemplateid": template})
        _fill(database, role, tuple((pattern, depth) for pattern, depth in spec.get("privileges", ())))


def _fill(database: Database, role: str, patterns: Patterns) -> None:
    """Give a new role what its patterns say; hundreds of rows, so not one by one."""
    rows = [
        (str(database.ids()), database.next_version(), role, privilege, depth)
        for privilege, name in database.execute("SELECT privilegeid, name FROM privilege ORDER BY name").fetchall()
        if (depth := _depth(str(name), patterns))
    ]
    database.connection.executemany(
        "INSERT INTO roleprivileges (roleprivilegeid, versionnumber, roleid, privilegeid, privilegedepthmask)"
        " VALUES (?, ?, ?, ?, ?)",
        rows,
    )


@cache
def _depth(name: str, patterns: Patterns) -> int:
    return next((depth for pattern, depth in patterns if fnmatchcase(name, pattern)), 0)


def grant(writer: Writer, role: str, privilege: str, depth: int) -> None:
    """Give a role a privilege, in place of the depth it had."""
    revoke(writer, role, privilege)
    row = {"roleid": role, "privilegeid": privilege, "privilegedepthmask": depth}
    writer.create(writer.tables["roleprivileges"], row)


def revoke(writer: Writer, role: str, privilege: str) -> None:
    """Take a privilege from a role."""
    query = "SELECT roleprivilegeid FROM main.roleprivileges WHERE roleid = ? AND privilegeid = ?"
    for (found,) in writer.database.execute(query, (role, privilege)).fetchall():
        writer.delete(writer.tables["roleprivileges"], str(found))


def is_everything(database: Database, role: str) -> bool:
    """Whether a role has every privilege there is, or will be."""
    query = "SELECT 1 FROM main.role WHERE roleid = ? AND roletemplateid = ?"
    return database.execute(query, (role, ADMINISTRATOR_TEMPLATE)).fetchone() is not None


def administrator_role(database: Database) -> str:
    """The role that may do everything, in the root business unit."""
    query = "SELECT roleid FROM main.role WHERE roletemplateid = ? AND parentrootroleid IS NULL"
    return str(database.execute(query, (ADMINISTRATOR_TEMPLATE,)).fetchone()[0])


def role_named(database: Database, name: str) -> str:
    """A role of the root business unit."""
    query = "SELECT roleid FROM main.role WHERE name = ? AND parentrootroleid IS NULL"
    return str(database.execute(query, (name,)).fetchone()[0])


def assign(writer: Writer, role: str, user: str) -> None:
    """Give a user a role it may have already."""
    query = "SELECT 1 FROM main.systemuserroles WHERE systemuserid = ? AND roleid = ?"
    if writer.database.execute(query, (user, role)).fetchone() is None:
        writer.create(writer.tables["systemuserroles"], {"systemuserid": user, "roleid": role})
