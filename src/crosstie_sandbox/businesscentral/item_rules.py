"""The rules of items."""

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.posting.item_ledger import adjust_stock
from crosstie_sandbox.businesscentral.sales.stored import number
from crosstie_sandbox.businesscentral.unit_rules import forget_item_units, own_item_unit


class ItemRules(Behaviour):
    """Stock is counted by what is posted; a new item has none."""

    def complete(self, write: Write) -> None:
        """Refuse stock on a new item."""
        if write.before is None and "inventory" in write.changes:
            raise dialog("Inventory cannot be changed during on insert.", "inventory")

    def inserted(self, write: Write) -> None:
        """The base unit becomes a unit of the item."""
        own_item_unit(write)

    def modified(self, write: Write) -> None:
        """A new base unit becomes a unit of the item; stock that was entered is posted as an adjustment."""
        if write.changed("baseUnitOfMeasureCode"):
            own_item_unit(write)
        if write.before is not None and write.changed("inventory"):
            difference = number(write.row, "inventory") - number(write.before, "inventory")
            adjust_stock(write.database, write.row, difference)

    def deleting(self, write: Write) -> None:
        """The units go with the item."""
        forget_item_units(write)


class LoadedItemRules(ItemRules):
    """An item that comes with a company brings its stock along, as a first adjustment."""

    def complete(self, write: Write) -> None:
        """Let the stock be."""

    def inserted(self, write: Write) -> None:
        """Post the stock that the item came with."""
        super().inserted(write)
        stock = number(write.row, "inventory")
        if stock:
            adjust_stock(write.database, write.row, stock)
