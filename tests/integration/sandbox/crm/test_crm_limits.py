"""Service-protection limits of the sandbox CRM, over HTTP."""

import asyncio


async def test_answers_say_how_much_is_left(crm) -> None:
    """Every answer carries the two headers, refusals too; a batch counts as one request."""
    first = await crm.http.get("WhoAmI")
    second = await crm.http.get("nosuch")
    assert first.headers["x-ms-ratelimit-burst-remaining-xrm-requests"] == "5999"
    assert second.headers["x-ms-ratelimit-burst-remaining-xrm-requests"] == "5998"
    assert first.headers["x-ms-ratelimit-time-remaining-xrm-requests"] == "1,200.00"


async def test_too_many_requests_are_refused(limited_crm, inner) -> None:
    """Beyond the limit: 429 with code and Retry-After, nothing is done; a batch is one request; time heals."""
    crm = limited_crm
    for _ in range(3):
        await crm.batch(*[inner("POST", "accounts", '{"name":"A"}')] * 4)
    refusal = await crm.http.post("accounts", json={"name": "late"})
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (429, "0x80072322")
    assert refusal.headers["Retry-After"] == "300"
    crm.clock.move(seconds=300)
    assert sorted(await crm.names("accounts")) == ["A"] * 12


async def test_too_many_requests_at_once_are_refused(limited_crm) -> None:
    """Of three requests that arrive together, one more than may be under way is refused."""
    answers = await asyncio.gather(*(limited_crm.http.get("WhoAmI") for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 429]
    (refusal,) = [answer for answer in answers if answer.status_code == 429]
    assert refusal.json()["error"] == {
        "code": "0x80072326",
        "message": "Number of concurrent requests exceeded the limit of 2.",
    }
    assert refusal.headers["Retry-After"] == "1"
