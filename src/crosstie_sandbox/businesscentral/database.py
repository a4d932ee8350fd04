"""The SQLite file behind the ERP: one table per page, three views, the business relations and the number series.

One connection serves one process; a write is one IMMEDIATE transaction, durable when it is answered
(write-ahead log, synchronous=FULL).
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from crosstie_sandbox.businesscentral.etags import etag
from crosstie_sandbox.businesscentral.page import Page, pages, tables
from crosstie_sandbox.businesscentral.values import ZERO_GUID, blank, date_time_text
from crosstie_sandbox.odata.folding import install

Clock = Callable[[], datetime]
IdSource = Callable[[], UUID]
LOCAL_CURRENCY = "EUR"
EXPERIENCE = "Premium"
"""What a new company shows of the application; Essential hides the integration with a CRM."""
_EXTRA_INDEXES = {
    "priceListLines": ("assetNumber",),
    "customers": ("salespersonCode", "currencyCode", "primaryContactNumber", "lastModifiedDateTime"),
    "contacts": ("companyNumber", "lastModifiedDateTime"),
    "items": ("lastModifiedDateTime",),
    "customerLedgerEntries": ("customerNumber", "documentNumber", "lastModifiedDateTime"),
    "itemLedgerEntries": ("itemNumber", "sourceLineId", "lastModifiedDateTime"),
    **{f"sales{kind}Lines": ("itemId",) for kind in ("Quote", "Order", "Invoice", "CreditMemo")},
    "salesQuotes": ("customerNumber", "billToCustomerNumber"),
    "salesOrders": ("customerNumber", "billToCustomerNumber", "lastModifiedDateTime"),
    "salesInvoices": ("customerNumber", "billToCustomerNumber", "orderId", "lastModifiedDateTime"),
    "salesCreditMemos": ("customerNumber", "billToCustomerNumber"),
    "salesShipments": ("customerNumber", "billToCustomerNumber", "orderNumber"),
    "customerPayments": ("customerNumber",),
}
_RELATIONS = """
CREATE TABLE businessRelations (
    contactNumber TEXT NOT NULL, relatedType TEXT NOT NULL, relatedId TEXT NOT NULL,
    PRIMARY KEY (relatedType, relatedId)
) WITHOUT ROWID;
CREATE INDEX businessRelations_contact ON businessRelations (contactNumber);
CREATE TABLE numberSeries (code TEXT PRIMARY KEY, next INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIEW contactsInformation AS
    SELECT c.id AS contactId, c.number AS contactNumber, c.displayName AS contactName, c.type AS contactType,
           r.relatedId AS relatedId, r.relatedType AS relatedType, c.etag AS etag
    FROM businessRelations r JOIN contacts c ON c.companyNumber = r.contactNumber
    UNION ALL
    SELECT c.id, c.number, c.displayName, c.type, r.relatedId, r.relatedType, c.etag
    FROM businessRelations r JOIN contacts c ON c.number = r.contactNumber AND c.companyNumber = '';
CREATE TABLE webhookSubscriptions (
    subscriptionId TEXT NOT NULL UNIQUE, notificationUrl TEXT NOT NULL, resource TEXT NOT NULL,
    entitySet TEXT NOT NULL, clientState TEXT NOT NULL, userId TEXT NOT NULL, expirationDateTime TEXT NOT NULL,
    systemCreatedAt TEXT NOT NULL, systemModifiedAt TEXT NOT NULL, version INTEGER NOT NULL, etag TEXT NOT NULL
);
CREATE TABLE webhookChanges (
    entitySet TEXT NOT NULL, recordId TEXT NOT NULL, kind TEXT NOT NULL, changedAt TEXT NOT NULL
);
CREATE TABLE webhookOutbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT, subscriptionId TEXT NOT NULL, body BLOB NOT NULL
);
CREATE VIEW subscriptions AS
    SELECT subscriptionId, notificationUrl, resource, version AS timestamp, userId,
           systemModifiedAt AS lastModifiedDateTime, clientState, expirationDateTime, systemCreatedAt,
           userId AS systemCreatedBy, systemModifiedAt, userId AS systemModifiedBy, etag
    FROM webhookSubscriptions;
