"""Clients that others wrote, unmodified, against the sandbox ERP on a socket: python-odata and Fyle's SDK."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from dynamics.core.client import Dynamics
from dynamics.exceptions.dynamics_exceptions import (
    InvalidTokenError,
    NotFoundItemError,
    WrongParamsError,
)
from odata import ODataService
from odata.exceptions import ODataError
from odata.flags import ODataServerFlags
from tests.integration.sandbox.program import running

REDIRECT = "http://localhost:54321/back"
SCOPE = "offline_access https://api.businesscentral.dynamics.com/.default"
ANY_VERSION = {"If-Match": "*"}


@pytest.fixture(scope="module")
def details(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A running program with the small company."""
    with running("--state", tmp_path_factory.mktemp("clients") / "state") as program:
        yield program.details


@pytest.fixture(scope="module")
def service(details: dict[str, Any]) -> ODataService:
    """python-odata, with entity classes made from `$metadata`.

    Its enums cannot hold a member named `_x0020_`, as the vendor names a blank one, so it asks for the older schema.
    """
    erp = details["erp"]
    made = ODataService(
        f"{erp['url']}/api/v2.0/companies({erp['company_id']})/",
        auth=(erp["user"], erp["web_service_access_key"]),
        reflect_entities=False,
        quiet_progress=True,
        server_flags=ODataServerFlags(skip_null_properties=True),
    )
    made.metadata.url += "?$schemaversion=1.0"
    _, made.entities, made.types = made.metadata.get_entity_sets(base=made.Entity)
    return made


def test_python_odata_reflects_the_pages(service: ODataService) -> None:
    """Every page becomes a class with its properties, its key and its ways to other classes."""
    customer = service.entities["customers"]
    assert {"customers", "contacts", "items", "currencies", "vendors", "unitsOfMeasure"} <= set(service.entities)
    assert customer.id.primary_key
    assert type(customer.creditLimit).__name__ == "DecimalProperty"
    assert type(customer.lastModifiedDateTime).__name__ == "DatetimeProperty"
    assert customer.contactsInformation.is_collection
    assert not customer.currency.is_collection


def test_python_odata_lists_pages_of_rows(service: ODataService) -> None:
    """All rows come once, over as many pages as it takes; filter, order, limit and offset narrow them."""
    customer = service.entities["customers"]
    everyone = service.query(customer).order_by(customer.number.asc()).all()
    service.default_context.connection.session.headers["Prefer"] = "odata.maxpagesize=7"
    try:
        paged = service.query(customer).order_by(customer.number.asc()).all()
    finally:
        del service.default_context.connection.session.headers["Prefer"]
    numbers = [row.number for row in everyone]
    assert len(numbers) == 40
    assert [row.number for row in paged] == numbers
    some = service.query(customer).order_by(customer.number.asc()).offset(3).limit(2).all()
    assert [row.number for row in some] == numbers[3:5]
    rich = service.query(customer).filter(customer.creditLimit >= Decimal(10000)).all()
    assert {row.number for row in rich} == {row.number for row in everyone if row.creditLimit >= 10000}
    named = service.query(customer).filter(customer.displayName.contains("'")).all()
    assert {row.number for row in named} == {row.number for row in everyone if "'" in row.displayName} != set()


def test_python_odata_creates_reads_changes_and_deletes(service: ODataService) -> None:
    """One record through its whole life; a change comes back with what the server made of it."""
    item = service.entities["items"]
    made = item()
    made.displayName = "Rail, 12 m"
    made.unitPrice = Decimal("12.25")
    made.baseUnitOfMeasureCode = "stk"
    service.save(made)
    assert made.baseUnitOfMeasureCode == "STK"
    assert made.type == "Inventory"
    found = service.query(item).get(made.id)
    assert (found.number, found.unitPrice) == (made.number, Decimal("12.25"))
    found.displayName = "Rail, 18 m"
    service.default_context.save(found, extra_headers=ANY_VERSION)
    assert service.query(item).filter(item.number == made.number).one().displayName == "Rail, 18 m"
    service.delete(found)
    assert service.query(item).filter(item.number == made.number).all() == []


def test_python_odata_follows_ways(service: ODataService) -> None:
    """`$expand` and a path lead from an item to its unit of measure and its variants."""
    item = service.entities["items"]
    row = service.query(item).expand(item.unitOfMeasure, item.itemVariants).order_by(item.number.asc()).first()
    assert row.unitOfMeasure.code == row.baseUnitOfMeasureCode
    assert row.itemVariants == []
    again = service.query(item).get(row.id)
    assert again.unitOfMeasure.code == row.baseUnitOfMeasureCode


