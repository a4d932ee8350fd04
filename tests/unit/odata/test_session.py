"""What a session sends again, what it never sends again, and how long it waits."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from crosstie.odata.errors import (
    AnswerLostError,
    NotUnderstoodError,
    RefusedError,
    ServerAwayError,
    SignInRefusedError,
    ThrottledError,
)
from crosstie.odata.message import Answer, Request
from crosstie.odata.paging import pages
from crosstie.odata.secret import Secret
from crosstie.odata.token import ClientApplication, ClientCredentials

from .conftest import Clock, Open

URL = "https://crm.example/api/accounts"
READ = Request(method="GET", url=URL, purpose="read")
WRITE = Request(method="POST", url=URL, purpose="write", content=b"{}", is_write=True)
TOO_MANY = {"error": {"code": "TooMany", "message": "Slow down."}}


def ok(body: object = None, **headers: str) -> httpx2.Response:
    """An answer."""
    return httpx2.Response(200, json={} if body is None else body, headers=headers)


def token(text: str, life: int = 3600) -> httpx2.Response:
    """A token."""
    return ok({"token_type": "Bearer", "access_token": text, "expires_in": life})


def refused(status: int, body: object = None, **headers: str) -> httpx2.Response:
    """A refusal."""
    return httpx2.Response(status, json=TOO_MANY if body is None else body, headers=headers)


def credentials(clock: Clock) -> ClientCredentials:
    """An application that signs in by its secret."""
    application = ClientApplication(
        token_url="https://login.example/token", client_id="app", client_secret=Secret("hush"), scope="s"
    )
    return ClientCredentials(application, clock.runtime())


async def test_retry_after_is_obeyed_to_the_second(line: Open) -> None:
    """A read that is refused with Retry-After waits exactly that long and is sent once more; the gate is halved."""
    crm = line(refused(429, **{"Retry-After": "17"}), ok())
    assert (await crm.session.send(READ)).status == 200
    assert (crm.clock.slept, crm.meter.requests, crm.meter.retries) == ([17.0], 2, 1)
    assert crm.session.gate.width.places == 2


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
async def test_a_read_backs_off_by_itself(line: Open, status: int) -> None:
    """Without Retry-After a busy server is asked again after doubling pauses."""
    crm = line(refused(status), refused(status), ok())
    await crm.session.send(READ)
    assert crm.clock.slept == [0.25, 0.5]


async def test_a_read_is_sent_again_when_its_answer_is_lost(line: Open) -> None:
    """Reading twice harms nobody."""
    crm = line(httpx2.ReadError("gone"), ok())
    assert (await crm.session.send(READ)).status == 200
    assert crm.meter.requests == 2


@pytest.mark.parametrize("failure", [httpx2.ReadError("x"), httpx2.ReadTimeout("x"), httpx2.WriteError("x")])
async def test_a_write_whose_answer_is_lost_is_never_sent_again(line: Open, failure: Exception) -> None:
    """Nobody knows what the server did, so the session says so at once."""
    crm = line(failure, ok())
    with pytest.raises(AnswerLostError):
        await crm.session.send(WRITE)
    assert (crm.meter.requests, crm.clock.slept) == (1, [])


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_a_write_refused_by_something_in_between_is_never_sent_again(line: Open, status: int) -> None:
    """A gateway's error is not the vendor's refusal: the write may have gone through."""
    crm = line(httpx2.Response(status, text="<h1>Bad Gateway</h1>"), ok())
    with pytest.raises(AnswerLostError):
        await crm.session.send(WRITE)
    assert crm.meter.requests == 1


@pytest.mark.parametrize(
    "first", [httpx2.ConnectError("refused"), httpx2.ConnectTimeout("slow"), refused(429), refused(503)]
)
async def test_a_write_that_was_not_acted_upon_is_sent_again(line: Open, first: httpx2.Response | Exception) -> None:
    """No connection, or the vendor's own throttling answer: nothing was done, so it is sent again."""
    crm = line(first, ok())
    assert (await crm.session.send(WRITE)).status == 200
    assert (crm.meter.requests, crm.clock.slept) == (2, [0.25])


async def test_patience_ends(line: Open) -> None:
    """A server that stays away is given up after five minutes, with what it said last."""
    crm = line(*[httpx2.ConnectError("refused")] * 50)
    with pytest.raises(ServerAwayError, match="refused"):
        await crm.session.send(READ)
    assert 270 <= crm.clock.elapsed <= 300


async def test_a_pause_longer_than_our_patience_is_handed_up(line: Open) -> None:
    """Retry-After of an hour is not slept through: the caller learns when to come back."""
    crm = line(refused(429, **{"Retry-After": "3600"}))
    with pytest.raises(ThrottledError) as caught:
        await crm.session.send(READ)
    assert (caught.value.retry_after_s, caught.value.code, crm.clock.slept) == (3600.0, "TooMany", [])


@pytest.mark.parametrize("concurrency", [1, 4])
async def test_one_refusal_holds_everybody(line: Open, concurrency: int) -> None:
    """While Retry-After runs no other request of the session is sent, queued before or begun after."""
    crm = line(refused(429, **{"Retry-After": "5"}), ok(), ok(), concurrency=concurrency)
    first = asyncio.create_task(crm.session.send(READ))
    second = asyncio.create_task(crm.session.send(READ)) if concurrency == 1 else None
    await crm.clock.asleep.wait()
    await (second or crm.session.send(READ))
    await first
    assert (crm.clock.slept, crm.meter.requests) == ([5.0, 5.0], 3)


