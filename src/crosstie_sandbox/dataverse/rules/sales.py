"""Sales documents as the vendor computes them: numbers, prices, amounts of lines, totals of documents.

A document whose prices are locked keeps those its lines have; amounts and totals follow from them all the same.
"""

from collections.abc import Mapping

from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.rules.amounts import Line, Terms, summed, totals
from crosstie_sandbox.dataverse.rules.documents import Document, by_line, documents
from crosstie_sandbox.dataverse.rules.numbers import next_number
from crosstie_sandbox.dataverse.rules.pricing import DETAIL_ERROR, NONE, check_product, price_of
from crosstie_sandbox.dataverse.rules.refusals import wrong_currency
from crosstie_sandbox.dataverse.rules.stored import amount, decimal, digits_of, number
from crosstie_sandbox.dataverse.schema import Table
from crosstie_sandbox.dataverse.writing import Extension, Writer

_STEP = 1
_TERMS = (
    "discountamount",
    "discountpercentage",
    "freightamount",
    "transactioncurrencyid",
    "isrevenuesystemcalculated",
    "estimatedvalue",
)
_OWNER = ("ownerid", "ownerid_type", "owninguser", "owningteam", "owningbusinessunit")
_TOTALS = {
    "totallineitemamount": "line_amount",
    "totallineitemdiscountamount": "line_discount",
    "totaldiscountamount": "discount",
    "totalamountlessfreight": "less_freight",
    "totaltax": "tax",
    "totalamount": "amount",
}


class SalesDocuments(Extension):
    """Computes what the columns of documents and lines must hold."""

    def before(self, writer: Writer, table: Table, old: Changes | None, new: Changes | None) -> None:
        """Number a new document, price a line, and put the totals in."""
        if new is None:
            return
        document = by_line().get(table.logical_name)
        if document is not None:
            if old is None:
                new |= _owner_of(writer, document, new)
            _compute_line(writer, document, new)
            return
        document = documents().get(table.logical_name)
        if document is not None:
            _compute_document(writer, document, old, new)

    def after(self, writer: Writer, table: Table, old: Changes | None, new: Changes | None, changes: Changes) -> None:
        """A document follows its lines, and lines follow their document's price list."""
        del changes
        document = by_line().get(table.logical_name)
        if document is not None:
            for row in (old, new):
                if row is not None:
                    recalculate(writer, document, str(row[document.link]))
                    break
            return
        document = documents().get(table.logical_name)
        if document is not None and old is not None and new is not None and old["pricelevelid"] != new["pricelevelid"]:
            reprice(writer, document, str(new[table.primary_key]))


def recalculate(writer: Writer, document: Document, identity: str) -> None:
    """Bring the totals of a document up to date."""
    table = writer.tables[document.header]
    row = writer.read(table, identity)
    if row is not None:
        changes = _totals(writer, document, row)
        if any(row[name] != value for name, value in changes.items()):
            writer.update(table, identity, changes)


def reprice(writer: Writer, document: Document, identity: str) -> None:
    """Price every line of a document anew."""
    table = writer.tables[document.line]
    query = f'SELECT "{table.primary_key}" FROM "{document.line}" WHERE "{document.link}" = ?'
    for (line,) in writer.database.execute(query, (identity,)).fetchall():
        old = writer.read(table, str(line)) or {}
        new = dict(old)
        _compute_line(writer, document, new)
        if new != old:
            writer.update(table, str(line), {})


def _compute_document(writer: Writer, document: Document, old: Changes | None, new: Changes) -> None:
    if old is None and document.number is not None and new.get(document.number) is None:
        new[document.number] = next_number(writer.database, document.prefix)
    _check_currency(writer, new)
    if old is None or any(old[name] != new[name] for name in (*_TERMS, *_TOTALS) if name in new):
        new |= _totals(writer, document, new)


def _check_currency(writer: Writer, row: Changes) -> None:
    """A price list is for documents in its currency only."""
    if row.get("pricelevelid") is None:
        return
    query = "SELECT transactioncurrencyid FROM pricelevel WHERE pricelevelid = ?"
    found = writer.database.execute(query, (row["pricelevelid"],)).fetchone()
    if found is not None and found[0] is not None and found[0] != row.get("transactioncurrencyid"):
        raise wrong_currency()


def _totals(writer: Writer, document: Document, row: Mapping[str, object]) -> Changes:
    table = writer.tables[document.header]
    columns = "baseamount, manualdiscountamount, tax, pricingerrorcode"
    query = f'SELECT {columns} FROM "{document.line}" WHERE "{document.link}" = ?'
    lines = writer.database.execute(query, (row[table.primary_key],)).fetchall()
    values = dict(row)
    terms = Terms(*(number(values, name) for name in ("discountamount", "discountpercentage", "freightamount")))
    sums = summed((decimal(base), decimal(discount), decimal(tax)) for base, discount, tax, _ in lines)
    found = totals(sums, terms, digits_of(writer.database, values.get("transactioncurrencyid")))
    changes: Changes = {
        name: amount(getattr(found, source)) for name, source in _TOTALS.items() if name in table.by_name
    }
    if values.get("isrevenuesystemcalculated"):
        changes["estimatedvalue"] = changes["totalamount"]
    changes["pricingerrorcode"] = DETAIL_ERROR if any(line[3] for line in lines) else NONE
    return changes


def _owner_of(writer: Writer, document: Document, line: Changes) -> Changes:
    """A line belongs to whom its document belongs to."""
    header = writer.read(writer.tables[document.header], str(line[document.link])) or {}
    return {name: header[name] for name in _OWNER if name in header and name in line}


def _compute_line(writer: Writer, document: Document, line: Changes) -> None:
    header = writer.read(writer.tables[document.header], str(line[document.link])) or {}
    line["transactioncurrencyid"] = header.get("transactioncurrencyid", line.get("transactioncurrencyid"))
    if f"{document.header}ispricelocked" in line:
        line[f"{document.header}ispricelocked"] = header.get("ispricelocked")
    digits = digits_of(writer.database, line["transactioncurrencyid"])
    check_product(writer.database, line)
    if not (header.get("ispricelocked") and line.get("priceperunit") is not None):
        price = price_of(writer.database, line, header.get("pricelevelid"), digits)
        line["priceperunit"] = None if price.amount is None else amount(price.amount)
        line["volumediscountamount"] = amount(price.volume_discount)
        line["pricingerrorcode"] = price.error
    else:
        line["pricingerrorcode"] = NONE
    of = Line(
        quantity=number(line, "quantity"),
        price=number(line, "priceperunit"),
        volume_discount=number(line, "volumediscountamount"),
        manual_discount=number(line, "manualdiscountamount"),
        tax=number(line, "tax"),
    )
    line["baseamount"], line["extendedamount"] = amount(of.base(digits)), amount(of.extended(digits))
    if line.get("lineitemnumber") is None:
        line["lineitemnumber"] = _next_line(writer, document, line)


def _next_line(writer: Writer, document: Document, line: Changes) -> int:
    query = f'SELECT coalesce(max(lineitemnumber), 0) + ? FROM "{document.line}" WHERE "{document.link}" = ?'
    return int(writer.database.execute(query, (_STEP, line[document.link])).fetchone()[0])
