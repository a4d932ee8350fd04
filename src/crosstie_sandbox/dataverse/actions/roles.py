"""Privileges of roles, and members of teams."""

from collections.abc import Iterator
from typing import Any

from crosstie_sandbox.dataverse.actions.caller import DEPTHS
from crosstie_sandbox.dataverse.actions.parameters import body_of, part, row_of
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import NAMESPACE, invalid_argument
from crosstie_sandbox.dataverse.operation import Reply, empty_reply, json_reply
from crosstie_sandbox.dataverse.security.roles import grant, is_everything, revoke
from crosstie_sandbox.odata.answer import context_url


def add_privileges(call: Call) -> Reply:
    """`AddPrivilegesRole`: give a role privileges; one it has gets the new depth."""
    role = _changeable_role(call)
    for privilege, depth in list(_privileges(call)):
        grant(call.session.platform, role, privilege, depth)
    return empty_reply()


def replace_privileges(call: Call) -> Reply:
    """`ReplacePrivilegesRole`: give a role these privileges and no others."""
    role = _changeable_role(call)
    wanted = list(_privileges(call))
    query = "SELECT privilegeid FROM roleprivileges WHERE roleid = ?"
    for (privilege,) in call.session.database.execute(query, (role,)).fetchall():
        revoke(call.session.platform, role, str(privilege))
    for privilege, depth in wanted:
        grant(call.session.platform, role, privilege, depth)
    return empty_reply()


def remove_privilege(call: Call) -> Reply:
    """`RemovePrivilegeRole`: take one privilege from a role."""
    role = _changeable_role(call)
    revoke(call.session.platform, role, row_of(call, "privilege", body_of(call).get("PrivilegeId")))
    return empty_reply()


def role_privileges(call: Call) -> Reply:
    """`RetrieveRolePrivilegesRole`: what a role has."""
    role = call.identity()
    call.session.guard.must_on("Read", call.table, role)
    query = (
        "SELECT privilege.privilegeid, privilege.name, held.privilegedepthmask FROM main.privilege"
        " LEFT JOIN main.roleprivileges AS held ON held.privilegeid = privilege.privilegeid AND held.roleid = ?"
        " ORDER BY privilege.name"
    )
    everything = is_everything(call.session.database, role)
    unit = call.session.database.execute("SELECT businessunitid FROM main.role WHERE roleid = ?", (role,)).fetchone()
    held = [
        {
            "Depth": DEPTHS[8 if everything else int(depth)],
            "PrivilegeId": privilege,
            "BusinessUnitId": unit[0] if unit else None,
            "PrivilegeName": name,
        }
        for privilege, name, depth in call.session.database.execute(query, (role,)).fetchall()
        if everything or depth
    ]
    context = context_url(call.session.root, f"{NAMESPACE}.RetrieveRolePrivilegesRoleResponse")
    return json_reply({"@odata.context": context, "RolePrivileges": held})


def add_members(call: Call) -> Reply:
    """`AddMembersTeam`: make users members of a team; those who are stay."""
    team, members = _team(call), list(_members(call))
    for user in members:
        if _membership(call, team, user) is None:
            call.session.platform.create(call.schema.tables["teammembership"], {"teamid": team, "systemuserid": user})
    return empty_reply()


def remove_members(call: Call) -> Reply:
    """`RemoveMembersTeam`: users leave a team."""
    team = _team(call)
    for user in _members(call):
        found = _membership(call, team, user)
        if found is not None:
            call.session.platform.delete(call.schema.tables["teammembership"], found)
    return empty_reply()


def _changeable_role(call: Call) -> str:
    role = call.identity()
    call.session.guard.must_on("Write", call.table, role)
    if is_everything(call.session.database, role):
        raise invalid_argument("The privileges of the System Administrator role cannot be changed.")
    return row_of(call, "role", role)


def _privileges(call: Call) -> Iterator[tuple[str, int]]:
    depths = {word: depth for depth, word in DEPTHS.items()}
    for given in part(body_of(call), "Privileges", list):
        depth = given.get("Depth") if isinstance(given, dict) else None
        if depth not in depths:
            raise invalid_argument(f"'{depth}' is not a depth of a privilege: {', '.join(depths)}.")
        yield _privilege(call, given), depths[depth]


def _privilege(call: Call, given: dict[str, Any]) -> str:
    if isinstance(given.get("PrivilegeId"), str):
        return row_of(call, "privilege", given["PrivilegeId"])
    name = given.get("PrivilegeName")
    query = "SELECT privilegeid FROM main.privilege WHERE name = ?"
    found = call.session.database.execute(query, (name,)).fetchone()
    if found is None:
        raise invalid_argument(f"There is no privilege '{name}'.")
    return str(found[0])


def _team(call: Call) -> str:
    team = call.identity()
    call.session.guard.must_on("Write", call.table, team)
    return row_of(call, "team", team)


def _members(call: Call) -> Iterator[str]:
    for member in part(body_of(call), "Members", list):
        yield row_of(call, "systemuser", member)


def _membership(call: Call, team: str, user: str) -> str | None:
    query = "SELECT teammembershipid FROM teammembership WHERE teamid = ? AND systemuserid = ?"
    found = call.session.database.execute(query, (team, user)).fetchone()
    return None if found is None else str(found[0])
