"""People sign in to the sandbox with a page, and what an application gets for it."""

import base64

import pytest
import simplejson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .conftest import CREDENTIALS, TENANT, VERIFIER, SignIn, challenge, sent_back


def decoded(part: str) -> bytes:
    """A part of a token."""
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


async def test_a_person_signs_in_and_acts_as_the_user_it_is(sign_in: SignIn) -> None:
    """The page leads back with code and state; the code buys a token with which the CRM knows the person."""
    page = await sign_in.authorize()
    assert page.status_code == 200
    assert 'type="password"' in page.text
    assert "set-cookie" not in page.headers
    back = await sign_in.authorize("Ada@Test.example", "pw <1>")
    assert sent_back(back)["state"] == "s & t"
    assert sent_back(back)["from"] == "here"
    granted = (await sign_in.redeem(sent_back(back)["code"])).json()
    assert (granted["token_type"], granted["expires_in"]) == ("Bearer", 3599)
    user = (await sign_in.who(granted["access_token"])).json()["UserId"]
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    row = await sign_in.http.get(f"http://crm.example/api/data/v9.2/systemusers({user})", headers=headers)
    assert (row.json()["fullname"], row.json()["domainname"]) == ("Ada Ek", "ada@test.example")


async def test_each_caller_is_a_user_of_its_own(sign_in: SignIn) -> None:
    """The application and two people act as three different users."""
    secret = {"client_id": CREDENTIALS.client_id, "client_secret": CREDENTIALS.client_secret}
    tokens = [(await sign_in.token(grant_type="client_credentials", **secret)).json()["access_token"]]
    for person in CREDENTIALS.people[:2]:
        tokens.append((await sign_in.redeem(await sign_in.code(person))).json()["access_token"])  # noqa: PERF401
    users = {(await sign_in.who(token)).json()["UserId"] for token in tokens}
    assert len(users) == 3


async def test_the_id_token_can_be_checked_with_the_published_key(sign_in: SignIn) -> None:
    """It names the person, the application and the nonce, and its signature verifies with the discovered key."""
    token = (await sign_in.redeem(await sign_in.code(nonce="n-1"))).json()["id_token"]
    configuration = (await sign_in.http.get(f"{TENANT}/v2.0/.well-known/openid-configuration")).json()
    (key,) = (await sign_in.http.get(configuration["jwks_uri"])).json()["keys"]
    head, claims, signature = token.split(".")
    assert simplejson.loads(decoded(head)) == {"typ": "JWT", "alg": "RS256", "kid": key["kid"]}
    numbers = rsa.RSAPublicNumbers(*(int.from_bytes(decoded(key[name])) for name in "en"))
    numbers.public_key().verify(decoded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    said = simplejson.loads(decoded(claims))
    assert (said["iss"], said["aud"], said["nonce"]) == (configuration["issuer"], sign_in.public, "n-1")
    assert (said["preferred_username"], said["name"]) == ("beat@test.example", "Beat Holm")


async def test_a_refresh_token_buys_another(sign_in: SignIn) -> None:
    """After the access token has expired the refresh token buys a new one, for its own application, for 90 days."""
    granted = (await sign_in.redeem(await sign_in.code())).json()
    sign_in.clock.move(seconds=3600)
    assert (await sign_in.who(granted["access_token"])).status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": granted["refresh_token"]}
    again = (await sign_in.token(**form, client_id=sign_in.public)).json()
    assert (await sign_in.who(again["access_token"])).status_code == 200
    other = await sign_in.token(**form, client_id=CREDENTIALS.client_id, client_secret=CREDENTIALS.client_secret)
    assert (other.status_code, other.json()["error"]) == (400, "invalid_grant")
    sign_in.clock.move(days=90)
    late = await sign_in.token(**form, client_id=sign_in.public)
    assert (late.json()["error"], late.json()["error_codes"]) == ("invalid_grant", [70008])


async def test_without_the_scope_there_is_no_refresh_token(sign_in: SignIn) -> None:
    """offline_access and openid are what buys a refresh token and an id token."""
    granted = (await sign_in.redeem(await sign_in.code(scope="x/.default"))).json()
    assert not {"refresh_token", "id_token"} & set(granted)


@pytest.mark.parametrize("text", ["access_token", "refresh_token", "id_token"])
async def test_only_an_access_token_opens_the_service(sign_in: SignIn, text: str) -> None:
    """What was issued for another purpose is no bearer token, and none of them is a code."""
    granted = (await sign_in.redeem(await sign_in.code())).json()
    assert (await sign_in.who(granted[text])).status_code == (200 if text == "access_token" else 401)
    assert (await sign_in.redeem(granted[text])).json()["error_codes"] == [9002313]


@pytest.mark.parametrize(
    ("login", "password", "number"),
    [
        ("beat@test.example", "wrong", 50126),
        ("nobody@test.example", "pw-2", 50034),
        ("cleo@test.example", "pw-3", 50057),
        ("cleo@test.example", "wrong", 50126),
    ],
)
async def test_who_may_not_sign_in_stays_on_the_page(sign_in: SignIn, login: str, password: str, number: int) -> None:
    """A wrong password, an unknown and a disabled person see the page again with Entra ID's number, and no code."""
    answer = await sign_in.authorize(login, password)
    assert answer.status_code == 200
    assert f"AADSTS{number}:" in answer.text
    assert login in answer.text
    assert password not in answer.text.replace(login, "")


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"client_id": "0a0a0a0a-0000-4000-8000-00000000000f"}, 700016),
        ({"client_id": None}, 900144),
        ({"redirect_uri": None}, 900144),
        ({"redirect_uri": "https://elsewhere.example/back"}, 50011),
        ({"redirect_uri": "http://localhost.elsewhere.example/"}, 50011),
        ({"redirect_uri": "http://localhost@elsewhere.example/"}, 50011),
        ({"redirect_uri": "http://me@localhost/"}, 50011),
        ({"redirect_uri": "http://[::1"}, 50011),
        ({"redirect_uri": "javascript:alert(1)"}, 50011),
    ],
)
async def test_nobody_is_sent_to_a_wrong_address(sign_in: SignIn, changes: dict[str, str | None], number: int) -> None:
    """An unknown application or reply address is told on a page; nothing leads away from it."""
    for login in ("", "beat@test.example"):
        answer = await sign_in.authorize(login, "pw-2", **changes)
        assert answer.status_code == 400
        assert f"AADSTS{number}:" in answer.text
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    "address", ["http://localhost", "http://127.0.0.1:1/x", "http://[::1]:65535/", "https://localhost:8443/a?b=c"]
)
async def test_any_port_of_this_machine_will_do(sign_in: SignIn, address: str) -> None:
    """Programs listen on whatever port is free."""
    answer = await sign_in.authorize("beat@test.example", "pw-2", redirect_uri=address)
    assert answer.headers["location"].startswith(address)


