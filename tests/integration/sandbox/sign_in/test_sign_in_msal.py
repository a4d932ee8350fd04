"""Microsoft's own client library for Python, unmodified, signs in to both sandbox servers over TLS."""

import re
import ssl
from collections.abc import Iterator
from typing import Any

import httpx2
import msal
import pytest
from tests.integration.sandbox.program import running

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]+)">')
OPENED = {"crm": "/api/data/v9.2/WhoAmI", "erp": "/api/v2.0/companies"}


@pytest.fixture(scope="module")
def details(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A running program with a small company."""
    with running("--state", tmp_path_factory.mktemp("msal") / "state", "--generate", 1) as program:
        yield program.details


@pytest.fixture(params=["crm", "erp"])
def side(request: pytest.FixtureRequest) -> str:
    """Either server."""
    name: str = request.param
    return name


@pytest.fixture(autouse=True)
def _trust(details: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority is made known to `requests`, on which MSAL rests, as its documentation says."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", details["crm"]["ca"])


@pytest.fixture
def browser(details: dict[str, Any]) -> Iterator[httpx2.Client]:
    """What a person uses; it trusts the authority and follows no redirects."""
    with httpx2.Client(verify=ssl.create_default_context(cafile=details["crm"]["ca"])) as client:
        yield client


def public_client(details: dict[str, Any], side: str, **authority: str) -> msal.PublicClientApplication:
    """MSAL for people."""
    server = details[side]
    return msal.PublicClientApplication(
        details["sign_in"]["client_id"],
        **(authority or {"authority": f"{server['tls_url']}/sandbox"}),
        instance_discovery=False,
    )


def person(details: dict[str, Any], *, is_administrator: bool = False) -> dict[str, str]:
    """What somebody enters on the page."""
    found = next(one for one in details["sign_in"]["people"] if one["is_administrator"] is is_administrator)
    return {"login": found["address"], "password": found["password"], "consent": "yes"}


def opens(browser: httpx2.Client, details: dict[str, Any], side: str, result: dict[str, Any]) -> bool:
    """Whether what MSAL got opens the service."""
    assert "access_token" in result, result
    headers = {"Authorization": f"Bearer {result['access_token']}"}
    return browser.get(f"{details[side]['tls_url']}{OPENED[side]}", headers=headers).status_code == 200


def test_an_application_signs_in(details: dict[str, Any], side: str, browser: httpx2.Client) -> None:
    """Client credentials, with the authority named as for Entra ID."""
    server = details[side]
    client = msal.ConfidentialClientApplication(
        server["client_id"],
        client_credential=server["client_secret"],
        authority=f"{server['tls_url']}/sandbox",
        instance_discovery=False,
    )
    assert opens(browser, details, side, client.acquire_token_for_client([f"{server['tls_url']}/.default"]))
    wrong = msal.ConfidentialClientApplication(
        server["client_id"],
        client_credential="wrong",
        authority=f"{server['tls_url']}/sandbox",
        instance_discovery=False,
    )
    refused = wrong.acquire_token_for_client(["x/.default"])
    assert (refused["error"], refused["error_codes"]) == ("invalid_client", [7000215])


def test_a_person_signs_in_with_pkce(details: dict[str, Any], side: str, browser: httpx2.Client) -> None:
    """MSAL's own code flow with its own PKCE, state and nonce; later it refreshes silently."""
    client = public_client(details, side)
    flow = client.initiate_auth_code_flow(
        ["x/user_impersonation"], redirect_uri="http://localhost:54321", response_mode="form_post"
    )
    assert browser.get(flow["auth_uri"]).status_code == 200
    back = browser.post(flow["auth_uri"], data=person(details, is_administrator=True)).text
    assert 'action="http://localhost:54321"' in back
    result = client.acquire_token_by_auth_code_flow(flow, dict(HIDDEN.findall(back)))
    assert opens(browser, details, side, result)
    (account,) = client.get_accounts()
    assert account["username"] == details["sign_in"]["people"][0]["address"]
    refreshed = client.acquire_token_silent(["x/user_impersonation"], account, force_refresh=True)
    assert opens(browser, details, side, refreshed)


def test_a_person_signs_in_with_a_device_code(details: dict[str, Any], side: str, browser: httpx2.Client) -> None:
    """MSAL's device flow, with the authority named by its OpenID issuer."""
    client = public_client(details, side, oidc_authority=f"{details[side]['tls_url']}/sandbox/v2.0")
    flow = client.initiate_device_flow(["x/user_impersonation"])
    browser.post(flow["verification_uri"], data={**person(details), "user_code": flow["user_code"]})
    assert opens(browser, details, side, client.acquire_token_by_device_flow(flow))
