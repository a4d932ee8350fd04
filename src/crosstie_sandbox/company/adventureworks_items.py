"""The items of the AdventureWorks layout, with their categories, units, places of stock and ways to ship.

All these files may be missing. A category is one of Microsoft's subcategories. Microsoft gives items no base unit: they
are counted one by one, so it is EA (Each) here. The price is the present list price, the cost the standard cost.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from crosstie_sandbox.company.data import Fields

COLUMNS = {
    "items.csv": frozenset({"item_number", "name", "standard_cost", "list_price", "subcategory_name"}),
    "item_categories.csv": frozenset({"subcategory_name"}),
    "units_of_measure.csv": frozenset({"unit_code", "name"}),
    "locations.csv": frozenset({"location_id", "name"}),
    "inventory.csv": frozenset({"item_number", "location_id", "quantity"}),
    "ship_methods.csv": frozenset({"ship_method_id", "name"}),
    "countries.csv": frozenset({"country_code", "name"}),
}
FILE_OF = {
    "items": "items.csv",
    "itemCategories": "item_categories.csv",
    "unitsOfMeasure": "units_of_measure.csv",
    "itemLedgerEntries": "inventory.csv",
    "locations": "locations.csv",
    "shipmentMethods": "ship_methods.csv",
    "countriesRegions": "countries.csv",
}
_UNIT = "EA"
_LONGEST_CODE, _LONGEST_CATEGORY = 10, 20
Tables = Mapping[str, Sequence[Mapping[str, str]]]


def _items(tables: Tables) -> Iterator[Fields]:
    units = {record["unit_code"] for record in tables.get("units_of_measure.csv", ())}
    categories = {record["subcategory_name"] for record in tables.get("item_categories.csv", ())}
    for record in tables["items.csv"]:
        category = record["subcategory_name"]
        yield {
            "number": record["item_number"],
            "displayName": record["name"],
            "itemCategoryCode": _category_code(category) if category in categories else "",
            "baseUnitOfMeasureCode": _UNIT if _UNIT in units else "",
            "unitPrice": record["list_price"],
            "unitCost": record["standard_cost"],
        }


def _stock(tables: Tables) -> Iterator[Fields]:
    """What is in stock of each item at each place."""
    known = {record["location_id"] for record in tables.get("locations.csv", ())}
    for record in tables["inventory.csv"]:
        place = record["location_id"]
        yield {
            "itemNumber": record["item_number"],
            "locationCode": place if place in known else "",
            "quantity": record["quantity"],
        }


def _category_code(name: str) -> str:
    return name.upper()[:_LONGEST_CATEGORY]


def _categories(tables: Tables) -> Iterator[Fields]:
    for record in tables["item_categories.csv"]:
        yield {"code": _category_code(record["subcategory_name"]), "displayName": record["subcategory_name"]}


def _units(tables: Tables) -> Iterator[Fields]:
    for record in tables["units_of_measure.csv"]:
        yield {"code": record["unit_code"], "displayName": record["name"]}


def _locations(tables: Tables) -> Iterator[Fields]:
    for record in tables["locations.csv"]:
        yield {"code": record["location_id"], "displayName": record["name"]}


def _ways_to_ship(tables: Tables) -> Iterator[Fields]:
    """`OVERSEAS - DELUXE` is OVERSEAS: the first word tells the five apart."""
    for record in tables["ship_methods.csv"]:
        yield {"code": record["name"].split()[0][:_LONGEST_CODE], "displayName": record["name"]}


def _countries(tables: Tables) -> Iterator[Fields]:
    for record in tables["countries.csv"]:
        yield {"code": record["country_code"], "displayName": record["name"]}


MADE: Mapping[str, Callable[[Tables], Iterator[Fields]]] = {
    "items": _items,
    "itemLedgerEntries": _stock,
    "itemCategories": _categories,
    "unitsOfMeasure": _units,
    "locations": _locations,
    "shipmentMethods": _ways_to_ship,
    "countriesRegions": _countries,
}
"""The rows of each entity set, if its file is there."""
