"""Refusals for want of a right, in the vendor's words."""

from crosstie_sandbox.dataverse.errors import ServiceError
from crosstie_sandbox.dataverse.schema import Table
from crosstie_sandbox.dataverse.security.privileges import privilege_id, privilege_name
from crosstie_sandbox.dataverse.security.rights import Rights


def privilege_missing(rights: Rights, privilege: str, table: Table | None = None) -> ServiceError:
    """The user has no role with the privilege."""
    about = f" for entity '{table.logical_name}' (LocalizedName='{table.schema_name}')" if table else ""
    text = (
        f"Principal user (Id={rights.user}, type=8, roleCount={rights.roles}, privilegeCount={len(rights.scopes)})"
        f" is missing {privilege} privilege (Id={privilege_id(privilege)}){about}. context.Caller={rights.user}."
        " Consider adding missed privilege to one of the principal (user/team) roles."
    )
    return ServiceError(403, "0x80040220", text)


def right_missing(rights: Rights, right: str, table: Table) -> ServiceError:
    """The user lacks the privilege that gives a right on a table."""
    return privilege_missing(rights, privilege_name(right, table), table)


def row_out_of_reach(rights: Rights, right: str, table: Table, identity: str) -> ServiceError:
    """The user has the privilege, but not so deep that it reaches the row."""
    text = (
        f"Principal with id {rights.user} does not have {right}Access right(s) for record with id {identity}"
        f" of entity {table.logical_name}"
    )
    return ServiceError(403, "0x80048306", text)
