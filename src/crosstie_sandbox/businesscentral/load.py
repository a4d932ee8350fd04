"""Loading a company: many rows at once, in one transaction, by the same rules as single ones.

Fields come as text, as in a CSV file. A lookup column holds the target's natural key, which is what the API's own
properties hold too; where a page knows only the id, as `paymentTermsId`, the natural key is taken as well, and
`contactsInformation.relatedId` takes a customer's number. Customers that no row of
`contactsInformation` names get a contact of their own.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from crosstie_sandbox.businesscentral.behaviour import Behaviour
from crosstie_sandbox.businesscentral.behaviours import open_company
from crosstie_sandbox.businesscentral.customer_rules import CustomerRules
from crosstie_sandbox.businesscentral.database import Clock, Database, IdSource, Settings
from crosstie_sandbox.businesscentral.errors import ApiError, dialog
from crosstie_sandbox.businesscentral.item_rules import LoadedItemRules
from crosstie_sandbox.businesscentral.opening_rules import OpeningStockRules
from crosstie_sandbox.businesscentral.page import Page, Property, pages, tables
from crosstie_sandbox.businesscentral.payload import Changes
from crosstie_sandbox.businesscentral.price_list_rules import PriceListLineRules, PriceListRules
from crosstie_sandbox.businesscentral.rows import change, find, those
from crosstie_sandbox.businesscentral.values import stored_from_field
from crosstie_sandbox.businesscentral.writing import insert

Fields = Mapping[str, str]
MOST_PROBLEMS = 10
_INSERTED = (
    "currencies",
    "currencyExchangeRates",
    "countriesRegions",
    "paymentTerms",
    "paymentMethods",
    "shipmentMethods",
    "taxAreas",
    "taxGroups",
    "vatPostingSetup",
    "accounts",
    "dimensions",
    "dimensionValues",
    "salespeoplePurchasers",
    "shippingAgents",
    "customerPriceGroups",
    "contacts",
    "customers",
    "shipToAddresses",
    "vendors",
    "locations",
    "unitsOfMeasure",
    "itemCategories",
    "generalProductPostingGroups",
    "inventoryPostingGroups",
    "items",
    "itemVariants",
    "itemLedgerEntries",
    "itemUnitsOfMeasure",
    "resources",
    "resourceUnitsOfMeasure",
    "priceListHeaders",
    "priceListLines",
    "opportunities",
    "defaultDimensions",
)
"""In an order in which every record comes after those that it names."""
_LOADED: Mapping[str, Behaviour] = {
    "itemLedgerEntries": OpeningStockRules(),
    "items": LoadedItemRules(),
    "priceListHeaders": PriceListRules(drafts_only=False),
    "priceListLines": PriceListLineRules(drafts_only=False),
}
"""Rules of records that come with a company, where they are not those of one that is entered."""
_SINGLE = ("generalLedgerSetup", "companyInformation")
_COMPANY_NAME_LENGTH = 30


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be loaded; rows count from 1, the heading not included."""

    entity_set: str
    row_number: int
    column: str
    value: str
    why: str


class BadRowsError(Exception):
    """Nothing was loaded, because of these rows."""

    def __init__(self, rows: tuple[BadRow, ...]) -> None:
        super().__init__(f"{len(rows)} row(s) cannot be loaded")
        self.rows = rows


def loadable(entity_set: str) -> tuple[str, ...]:
    """The columns that a file of an entity set may have; none if the set cannot be loaded."""
    if entity_set == "contactsInformation":
        return ("contactNumber", "relatedType", "relatedId")
    if entity_set not in {*_INSERTED, *_SINGLE}:
        return ()
    columns = tables()[entity_set].columns.values()
    return tuple(column.name for column in columns if not column.follows and column.name != "lastModifiedDateTime")


def loadable_sets() -> tuple[str, ...]:
    """The entity sets that can be loaded."""
    return (*_SINGLE, *_INSERTED, "contactsInformation")


def load(
    database: Path, rows: Mapping[str, Iterable[Fields]], *, clock: Clock, ids: IdSource, settings: Settings
) -> None:
    """Load a company into a file of its own; raises BadRowsError, and then nothing is in it."""
    opened = open_company(database, clock=clock, ids=ids, settings=replace(settings, manual_numbers=True))
    try:
        _load(opened, rows)
    finally:
        opened.close()


def _load(database: Database, rows: Mapping[str, Iterable[Fields]]) -> None:
    loader = _Loader(database)
    with database.transaction():
        for entity_set in _SINGLE:
            loader.set_single(pages()[entity_set], rows.get(entity_set, ()))
        related = loader.relations(rows.get("contactsInformation", ()))
        for entity_set in _INSERTED:
            page = tables()[entity_set]
            given = rows.get(entity_set, ())
            loader.insert(page, _companies_first(given) if entity_set == "contacts" else enumerate(given, 1), related)
        loader.check_related_customers(related)
        if loader.bad:
            raise BadRowsError(tuple(loader.bad))


