"""The rules of item ledger entries that come with a company: each brings stock to a location, as an adjustment."""

from decimal import Decimal

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.errors import must_have
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.posting.item_ledger import Movement, adjustment, count_stock, entry_of_movement
from crosstie_sandbox.businesscentral.rows import find
from crosstie_sandbox.businesscentral.sales.stored import NO_DATE, today


class OpeningStockRules(Behaviour):
    """Item, quantity, location and perhaps day are given, even for a count of none; the rest follows."""

    def complete(self, write: Write) -> None:
        """Make a whole entry of what was given, and count the stock of its item."""
        row, database = write.row, write.database
        must_have(write.page, row, "itemNumber")
        item = find(database, pages()["items"], number=row["itemNumber"])
        if item is None:
            raise LookupError(row["itemNumber"])
        quantity = Decimal(row["quantity"])
        movement = Movement(
            item=str(row["itemNumber"]),
            quantity=quantity,
            posting_date=today(database) if row["postingDate"] == NO_DATE else str(row["postingDate"]),
            entry_type=adjustment(quantity),
            location=str(row["locationCode"]),
            variant=str(row["variantCode"]),
            document_number=str(row["documentNumber"] or "START"),
        )
        row |= {**entry_of_movement(database, item, movement), "id": row["id"]}
        count_stock(database, item, quantity)
