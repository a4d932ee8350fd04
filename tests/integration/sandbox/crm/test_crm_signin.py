"""Signing in to the sandbox CRM, and what it answers without."""

import httpx2

from crosstie_sandbox.dataverse import create_app
from crosstie_sandbox.token import Credentials

TOKEN_URL = "http://crm.example/tenant/oauth2/v2.0/token"
FORM = {
    "grant_type": "client_credentials",
    "client_id": "0a0a0a0a-0000-4000-8000-000000000001",
    "client_secret": "secret-1",
}


async def test_a_token_is_a_bearer_token_of_an_hour(crm) -> None:
    """The right secret buys a token that opens the service."""
    answer = await crm.http.post(TOKEN_URL, data=FORM)
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["expires_in"] == 3599
    opened = await crm.http.get("WhoAmI", headers={"Authorization": f"Bearer {answer.json()['access_token']}"})
    assert opened.status_code == 200


async def test_a_wrong_secret_is_refused_as_entra_does(crm) -> None:
    """A wrong secret is 401 invalid_client, an unknown application 400 unauthorized_client."""
    wrong = await crm.http.post(TOKEN_URL, data={**FORM, "client_secret": "nope"})
    assert wrong.status_code == 401
    assert wrong.json()["error"] == "invalid_client"
    assert wrong.json()["error_codes"] == [7000215]
    unknown = await crm.http.post(TOKEN_URL, data={**FORM, "client_id": "someone"})
    assert (unknown.status_code, unknown.json()["error"]) == (400, "unauthorized_client")
    grant = await crm.http.post(TOKEN_URL, data={**FORM, "grant_type": "password"})
    assert (grant.status_code, grant.json()["error"]) == (400, "unsupported_grant_type")
    missing = await crm.http.post(TOKEN_URL, data={})
    assert (missing.status_code, missing.json()["error"]) == (400, "invalid_request")


async def test_without_a_valid_token_nothing_opens(crm) -> None:
    """No token, a forged one and an expired one are 401 with a challenge, and nothing is written."""
    good = crm.http.headers["Authorization"]
    for header in ("", "Bearer forged", good[:-2] + "xx", "Basic dXNlcjprZXk="):
        answer = await crm.http.post("accounts", json={"name": "A"}, headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer authorization_uri=")
    assert await crm.names("accounts") == []
    crm.clock.move(seconds=3600)
    assert (await crm.http.get("accounts")).status_code == 401


async def test_a_token_outlives_the_process(crm) -> None:
    """A server started again on the same file knows the tokens it gave out, its rows and its application user."""
    await crm.add("accounts", {"name": "Kept"})
    before = await crm.get("WhoAmI")
    credentials = Credentials(FORM["client_id"], FORM["client_secret"])
    again = create_app(crm.path, clock=crm.clock, ids=lambda: None, credentials=credentials)
    transport = httpx2.ASGITransport(app=again)
    async with httpx2.AsyncClient(transport=transport, base_url="http://crm.example/api/data/v9.1/") as http:
        http.headers["Authorization"] = crm.http.headers["Authorization"]
        assert [row["name"] for row in (await http.get("accounts")).json()["value"]] == ["Kept"]
        assert (await http.get("WhoAmI()")).json()["UserId"] == before["UserId"]
    again.state.close()


async def test_statistics_count_what_was_executed(crm, inner) -> None:
    """Anyone may read the counters; each request inside a batch and each row of a bulk action counts once."""
    before = (await crm.http.get("http://crm.example/sandbox/stats", headers={"Authorization": ""})).json()
    await crm.batch(inner("POST", "accounts", '{"name":"A"}'), inner("GET", "accounts"))
    await crm.http.post(
        "accounts/Microsoft.Dynamics.CRM.CreateMultiple", json={"Targets": [{"name": "B"}, {"name": "C"}]}
    )
    after = (await crm.http.get("http://crm.example/sandbox/stats")).json()
    assert {name: after[name] - before[name] for name in after} == {
        "requests": 2,
        "operations": 4,
        "writes": 3,
        "reads": 1,
    }
