"""Refusals with the codes and texts of Dataverse."""

from uuid import UUID

from crosstie_sandbox.odata.errors import ODataError, UnknownPropertyError

NAMESPACE = "Microsoft.Dynamics.CRM"


class ServiceError(Exception):
    """A request that is answered with an error body."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers: dict[str, str] = {}
        """Headers of the answer beyond the usual."""

    def body(self) -> dict[str, object]:
        """The error as the vendor writes it."""
        return {"error": {"code": self.code, "message": self.message}}


def bad_request(message: str) -> ServiceError:
    """A request that cannot be read."""
    return ServiceError(400, "0x80060888", message)


def invalid_argument(message: str) -> ServiceError:
    """A value that cannot be accepted."""
    return ServiceError(400, "0x80040203", message)


def unknown_property(name: str, table: str) -> ServiceError:
    """A query for a column that does not exist."""
    return ServiceError(400, "0x0", f"Could not find a property named '{name}' on type '{NAMESPACE}.{table}'.")


def undeclared_property(name: str, table: str) -> ServiceError:
    """A body with a column that does not exist."""
    text = (
        "Error identified in Payload provided by the user for Entity :''. InnerException : "
        f"Microsoft.OData.ODataException: Invalid property '{name}' was found in entity '{NAMESPACE}.{table}'."
    )
    return ServiceError(400, "0x80048d19", text)


def lookup_written_directly(name: str) -> ServiceError:
    """A body with the read form of a lookup."""
    text = (
        "CRM do not support direct update of Entity Reference properties, "
        f"Use Navigation properties instead. The property is '{name}'."
    )
    return ServiceError(400, "0x80048d19", text)


def unknown_segment(segment: str) -> ServiceError:
    """An address that leads nowhere."""
    return ServiceError(404, "0x8006088a", f"Resource not found for the segment '{segment}'.")


def row_missing(table: str, identity: str | UUID) -> ServiceError:
    """A row that does not exist."""
    return ServiceError(404, "0x80040217", f"{table} With Id = {identity} Does Not Exist")


def row_missing_by_key(table: str) -> ServiceError:
    """An alternate key that no row has."""
    text = f"A record with the specified key values does not exist in {table} entity"
    return ServiceError(404, "0x80060891", text)


def key_not_defined(table: str) -> ServiceError:
    """An address by columns that are no key."""
    text = f"The specified key attributes are not a defined key for the {table} entity"
    return ServiceError(400, "0x80060890", text)


def duplicate() -> ServiceError:
    """A row with this key exists."""
    return ServiceError(412, "0x80040237", "A record with matching key values already exists.")


def not_a_member() -> ServiceError:
    """Somebody with a token who is no user here."""
    return ServiceError(403, "0x80072560", "The user is not a member of the organization.")


def disabled(user: str) -> ServiceError:
    """A user who may not do anything any more."""
    return ServiceError(403, "0x80040225", f"The specified user(Id = {user}) is disabled. Consider enabling this user.")


def still_used(table: str, identity: str, by: str) -> ServiceError:
    """A row that others need."""
    text = f"The {table} with id {identity} cannot be deleted because rows of the table {by} refer to it."
    return ServiceError(405, "0x80040227", text)


def stale_version() -> ServiceError:
    """The row has changed since the caller read it."""
    text = "The version of the existing record doesn't match the RowVersion property provided."
    return ServiceError(412, "0x80060882", text)


def too_many_joins(most: int) -> ServiceError:
    """A query over more tables than one may name."""
    text = f"Number of link entities in query exceeded maximum limit. Max limit is {most}."
    return ServiceError(400, "0x8004430d", text)


def wrong_method(method: str) -> ServiceError:
    """A verb that the address does not take."""
    return ServiceError(405, "0x80060888", f"The requested resource does not support http method '{method}'.")


def too_long(column: str, table: str, length: int) -> ServiceError:
    """A text that does not fit."""
    text = f"A validation error occurred. The length of the '{column}' attribute of the '{table}' entity exceeded"
    return ServiceError(400, "0x80044331", f"{text} the maximum allowed length of '{length}'.")


def bad_option(value: object, column: str, table: str) -> ServiceError:
    """A value that is not among the options of a column."""
    text = f"The value {value} of '{column}' on record of type '{table}' is outside the valid range."
    return ServiceError(400, "0x8004431a", f"A validation error occurred. {text}")


def bad_status(status: object, state: object, table: str) -> ServiceError:
    """A status that does not go with the state."""
    text = f"{status} is not a valid status code for state code {state} on {table}."
    return ServiceError(400, "0x80048408", text)


def expired_token() -> ServiceError:
    """A delta token that is too old, so that deletions before it may have been forgotten."""
    text = "Version stamp associated with the client has expired. Please perform a full sync."
    return ServiceError(400, "0x80044352", text)


def not_with_change_tracking(option: str) -> ServiceError:
    """A query option that change tracking does not know."""
    text = f'The "{option}" query parameter isn\'t supported when Change Tracking is enabled.'
    return ServiceError(400, "0x80060888", text)


def sql_error(reason: str) -> ServiceError:
    """A query that the database cannot carry out."""
    return ServiceError(500, "0x80044150", f"Sql error: Generic SQL error. {reason}")


def from_query(error: ODataError, table: str) -> ServiceError:
    """What the shared OData code found wrong, in this vendor's words."""
    if isinstance(error, UnknownPropertyError):
        return unknown_property(error.name, table)
    return bad_request(str(error))
