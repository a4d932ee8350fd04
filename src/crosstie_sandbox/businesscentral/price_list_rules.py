"""The rules of price lists and their lines.

A list is edited while it is a draft; active and inactive ones only change their status. What the header says of dates,
currency and whom it is for stands on every line. An active list cannot be deleted.
"""

from collections.abc import Mapping

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import ApiError, dialog, must_have
from crosstie_sandbox.businesscentral.page import Page, tables
from crosstie_sandbox.businesscentral.payload import Changes
from crosstie_sandbox.businesscentral.rows import Row, change, find, remove, those
from crosstie_sandbox.businesscentral.values import unescaped

DRAFT = "Draft"
ACTIVE = "Active"
_FREE = frozenset({"status", "description", "allowUpdatingDefaults", "lastModifiedDateTime"})
_ON_LINES = ("status", "sourceType", "sourceNumber", "currencyCode", "startingDate", "endingDate")
_DEFAULTS = ("priceIncludesVat", "vatBusPostingGroupPrice", "allowLineDiscount", "allowInvoiceDiscount")
_STEP = 10_000
_NO_DATE = "0001-01-01"
_SOURCES: Mapping[str, tuple[str, str]] = {
    "Customer": ("customers", "number"),
    "Customer_x0020_Price_x0020_Group": ("customerPriceGroups", "code"),
    "Contact": ("contacts", "number"),
}
_ASSETS: Mapping[str, tuple[str, str, str]] = {
    "Item": ("items", "displayName", "itemUnitsOfMeasure"),
    "Resource": ("resources", "name", "resourceUnitsOfMeasure"),
}
_OWNERS = {"itemUnitsOfMeasure": "itemNumber", "resourceUnitsOfMeasure": "resourceNumber"}


class PriceListRules(Behaviour):
    """Headers; without `drafts_only` a new one may be active already."""

    def __init__(self, *, drafts_only: bool = True) -> None:
        self.drafts_only = drafts_only

    def complete(self, write: Write) -> None:
        """Check status, source and dates."""
        row = write.row
        if write.before is None:
            _start(write, drafts_only=self.drafts_only)
        elif write.before["status"] != DRAFT and row["status"] != DRAFT:
            changed = [name for name in row if name not in _FREE and row[name] != write.before[name]]
            if changed:
                raise _not_draft(write.page, row, str(write.before["status"]), changed[0])
        _check_source(write)
        _check_dates(row)

    def modified(self, write: Write) -> None:
        """Carry what the header says over to the lines."""
        before = write.before or write.row
        news: Changes = {name: write.row[name] for name in _ON_LINES if write.row[name] != before[name]}
        if not news:
            return
        page = tables()["priceListLines"]
        for line in those(write.database, page, priceListCode=write.row["code"]):
            if news.get("status") == ACTIVE:
                _check_line(page, line)
            change(write.database, page, line, news)

    def deleting(self, write: Write) -> None:
        """The lines go with the list, unless it is active."""
        if write.row["status"] == ACTIVE:
            raise dialog(f"You cannot delete the active price list {write.row['code']}.")
        page = tables()["priceListLines"]
        for line in those(write.database, page, priceListCode=write.row["code"]):
            remove(write.database, page, line)


class PriceListLineRules(Behaviour):
    """Lines; without `drafts_only` an active list takes new ones."""

    def __init__(self, *, drafts_only: bool = True) -> None:
        self.drafts_only = drafts_only

    def complete(self, write: Write) -> None:
        """Check that the list is a draft, and take over from list and product what is not said."""
        row = write.row
        must_have(write.page, row, "priceListCode")
        header = _header(write.database, row)
        if self.drafts_only:
            _check_draft(header)
        if write.before is None:
            if row["lineNumber"] == 0:
                row["lineNumber"] = _next_line(write.database, str(row["priceListCode"]))
            row |= {name: header[name] for name in _DEFAULTS if name not in write.changes}
        row |= {name: header[name] for name in _ON_LINES}
        if write.changed("assetType", "assetNumber") or "unitOfMeasureCode" in write.changes:
            _take_asset(write)

    def deleting(self, write: Write) -> None:
        """Only a draft loses lines."""
        _check_draft(_header(write.database, write.row))


def _start(write: Write, *, drafts_only: bool) -> None:
    for name in ("allowLineDiscount", "allowInvoiceDiscount"):
        if name not in write.changes:
            write.row[name] = 1
    if drafts_only and write.row["status"] != DRAFT:
        raise dialog("A new price list has the Status Draft; activate it when its lines are entered.", "status")


def _check_source(write: Write) -> None:
    row = write.row
    if not write.changed("sourceType", "sourceNumber"):
        return
    kind, number = str(row["sourceType"]), row["sourceNumber"]
    if kind == "All_x0020_Customers":
        if number:
            raise dialog("Assign-to No. must be blank when the price list is for All Customers.", "sourceNumber")
        return
    if kind in _SOURCES and number:
        table, key = _SOURCES[kind]
        if find(write.database, tables()[table], **{key: number}) is None:
            raise dialog(
                f"The field Assign-to No. of table {write.page.table} contains a value ({number}) "
                f"that cannot be found in the related table ({tables()[table].table}).",
                "sourceNumber",
            )


def _check_dates(row: Row) -> None:
    if row["endingDate"] != _NO_DATE and str(row["startingDate"]) > str(row["endingDate"]):
        raise dialog("Starting Date cannot be after Ending Date.", "startingDate")


def _check_line(page: Page, line: Row) -> None:
    """What a line needs before its list becomes active."""
    must_have(page, line, "assetNumber")


def _header(database: Database, line: Row) -> Row:
    header = find(database, tables()["priceListHeaders"], code=line["priceListCode"])
    if header is None:
        code = line["priceListCode"]
        raise dialog(f"The Price List Header does not exist. Identification fields and values: Code='{code}'")
    return header


def _check_draft(header: Row) -> None:
    if header["status"] != DRAFT:
        raise _not_draft(tables()["priceListHeaders"], header, str(header["status"]), "status")


def _not_draft(page: Page, header: Row, status: str, column: str) -> ApiError:
    return dialog(
        f"Status must be equal to 'Draft' in {page.table}: Code={header['code']}. Current value is '{status}'.", column
    )


def _next_line(database: Database, code: str) -> int:
    found = database.connection.execute(
        "SELECT max(lineNumber) FROM priceListLines WHERE priceListCode = ?", (code,)
    ).fetchone()
    return int(found[0] or 0) + _STEP


def _take_asset(write: Write) -> None:
    """The product of a line: it exists, gives its description and base unit, and has the unit that was entered."""
    row = write.row
    kind, number = str(row["assetType"]), row["assetNumber"]
    if kind not in _ASSETS or number == "":
        return
    table, name, units = _ASSETS[kind]
    asset = find(write.database, tables()[table], number=number)
    if asset is None:
        why = f"The {unescaped(kind)} does not exist. Identification fields and values: No.='{number}'"
        raise dialog(why, "assetNumber")
    if "description" not in write.changes:
        row["description"] = asset[name]
    if not row["unitOfMeasureCode"] or (write.changed("assetNumber") and "unitOfMeasureCode" not in write.changes):
        row["unitOfMeasureCode"] = asset["baseUnitOfMeasureCode"]
    unit = row["unitOfMeasureCode"]
    if unit and find(write.database, tables()[units], **{_OWNERS[units]: number, "code": unit}) is None:
        raise dialog(
            f"The field Unit of Measure Code of table {write.page.table} contains a value ({unit}) "
            f"that cannot be found in the related table ({tables()[units].table}).",
            "unitOfMeasureCode",
        )
