"""What the program says when both servers accept connections: one JSON object, or the same for people."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosstie_sandbox.token import Credentials

TENANT = "sandbox"
PEOPLE_SIGN_IN_WITH = "Sign-in for people"
Details = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a server is found; the same address twice if it speaks TLS only."""

    url: str
    tls_url: str
    ca: Path


def connection_details(*, crm: Addresses, erp: Addresses, credentials: Credentials, company_id: str) -> Details:
    """Addresses and credentials of both servers, and who else can sign in."""

    def server(at: Addresses) -> dict[str, Any]:
        return {
            "url": at.url,
            "tls_url": at.tls_url,
            "ca": str(at.ca.resolve()),
            "token_url": f"{at.url}/{TENANT}/oauth2/v2.0/token",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
        }

    on_premises = {
        "company_id": company_id,
        "user": credentials.user,
        "web_service_access_key": credentials.web_service_access_key or None,
    }
    return {"crm": server(crm), "erp": {**server(erp), **on_premises}, "sign_in": _sign_in(credentials)}


def _sign_in(credentials: Credentials) -> dict[str, Any]:
    """The directory: its people, the public client they sign in with, and applications besides the integration's."""
    return {
        "tenant": TENANT,
        "tenant_id": credentials.tenant_id,
        "client_id": next(one.client_id for one in credentials.others if one.name == PEOPLE_SIGN_IN_WITH),
        "people": [
            {
                "address": one.address,
                "password": one.password,
                "is_administrator": one.is_administrator,
                "is_enabled": one.is_enabled,
            }
            for one in credentials.people
        ],
        "applications": [
            {"name": one.name, "client_id": one.client_id, "client_secret": one.client_secret or None}
            for one in credentials.others
        ],
    }


def banner(details: Details, control: str | None = None) -> str:
    """The details as people read them, with requests to try; `control` is the path that tells of faults."""
    crm, erp, directory = details["crm"], details["erp"], details["sign_in"]
    weather = f"Faults        {crm['url']}{control}  {erp['url']}{control}\n" if control else ""
    people = "\n".join(f"              {_person(one)}" for one in directory["people"])
    requests = "\n".join(f"  {line}" for line in examples(details))
    return f"""
Sandbox CRM   {crm["url"]}/api/data/v9.2/
Sandbox ERP   {erp["url"]}/api/v2.0/companies({erp["company_id"]})/
Over TLS      {crm["tls_url"]}  {erp["tls_url"]}
Authority     {crm["ca"]}

Tokens        {crm["token_url"]}
              {erp["token_url"]}
client_id     {crm["client_id"]}
client_secret {crm["client_secret"]}
ERP user      {erp["user"]}
ERP key       {erp["web_service_access_key"] or "as it was changed on the page Users"}
ERP pages     {erp["url"]}/users  {erp["url"]}/web-services
People        sign in with client_id {directory["client_id"]}, authority {crm["tls_url"]}/{TENANT}
{people}
{weather}
Try
{requests}

Stop:         Ctrl+C
"""


def _person(described: dict[str, Any]) -> str:
    role = "administrator" if described["is_administrator"] else "user" if described["is_enabled"] else "disabled"
    return f"{described['address']}  {described['password']}  {role}"


def examples(details: Details) -> list[str]:
    """Requests that run as they stand, in a shell, one after the other."""
    crm, erp = details["crm"], details["erp"]
    customers = f"api/v2.0/companies({erp['company_id']})/customers"
    key = f"'{erp['user']}:{erp['web_service_access_key']}'"
    trusting = f"curl -sg --cacert '{crm['ca']}'"
    client = f"client_id={crm['client_id']}&client_secret={crm['client_secret']}"
    form = f"grant_type=client_credentials&{client}&scope={crm['tls_url']}/.default"
    token_url = f"{crm['tls_url']}/{TENANT}/oauth2/v2.0/token"
    users = f"{crm['tls_url']}/api/data/v9.2/systemusers?$select=fullname&$top=3"
    cut = """sed 's/.*"access_token":"//; s/".*//'"""
    with_key = [f"curl -sg {_trust(erp)}-u {key} '{erp['url']}/{customers}?$top=3'"]
    return [
        *(with_key if erp["web_service_access_key"] else []),
        f"TOKEN=$({trusting} -d '{form}' '{token_url}' | {cut})",
        f"""{trusting} -H "Authorization: Bearer $TOKEN" '{users}'""",
    ]


def _trust(server: dict[str, Any]) -> str:
    return f"--cacert '{server['ca']}' " if server["url"].startswith("https:") else ""