CREATE TABLE media (
    id TEXT PRIMARY KEY, content BLOB NOT NULL, contentType TEXT NOT NULL, width INTEGER NOT NULL,
    height INTEGER NOT NULL, version INTEGER NOT NULL, etag TEXT NOT NULL
) WITHOUT ROWID;
CREATE VIEW pictures AS
    SELECT p.id AS id, 'Customer' AS parentType, ifnull(m.width, 0) AS width, ifnull(m.height, 0) AS height,
           ifnull(m.contentType, '') AS contentType, ifnull(m.etag, p.etag) AS etag
    FROM customers p LEFT JOIN media m ON m.id = p.id
    UNION ALL
    SELECT p.id AS id, 'Item' AS parentType, ifnull(m.width, 0) AS width, ifnull(m.height, 0) AS height,
           ifnull(m.contentType, '') AS contentType, ifnull(m.etag, p.etag) AS etag
    FROM items p LEFT JOIN media m ON m.id = p.id
    UNION ALL
    SELECT p.id AS id, 'Vendor' AS parentType, ifnull(m.width, 0) AS width, ifnull(m.height, 0) AS height,
           ifnull(m.contentType, '') AS contentType, ifnull(m.etag, p.etag) AS etag
    FROM vendors p LEFT JOIN media m ON m.id = p.id
    UNION ALL
    SELECT p.id AS id, 'Contact' AS parentType, ifnull(m.width, 0) AS width, ifnull(m.height, 0) AS height,
           ifnull(m.contentType, '') AS contentType, ifnull(m.etag, p.etag) AS etag
    FROM contacts p LEFT JOIN media m ON m.id = p.id
    UNION ALL
    SELECT p.id AS id, 'Item_x0020_Variant' AS parentType, ifnull(m.width, 0) AS width, ifnull(m.height, 0) AS height,
           ifnull(m.contentType, '') AS contentType, ifnull(m.etag, p.etag) AS etag
    FROM itemVariants p LEFT JOIN media m ON m.id = p.id;
CREATE TRIGGER pictures_delete INSTEAD OF DELETE ON pictures BEGIN DELETE FROM media WHERE id = old.id; END;
CREATE VIEW customerFinancialDetails AS
    SELECT c.id, c.number, decimal_sum(e.remainingAmountLocal) AS balance,
           decimal_sum(e.salesLocal) AS totalSalesExcludingTax,
           decimal_sum(CASE WHEN e.dueDate < work_date() THEN e.remainingAmountLocal ELSE '0' END) AS overdueAmount,
           c.lastModifiedDateTime, c.etag
    FROM customers c LEFT JOIN customerLedgerEntries e ON e.customerNumber = c.number
    GROUP BY c.id;
CREATE VIEW agedAccountsReceivables AS
    SELECT c.id AS customerId, c.number AS customerNumber, c.displayName AS name, g.localCurrencyCode AS currencyCode,
           decimal_sum(e.remainingAmountLocal) AS balanceDue,
           decimal_sum(CASE WHEN e.dueDate >= work_date() THEN e.remainingAmountLocal ELSE '0' END) AS currentAmount,
           decimal_sum(CASE WHEN e.dueDate < work_date() AND e.dueDate >= date(work_date(), '-30 days')
                       THEN e.remainingAmountLocal ELSE '0' END) AS period1Amount,
           decimal_sum(CASE WHEN e.dueDate < date(work_date(), '-30 days')
                        AND e.dueDate >= date(work_date(), '-60 days')
                       THEN e.remainingAmountLocal ELSE '0' END) AS period2Amount,
           decimal_sum(CASE WHEN e.dueDate < date(work_date(), '-60 days')
                       THEN e.remainingAmountLocal ELSE '0' END) AS period3Amount,
           work_date() AS agedAsOfDate, '30D' AS periodLengthFilter, c.etag
    FROM generalLedgerSetup g, customers c LEFT JOIN customerLedgerEntries e ON e.customerNumber = c.number
    GROUP BY c.id;
CREATE VIEW outstandingLines AS
    SELECT o.billToCustomerNumber AS customerNumber,
           local_part(l.netAmountIncludingTax, l.quantity, l.shippedQuantity, l.quantity, o.currencyFactor)
               AS outstanding,
           local_part(l.netAmountIncludingTax, l.shippedQuantity, l.invoicedQuantity, l.quantity, o.currencyFactor)
               AS shippedNotInvoiced
    FROM salesOrders o JOIN salesOrderLines l ON l.documentId = o.id;
CREATE VIEW customerStatistics AS
    SELECT f.number, f.balance, f.overdueAmount, f.totalSalesExcludingTax,
           (SELECT ifnull(decimal_sum(outstanding), '0') FROM outstandingLines WHERE customerNumber = f.number)
               AS outstandingOrders,
           (SELECT ifnull(decimal_sum(shippedNotInvoiced), '0') FROM outstandingLines WHERE customerNumber = f.number)
               AS shippedNotInvoiced,
           (SELECT ifnull(decimal_sum(local_part(i.totalAmountIncludingTax, '1', '0', '1', i.currencyFactor)), '0')
            FROM salesInvoices i WHERE i.billToCustomerNumber = f.number AND NOT i.posted) AS outstandingInvoices
    FROM customerFinancialDetails f;
