"""The rules of sales lines: properties are validated as they were sent, then the document is computed anew."""

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.rows import Row, find
from crosstie_sandbox.businesscentral.sales import refusals
from crosstie_sandbox.businesscentral.sales.draft_line import DraftLine
from crosstie_sandbox.businesscentral.sales.header_rules import touch
from crosstie_sandbox.businesscentral.sales.kinds import ORDER, DocumentKind
from crosstie_sandbox.businesscentral.sales.lines import lines_of, recalculate, rows_with, store_changes
from crosstie_sandbox.businesscentral.sales.stored import number, today
from crosstie_sandbox.businesscentral.values import ZERO_GUID

_STEP = 10_000
_FREE_WHILE_RELEASED = frozenset({"shipQuantity", "invoiceQuantity", "description", "description2", "shipmentDate"})


class LineRules(Behaviour):
    """The rules of the lines of one of the four documents."""

    def __init__(self, kind: DocumentKind) -> None:
        self.kind = kind

    def complete(self, write: Write) -> None:
        """Validate what was entered, property by property, and compute the document with it."""
        database, row = write.database, write.row
        header = self._document(database, row)
        rows = lines_of(database, self.kind, str(row["documentId"]))
        if write.before is None:
            self._begin(write, header, rows)
        else:
            self._check_identity(write, write.before)
        if write.before is None or not _FREE_WHILE_RELEASED.issuperset(write.changes):
            refusals.check_open(self.kind, header)
        draft = DraftLine(database, self.kind, header, row if write.before is None else _entered(write, write.before))
        draft.enter(write.changes)
        row.update(draft.row)
        self._compute(database, header, rows, row)

    def _document(self, database: Database, row: Row) -> Row:
        if row["documentId"] == ZERO_GUID:
            raise dialog("You must specify a document id to get the lines.", "documentId")
        header = find(database, self.kind.header_page, id=row["documentId"])
        if header is None:
            raise dialog("No document with the specified ID exists.", "documentId")
        refusals.check_draft(self.kind, header)
        return header

    def _begin(self, write: Write, header: Row, rows: list[Row]) -> None:
        row = write.row
        last = max((int(line["sequence"]) for line in rows), default=0)
        if not row["sequence"]:
            row["sequence"] = last + _STEP
        elif any(line["sequence"] == row["sequence"] for line in rows):
            raise dialog("You cannot insert a line because a line already exists.", "sequence")
        row.update({"takesInvoiceDiscount": 1, "quantityPerUnit": "1", "lineType": "Comment", "lineObjectNumber": ""})
        row.update({"quantity": "0", "unitPrice": "0", "discountAmount": "0", "discountPercent": "0", "taxCode": ""})
        row.update({"itemId": ZERO_GUID, "accountId": ZERO_GUID, "unitOfMeasureId": ZERO_GUID, "unitOfMeasureCode": ""})
        row["shipmentDate"] = today(write.database)
        if self.kind is ORDER:
            row.update({"shipQuantity": "0", "invoiceQuantity": "0"})
        row["description"] = row["description2"] = ""
        row["documentId"] = header["id"]

    def _check_identity(self, write: Write, before: Row) -> None:
        if write.changed("documentId"):
            raise dialog('The value for "documentId" cannot be modified.', "documentId")
        if write.changed("sequence"):
            text = "The value for sequence cannot be modified. Delete and insert the line again."
            raise dialog(text, "sequence")
        if write.changed("lineObjectNumber") and before["lineObjectNumber"] != "":
            raise dialog('The value for "lineObjectNumber" cannot be modified.', "lineObjectNumber")

    def _compute(self, database: Database, header: Row, others: list[Row], row: Row) -> None:
        rows = rows_with(others, row)
        _recalculate_document(database, self.kind, header, rows, current=row)

    def deleting(self, write: Write) -> None:
        """A line of a document that may change goes away, unless something of it has been shipped."""
        database, row = write.database, write.row
        header = self._document(database, row)
        refusals.check_open(self.kind, header)
        if self.kind is ORDER and number(row, "shippedQuantity") != number(row, "invoicedQuantity"):
            raise dialog(
                f"You cannot delete line {row['sequence']} of the order because it is shipped but not invoiced."
            )
        rows = [line for line in lines_of(database, self.kind, str(row["documentId"])) if line["id"] != row["id"]]
        _recalculate_document(database, self.kind, header, rows, current=None)


def _entered(write: Write, before: Row) -> Row:
    """The line as it was, with what no validation follows on."""
    return {**write.row, **{name: before[name] for name in write.changes}}


def _recalculate_document(
    database: Database, kind: DocumentKind, header: Row, rows: list[Row], current: Row | None
) -> None:
    """Compute a document anew and write everything but the current line, which is being written anyway."""
    before = [dict(row) for row in rows]
    old = dict(header)
    recalculate(database, header, rows)
    if kind is ORDER:
        header["fullyShipped"] = int(is_fully_shipped(rows))
    others = [index for index, row in enumerate(rows) if row is not current]
    store_changes(database, kind, [rows[index] for index in others], [before[index] for index in others])
    touch(database, kind, header, {name: value for name, value in header.items() if old[name] != value})


def is_fully_shipped(rows: list[Row]) -> bool:
    """Whether an order with anything to ship has shipped it all."""
    return any(number(row, "quantity") for row in rows) and all(
        number(row, "shippedQuantity") == number(row, "quantity") for row in rows
    )
