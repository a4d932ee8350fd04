"""Refusals of the business logic, with the vendor's codes and texts."""

from crosstie_sandbox.dataverse.errors import ServiceError


def read_only() -> ServiceError:
    """A row in a state that lets nothing be changed."""
    return ServiceError(400, "0x8004022e", "The entity cannot be updated because it is read-only.")


def order_not_editable() -> ServiceError:
    """A sales order that is no longer active."""
    return ServiceError(400, "0x8004022e", "The sales order cannot be updated because it is not editable.")


def parent_read_only() -> ServiceError:
    """A line of a document that is read-only."""
    return ServiceError(400, "0x80043b09", "The parent is read only and cannot be edited.")


def not_payable() -> ServiceError:
    """An invoice that is not active cannot be paid."""
    return ServiceError(400, "0x80100000", "The invoice cannot be paid because it is not in active state.")


def state_by_action(state: str, table: str) -> ServiceError:
    """A state that an update does not lead to."""
    text = f"The state {state} of {table} cannot be set by an update from its present state; an action does it."
    return ServiceError(400, "0x80048408", text)


def wrong_currency() -> ServiceError:
    """A price list in another currency."""
    text = "The currency of the record does not match the currency of the price list."
    return ServiceError(400, "0x80048cf6", text)


def wrong_unit() -> ServiceError:
    """A unit that is not of the product's group."""
    return ServiceError(400, "0x80043b14", "The specified unit is not valid for this product.")


def product_state(code: str, text: str) -> ServiceError:
    """A state that a product cannot go to."""
    return ServiceError(400, code, text)


def price_exists() -> ServiceError:
    """A second price for a product and unit in a price list."""
    text = "This product and unit combination has a price for this price list."
    return ServiceError(412, "0x80043b0d", text)


def product_missing() -> ServiceError:
    """A line or price without a product."""
    return ServiceError(400, "0x80043b01", "The product id is missing.")


def unit_missing() -> ServiceError:
    """A line or price without a unit."""
    return ServiceError(400, "0x80043b02", "The unit id is missing.")


def number_exists() -> ServiceError:
    """A product number that is taken."""
    text = (
        "The specified product ID conflicts with the product ID of an existing record. Specify a different product ID"
        " and try again."
    )
    return ServiceError(412, "0x80043b06", text)


def number_missing() -> ServiceError:
    """A product without a number."""
    return ServiceError(400, "0x80043b05", "The product number can not be null.")


def unit_group_missing() -> ServiceError:
    """A product without a unit group."""
    return ServiceError(400, "0x80043b13", "The unit schedule id of the product is missing.")


def wrong_state(code: str, text: str) -> ServiceError:
    """An action on a document that is not in the state for it."""
    return ServiceError(400, code, text)
