"""The rules of ship-to addresses."""

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.errors import must_have
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.rows import find


class ShipToRules(Behaviour):
    """Each has a customer and a code, and is named like the customer unless it says otherwise."""

    def complete(self, write: Write) -> None:
        """Check the key, and take the name over."""
        must_have(write.page, write.row, "customerNumber", "code")
        if write.before is None and "name" not in write.changes:
            customer = find(write.database, pages()["customers"], number=write.row["customerNumber"])
            write.row["name"] = customer["displayName"] if customer is not None else ""
