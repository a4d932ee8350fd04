"""Who may call the sandbox ERP."""

import pytest

from .client import Erp, Refusal

TOKEN_URL = "http://erp.example/contoso/oauth2/v2.0/token"
FORM = {
    "grant_type": "client_credentials",
    "client_id": "app-1",
    "client_secret": "secret-1",
    "scope": "https://api.businesscentral.dynamics.com/.default",
}


async def test_a_token_opens_the_door(erp: Erp) -> None:
    """Client credentials buy a bearer token that the API accepts."""
    granted = (await erp.http.post(TOKEN_URL, data=FORM, auth=None)).json()
    assert (granted["token_type"], granted["expires_in"]) == ("Bearer", 3599)
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    assert (await erp.http.get("customers", headers=headers, auth=None)).status_code == 200


async def test_a_wrong_secret_buys_nothing(erp: Erp) -> None:
    """A wrong client secret is answered as invalid_client."""
    answer = await erp.http.post(TOKEN_URL, data={**FORM, "client_secret": "guess"}, auth=None)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("auth", [None, ("ERPUSER", "wrong"), ("OTHER", "k" * 44)])
async def test_others_are_kept_out(erp: Erp, refusal: Refusal, auth: tuple[str, str] | None) -> None:
    """Without credentials or with wrong ones the answer is 401 with the vendor's code, and nothing is written."""
    answer = await erp.http.post("customers", json={"displayName": "A"}, auth=auth)
    assert refusal(answer)[:2] == (401, "Authentication_InvalidCredentials")
    assert "WWW-Authenticate" in answer.headers
    assert await erp.all("customers") == []
