"""Webhook subscriptions of the sandbox ERP: handshake, renewal, expiry, and notifications over HTTP."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from crosstie_sandbox.businesscentral.database import Settings
from crosstie_sandbox.businesscentral.limits import Limits

from .client import CREDENTIALS, Erp, Refusal, open_erp
from .receiver import Receiver, open_receiver

ROOT = "http://erp.example/api/v2.0"
SUBSCRIPTIONS = f"{ROOT}/subscriptions"
QUICK = Settings(webhook_pauses=(0.01, 0.01), webhook_most_changes=3)
AT_ONCE = Limits(notification_seconds=0.05)


@pytest.fixture
async def quick(tmp_path: Path) -> AsyncIterator[Erp]:
    """An ERP that tells of changes at once, and of more than three only by their set."""
    async with open_erp(tmp_path / "quick.sqlite", QUICK, AT_ONCE) as opened:
        yield opened


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Somebody who listens."""
    async with open_receiver() as opened:
        yield opened


async def subscribe(erp: Erp, receiver: Receiver, entity_set: str = "customers", **more: str) -> dict[str, str]:
    """Subscribe to a set."""
    resource = f"/api/v2.0/companies({erp.company_id})/{entity_set}"
    body = {"notificationUrl": receiver.url, "resource": resource, **more}
    answer = await erp.http.post(SUBSCRIPTIONS, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


async def test_a_subscription_begins_with_a_handshake(quick: Erp, receiver: Receiver) -> None:
    """The receiver is asked to repeat a token; then the subscription exists for three days and can be read."""
    made = await subscribe(quick, receiver, clientState="secret")
    assert receiver.handshakes == 1
    assert made["resource"] == f"api/v2.0/companies({quick.company_id})/customers"
    assert (made["notificationUrl"], made["clientState"]) == (receiver.url, "secret")
    assert made["expirationDateTime"] == "2026-01-05T03:04:05.000Z"
    assert made["@odata.context"] == f"{ROOT}/$metadata#subscriptions/$entity"
    key = f"{SUBSCRIPTIONS}('{made['subscriptionId']}')"
    assert (await quick.get(key))["@odata.etag"] == made["@odata.etag"]
    assert [row["subscriptionId"] for row in await quick.all(SUBSCRIPTIONS)] == [made["subscriptionId"]]


async def test_everybody_sees_their_own_subscriptions(quick: Erp, receiver: Receiver) -> None:
    """The list shows what the caller has subscribed to, not what others have."""
    await subscribe(quick, receiver)
    token = await quick.http.post(
        "http://erp.example/sandbox/oauth2/v2.0/token",
        data={
            "grant_type": "client_credentials",
            "client_id": CREDENTIALS.client_id,
            "client_secret": CREDENTIALS.client_secret,
            "scope": "https://api.businesscentral.dynamics.com/.default",
        },
    )
    headers = {"Authorization": f"Bearer {token.json()['access_token']}"}
    request = quick.http.build_request("GET", SUBSCRIPTIONS, headers=headers)
    other = await quick.http.send(request, auth=None)
    assert (other.status_code, other.json()["value"]) == (200, [])
    assert len(await quick.all(SUBSCRIPTIONS)) == 1


async def test_a_receiver_that_does_not_repeat_the_token_is_refused(
    quick: Erp, receiver: Receiver, refusal: Refusal
) -> None:
    """Without the right token there is no subscription, nor for an address where nobody answers."""
    receiver.greeting = "hello"
    resource = f"/api/v2.0/companies({quick.company_id})/customers"
    for url in (receiver.url, "http://127.0.0.1:9/nobody"):
        answer = await quick.http.post(SUBSCRIPTIONS, json={"notificationUrl": url, "resource": resource})
        assert refusal(answer)[:2] == (400, "BadRequest")
    assert await quick.all(SUBSCRIPTIONS) == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"notificationUrl": "http://far.example/hook"}, 400),
        ({"notificationUrl": "ftp://127.0.0.1/hook"}, 400),
        ({"notificationUrl": ""}, 400),
        ({"resource": "/api/v2.0/companies(11111111-1111-1111-1111-111111111111)/customers"}, 404),
        ({"resource": "contacts"}, 400),
        ({"resource": "nowhere"}, 400),
        ({"resource": "customers(11111111-1111-1111-1111-111111111111)"}, 400),
        ({"clientState": "x" * 2049}, 400),
        ({"colour": "red"}, 400),
        ({"expirationDateTime": "2027-01-01T00:00:00Z"}, 400),
    ],
)
async def test_what_cannot_be_subscribed_to_is_refused(
    quick: Erp, receiver: Receiver, refusal: Refusal, changes: dict[str, str], status: int
) -> None:
    """An address that is not https, an unknown company, a set without webhooks, or one record: nobody is greeted."""
    company = f"/api/v2.0/companies({quick.company_id})"
    body = {"notificationUrl": receiver.url, "resource": f"{company}/customers", **changes}
    if not body["resource"].startswith("/"):
        body["resource"] = f"{company}/{body['resource']}"
    assert refusal(await quick.http.post(SUBSCRIPTIONS, json=body))[0] == status
    assert receiver.handshakes == 0


