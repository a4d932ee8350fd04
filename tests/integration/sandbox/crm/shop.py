"""A small catalogue in the sandbox CRM, and documents that sell from it."""

from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]


@dataclass
class Shop:
    """Rows to sell with; `crm` is the CRM as the tests see it."""

    crm: Any
    customer: str
    unit_group: str
    unit: str
    product: str
    price_list: str

    async def product_of(self, number: str, **values: object) -> Row:
        """An active product sold in the same unit."""
        body = {
            "name": number,
            "productnumber": number,
            "quantitydecimal": 2,
            "defaultuomscheduleid@odata.bind": f"/uomschedules({self.unit_group})",
            "defaultuomid@odata.bind": f"/uoms({self.unit})",
        }
        made = await self.crm.add("products", body | values)
        await self.crm.http.patch(f"products({made['productid']})", json={"statecode": 0})
        return made

    async def price(self, product: str, amount: float | None, **values: object) -> Row:
        """A price of a product in the price list."""
        body = {
            "amount": amount,
            "pricelevelid@odata.bind": f"/pricelevels({self.price_list})",
            "productid@odata.bind": f"/products({product})",
            "uomid@odata.bind": f"/uoms({self.unit})",
        }
        return await self.crm.add("productpricelevels", body | values)

    async def document(self, entity_set: str, **values: object) -> Row:
        """A document for the customer with the price list."""
        body: Row = {
            "name": "D",
            "customerid_account@odata.bind": f"/accounts({self.customer})",
            "pricelevelid@odata.bind": f"/pricelevels({self.price_list})",
        }
        return await self.crm.add(entity_set, body | values)

    async def line(self, document: str, identity: str, quantity: float = 1, **values: object) -> Row:
        """A line of a document with the product."""
        body: Row = {
            "quantity": quantity,
            f"{document}id@odata.bind": f"/{SETS[document]}({identity})",
        }
        if not values.get("isproductoverridden"):
            body |= {
                "productid@odata.bind": f"/products({self.product})",
                "uomid@odata.bind": f"/uoms({self.unit})",
            }
        return await self.crm.add(LINES[document], body | values)

    async def act(self, action: str, body: Row, status: int = 204) -> Any:
        """Call an action that must be carried out."""
        answer = await self.crm.http.post(action, json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def read(self, entity_set: str, identity: object) -> Row:
        """A row as it is now."""
        found: Row = await self.crm.get(f"{entity_set}({identity})")
        return found


SETS = {"opportunity": "opportunities", "quote": "quotes", "salesorder": "salesorders", "invoice": "invoices"}
LINES = {
    "opportunity": "opportunityproducts",
    "quote": "quotedetails",
    "salesorder": "salesorderdetails",
    "invoice": "invoicedetails",
}


async def open_shop(crm: Any) -> Shop:
    """A customer, a unit group, a product of 10 in a price list."""
    customer = (await crm.add("accounts", {"name": "Customer"}))["accountid"]
    group = await crm.add("uomschedules", {"name": "Pieces", "baseuomname": "Piece"})
    (unit,) = (await crm.get(f"uoms?$filter=_uomscheduleid_value eq {group['uomscheduleid']}"))["value"]
    currency = (await crm.get("transactioncurrencies"))["value"][0]["transactioncurrencyid"]
    bind = {"transactioncurrencyid@odata.bind": f"/transactioncurrencies({currency})"}
    prices = (await crm.add("pricelevels", {"name": "Prices", **bind}))["pricelevelid"]
    shop = Shop(crm, customer, group["uomscheduleid"], unit["uomid"], "", prices)
    shop.product = (await shop.product_of("P1"))["productid"]
    await shop.price(shop.product, 10)
    return shop
