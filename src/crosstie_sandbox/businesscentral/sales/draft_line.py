"""A line while it is being entered: each property is validated on top of those that came before it.

The type goes first wherever it stands, as the application registers it first. What is sold decides description, unit,
VAT and price; quantity and unit look for a better price; a price that is entered stands until one of them changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import ApiError, dialog
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.rows import Row, find
from crosstie_sandbox.businesscentral.sales import refusals
from crosstie_sandbox.businesscentral.sales.conditions import terms_of, vat_of
from crosstie_sandbox.businesscentral.sales.kinds import ORDER, DocumentKind
from crosstie_sandbox.businesscentral.sales.line import DiscountError, Line
from crosstie_sandbox.businesscentral.sales.lines import value_of
from crosstie_sandbox.businesscentral.sales.price_lists import quantity_per_unit, resource_of, unit_code, unit_price
from crosstie_sandbox.businesscentral.sales.quantities import Quantities, QuantityError
from crosstie_sandbox.businesscentral.sales.stored import number, text
from crosstie_sandbox.businesscentral.values import ZERO_GUID, Stored

_LAST = ("shipQuantity", "invoiceQuantity")


class DraftLine:
    """One line, and the document it is entered in."""

    def __init__(self, database: Database, kind: DocumentKind, header: Row, row: Row) -> None:
        self.database = database
        self.kind = kind
        self.header = header
        self.row = row
        self.terms = terms_of(database, header)

    def enter(self, changes: Mapping[str, Stored]) -> None:
        """Validate properties in the order they were sent."""
        validations: Mapping[str, Callable[[Stored], None]] = {
            "itemId": self._item_id,
            "accountId": self._account_id,
            "lineType": self._line_type,
            "lineObjectNumber": self._object_number,
            "unitOfMeasureId": self._unit_id,
            "unitOfMeasureCode": self._unit_code,
            "quantity": self._quantity,
            "unitPrice": self._price,
            "discountPercent": self._discount_percent,
            "discountAmount": self._discount_amount,
            "taxCode": self._tax_code,
            "shippedQuantity": self._posted_quantity("shippedQuantity"),
            "invoicedQuantity": self._posted_quantity("invoicedQuantity"),
            "shipQuantity": self._ship_quantity,
            "invoiceQuantity": self._invoice_quantity,
        }
        first = [name for name in changes if name == "lineType"]
        for name in first + [name for name in changes if name not in {"lineType", *_LAST}]:
            validations.get(name, self._plain(name))(changes[name])
        for name in _LAST:
            if name in changes:
                validations[name](changes[name])

    def _plain(self, name: str) -> Callable[[Stored], None]:
        def keep(value: Stored) -> None:
            self.row[name] = value

        return keep

    def _item_id(self, value: Stored) -> None:
        if value == ZERO_GUID:
            return
        item = find(self.database, pages()["items"], id=value)
        if item is None:
            raise dialog("Item does not exist.", "itemId")
        self.row["lineType"] = "Item"
        self._sell_item(item)

    def _account_id(self, value: Stored) -> None:
        if value == ZERO_GUID:
            return
        if self.row["itemId"] != ZERO_GUID:
            raise dialog('Both "itemId" and "accountId" are specified. Specify only one of them.', "accountId")
        self._sell_account(find(self.database, pages()["accounts"], id=value), "accountId")

    def _line_type(self, value: Stored) -> None:
        if value != self.row["lineType"] and self.row["lineObjectNumber"] != "":
            self.row.update({"lineObjectNumber": "", "itemId": ZERO_GUID, "accountId": ZERO_GUID})
        self.row["lineType"] = value

    def _object_number(self, value: Stored) -> None:
        if value in {"", self.row["lineObjectNumber"]}:
            return
        if self.row["lineType"] == "Item":
            item = find(self.database, pages()["items"], number=value)
            if item is None:
                raise dialog("Item does not exist.", "lineObjectNumber")
            self._sell_item(item)
        elif self.row["lineType"] == "Account":
            self._sell_account(find(self.database, pages()["accounts"], number=value), "lineObjectNumber")
        elif self.row["lineType"] == "Resource":
            self._sell_resource(resource_of(self.database, str(value)))
        else:
            self.row["lineObjectNumber"] = value

    def _sell_item(self, item: Row) -> None:
        refusals.check_item(item)
        self._sell(item, item["taxGroupCode"])
        self.row["itemId"] = item["id"]
        self.row["description2"] = item["displayName2"]
        self._set_unit(item["baseUnitOfMeasureId"], str(item["baseUnitOfMeasureCode"]))
        self._find_price(anew=True)

    def _sell_account(self, account: Row | None, column: str) -> None:
        if account is None:
            raise dialog("Account does not exist.", column)
        if account["blocked"]:
            raise refusals.wrong_field("Blocked", "No", f"G/L Account: No.={account['number']}", "Yes")
        self.row["lineType"] = "Account"
        self.row["accountId"] = account["id"]
        self._sell(account, account["taxGroupCode"])

    def _sell_resource(self, resource: Row | None) -> None:
        if resource is None:
            raise dialog("Resource does not exist.", "lineObjectNumber")
        if resource["blocked"]:
            raise refusals.wrong_field("Blocked", "No", f"Resource: No.={resource['number']}", "Yes")
        self._sell({**resource, "displayName": resource["name"]}, resource["vatProductPostingGroupCode"])
        self._apply(
            value_of(self.row).repriced(self._quantity_now, number(resource, "unitPrice"), self.terms.precision)
        )

    def _sell(self, sold: Row, tax_code: Stored) -> None:
        self.row["lineObjectNumber"] = sold["number"]
        self.row["description"] = sold["displayName"]
        self._tax_code(tax_code)

    def _tax_code(self, value: Stored) -> None:
        self.row["taxCode"] = value
        vat = vat_of(self.database, str(self.header["taxArea"]), str(value))
        self.row["vatIdentifier"], self.row["taxPercent"] = vat.identifier, text(vat.percent)

    def _unit_id(self, value: Stored) -> None:
        self._check_unit()
        code = unit_code(self.database, value)
        if code is None:
            raise dialog('The "unitOfMeasureId" does not match to a Unit of Measure.', "unitOfMeasureId")
        self._unit_code(code)

    def _unit_code(self, value: Stored) -> None:
        self._check_unit()
        unit = find(self.database, pages()["unitsOfMeasure"], code=value)
        if unit is None:
            raise dialog('The "unitOfMeasureCode" does not match to a Unit of Measure.', "unitOfMeasureCode")
        if value != self.row["unitOfMeasureCode"]:
            self._set_unit(unit["id"], str(value))
            self._find_price(anew=True)

    def _check_unit(self) -> None:
        if self.row["lineType"] not in {"Item", "Resource"}:
            raise dialog("Unit of Measure can be set only for lines with type Item.", "unitOfMeasureCode")

    def _set_unit(self, identity: Stored, code: str) -> None:
        self.row["unitOfMeasureId"], self.row["unitOfMeasureCode"] = identity, code
        if self.row["lineType"] == "Item":
            item = str(self.row["lineObjectNumber"])
            self.row["quantityPerUnit"] = text(quantity_per_unit(self.database, item, code))

    @property
    def _quantity_now(self) -> Decimal:
        return number(self.row, "quantity")

    def _quantity(self, value: Stored) -> None:
        quantity = Decimal(value)
        if self.kind is ORDER:
            self._store_quantities(self._try(lambda: self._quantities.reordered(quantity), "quantity"))
        line = value_of(self.row)
        self._apply(line.repriced(quantity, line.unit_price, self.terms.precision))
        self._find_price(anew=False)

    def _price(self, value: Stored) -> None:
        self._apply(value_of(self.row).repriced(self._quantity_now, Decimal(value), self.terms.precision))

    def _discount_percent(self, value: Stored) -> None:
        self._discount(lambda line: line.discounted_by_percent(Decimal(value), self.terms.precision), "discountPercent")

    def _discount_amount(self, value: Stored) -> None:
        self._discount(lambda line: line.discounted_by_amount(Decimal(value), self.terms.precision), "discountAmount")

    def _discount(self, discounted: Callable[[Line], Line], column: str) -> None:
        try:
            self._apply(discounted(value_of(self.row)))
        except DiscountError as refused:
            raise ApiError(
                400,
                "Application_FieldValidationException",
                f"The discount {refused} of the line must lie between 0 and the whole of its amount.",
                column,
            ) from None

    def _apply(self, line: Line) -> None:
        line = replace(line, rounding=Decimal(0))
        self.row["quantity"], self.row["unitPrice"] = text(line.quantity), text(line.unit_price)
        self.row["discountPercent"], self.row["discountAmount"] = (
            text(line.discount_percent),
            text(line.discount_amount),
        )

    def _find_price(self, *, anew: bool) -> None:
        """Look for the best price; when only the quantity changes, only a price list can change the price."""
        if self.row["lineType"] != "Item" or self.row["lineObjectNumber"] == "":
            return
        price = unit_price(self.database, self.header, self.row)
        if anew or price.from_list:
            line = value_of(self.row).repriced(self._quantity_now, price.unit_price, self.terms.precision)
            self._apply(line.discounted_by_percent(price.discount_percent, self.terms.precision))
            self.row["takesInvoiceDiscount"] = int(price.allows_invoice_discount)

    @property
    def _quantities(self) -> Quantities:
        return quantities_of(self.row)

    def _ship_quantity(self, value: Stored) -> None:
        self._store_quantities(self._try(lambda: self._quantities.with_to_ship(Decimal(value)), "shipQuantity"))

    def _invoice_quantity(self, value: Stored) -> None:
        self._store_quantities(self._try(lambda: self._quantities.with_to_invoice(Decimal(value)), "invoiceQuantity"))

    def _posted_quantity(self, name: str) -> Callable[[Stored], None]:
        def refuse(value: Stored) -> None:
            if Decimal(value) != number(self.row, name):
                raise dialog(f'The value for "{name}" cannot be modified.', name)

        return refuse

    def _try(self, attempt: Callable[[], Quantities], column: str) -> Quantities:
        try:
            return attempt()
        except QuantityError as refused:
            raise dialog(str(refused), column) from None

    def _store_quantities(self, quantities: Quantities) -> None:
        store_quantities(self.row, quantities)


def quantities_of(row: Row) -> Quantities:
    """The quantities of an order line."""
    return Quantities(
        ordered=number(row, "quantity"),
        shipped=number(row, "shippedQuantity"),
        invoiced=number(row, "invoicedQuantity"),
        to_ship=number(row, "shipQuantity"),
        to_invoice=number(row, "invoiceQuantity"),
    )


def store_quantities(row: Row, quantities: Quantities) -> None:
    """Put the quantities of an order line into its row."""
    row["quantity"] = text(quantities.ordered)
    row["shippedQuantity"], row["invoicedQuantity"] = text(quantities.shipped), text(quantities.invoiced)
    row["shipQuantity"], row["invoiceQuantity"] = text(quantities.to_ship), text(quantities.to_invoice)
