"""What every document must have before it is posted."""

from collections.abc import Sequence

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import ApiError, dialog
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.rows import Row, find
from crosstie_sandbox.businesscentral.sales import refusals
from crosstie_sandbox.businesscentral.sales.kinds import DocumentKind
from crosstie_sandbox.businesscentral.sales.stored import NO_DATE, number


def check_posting_date(database: Database, kind: DocumentKind, header: Row) -> None:
    """Refuse to post on a day outside of the range that the general ledger allows."""
    setup = database.connection.execute('SELECT "allowPostingFrom", "allowPostingTo" FROM "generalLedgerSetup"')
    first, last = setup.fetchone()
    posting_date = str(header["postingDate"])
    if posting_date < first or (last != NO_DATE and posting_date > last):
        raise ApiError(
            400,
            "Application_FieldValidationException",
            "Posting Date is not within your range of allowed posting dates in Sales Header "
            f"Document Type='{kind.name}',No.='{header['number']}'.",
            "postingDate",
        )


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
