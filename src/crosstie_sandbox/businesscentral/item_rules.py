"""The rules of items."""

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.errors import dialog


class ItemRules(Behaviour):
    """Stock is counted by what is posted; a new item has none."""

    def complete(self, write: Write) -> None:
        """Refuse stock on a new item."""
        if write.before is None and "inventory" in write.changes:
            raise dialog("Inventory cannot be changed during on insert.", "inventory")


class LoadedItemRules(Behaviour):
    """An item that comes with a company brings its stock along."""
