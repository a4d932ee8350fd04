"""What the AdventureWorks layout says of prices and of where goods go: one price list, and ship-to addresses.

The present list price of every item that is sold makes the price list LIST, for all customers. An address of type
Shipping, of a store or of the person who is a customer, becomes the ship-to address SHIPPING.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from crosstie_sandbox.company.data import Fields

COLUMNS = {
    "customer_addresses.csv": frozenset(
        {"entity_type", "entity_id", "address_type", "address_line1", "address_line2", "city", "state_code"}
        | {"postal_code", "country_code"}
    ),
}
FILE_OF = {
    "priceListHeaders": "items.csv",
    "priceListLines": "items.csv",
    "shipToAddresses": "customer_addresses.csv",
}
_PRICE_LIST = "LIST"
_CODE = "SHIPPING"
_ENTITIES = {"store": "store_id", "person": "person_id"}
Tables = Mapping[str, Sequence[Mapping[str, str]]]


def _headers(_tables: Tables) -> Iterator[Fields]:
    yield {"code": _PRICE_LIST, "description": "List prices", "status": "Active", "sourceType": "All Customers"}


def _lines(tables: Tables) -> Iterator[Fields]:
    for record in tables["items.csv"]:
        price = record["list_price"]
        if _is_asked_for(price):
            yield {"priceListCode": _PRICE_LIST, "assetNumber": record["item_number"], "unitPrice": price}


def _is_asked_for(price: str) -> bool:
    """Whether an item is sold; what is no number is left for the load to refuse."""
    try:
        return Decimal(price) > 0
    except InvalidOperation:
        return True


def _ship_to(tables: Tables) -> Iterator[Fields]:
    numbers = {
        (kind, record[column]): record["customer_number"]
        for record in tables["customers.csv"]
        for kind, column in _ENTITIES.items()
        if record.get(column)
    }
    for record in tables["customer_addresses.csv"]:
        number = None
        if record["address_type"] == "Shipping":
            number = numbers.pop((record["entity_type"], record["entity_id"]), None)
        if number is not None:
            yield {
                "customerNumber": number,
                "code": _CODE,
                "addressLine1": record["address_line1"],
                "addressLine2": record["address_line2"],
                "city": record["city"],
                "state": record["state_code"],
                "postalCode": record["postal_code"],
                "country": record["country_code"],
            }


MADE: Mapping[str, Callable[[Tables], Iterator[Fields]]] = {
    "priceListHeaders": _headers,
    "priceListLines": _lines,
    "shipToAddresses": _ship_to,
}
"""The rows of each entity set, if its file is there."""