CREATE VIEW customerContacts AS
    SELECT c.id AS id, c.email AS email, c.firstName AS firstName, c.lastName AS lastName,
           c.jobTitle AS professionalTitle, k.id AS customerId, k.displayName AS customerName,
           c.phoneNumber AS primaryPhoneNumber, c.etag AS etag
    FROM contacts c
    JOIN businessRelations r ON r.contactNumber = c.companyNumber AND r.relatedType = 'Customer'
    JOIN customers k ON k.id = r.relatedId
    WHERE c.type = 'Person' AND c.companyNumber <> '';
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an administrator of the company has set."""

    company_name: str = "Crosstie Trading"
    manual_numbers: bool = True
    webhook_pauses: tuple[float, ...] = (60, 60, 60, 600, 6000)
    """Seconds between two attempts to reach a receiver; after the last attempt its subscription ends."""
    webhook_most_changes: int = 1000
    """If more records of a set have changed, only the set is named."""


@dataclass(slots=True)
class Database:
    """An open company: its connection, the sources of time and ids, and what hardly ever changes."""

    connection: sqlite3.Connection
    clock: Clock
    ids: IdSource
    settings: Settings
    company_id: str = ZERO_GUID
    company_name: str = ""
    local_currency: str = LOCAL_CURRENCY
    now: str = ""
    """The stamp of the transaction that is going on."""
    watched: frozenset[str] = frozenset()
    """Entity sets whose changes somebody has subscribed to."""
    has_news: bool = False
    """Whether there is a change that nobody has been told of."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction, or part of the one that is going on."""
        if self.connection.in_transaction:
            yield
            return
        self.connection.execute("BEGIN IMMEDIATE")
        self.now = date_time_text(self.clock())
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:  # SQLite ends it by itself when, say, the disk is full
                self.connection.execute("ROLLBACK")
            raise

    def note(self, entity_set: str, identity: object, kind: str) -> None:
        """Write down a change for those who have subscribed to it."""
        if entity_set in self.watched:
            self.has_news = True
            change = (entity_set, identity, kind, self.now)
            self.connection.execute("INSERT INTO webhookChanges VALUES (?, ?, ?, ?)", change)

    def close(self) -> None:
        """Give the file back; the write-ahead log is folded in."""
        self.connection.close()

    def refresh(self) -> None:
        """Read again what is kept in memory."""
        company = self.connection.execute("SELECT id, name FROM companies").fetchone()
        self.company_id, self.company_name = company
        row = self.connection.execute("SELECT localCurrencyCode FROM generalLedgerSetup").fetchone()
        self.local_currency = row[0]


def open_database(path: Path, *, clock: Clock, ids: IdSource, settings: Settings) -> Database:
    """Open a company, making an empty one if the file holds none."""
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=512, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -65536")
    install(connection)
    database = Database(connection, clock, ids, settings)
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
        with database.transaction():
            _create(database)
    database.refresh()
    return database


def columns(page: Page) -> tuple[str, ...]:
    """The columns of a page's table: its properties, what it does not show, and the row version."""
    return (*page.properties, *page.unlisted, *(() if page.view else ("version",)), "etag")


def _create(database: Database) -> None:
    for page in tables().values():
        if not page.view:
            for statement in _table(page):
                database.connection.execute(statement)
    for statement in _RELATIONS.split(";\n"):
        database.connection.execute(statement)
    company = str(database.ids())
    name = database.settings.company_name
    fixed = {
        "companies": {"id": company, "name": name, "displayName": name, "systemVersion": "29.0.0.0"},
        "companyInformation": {"displayName": name, "currencyCode": LOCAL_CURRENCY, "experience": EXPERIENCE},
        "generalLedgerSetup": {"localCurrencyCode": LOCAL_CURRENCY, "localCurrencySymbol": "€"},
    }
    for entity_set, given in fixed.items():
        page = pages()[entity_set]
        row = {name: blank(column) for name, column in page.properties.items()}
        row |= {"id": str(database.ids()), **given}
        row |= {"version": 1, "etag": etag(str(row["id"]), 1)}
        for stamp in ("lastModifiedDateTime", "systemCreatedAt", "systemModifiedAt"):
            if stamp in row:
                row[stamp] = database.now
        marks = ", ".join("?" * len(row))
        names = ", ".join(f'"{name}"' for name in row)
        database.connection.execute(f'INSERT INTO "{entity_set}" ({names}) VALUES ({marks})', tuple(row.values()))


def _table(page: Page) -> Iterator[str]:
    parts = [f'"{name}" NOT NULL' for name in columns(page) if name != "id"]
    yield f'CREATE TABLE "{page.entity_set}" ("id" TEXT PRIMARY KEY NOT NULL, {", ".join(parts)})'
    natural = [name for name in page.order if name != "id"]
    if natural:
        unique = ", ".join(f'"{name}"' for name in natural)
        yield f'CREATE UNIQUE INDEX "{page.entity_set}_key" ON "{page.entity_set}" ({unique})'
    for name in _EXTRA_INDEXES.get(page.entity_set, ()):
        yield f'CREATE INDEX "{page.entity_set}_{name}" ON "{page.entity_set}" ("{name}")'