async def test_changes_of_one_record_are_told_as_one(quick: Erp, receiver: Receiver) -> None:
    """A new record that was changed twice is told once, as new, with nothing of its content."""
    made = await subscribe(quick, receiver, clientState="secret")
    row = await quick.add("customers", displayName="A")
    quick.clock.tick()
    changed = (await quick.patch("customers", row, city="Biel")).json()
    quick.clock.tick()
    await quick.patch("customers", changed, city="Bern")
    assert await receiver.changes() == [
        {
            "subscriptionId": made["subscriptionId"],
            "clientState": "secret",
            "expirationDateTime": made["expirationDateTime"],
            "resource": f"api/v2.0/companies({quick.company_id})/customers({row['id']})",
            "changeType": "created",
            "lastModifiedDateTime": "2026-01-02T03:04:05.002Z",
        }
    ]


async def test_updates_and_deletions_are_told_in_order(quick: Erp, receiver: Receiver) -> None:
    """One notification holds what changed within the delay, each record with its last kind of change."""
    first = await quick.add("customers", displayName="A")
    second = await quick.add("customers", displayName="B")
    await subscribe(quick, receiver)
    await quick.patch("customers", first, city="Biel")
    await quick.http.delete(f"customers({second['id']})")
    told = await receiver.changes()
    assert [(change["changeType"], change["resource"].split("(")[-1]) for change in told] == [
        ("updated", f"{first['id']})"),
        ("deleted", f"{second['id']})"),
    ]


async def test_too_many_changes_are_told_by_their_set(quick: Erp, receiver: Receiver) -> None:
    """Beyond the limit the notification names only the set and since when it has changed."""
    await subscribe(quick, receiver, "items")
    await quick.add("items", number="A", displayName="Bike", itemVariants=[])
    for number in "BCDE":
        await quick.add("items", number=number, displayName="Bike")
    told = await receiver.changes()
    assert [change["changeType"] for change in told] == ["collection"]
    query = told[0]["resource"].partition("?")[2]
    assert len(await quick.all(f"items?{query}")) == 5


async def test_what_was_refused_is_not_told(quick: Erp, receiver: Receiver) -> None:
    """A write that is rolled back tells nothing; the next one that succeeds is the first that is told."""
    await subscribe(quick, receiver, "items")
    twice = [{"code": "S"}, {"code": "S"}]
    assert (await quick.http.post("items", json={"displayName": "A", "itemVariants": twice})).status_code == 400
    row = await quick.add("items", displayName="B")
    assert [change["resource"].split("(")[-1] for change in await receiver.changes()] == [f"{row['id']})"]


async def test_a_receiver_that_is_busy_is_tried_again(quick: Erp, receiver: Receiver) -> None:
    """After 503 and 429 the same notification comes again, and later ones wait for it."""
    await subscribe(quick, receiver)
    receiver.statuses.extend([503, 429])
    first = await quick.add("customers", displayName="A")
    attempts = [await receiver.next() for _ in range(3)]
    assert [status for status, _ in attempts] == [503, 429, 200]
    assert {change["resource"].split("(")[-1] for _, told in attempts for change in told} == {f"{first['id']})"}
    second = await quick.add("customers", displayName="B")
    assert [change["resource"].split("(")[-1] for change in await receiver.changes()] == [f"{second['id']})"]


