"""The rules of items."""

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.posting.item_ledger import adjust_stock
from crosstie_sandbox.businesscentral.sales.stored import number


class ItemRules(Behaviour):
    """Stock is counted by what is posted; a new item has none."""

    def complete(self, write: Write) -> None:
        """Refuse stock on a new item."""
        if write.before is None and "inventory" in write.changes:
            raise dialog("Inventory cannot be changed during on insert.", "inventory")

    def modified(self, write: Write) -> None:
        """Stock that was entered is counted stock: the difference is posted as an adjustment."""
        if write.before is None or not write.changed("inventory"):
            return
        difference = number(write.row, "inventory") - number(write.before, "inventory")
        adjust_stock(write.database, write.row, difference)


class LoadedItemRules(Behaviour):
    """An item that comes with a company brings its stock along, as a first adjustment."""

    def inserted(self, write: Write) -> None:
        """Post the stock that the item came with."""
        stock = number(write.row, "inventory")
        if stock:
            adjust_stock(write.database, write.row, stock)