@pytest.mark.parametrize(
    ("changes", "error", "number"),
    [
        ({"response_type": "token"}, "unsupported_response_type", 70005),
        ({"scope": None}, "invalid_request", 900144),
        ({"prompt": "none"}, "login_required", 50058),
        ({"code_challenge": "short"}, "invalid_request", 501491),
        ({"code_challenge_method": "S512"}, "invalid_request", 9002313),
    ],
)
async def test_the_program_is_told_what_is_wrong(
    sign_in: SignIn, changes: dict[str, str | None], error: str, number: int
) -> None:
    """A request that cannot be met leads straight back with the error and the state."""
    said = sent_back(await sign_in.authorize(**changes))
    assert (said["error"], said["state"]) == (error, "s & t")
    assert said["error_description"].startswith(f"AADSTS{number}: ")


async def test_a_person_may_cancel(sign_in: SignIn) -> None:
    """Cancelling leads back with access_denied."""
    answer = await sign_in.http.post(f"{TENANT}/oauth2/v2.0/authorize", params=sign_in.asked, data={"consent": "no"})
    assert sent_back(answer)["error"] == "access_denied"


@pytest.mark.parametrize(
    ("changes", "error", "number"),
    [
        ({"code_verifier": VERIFIER.replace("a", "b")}, "invalid_grant", 501481),
        ({"code_verifier": challenge()}, "invalid_grant", 501481),
        ({"code_verifier": ""}, "invalid_grant", 50148),
        ({"redirect_uri": "http://localhost:5124/back"}, "invalid_client", 500112),
        ({"client_secret": "guess"}, "invalid_client", 700025),
        ({"code": "no code"}, "invalid_grant", 9002313),
    ],
)
async def test_a_code_is_for_who_asked_for_it(
    sign_in: SignIn, changes: dict[str, str], error: str, number: int
) -> None:
    """Without the verifier, from another address or garbled a code buys nothing, and is not used up by that."""
    code = await sign_in.code()
    refused = await sign_in.redeem(**{"code": code, **changes})
    assert (refused.json()["error"], refused.json()["error_codes"]) == (error, [number])
    assert (await sign_in.redeem(code)).status_code == 200


async def test_a_code_is_good_once_and_for_ten_minutes(sign_in: SignIn) -> None:
    """A second time is 54005, an old one 70008."""
    code, other = await sign_in.code(), await sign_in.code()
    assert (await sign_in.redeem(code)).status_code == 200
    assert (await sign_in.redeem(code)).json()["error_codes"] == [54005]
    sign_in.clock.move(seconds=600)
    assert (await sign_in.redeem(other)).json()["error_codes"] == [70008]


async def test_answers_by_form_and_by_fragment(sign_in: SignIn) -> None:
    """A program may ask to be answered by a posted form or behind a hash."""
    form = await sign_in.authorize("beat@test.example", "pw-2", response_mode="form_post", state='"><b>')
    assert 'name="code"' in form.text
    assert "&#34;&gt;&lt;b&gt;" in form.text
    fragment = await sign_in.authorize("beat@test.example", "pw-2", response_mode="fragment")
    assert fragment.headers["location"].partition("#")[2].startswith("code=")


async def test_a_stranger_gets_a_token_that_opens_nothing(sign_in: SignIn) -> None:
    """An application that the CRM does not know is authenticated, and refused as no member."""
    form = {"client_id": CREDENTIALS.others[1].client_id, "client_secret": "secret-3"}
    token = (await sign_in.token(grant_type="client_credentials", **form)).json()["access_token"]
    answer = await sign_in.who(token)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "0x80072560")


@pytest.mark.parametrize(
    ("form", "status", "error", "number"),
    [
        ({}, 400, "invalid_request", 900144),
        ({"client_id": CREDENTIALS.client_id}, 401, "invalid_client", 7000218),
        ({"client_id": CREDENTIALS.client_id, "client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_id": CREDENTIALS.others[0].client_id}, 401, "invalid_client", 7000218),
        ({"client_id": "nobody", "client_secret": "x"}, 400, "unauthorized_client", 700016),
    ],
)
async def test_an_application_must_prove_itself(
    sign_in: SignIn, form: dict[str, str], status: int, error: str, number: int
) -> None:
    """A missing or wrong secret, a public client and an unknown one get no token in their own name."""
    answer = await sign_in.token(grant_type="client_credentials", **form)
    assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (status, error, [number])
