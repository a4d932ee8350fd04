"""What a made-up company asks for its goods: price lists, further units, and the resources whose time it sells."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial

from crosstie_sandbox.company.data import Fields, Rows
from crosstie_sandbox.company.fiction import Chance, a_person
from crosstie_sandbox.company.goods import goods

ChanceOf = Callable[[str], Chance]
_CUSTOMERS_PER_RESOURCE = 100
_FEWEST_RESOURCES = 4
_PIECE, _PACK, _PER_PACK = "STK", "PACK", "10"
_PACKED_EVERY = 3
_HOUR = "STD"
_CENT = Decimal("0.01")


def price_lists_of(count: int, chance_of: ChanceOf, items: Rows) -> dict[str, Rows]:
    """The tables of a company with so many customers and these items."""
    return {
        "itemUnitsOfMeasure": partial(_item_units, items),
        "resources": partial(_resources, max(_FEWEST_RESOURCES, count // _CUSTOMERS_PER_RESOURCE), chance_of),
        "priceListHeaders": _headers,
        "priceListLines": partial(_lines, items),
    }


def _item_units(items: Rows) -> Iterator[Fields]:
    """Some of what is counted one by one is packed too."""
    for index, item in enumerate(items()):
        if item["baseUnitOfMeasureCode"] == _PIECE and index % _PACKED_EVERY == 0:
            yield {"itemNumber": item["number"], "code": _PACK, "quantityPerUnit": _PER_PACK}


def _resources(count: int, chance_of: ChanceOf) -> Iterator[Fields]:
    kinds = goods()["resources"]
    for index in range(count):
        chance = chance_of(f"resource {index}")
        yield _resource(index, kinds[0 if index == 0 else 1], a_person(chance).name, chance)


def _resource(index: int, kind: Mapping[str, str | int], person: str, chance: Chance) -> Fields:
    return {
        "number": f"R{(index + 1) * 10:04d}",
        "name": str(kind["name"]) or person,
        "type": str(kind["type"]),
        "baseUnitOfMeasureCode": _HOUR,
        "directUnitCost": str(int(kind["cost"]) + chance.randrange(0, 10)),
        "indirectCostPercent": "10",
        "unitPrice": str(int(kind["price"]) + chance.randrange(0, 8) * 5),
        "generalProductPostingGroupCode": "DIENST",
    }


def _headers() -> Iterator[Fields]:
    for price_list in goods()["price_lists"]:
        yield price_list["header"]


def _lines(items: Rows) -> Iterator[Fields]:
    for price_list in goods()["price_lists"]:
        share = Decimal(price_list["percent"]) / 100
        for item in items():
            price = (Decimal(item["unitPrice"]) * share).quantize(_CENT)
            yield {
                "priceListCode": price_list["header"]["code"],
                "assetType": "Item",
                "assetNumber": item["number"],
                "unitPrice": str(price),
            }
