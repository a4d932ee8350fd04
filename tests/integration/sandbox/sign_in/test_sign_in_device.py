"""People sign in for a program without a browser."""

import httpx2
import pytest

from .conftest import TENANT, SignIn


async def begun(sign_in: SignIn) -> dict[str, str]:
    """The codes of a flow that has begun."""
    form = {"client_id": sign_in.public, "scope": "openid offline_access"}
    codes: dict[str, str] = (await sign_in.http.post(f"{TENANT}/oauth2/v2.0/devicecode", data=form)).json()
    return codes


async def enter(sign_in: SignIn, user_code: str, login: str, password: str, consent: str = "yes") -> httpx2.Response:
    """What the page says to a person."""
    form = {"user_code": user_code, "login": login, "password": password, "consent": consent}
    return await sign_in.http.post(f"{TENANT}/oauth2/deviceauth", data=form)


async def poll(sign_in: SignIn, device_code: str) -> httpx2.Response:
    """What the program gets."""
    form = {"client_id": sign_in.public, "device_code": device_code}
    return await sign_in.token(grant_type="urn:ietf:params:oauth:grant-type:device_code", **form)


async def test_a_code_entered_elsewhere_lets_the_program_in(sign_in: SignIn) -> None:
    """The program waits, the person enters the code (in small letters, with blanks) and signs in, once."""
    codes = await begun(sign_in)
    assert codes["user_code"] in codes["message"]
    assert (await sign_in.http.get(codes["verification_uri"])).status_code == 200
    assert (await poll(sign_in, codes["device_code"])).json()["error"] == "authorization_pending"
    wrong = await enter(sign_in, codes["user_code"], "beat@test.example", "wrong")
    assert "AADSTS50126" in wrong.text
    assert (await poll(sign_in, codes["device_code"])).json()["error"] == "authorization_pending"
    typed = f"{codes['user_code'][:4]} {codes['user_code'][4:]}".lower()
    assert "You have signed in" in (await enter(sign_in, typed, "beat@test.example", "pw-2")).text
    granted = (await poll(sign_in, codes["device_code"])).json()
    assert (await sign_in.who(granted["access_token"])).status_code == 200
    assert {"refresh_token", "id_token"} <= set(granted)
    assert (await poll(sign_in, codes["device_code"])).json()["error"] == "bad_verification_code"


async def test_a_person_may_decline(sign_in: SignIn) -> None:
    """The program is told, and the code is used up."""
    codes = await begun(sign_in)
    await enter(sign_in, codes["user_code"], "", "", consent="no")
    assert (await poll(sign_in, codes["device_code"])).json()["error"] == "authorization_declined"
    assert "didn&#39;t work" in (await enter(sign_in, codes["user_code"], "beat@test.example", "pw-2")).text


async def test_codes_expire(sign_in: SignIn) -> None:
    """After a quarter of an hour neither code is good any more."""
    codes = await begun(sign_in)
    sign_in.clock.move(seconds=900)
    assert (await poll(sign_in, codes["device_code"])).json()["error"] == "expired_token"
    assert "didn&#39;t work" in (await enter(sign_in, codes["user_code"], "beat@test.example", "pw-2")).text


@pytest.mark.parametrize("code", ["", "nonsense"])
async def test_a_code_that_was_never_given_out(sign_in: SignIn, code: str) -> None:
    """A guess is refused, by the page and by the token endpoint."""
    assert (await poll(sign_in, code)).json()["error"] in {"bad_verification_code", "invalid_request"}
    assert "didn&#39;t work" in (await enter(sign_in, code, "beat@test.example", "pw-2")).text
