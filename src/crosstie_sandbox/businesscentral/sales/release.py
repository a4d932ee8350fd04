"""Releasing an order, which fixes what it says so that it can be shipped, and reopening it (codeunit 414)."""

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.rows import Row, change
from crosstie_sandbox.businesscentral.sales import refusals
from crosstie_sandbox.businesscentral.sales.kinds import ORDER
from crosstie_sandbox.businesscentral.sales.lines import lines_of
from crosstie_sandbox.businesscentral.sales.stored import number

RELEASED = "Open"
"""What the API calls an order that is released; an order that is open is a Draft there."""


def release_order(database: Database, order: Row) -> None:
    """Release an order with lines; one that is released stays as it is."""
    lines = lines_of(database, ORDER, str(order["id"]))
    if not any(line["lineObjectNumber"] != "" and number(line, "quantity") for line in lines):
        raise dialog(f"There is nothing to release for the document of type Order with the number {order['number']}.")
    refusals.check_customer(database, str(order["customerNumber"]), ORDER, shipping=False, posting=False)
    _set_status(database, order, RELEASED)


def reopen_order(database: Database, order: Row) -> None:
    """Reopen a released order, so that it can be changed again."""
    _set_status(database, order, "Draft")


def _set_status(database: Database, order: Row, status: str) -> None:
    if order["status"] != status:
        change(database, ORDER.header_page, order, {"status": status})
