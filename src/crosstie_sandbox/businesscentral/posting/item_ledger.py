"""The item ledger in the store: entries for what comes and goes, what remains of them, and the stock of the item.

Stock stands on the item without being a change of it, as a calculated field of the application does.
"""

from dataclasses import dataclass
from decimal import Decimal

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.posting.stock import settle
from crosstie_sandbox.businesscentral.rows import Row, add, find
from crosstie_sandbox.businesscentral.sales.amounts import LOCAL_PRECISION, product, rounded
from crosstie_sandbox.businesscentral.sales.stored import number, text, today
from crosstie_sandbox.businesscentral.values import ZERO_GUID, blank


@dataclass(frozen=True, slots=True)
class Movement:
    """What a posting does to the stock of an item; quantities are in its base unit, in is positive."""

    item: str
    quantity: Decimal
    posting_date: str
    entry_type: str
    location: str = ""
    variant: str = ""
    source_type: str = "_x0020_"
    source_number: str = ""
    document_type: str = "_x0020_"
    document_number: str = ""
    sales_amount: Decimal = Decimal(0)
    source_line: str = ZERO_GUID
    """The order line that is shipped, on which the sales amount will be invoiced."""


def move_stock(database: Database, movement: Movement) -> None:
    """Write an entry, use up what it takes from, and count the stock of the item; services have none."""
    item = find(database, pages()["items"], number=movement.item)
    if item is None or item["type"] != "Inventory" or movement.quantity == 0:
        return
    add(database, pages()["itemLedgerEntries"], entry_of_movement(database, item, movement))
    count_stock(database, item, movement.quantity)


def entry_of_movement(database: Database, item: Row, movement: Movement) -> Row:
    """The entry of a movement, which has used up what it takes from."""
    left = _apply(database, movement)
    page = pages()["itemLedgerEntries"]
    entry: Row = {name: blank(column) for name, column in page.columns.items()}
    return entry | {
        "id": str(database.ids()),
        "entryNumber": next_entry(database, page.entity_set),
        "itemNumber": movement.item,
        "postingDate": movement.posting_date,
        "entryType": movement.entry_type,
        "sourceType": movement.source_type,
        "sourceNumber": movement.source_number,
        "documentType": movement.document_type,
        "documentNumber": movement.document_number,
        "description": item["displayName"],
        "quantity": text(movement.quantity),
        "salesAmountActual": text(movement.sales_amount),
        "costAmountActual": text(rounded(product(movement.quantity, number(item, "unitCost")), LOCAL_PRECISION)),
        "locationCode": movement.location,
        "variantCode": movement.variant,
        "remainingQuantity": text(left),
        "open": int(left != 0),
        "unitOfMeasureCode": item["baseUnitOfMeasureCode"],
        "sourceLineId": movement.source_line,
    }


def add_sales_amount(database: Database, source_line: str, amount: Decimal) -> None:
    """Add what was invoiced of an order line to its latest shipment, as a calculated field does."""
    execute = database.connection.execute
    found = execute(
        'SELECT "id", "salesAmountActual" FROM "itemLedgerEntries" WHERE "sourceLineId" = ? '
        'ORDER BY "entryNumber" DESC LIMIT 1',
        (source_line,),
    ).fetchone()
    if found is not None:
        total = text(Decimal(found[1]) + amount)
        execute('UPDATE "itemLedgerEntries" SET "salesAmountActual" = ? WHERE "id" = ?', (total, found[0]))


def count_stock(database: Database, item: Row, quantity: Decimal) -> None:
    """Add to the stock of an item."""
    stock = number(item, "inventory") + quantity
    database.connection.execute('UPDATE "items" SET "inventory" = ? WHERE "id" = ?', (text(stock), item["id"]))


def adjustment(quantity: Decimal) -> str:
    """The kind of entry that brings stock in, or takes it out, without a document."""
    return "Positive_x0020_Adjmt_x002E_" if quantity > 0 else "Negative_x0020_Adjmt_x002E_"


def adjust_stock(database: Database, item: Row, difference: Decimal, location: str = "") -> None:
    """Post what was counted more or less than the stock that an item had; the item says the new stock already."""
    if item["type"] != "Inventory":
        raise dialog(f"The item {item['number']} has no stock because its type is not Inventory.", "inventory")
    old = number(item, "inventory") - difference
    database.connection.execute('UPDATE "items" SET "inventory" = ? WHERE "id" = ?', (text(old), item["id"]))
    number_of_document = f"ADJ-{item['number']}"[:20]
    movement = Movement(
        str(item["number"]),
        difference,
        today(database),
        adjustment(difference),
        location=location,
        document_number=number_of_document,
    )
    move_stock(database, movement)


def _apply(database: Database, movement: Movement) -> Decimal:
    """Use up open entries of the same item, variant and location; what remains of the new one is the answer."""
    execute = database.connection.execute
    found = execute(
        'SELECT "id", "remainingQuantity" FROM "itemLedgerEntries" '
        'WHERE "itemNumber" = ? AND "open" = 1 AND "locationCode" = ? AND "variantCode" = ? ORDER BY "entryNumber"',
        (movement.item, movement.location, movement.variant),
    ).fetchall()
    before = [Decimal(remaining) for _, remaining in found]
    after, left = settle(before, movement.quantity)
    for (identity, _), old, new in zip(found, before, after, strict=True):
        if old != new:
            execute(
                'UPDATE "itemLedgerEntries" SET "remainingQuantity" = ?, "open" = ? WHERE "id" = ?',
                (text(new), int(new != 0), identity),
            )
    return left


def next_entry(database: Database, ledger: str) -> int:
    """The number of the next entry of a ledger."""
    last = database.connection.execute(f'SELECT max("entryNumber") FROM "{ledger}"').fetchone()[0]
    return int(last or 0) + 1
