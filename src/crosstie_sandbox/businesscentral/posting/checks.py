"""What every document must have before it is posted."""

from collections.abc import Sequence

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.rows import Row, find
from crosstie_sandbox.businesscentral.sales import refusals
from crosstie_sandbox.businesscentral.sales.stored import number


def check_lines(database: Database, lines: Sequence[Row]) -> None:
    """Refuse a document without lines, with a line that lacks its quantity, or with a blocked item."""
    sold = [line for line in lines if line["lineObjectNumber"] != ""]
    if not sold:
        raise dialog("There is nothing to post because the document does not contain a quantity or amount.")
    if any(number(line, "quantity") == 0 for line in sold):
        raise dialog("One or more document lines with a value in the No. field do not have a quantity specified.")
    for line in sold:
        item = find(database, pages()["items"], id=line["itemId"]) if line["lineType"] == "Item" else None
        if item is not None:
            refusals.check_item(item)
