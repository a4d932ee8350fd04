"""Who is calling, and what it may do."""

from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import NAMESPACE
from crosstie_sandbox.dataverse.operation import Reply, json_reply
from crosstie_sandbox.dataverse.security.privileges import privilege_id
from crosstie_sandbox.dataverse.security.rights import ORGANIZATION, Rights, read_rights
from crosstie_sandbox.odata.answer import context_url

PARALLEL_REQUESTS = "4"


def who_am_i(call: Call) -> Reply:
    """The caller, its business unit and organization."""
    caller = call.session.caller
    content = {
        "@odata.context": context_url(call.session.root, f"{NAMESPACE}.WhoAmIResponse"),
        "BusinessUnitId": caller.business_unit,
        "UserId": caller.user,
        "OrganizationId": caller.organization,
    }
    return json_reply(content, headers={"x-ms-dop-hint": PARALLEL_REQUESTS})


def user_privileges(call: Call) -> Reply:
    """`RetrieveUserPrivileges` of a user: each privilege with its depth and business unit."""
    user = call.identity()
    call.session.guard.must_on("Read", call.table, user)
    database = call.session.database
    unit = database.execute("SELECT businessunitid FROM main.systemuser WHERE systemuserid = ?", (user,)).fetchone()
    held = [
        {
            "Depth": depth,
            "PrivilegeId": privilege_id(name),
            "BusinessUnitId": unit[0] if unit else None,
            "PrivilegeName": name,
        }
        for name, depth in sorted(_depths(call, read_rights(database, user)).items())
    ]
    context = context_url(call.session.root, f"{NAMESPACE}.RetrieveUserPrivilegesResponse")
    return json_reply({"@odata.context": context, "RolePrivileges": held})


def _depths(call: Call, rights: Rights) -> dict[str, str]:
    if rights.is_administrator:
        names = call.session.database.execute("SELECT name FROM main.privilege").fetchall()
        return {str(name): DEPTHS[ORGANIZATION] for (name,) in names}
    return {name: DEPTHS[scope.depth] for name, scope in rights.scopes.items() if scope}


DEPTHS = {1: "Basic", 2: "Local", 4: "Deep", 8: "Global"}
"""The words of `PrivilegeDepth`."""
