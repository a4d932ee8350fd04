"""What a document takes from its customers: names and addresses, currency, terms, salesperson, posting group."""

from collections.abc import Mapping

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.rows import Row, find
from crosstie_sandbox.businesscentral.values import ZERO_GUID, Stored

_ADDRESS: Mapping[str, str] = {
    "AddressLine1": "addressLine1",
    "AddressLine2": "addressLine2",
    "City": "city",
    "Country": "country",
    "State": "state",
    "PostCode": "postalCode",
}
"""The end of a document's property, and the property of a customer behind it."""


def customer_of(database: Database, number: Stored) -> Row:
    """A customer whom a document names; that he exists has been checked."""
    customer = find(database, pages()["customers"], number=number)
    if customer is None:
        raise LookupError(number)
    return customer


def sell_to(header: Row, customer: Row) -> None:
    """Take over what comes from the customer who orders, who also receives the goods unless the document says else."""
    _set(header, "customerName", customer["displayName"])
    _set(header, "shipToName", customer["displayName"])
    _set(header, "shipToContact", customer["contactName"])
    _set(header, "phoneNumber", customer["phoneNumber"])
    _set(header, "email", customer["email"])
    _set(header, "shipmentMethodId", customer["shipmentMethodId"])
    _set(header, "shippingAgentCode", customer["shippingAgentCode"])
    for prefix in ("sellTo", "shipTo"):
        _take_address(header, prefix, customer)


def bill_to(database: Database, header: Row, customer: Row) -> None:
    """Take over what comes from the customer who pays."""
    _set(header, "billToName", customer["displayName"])
    _take_address(header, "billTo", customer)
    _set(header, "currencyId", customer["currencyId"])
    _set(header, "currencyCode", customer["currencyCode"])
    _set(header, "paymentTermsId", customer["paymentTermsId"])
    _set(header, "salesperson", customer["salespersonCode"])
    _set(header, "priceGroup", customer["customerPriceGroup"])
    _set(header, "taxArea", _tax_area(database, customer))


def _tax_area(database: Database, customer: Row) -> Stored:
    if customer["taxAreaId"] == ZERO_GUID:
        return ""
    area = find(database, pages()["taxAreas"], id=customer["taxAreaId"])
    return "" if area is None else area["code"]


def _take_address(header: Row, prefix: str, customer: Row) -> None:
    for suffix, source in _ADDRESS.items():
        _set(header, f"{prefix}{suffix}", customer[source])


def _set(header: Row, name: str, value: Stored) -> None:
    """Not every document has every property."""
    if name in header:
        header[name] = value
