"""What customers and vendors share: they must have a name, and trade in some currency."""

from crosstie_sandbox.businesscentral.behaviour import Write
from crosstie_sandbox.businesscentral.errors import dialog


def check_name(write: Write) -> None:
    """Refuse a record without a name."""
    if write.before is None and "displayName" not in write.changes:
        raise dialog('A "displayName" must be provided.')
    if write.row["displayName"] == "":
        raise dialog('The blank "displayName" is not allowed.')


def name_local_currency(write: Write) -> None:
    """A new record without a currency trades in the local one."""
    if write.before is None and not write.changes.get("currencyCode"):
        write.row["currencyCode"] = write.database.local_currency
