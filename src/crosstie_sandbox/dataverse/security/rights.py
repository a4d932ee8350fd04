"""What a user may do: each privilege with the rows it reaches, from the roles of the user and of its teams.

Depths: 1 rows of one's own, 2 rows of the business unit, 4 of the units below it too, 8 all. A role of a team reaches
what the team owns and what is in the team's unit, for each of its members.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TypeVar, cast

from crosstie_sandbox.dataverse.database import Database

ADMINISTRATOR_TEMPLATE = "627090ff-40a3-4053-8790-584edc5be201"
USER, UNIT, UNITS_BELOW, ORGANIZATION = 1, 2, 4, 8
_WATCHED = (
    "role",
    "roleprivileges",
    "systemuserroles",
    "teamroles",
    "teammembership",
    "systemuser",
    "team",
    "businessunit",
    "organization",
)
_VERSION = "security_version"
Known = TypeVar("Known")


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that a privilege reaches: all, or those of some owners and those in some business units."""

    is_all: bool = False
    owners: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    depth: int = 0
    """The greatest depth it comes from."""

    def __bool__(self) -> bool:
        return self.is_all or bool(self.owners or self.units)

    def reaches(self, owner: object, unit: object) -> bool:
        """Whether a row of an owner in a unit is among them."""
        return self.is_all or owner in self.owners or unit in self.units

    def joined(self, other: "Scope") -> "Scope":
        """The rows of both."""
        return Scope(
            self.is_all or other.is_all,
            self.owners | other.owners,
            self.units | other.units,
            max(self.depth, other.depth),
        )

    def shared(self, other: "Scope") -> "Scope":
        """The rows that are in both."""
        if self.is_all:
            return other
        if other.is_all:
            return self
        depth = min(self.depth, other.depth)
        return Scope(owners=self.owners & other.owners, units=self.units & other.units, depth=depth)


NOTHING, EVERYTHING = Scope(), Scope(is_all=True, depth=ORGANIZATION)


@dataclass(frozen=True, slots=True)
class Rights:
    """The privileges of one user."""

    user: str
    is_administrator: bool = False
    scopes: Mapping[str, Scope] = field(default_factory=lambda: MappingProxyType({}))
    roles: int = 0

    def scope(self, privilege: str) -> Scope:
        """The rows that a privilege reaches."""
        return EVERYTHING if self.is_administrator else self.scopes.get(privilege, NOTHING)

    def shared(self, other: "Rights") -> "Rights":
        """What both may do: somebody acting for somebody else may do no more than either."""
        if other.is_administrator:
            return self
        if self.is_administrator:
            return Rights(self.user, scopes=other.scopes, roles=other.roles)
        both = {name: scope.shared(other.scope(name)) for name, scope in self.scopes.items()}
        return Rights(self.user, scopes=MappingProxyType(both), roles=self.roles)


class RightsBook:
    """What follows from roles, users, teams and units, remembered until one of them changes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version: str | None = None
        self._known: dict[Hashable, object] = {}

    def of(self, user: str) -> Rights:
        """The rights of a user."""
        return self.remembered(("rights", user), lambda: read_rights(self._database, user))

    def remembered(self, key: Hashable, make: Callable[[], Known]) -> Known:
        """What was made for a key, or is made now. Refusals are not remembered."""
        query = f"SELECT value FROM main.setting WHERE name = '{_VERSION}'"
        version = str(self._database.execute(query).fetchone()[0])
        if version != self._version:
            self._version = version
            self._known.clear()
        if key not in self._known:
            self._known[key] = make()
        return cast("Known", self._known[key])


def watch_changes(database: Database) -> None:
    """Have the database mark every change of what rights come from, whoever makes it.

    A mark is never used twice: a change that is taken back must not leave the one before it looking like the next.
    """
    database.execute("INSERT OR IGNORE INTO setting VALUES (?, '')", (_VERSION,))
    for table in _WATCHED:
        for change in ("INSERT", "UPDATE", "DELETE"):
            database.execute(
                f"CREATE TRIGGER IF NOT EXISTS rights_{table}_{change.lower()} AFTER {change} ON {table}"
                f" BEGIN UPDATE setting SET value = hex(randomblob(8)) WHERE name = '{_VERSION}'; END"
            )


def read_rights(database: Database, user: str) -> Rights:
    """The rights of a user as its roles have them now."""
    held = [(role, user, unit, True) for role, unit in database.execute(_ROLES_OF_USER, (user,))]
    held += [(role, team, unit, bool(alone)) for role, team, unit, alone in database.execute(_TEAM_ROLES, (user,))]
    roles = {role for role, *_ in held}
    if any(_is_administrator(database, role) for role in roles):
        return Rights(user, is_administrator=True, roles=len(roles))
    scopes: defaultdict[str, Scope] = defaultdict(Scope)
    for role, owner, unit, inherited in held:
        owners = frozenset({owner, user} if inherited else {owner})
        for name, depth in database.execute(_PRIVILEGES, (role,)):
            scopes[name] = scopes[name].joined(_scope(database, int(depth), owners, str(unit)))
    return Rights(user, scopes=MappingProxyType(dict(scopes)), roles=len(roles))


def _scope(database: Database, depth: int, owners: frozenset[str], unit: str) -> Scope:
    if depth & ORGANIZATION:
        return EVERYTHING
    units: frozenset[str] = frozenset()
    if depth & UNITS_BELOW:
        units = frozenset(str(found) for (found,) in database.execute(_UNITS_BELOW, (unit,)))
    elif depth & UNIT:
        units = frozenset({unit})
    return Scope(is_all=False, owners=owners, units=units, depth=depth) if depth else NOTHING


def _is_administrator(database: Database, role: str) -> bool:
    query = "SELECT 1 FROM main.role WHERE roleid = ? AND roletemplateid = ?"
    return database.execute(query, (role, ADMINISTRATOR_TEMPLATE)).fetchone() is not None


_ROLES_OF_USER = """
SELECT coalesce(role.parentrootroleid, role.roleid), systemuser.businessunitid
FROM main.systemuserroles AS held JOIN main.role ON role.roleid = held.roleid
JOIN main.systemuser ON systemuser.systemuserid = held.systemuserid WHERE held.systemuserid = ?
"""
_TEAM_ROLES = """
SELECT coalesce(role.parentrootroleid, role.roleid), team.teamid, team.businessunitid, role.isinherited
FROM main.teammembership AS member JOIN main.teamroles AS held ON held.teamid = member.teamid
JOIN main.role ON role.roleid = held.roleid JOIN main.team ON team.teamid = member.teamid
WHERE member.systemuserid = ?
"""
_PRIVILEGES = """
SELECT privilege.name, held.privilegedepthmask FROM main.roleprivileges AS held
JOIN main.privilege ON privilege.privilegeid = held.privilegeid WHERE held.roleid = ?
"""
_UNITS_BELOW = """
WITH RECURSIVE below (id) AS (VALUES (?1) UNION SELECT businessunitid FROM main.businessunit
JOIN below ON parentbusinessunitid = below.id) SELECT id FROM below
"""
