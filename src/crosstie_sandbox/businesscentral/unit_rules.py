"""The rules of the units of items and resources: a quantity above zero, which is one for the base unit."""

from decimal import Decimal

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog, must_have
from crosstie_sandbox.businesscentral.page import tables
from crosstie_sandbox.businesscentral.rows import Row, find, remove, those
from crosstie_sandbox.businesscentral.values import decimal_text
from crosstie_sandbox.businesscentral.writing import insert

_BASE_UNIT = "baseUnitOfMeasureCode"


class UnitRules(Behaviour):
    """Units of one kind of owner; `owner` is its table and the column of the unit that names it."""

    def __init__(self, owner: str, column: str) -> None:
        self.owner = owner
        self.column = column

    def complete(self, write: Write) -> None:
        """Check owner, unit and quantity, and work out the cubage."""
        row = write.row
        must_have(write.page, row, self.column, "code")
        if write.before is None and "quantityPerUnit" not in write.changes:
            row["quantityPerUnit"] = "1"
        if Decimal(row["quantityPerUnit"]) <= 0:
            raise dialog("Qty. per Unit of Measure must be greater than 0.", "quantityPerUnit")
        if self._is_base_unit(write.database, row) and row["quantityPerUnit"] != "1":
            shown = ", ".join(f"{write.page.columns[name].field}='{row[name]}'" for name in write.page.order)
            raise dialog(
                f"Qty. per Unit of Measure must be equal to '1' in {write.page.table}: {shown}. "
                f"Current value is '{row['quantityPerUnit']}'.",
                "quantityPerUnit",
            )
        sizes = ("length", "width", "height")
        if "cubage" in row and any(name in write.changes for name in sizes):
            length, width, height = (Decimal(row[name]) for name in sizes)
            row["cubage"] = decimal_text(length * width * height)

    def deleting(self, write: Write) -> None:
        """The base unit stays as long as its owner has it."""
        if self._is_base_unit(write.database, write.row):
            raise dialog(
                f"You cannot delete {write.page.table} {write.row['code']} because it is the Base Unit of Measure of "
                f"{tables()[self.owner].table} {write.row[self.column]}."
            )

    def _is_base_unit(self, database: Database, row: Row) -> bool:
        owner = find(database, tables()[self.owner], number=row[self.column])
        return owner is not None and owner[_BASE_UNIT] == row["code"]


def own_item_unit(write: Write) -> None:
    """Make the base unit of an item one of its units."""
    code, number = write.row[_BASE_UNIT], write.row["number"]
    page = tables()["itemUnitsOfMeasure"]
    if code and find(write.database, page, itemNumber=number, code=code) is None:
        insert(write.database, page, {"itemNumber": number, "code": code, "quantityPerUnit": "1"})


def forget_item_units(write: Write) -> None:
    """Remove the units of an item that is going away."""
    page = tables()["itemUnitsOfMeasure"]
    for unit in those(write.database, page, itemNumber=write.row["number"]):
        remove(write.database, page, unit)
