"""The goods of a made-up company, its vendors and its code tables, from the lists in `goods.toml`."""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib.resources import files
from typing import Any

from crosstie_sandbox.company.data import Fields, Rows
from crosstie_sandbox.company.fiction import Chance, a_company_name, a_country, a_phone, an_address, slug

ChanceOf = Callable[[str], Chance]
_CUSTOMERS_PER_ITEM = 20
_CUSTOMERS_PER_VENDOR = 100
_FEWEST_ITEMS, _FEWEST_VENDORS = 12, 3
_BLOCKED = 0.03
_COST_SHARE = (45, 80)
_HIGHEST_STOCK = 200
_SERVICE = "DIENST"


@cache
def goods() -> Mapping[str, Any]:
    """The lists to choose from."""
    text = files("crosstie_sandbox.company").joinpath("goods.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def goods_of(count: int, chance_of: ChanceOf) -> dict[str, Rows]:
    """The tables of a company with so many customers."""
    made: dict[str, Rows] = {name: partial(_rows, rows) for name, rows in goods()["tables"].items()}
    made["itemCategories"] = _categories
    made["items"] = partial(_items, max(_FEWEST_ITEMS, count // _CUSTOMERS_PER_ITEM), chance_of)
    made["vendors"] = partial(_vendors, max(_FEWEST_VENDORS, count // _CUSTOMERS_PER_VENDOR), chance_of)
    return made


def _rows(rows: Sequence[Fields]) -> Iterator[Fields]:
    yield from rows


def _categories() -> Iterator[Fields]:
    for category in goods()["categories"]:
        yield {"code": category["code"], "displayName": category["displayName"]}


def _items(count: int, chance_of: ChanceOf) -> Iterator[Fields]:
    for index in range(count):
        yield _item(index, chance_of(f"item {index}"))


def _item(index: int, chance: Chance) -> Fields:
    categories = goods()["categories"]
    category = categories[index % len(categories)]
    is_service = category["code"] == _SERVICE
    name, lowest, highest = chance.choice(category["goods"])
    price = chance.randrange(lowest * 20, highest * 20) * 5
    cost = price * chance.randrange(*_COST_SHARE) // 100
    return {
        "number": f"{1000 + index}",
        "displayName": f"{name}{chance.choice(category['kinds'])}",
        "type": "Service" if is_service else "Inventory",
        "itemCategoryCode": category["code"],
        "baseUnitOfMeasureCode": chance.choice(category["units"]),
        "unitPrice": f"{price // 100}.{price % 100:02d}",
        "unitCost": f"{cost // 100}.{cost % 100:02d}",
        "inventory": "" if is_service else str(chance.randrange(0, _HIGHEST_STOCK)),
        "taxGroupCode": "REDUZIERT" if category["code"] == "KAFFEE" else "NORMAL",
        "generalProductPostingGroupCode": _SERVICE if is_service else "HANDEL",
        "inventoryPostingGroupCode": "" if is_service else "HANDEL",
        "blocked": "true" if chance.random() < _BLOCKED else "false",
    }


def _vendors(count: int, chance_of: ChanceOf) -> Iterator[Fields]:
    for index in range(count):
        chance = chance_of(f"vendor {index}")
        country = a_country(chance)
        name = a_company_name(chance, country)
        yield {
            "number": f"V{(index + 1) * 10:05d}",
            "displayName": name,
            **an_address(chance, country),
            "phoneNumber": a_phone(chance, country),
            "email": f"verkauf@{slug(name)}{index}.example",
            "currencyCode": country["currency"],
            "paymentTermsId": "30T",
            "paymentMethodId": "BANK",
        }
