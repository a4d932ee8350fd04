"""What rules must know of a Business Central company: its name and its local currency."""

from crosstie.connectors.businesscentral.errors import no_company
from crosstie.connectors.businesscentral.service import Service
from crosstie.model.value import Values
from crosstie.odata.message import JsonObject
from crosstie.odata.paging import page_of


async def company_name(service: Service) -> str:
    """The name of the company in the settings, if the API lists it; it is not waited for."""
    url = f"{service.session.url}/companies"
    companies = page_of(await service.get(url, purpose="test", is_patient=False)).rows
    for company in companies:
        if str(company.get("id", "")).lower() == service.company_id.lower():
            return _name(company)
    raise no_company(service.host, "", ", ".join(sorted(_name(company) for company in companies)))


def _name(company: JsonObject) -> str:
    return str(company.get("displayName") or company.get("name") or "")


async def facts(service: Service) -> Values:
    """The facts by name."""
    information = await _only_row(service, "companyInformation", "displayName,currencyCode")
    ledger = await _only_row(service, "generalLedgerSetup", "localCurrencyCode")
    currency = ledger.get("localCurrencyCode") or information.get("currencyCode")
    return {
        "company_name": str(information.get("displayName") or "") or None,
        "local_currency": None if currency is None else str(currency) or None,
    }


async def _only_row(service: Service, table: str, select: str) -> JsonObject:
    rows = page_of(await service.get(service.url(table, {"$select": select}), purpose="facts")).rows
    return rows[0] if rows else {}
