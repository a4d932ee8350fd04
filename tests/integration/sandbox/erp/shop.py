"""A small shop in the sandbox ERP: a customer with terms and VAT, items with stock, and the ways to sell them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import simplejson

from crosstie_sandbox.businesscentral.database import Settings
from crosstie_sandbox.businesscentral.load import load

from .client import Erp, counted_ids

Fields = dict[str, str]
COMPANY: dict[str, list[Fields]] = {
    "currencies": [{"code": "USD", "displayName": "US dollar", "amountRoundingPrecision": "0.01"}],
    "currencyExchangeRates": [
        {"currencyCode": "USD", "startingDate": "2026-01-01"}
        | {"exchangeRateAmount": "1.25", "relationalExchangeRateAmount": "1"}
    ],
    "vatPostingSetup": [
        {"businessGroup": "DOMESTIC", "productGroup": "NORMAL", "identifier": "VAT25", "percent": "25"},
        {"businessGroup": "DOMESTIC", "productGroup": "REDUCED", "identifier": "VAT12", "percent": "12"},
    ],
    "accounts": [{"number": "3900", "displayName": "Freight", "category": "Income"}],
}


@dataclass(frozen=True)
class Shop:
    """The ERP, and the ids of what is sold in it."""

    erp: Erp
    customer: dict[str, object]
    chair: dict[str, object]
    table: dict[str, object]

    async def document(self, entity_set: str, *lines: dict[str, object], **fields: object) -> dict[str, Any]:
        """Make a document with lines, and read it back with them."""
        part = f"{entity_set[:-1]}Lines"
        body = {"customerNumber": self.customer["number"], **fields, part: list(lines)}
        made = await self.erp.add(entity_set, **body)
        return await self.read(entity_set, made["id"])

    async def read(self, entity_set: str, identity: object) -> dict[str, Any]:
        """A document with its lines; numbers are exact."""
        answer = await self.erp.http.get(f"{entity_set}({identity})?$expand={entity_set[:-1]}Lines")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = simplejson.loads(answer.text, use_decimal=True, parse_int=Decimal)
        return found

    async def rows(self, path: str) -> list[dict[str, Any]]:
        """The rows of a set; numbers are exact."""
        answer = await self.erp.http.get(path)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = simplejson.loads(answer.text, use_decimal=True, parse_int=Decimal)["value"]
        return found

    async def act(self, entity_set: str, row: dict[str, Any], action: str) -> None:
        """Tell a document what to do."""
        answer = await self.erp.http.post(f"{entity_set}({row['id']})/Microsoft.NAV.{action}")
        assert (answer.status_code, answer.text) == (204, "")

    async def set_line(self, entity_set: str, line: dict[str, Any], **fields: object) -> dict[str, Any]:
        """Change a line."""
        answer = await self.erp.http.patch(f"{entity_set}({line['id']})", json=fields, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text
        changed: dict[str, Any] = simplejson.loads(answer.text, use_decimal=True, parse_int=Decimal)
        return changed

    def item(self, item: dict[str, object], quantity: object, **fields: object) -> dict[str, object]:
        """A line about an item, as a body."""
        return {"itemId": item["id"], "quantity": quantity, **fields}

    async def stock(self, item: dict[str, object]) -> Decimal:
        """How much of an item there is."""
        return Decimal(str((await self.erp.get(f"items({item['id']})"))["inventory"]))


def load_company(database: Path) -> None:
    """Currencies and rates, which the API only shows; and the VAT rates, which it does not even show."""
    ids = counted_ids()
    load(database, COMPANY, clock=lambda: datetime(2026, 1, 2, tzinfo=UTC), ids=ids, settings=Settings())


async def open_shop(erp: Erp) -> Shop:
    """Fill an ERP over a loaded company."""
    area = await erp.add("taxAreas", code="DOMESTIC", displayName="Domestic")
    for code in ("NORMAL", "REDUCED"):
        await erp.add("taxGroups", code=code, displayName=code)
    terms = await erp.add("paymentTerms", code="14D", displayName="14 days", dueDateCalculation="14D")
    await erp.add("unitsOfMeasure", code="PCS", displayName="Piece")
    customer = await erp.add(
        "customers",
        displayName="Fjord Interiors",
        addressLine1="Quay 1",
        city="Harbourtown",
        country="NO",
        postalCode="0150",
        email="orders@fjord.example",
        taxAreaId=area["id"],
        paymentTermsId=terms["id"],
    )
    items = {}
    for name, price, group in (("Chair", 100, "NORMAL"), ("Table", 49.95, "REDUCED")):
        item = await erp.add(
            "items", displayName=name, unitPrice=price, unitCost=30, taxGroupCode=group, baseUnitOfMeasureCode="PCS"
        )
        answer = await erp.patch("items", item, inventory=50)
        assert answer.status_code == 200, answer.text
        items[name] = answer.json()
    return Shop(erp, customer, items["Chair"], items["Table"])
