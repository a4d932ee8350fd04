"""What the program says when both servers accept connections: one JSON object, or the same for people."""

from typing import Any

from crosstie_sandbox.token import Credentials

TENANT = "sandbox"
Details = dict[str, dict[str, Any]]


def connection_details(crm_url: str, erp_url: str, credentials: Credentials, company_id: str) -> Details:
    """Addresses and credentials of both servers."""

    def server(url: str) -> dict[str, Any]:
        return {
            "url": url,
            "tls_url": None,
            "ca": None,
            "token_url": f"{url}/{TENANT}/oauth2/v2.0/token",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
        }

    erp = {
        "company_id": company_id,
        "user": credentials.user,
        "web_service_access_key": credentials.web_service_access_key,
    }
    return {"crm": server(crm_url), "erp": {**server(erp_url), **erp}}


def banner(details: Details, control: str | None = None) -> str:
    """The details as people read them, with a request to try; `control` is the path that tells of faults."""
    crm, erp = details["crm"], details["erp"]
    customers = f"{erp['url']}/api/v2.0/companies({erp['company_id']})/customers?$top=3"
    weather = f"Faults        {crm['url']}{control}  {erp['url']}{control}\n" if control else ""
    return f"""
Sandbox CRM   {crm["url"]}/api/data/v9.2/
Sandbox ERP   {erp["url"]}/api/v2.0/companies({erp["company_id"]})/

Tokens        {crm["token_url"]}
              {erp["token_url"]}
client_id     {crm["client_id"]}
client_secret {crm["client_secret"]}
ERP user      {erp["user"]}
ERP key       {erp["web_service_access_key"]}
{weather}
Try:          curl -g -u '{erp["user"]}:{erp["web_service_access_key"]}' '{customers}'
Stop:         Ctrl+C
"""
