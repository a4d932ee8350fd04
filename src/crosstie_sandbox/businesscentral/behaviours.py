"""Which tables have rules of their own, which actions there are, and the opening of a company that follows them."""

from collections.abc import Mapping
from pathlib import Path

from crosstie_sandbox.businesscentral.behaviour import Action, Behaviour, know
from crosstie_sandbox.businesscentral.company_information_rules import CompanyInformationRules
from crosstie_sandbox.businesscentral.contact_rules import ContactRules
from crosstie_sandbox.businesscentral.currency_rules import CurrencyRules
from crosstie_sandbox.businesscentral.customer_rules import CustomerRules
from crosstie_sandbox.businesscentral.database import Clock, Database, IdSource, Settings, open_database
from crosstie_sandbox.businesscentral.dimension_rules import DefaultDimensionRules
from crosstie_sandbox.businesscentral.item_rules import ItemRules
from crosstie_sandbox.businesscentral.posting.actions import SALES_ACTIONS
from crosstie_sandbox.businesscentral.posting.payment_rules import PaymentRules
from crosstie_sandbox.businesscentral.posting.sql_amounts import install_amounts
from crosstie_sandbox.businesscentral.price_list_rules import PriceListLineRules, PriceListRules
from crosstie_sandbox.businesscentral.resource_rules import ResourceRules
from crosstie_sandbox.businesscentral.sales.header_rules import HeaderRules
from crosstie_sandbox.businesscentral.sales.kinds import KINDS
from crosstie_sandbox.businesscentral.sales.line_rules import LineRules
from crosstie_sandbox.businesscentral.ship_to_rules import ShipToRules
from crosstie_sandbox.businesscentral.unit_rules import UnitRules
from crosstie_sandbox.businesscentral.vendor_rules import VendorRules
from crosstie_sandbox.businesscentral.web_service_rules import WebServiceRules

BEHAVIOURS: Mapping[str, Behaviour] = {
    **{kind.headers: HeaderRules(kind) for kind in KINDS.values()},
    **{kind.lines: LineRules(kind) for kind in KINDS.values()},
    "companyInformation": CompanyInformationRules(),
    "contacts": ContactRules(),
    "currencies": CurrencyRules(),
    "customerPayments": PaymentRules(),
    "customers": CustomerRules(),
    "itemUnitsOfMeasure": UnitRules("items", "itemNumber"),
    "defaultDimensions": DefaultDimensionRules(),
    "items": ItemRules(),
    "priceListHeaders": PriceListRules(),
    "priceListLines": PriceListLineRules(),
    "resources": ResourceRules(),
    "resourceUnitsOfMeasure": UnitRules("resources", "resourceNumber"),
    "shipToAddresses": ShipToRules(),
    "vendors": VendorRules(),
    "webServices": WebServiceRules(),
}
"""By entity set."""
ACTIONS: Mapping[tuple[str, str], Action] = {**SALES_ACTIONS}
"""By entity set and name; the page's file lists the name among its `actions`."""


def open_company(path: Path, *, clock: Clock, ids: IdSource, settings: Settings) -> Database:
    """Open a company whose tables follow their rules, making an empty one if the file holds none."""
    know(BEHAVIOURS, ACTIONS)
    database = open_database(path, clock=clock, ids=ids, settings=settings)
    install_amounts(database.connection, clock)
    return database
