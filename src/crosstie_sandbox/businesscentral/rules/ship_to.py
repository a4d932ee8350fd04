"""Ship-to addresses: each has a customer and a code, and is named like the customer unless it says otherwise."""

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.payload import Changes
from crosstie_sandbox.businesscentral.rows import Row, find
from crosstie_sandbox.businesscentral.rules.rule import Rule


def _complete(database: Database, row: Row, changes: Changes, before: Row | None) -> None:
    for name, field in (("customerNumber", "Customer No."), ("code", "Code")):
        if row[name] == "":
            raise dialog(f"{field} must be filled in Ship-to Address: Code={row['code']}.", name)
    if before is None and "name" not in changes:
        customer = find(database, pages()["customers"], number=row["customerNumber"])
        row["name"] = customer["displayName"] if customer is not None else ""


SHIP_TO = Rule(complete=_complete)
