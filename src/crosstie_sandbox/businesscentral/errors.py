"""Refusals in the vendor's words: a status, a code and a text that ends with a correlation id when it is sent."""

from collections.abc import Mapping
from uuid import UUID

from crosstie_sandbox.businesscentral.page import Page, Property


class ApiError(Exception):
    """A request that is refused."""

    def __init__(self, status: int, code: str, message: str, column: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.column = column
        """The property at fault, where there is one."""

    def body(self, correlation: UUID) -> dict[str, object]:
        """The JSON that is sent."""
        return {"error": {"code": self.code, "message": f"{self.message}  CorrelationId:  {correlation}."}}


def bad_request(message: str) -> ApiError:
    """A request that the OData layer does not understand."""
    return ApiError(400, "BadRequest", message)


def dialog(message: str, column: str = "") -> ApiError:
    """A refusal by the application itself."""
    return ApiError(400, "Application_DialogException", message, column)


def unknown_property(page: Page, name: str) -> ApiError:
    """A query names a property that the page does not have."""
    return bad_request(f"Could not find a property named '{name}' on type '{page.type_name}'.")


def undeclared_property(page: Page, name: str) -> ApiError:
    """A body holds a property that the page does not have."""
    return bad_request(
        f"The property '{name}' does not exist on type '{page.type_name}'. "
        "Make sure to only use property names that are defined by the type."
    )


def read_only(name: str) -> ApiError:
    """A body sets what the server owns."""
    return bad_request(f"The property '{name}' is read-only and cannot be set.")


def wrong_type(kind: str, shown: object) -> ApiError:
    """A value that is not of the property's type."""
    return bad_request(f"Cannot convert the literal '{shown}' to the expected type 'Edm.{kind}'.")


def too_long(length: int, limit: int, value: str) -> ApiError:
    """A text that does not fit its field."""
    return ApiError(
        400,
        "Application_StringExceededLength",
        f"The length of the string is {length}, but it must be less than or equal to {limit} characters. "
        f"Value: {value}",
    )


def same_key_exists(page: Page, values: dict[str, str]) -> ApiError:
    """A record with the natural key is there already."""
    shown = ", ".join(f"{page.columns[name].field}='{value}'" for name, value in values.items())
    return ApiError(
        400,
        "Internal_EntityWithSameKeyExists",
        f"The record in table {page.table} already exists. Identification fields and values: {shown}",
        next(iter(values), ""),
    )


def not_in_related_table(page: Page, column: Property, value: str, related: str) -> ApiError:
    """A code that its table does not hold."""
    return ApiError(
        400,
        "Internal_InvalidTableRelation",
        f"The field {column.field} of table {page.table} contains a value ({value}) "
        f"that cannot be found in the related table ({related}).",
        column.name,
    )


def must_have(page: Page, row: Mapping[str, str | int], *names: str) -> None:
    """Refuse a record that lacks a value, in the words of the application's TestField."""
    for name in names:
        if row[name] in {"", 0, "0"}:
            keys = ",".join(f"{page.columns[key].field}={row[key]}" for key in page.order)
            raise dialog(
                f"{page.columns[name].field} must have a value in {page.table}: {keys}. It cannot be zero or empty.",
                name,
            )


def no_row(page: Page) -> ApiError:
    """No row has the id of the address."""
    return ApiError(404, "BadRequest_ResourceNotFound", f"The {page.table} record that the id names was not found.")


def no_set(segment: str) -> ApiError:
    """No page has the name of the address."""
    return ApiError(404, "BadRequest_NotFound", f"Resource not found for the segment '{segment}'.")


def not_allowed(page: Page, method: str) -> ApiError:
    """The page does not offer the operation."""
    return ApiError(
        405, "BadRequest_MethodNotAllowed", f"'{method}' requests are not supported for the page '{page.entity_set}'."
    )


def stale() -> ApiError:
    """The row has moved on since the sender read it."""
    return ApiError(409, "Request_EntityChanged", "Another user has already changed the record.")


def bad_token(what: str) -> ApiError:
    """An etag or a paging token that this server never gave out."""
    return ApiError(400, "BadRequest_InvalidToken", what)


def no_company(name: str) -> ApiError:
    """The address names no company, or one that does not exist."""
    return ApiError(404, "Internal_CompanyNotFound", f"Cannot find company '{name}'.")
