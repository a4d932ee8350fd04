"""The rules of vendors."""

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.trade_partners import check_name, name_local_currency


class VendorRules(Behaviour):
    """A vendor has a name and a currency."""

    def complete(self, write: Write) -> None:
        """Check the name; a blank currency is the local one."""
        check_name(write)
        name_local_currency(write)