def test_python_odata_shows_the_servers_errors(service: ODataService) -> None:
    """A refusal reaches the caller with code and text."""
    customer = service.entities["customers"]
    nameless = customer()
    nameless.city = "Biel"
    with pytest.raises(ODataError, match='A "displayName" must be provided') as refusal:
        service.save(nameless)
    assert "Application_DialogException" in str(refusal.value)


@pytest.fixture(scope="module")
def sdk(details: dict[str, Any]) -> Dynamics:
    """Fyle's SDK, signed in with the refresh token of a person; its addresses are replaced in a subclass."""
    erp = details["erp"]
    return _sandbox_client(details)(
        erp["client_id"], erp["client_secret"], _refresh_token(details), "sandbox", erp["company_id"]
    )


def _sandbox_client(details: dict[str, Any]) -> type[Dynamics]:
    root = details["erp"]["url"]

    class SandboxClient(Dynamics):
        TOKEN_URL = f"{details['erp']['token_url']}?resource=https://api.businesscentral.dynamics.com"
        BASE_URL = f"{root}/v2.0/{{environment}}/api/v2.0"
        API_URL = root

    return SandboxClient


def _refresh_token(details: dict[str, Any]) -> str:
    """What the authorization code flow gives a program for a person who is an administrator."""
    erp = details["erp"]
    person = next(one for one in details["sign_in"]["people"] if one["is_administrator"])
    asked = {"client_id": erp["client_id"], "response_type": "code", "redirect_uri": REDIRECT, "scope": SCOPE}
    entered = {"login": person["address"], "password": person["password"], "consent": "yes"}
    authorize = erp["token_url"].replace("/token", "/authorize")
    back = httpx2.post(authorize, params=asked, data=entered).headers["location"]
    form = {
        "grant_type": "authorization_code",
        "client_id": erp["client_id"],
        "client_secret": erp["client_secret"],
        "redirect_uri": REDIRECT,
        "code": parse_qs(urlsplit(back).query)["code"][0],
    }
    token: str = httpx2.post(erp["token_url"], data=form).json()["refresh_token"]
    return token


def test_the_sdk_finds_environment_and_company(sdk: Dynamics, details: dict[str, Any]) -> None:
    """It lists the environments of the tenant and the companies of one."""
    environments = sdk.environments.get_all()["value"]
    assert [(one["name"], one["type"]) for one in environments] == [("sandbox", "Sandbox")]
    assert [company["id"] for company in sdk.companies.get_all()] == [details["erp"]["company_id"]]


def test_the_sdk_counts_lists_and_creates(sdk: Dynamics) -> None:
    """Counting copes with the byte order mark; a new vendor is counted and found by a filter."""
    before = sdk.vendors.count()
    made = sdk.vendors.post({"displayName": "Weichen & Söhne", "currencyCode": "EUR"})
    assert sdk.vendors.count() == before + 1
    found = sdk.vendors.get_all(**{"$filter": f"number eq '{made['number']}'"})
    assert [(row["id"], row["displayName"]) for row in found] == [(made["id"], "Weichen & Söhne")]
    assert len(sdk.vendors.get_all(**{"$top": 2, "$skip": 1})) == 2
    assert len(sdk.locations.get_all()) == sdk.locations.count() == 2
    assert sdk.dimensions.get_all_dimensions() == []


def test_the_sdk_writes_batches(sdk: Dynamics, details: dict[str, Any]) -> None:
    """Its snapshot batch names the company in the query part and sends no ids: all or nothing."""
    company = details["erp"]["company_id"]

    def post(*names: str) -> Any:
        requests = [
            {"method": "POST", "url": "vendors", "headers": {"CompanyId": company}, "body": {"displayName": name}}
            for name in names
        ]
        send = sdk.vendors._bulk_post_request  # noqa: SLF001 - its public ways batch purchase invoices and journals only
        return send(data={"requests": requests}, isolation="snapshot", company_id=company)

    before = sdk.vendors.count()
    answered = post("One", "Two")
    assert [(reply["id"], reply["status"]) for reply in answered["responses"]] == [(None, 201), (None, 201)]
    sdk.set_batch_url()
    with pytest.raises(WrongParamsError):
        post("Three", "")
    sdk.set_batch_url()
    assert sdk.vendors.count() == before + 2


def test_the_sdk_understands_refusals(sdk: Dynamics, details: dict[str, Any]) -> None:
    """Wrong values, unknown companies and forged tokens become the exceptions that it has for them."""
    with pytest.raises(WrongParamsError):
        sdk.vendors.post({"displayName": ""})
    erp = details["erp"]
    elsewhere = _sandbox_client(details)(
        erp["client_id"], erp["client_secret"], _refresh_token(details), "sandbox", erp["client_id"]
    )
    with pytest.raises(NotFoundItemError):
        elsewhere.vendors.get_all()
    elsewhere.update_access_token("forged")
    with pytest.raises(InvalidTokenError):
        elsewhere.vendors.get_all()