@pytest.mark.parametrize("statuses", [[400], [503, 503, 503]])
async def test_a_receiver_that_gives_up_loses_its_subscription(
    quick: Erp, receiver: Receiver, statuses: list[int]
) -> None:
    """Any refusal that is not of the kind to try again ends the subscription, and so do too many attempts."""
    await subscribe(quick, receiver)
    receiver.statuses.extend(statuses)
    await quick.add("customers", displayName="A")
    for _ in statuses:
        await receiver.next()
    await quick.courier.rest()
    assert await quick.all(SUBSCRIPTIONS) == []


async def test_a_subscription_is_renewed_and_expires(quick: Erp, receiver: Receiver, refusal: Refusal) -> None:
    """A PATCH with the right etag shakes hands again and starts three new days; when they are over it is gone."""
    made = await subscribe(quick, receiver)
    key = f"{SUBSCRIPTIONS}('{made['subscriptionId']}')"
    quick.clock.now += timedelta(days=2)
    assert refusal(await quick.http.patch(key, json={}))[1] == "BadRequest_RequiredParamNotProvided"
    renewed = await quick.http.patch(key, json={}, headers={"If-Match": made["@odata.etag"]})
    assert (renewed.status_code, renewed.json()["expirationDateTime"]) == (200, "2026-01-07T03:04:05.000Z")
    assert receiver.handshakes == 2
    stale = await quick.http.patch(key, json={}, headers={"If-Match": made["@odata.etag"]})
    assert refusal(stale)[:2] == (409, "Request_EntityChanged")
    quick.clock.now += timedelta(days=4)
    assert await quick.all(SUBSCRIPTIONS) == []
    assert refusal(await quick.http.get(key))[0] == 404


async def test_a_deleted_subscription_is_told_nothing_more(quick: Erp, receiver: Receiver) -> None:
    """After DELETE with 204 changes are told to those who still listen only."""
    gone = await subscribe(quick, receiver)
    await subscribe(quick, receiver, clientState="stays")
    answer = await quick.http.delete(f"{SUBSCRIPTIONS}('{gone['subscriptionId']}')")
    assert answer.status_code == 204
    await quick.add("customers", displayName="A")
    assert [change["clientState"] for change in await receiver.changes()] == ["stays"]


async def test_what_waits_outlives_the_server(tmp_path: Path, receiver: Receiver) -> None:
    """A server that is stopped before it told of a change tells of it after the next start."""
    file = tmp_path / "kept.sqlite"
    async with open_erp(file, Settings()) as slow:
        await subscribe(slow, receiver)
        row = await slow.add("customers", displayName="A")
    async with open_erp(file, QUICK, AT_ONCE) as again:
        assert (await again.http.get("customers")).status_code == 200
        assert [change["resource"].split("(")[-1] for change in await receiver.changes()] == [f"{row['id']})"]


async def test_subscriptions_are_not_written_in_batches(quick: Erp, receiver: Receiver) -> None:
    """A batch cannot wait for a handshake, so it refuses to."""
    resource = f"/api/v2.0/companies({quick.company_id})/customers"
    body = {"notificationUrl": receiver.url, "resource": resource}
    request = {"id": "1", "method": "POST", "url": "subscriptions", "body": body}
    answer: httpx2.Response = await quick.http.post(f"{ROOT}/$batch", json={"requests": [request]})
    assert [reply["status"] for reply in answer.json()["responses"]] == [400]
    assert receiver.handshakes == 0


async def test_the_server_tells_what_can_be_subscribed_to(quick: Erp, receiver: Receiver) -> None:
    """Every resource that the runtime API lists takes a subscription; contacts and salespeople are not among them."""
    answer = await quick.get("http://erp.example/api/microsoft/runtime/beta/webhookSupportedResources")
    listed = answer["value"]
    assert isinstance(listed, list)
    names = {resource["resource"].rpartition("/")[2] for resource in listed}
    assert {"customers", "items", "currencies"} <= names
    assert not names & {"contacts", "salespeoplePurchasers", "itemVariants"}
    for name in sorted(names):
        await subscribe(quick, receiver, name)
    assert receiver.handshakes == len(names)