async def test_a_refusal_is_told_with_the_vendors_words(line: Open) -> None:
    """Status, code and message reach the caller; nothing is repeated."""
    crm = line(refused(400, {"error": {"code": "0x0", "message": "No such property."}}))
    with pytest.raises(RefusedError) as caught:
        await crm.session.send(READ)
    assert (caught.value.status, caught.value.code, caught.value.message) == (400, "0x0", "No such property.")
    assert crm.meter.retries == 0


async def test_a_redirection_is_no_answer(line: Open) -> None:
    """A sign-in page behind a wrong URL is named as such, and the token is not carried there."""
    crm = line(httpx2.Response(302, headers={"Location": "https://evil.example/"}))
    with pytest.raises(NotUnderstoodError, match="redirection"):
        await crm.session.send(READ)
    assert [request.url.host for request in crm.script.requests] == ["crm.example"]


async def test_the_token_never_leaves_for_another_server(line: Open) -> None:
    """A link to another host is refused before anything is sent."""
    crm = line(ok())
    with pytest.raises(NotUnderstoodError, match=r"evil\.example"):
        await crm.session.send(Request(method="GET", url="https://evil.example/api", purpose="read"))
    assert crm.script.requests == []


async def test_the_servers_clock_goes_on(line: Open) -> None:
    """The server's time is that of its last answer, plus what passed since."""
    crm = line(ok(Date="Mon, 05 Jan 2026 09:30:00 GMT"))
    assert crm.session.server_time() is None
    await crm.session.send(READ)
    crm.clock.elapsed += 2
    assert crm.session.server_time() == datetime(2026, 1, 5, 9, 30, 2, tzinfo=UTC)
    assert crm.session.server_time_error == timedelta(seconds=1)


async def test_many_requests_fetch_one_token(line: Open) -> None:
    """Five requests at once sign in once."""
    clock = Clock()
    crm = line(token("t1"), *[ok() for _ in range(5)], tokens=credentials(clock))
    await asyncio.gather(*(crm.session.send(READ) for _ in range(5)))
    assert crm.meter.by_verb == {"token": 1, "read": 5}
    assert {request.headers["Authorization"] for request in crm.script.requests[1:]} == {"Bearer t1"}


async def test_a_token_is_renewed_before_it_expires(line: Open) -> None:
    """Five minutes before the end of its hour a new token is fetched."""
    clock = Clock()
    crm = line(token("t1"), ok(), ok(), token("t2"), ok(), tokens=credentials(clock))
    await crm.session.send(READ)
    clock.elapsed = 3299.0
    await crm.session.send(READ)
    clock.elapsed = 3300.0
    await crm.session.send(READ)
    sent = [request.headers.get("Authorization") for request in crm.script.requests]
    assert sent == [None, "Bearer t1", "Bearer t1", None, "Bearer t2"]


async def test_a_refused_token_is_replaced_once(line: Open) -> None:
    """A write refused with 401 is sent again under a new token; a second 401 is final."""
    crm = line(token("t1"), refused(401), token("t2"), refused(401), tokens=credentials(Clock()))
    with pytest.raises(RefusedError) as caught:
        await crm.session.send(WRITE)
    assert (caught.value.status, crm.meter.by_verb) == (401, {"token": 2, "write": 2})


async def test_a_wrong_secret_is_told_without_the_secret(line: Open) -> None:
    """The identity provider's words are passed on, up to its trace ids; the secret is nowhere."""
    body = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret.\r\nTrace ID: 1"}
    crm = line(refused(401, body), tokens=credentials(Clock()))
    with pytest.raises(SignInRefusedError) as caught:
        await crm.session.send(READ)
    assert (caught.value.code, caught.value.message) == ("invalid_client", "AADSTS7000215: Invalid client secret.")
    assert "hush" not in repr(caught.value) + str(caught.value)


async def test_a_token_endpoint_that_is_away_does_not_make_a_write_uncertain(line: Open) -> None:
    """The write was not sent yet, so losing the token's answer leaves nothing unknown: both are sent again."""
    crm = line(httpx2.ReadError("gone"), token("t1"), ok(), tokens=credentials(Clock()))
    assert (await crm.session.send(WRITE)).status == 200
    assert crm.meter.by_verb == {"token": 2, "write": 1}


@pytest.mark.parametrize(
    "answer", [httpx2.Response(200, text="<html>"), httpx2.Response(302), httpx2.Response(404), ok({"token_type": "x"})]
)
async def test_a_wrong_token_url_does_not_make_a_write_uncertain(line: Open, answer: httpx2.Response) -> None:
    """Whatever stands at the token URL, the write was not sent, and the error is one of signing in."""
    crm = line(answer, tokens=credentials(Clock()))
    with pytest.raises(SignInRefusedError):
        await crm.session.send(WRITE)
    assert crm.meter.by_verb == {"token": 1}


async def test_pages_are_followed_to_the_end(line: Open) -> None:
    """Links are used as they are until a page has none."""
    crm = line(ok({"value": [{"n": 1}], "@odata.nextLink": f"{URL}?$skiptoken=a%2Bb"}), ok({"value": [{"n": 2}]}))

    async def fetch(link: str) -> Answer:
        return await crm.session.send(Request(method="GET", url=link, purpose="read"))

    assert [row async for page in pages(fetch, URL) for row in page.rows] == [{"n": 1}, {"n": 2}]
    assert crm.script.requests[1].url.raw_path == b"/api/accounts?$skiptoken=a%2Bb"


async def test_a_page_that_names_itself_ends_the_walk(line: Open) -> None:
    """A server that links a page to itself would keep us forever: it is an error."""
    crm = line(ok({"value": [], "@odata.nextLink": URL}))

    async def fetch(link: str) -> Answer:
        return await crm.session.send(Request(method="GET", url=link, purpose="read"))

    with pytest.raises(NotUnderstoodError, match="names itself"):
        assert [page async for page in pages(fetch, URL)] == []
