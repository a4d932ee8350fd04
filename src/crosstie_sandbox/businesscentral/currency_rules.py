"""The rules of currencies."""

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.rows import remove, those


class CurrencyRules(Behaviour):
    """The exchange rates of a currency go away with it; other records that name it keep it."""

    def deleting(self, write: Write) -> None:
        """Take the rates along."""
        rates = pages()["currencyExchangeRates"]
        for rate in those(write.database, rates, currencyCode=write.row["code"]):
            remove(write.database, rates, rate)