def _companies_first(rows: Iterable[Fields]) -> Iterator[tuple[int, Fields]]:
    persons: list[tuple[int, Fields]] = []
    for number, fields in enumerate(rows, 1):
        if fields.get("type") == "Person":
            persons.append((number, fields))
        else:
            yield number, fields
    yield from persons


def _rules(page: Page, contact: str | None) -> Behaviour | None:
    """The rules of a record that is loaded where they are not those of one that is entered."""
    if page.entity_set in _LOADED:
        return _LOADED[page.entity_set]
    return None if contact is None else CustomerRules(contact)


class _Loader:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.bad: list[BadRow] = []
        self.fields_are_wrong = False
        """From then on rows are only read: what fails for lack of a refused row is no news."""

    def refuse(self, entity_set: str, number: int, column: str, value: str, why: str) -> None:
        self.bad.append(BadRow(entity_set, number, column, value, why))
        if len(self.bad) >= MOST_PROBLEMS:
            raise BadRowsError(tuple(self.bad))

    def read(self, page: Page, number: int, fields: Fields) -> Changes | None:
        """The stored form of a row's fields, or None when one of them is wrong; an empty field says nothing."""
        changes: Changes = {}
        for name, text in fields.items():
            if text == "":
                continue
            try:
                column = page.columns[name]
                changes[name] = self._id_of(column, text) or stored_from_field(page, column, text)
            except ApiError as refusal:
                self.fields_are_wrong = True
                self.refuse(page.entity_set, number, name, text, refusal.message)
                return None
        return changes

    def _id_of(self, column: Property, text: str) -> str | None:
        """The id of the record that a lookup column names by its natural key, if one has it."""
        if column.relation is None or column.relation[1] != "id":
            return None
        target = tables()[column.relation[0]]
        key = target.properties[target.key or "id"]
        row = find(self.database, target, **{key.name: stored_from_field(target, key, text)})
        return None if row is None else str(row["id"])

    def set_single(self, page: Page, rows: Iterable[Fields]) -> None:
        for number, fields in enumerate(rows, 1):
            changes = self.read(page, number, fields)
            if number > 1:
                self.refuse(page.entity_set, number, "", "", "there can be only one row")
            elif changes:
                for row in those(self.database, page):
                    change(self.database, page, row, changes)
                self._spread(page, changes)

    def _spread(self, page: Page, changes: Changes) -> None:
        execute = self.database.connection.execute
        if page.entity_set == "generalLedgerSetup" and "localCurrencyCode" in changes:
            execute('UPDATE "companyInformation" SET "currencyCode" = ?', (changes["localCurrencyCode"],))
        if page.entity_set == "companyInformation" and "displayName" in changes:
            name = str(changes["displayName"])
            execute('UPDATE "companies" SET "name" = ?, "displayName" = ?', (name[:_COMPANY_NAME_LENGTH], name))
        self.database.refresh()

    def relations(self, rows: Iterable[Fields]) -> dict[str, str]:
        """The number of the contact of each customer that has one given."""
        related: dict[str, str] = {}
        for number, fields in enumerate(rows, 1):
            customer = fields.get("relatedId", "").upper().rstrip(" ")
            if fields.get("relatedType", "Customer") not in {"", "Customer"}:
                self.refuse(
                    "contactsInformation", number, "relatedType", fields["relatedType"], "only Customer is known"
                )
            elif customer in related:
                self.refuse("contactsInformation", number, "relatedId", customer, "the customer has a contact already")
            else:
                related[customer] = fields.get("contactNumber", "").upper().rstrip(" ")
        return related

    def insert(self, page: Page, rows: Iterable[tuple[int, Fields]], related: Mapping[str, str]) -> None:
        for number, fields in rows:
            changes = self.read(page, number, fields)
            if changes is None or self.fields_are_wrong:
                continue
            contact = related.get(str(changes.get("number", ""))) if page.entity_set == "customers" else None
            try:
                if contact is not None:
                    self._check_contact(contact)
                insert(self.database, page, changes, _rules(page, contact))
            except ApiError as refusal:
                column = refusal.column
                self.refuse(page.entity_set, number, column, str(changes.get(column, "")), refusal.message)

    def _check_contact(self, number: str) -> None:
        if not those(self.database, pages()["contacts"], number=number):
            raise dialog(f"contactsInformation names the contact '{number}', which does not exist", "number")

    def check_related_customers(self, related: Mapping[str, str]) -> None:
        if self.bad:
            return
        known = {str(row[0]) for row in self.database.connection.execute('SELECT "number" FROM "customers"')}
        for number, customer in enumerate(related, 1):
            if customer not in known:
                self.refuse("contactsInformation", number, "relatedId", customer, "there is no such customer")
