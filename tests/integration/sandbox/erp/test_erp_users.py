"""Users of the sandbox ERP: web service access keys, permission sets, the pages Users and Web Services."""

import re
from pathlib import Path

import pytest

from crosstie_sandbox.businesscentral.app import create_app
from crosstie_sandbox.businesscentral.database import Settings

from .client import ADMINISTRATOR, CLERK, CREDENTIALS, LEAVER, Erp, Refusal, TestClock, counted_ids
from .services import COMPANY, SERVICES

SITE = "http://erp.example"


class Browser:
    """A person in front of the pages, who follows what a form sends to."""

    def __init__(self, erp: Erp) -> None:
        self.http = erp.http
        self.cookies: dict[str, str] = {}
        self.page = ""

    async def go(self, path: str, **form: str) -> int:
        """Open a page, or send its form; follows one step further where the answer says so."""
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        address = path if path.startswith("http") else f"{SITE}{path}"
        if form:
            answer = await self.http.post(address, data=form, headers=headers, auth=None)
        else:
            answer = await self.http.get(address, headers=headers, auth=None)
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        self.page = answer.text
        if answer.status_code == 303:
            return await self.go(answer.headers["location"])
        return answer.status_code

    async def sign_in(self, login: str, password: str) -> int:
        """Sign in and see the first page."""
        return await self.go("/sign-in", login=login, password=password)

    async def press(self, path: str, action: str, **form: str) -> int:
        """Press a button of the page that is open."""
        token = re.search(r'name="form_token" value="(\w+)"', self.page)
        assert token is not None
        return await self.go(path, form_token=token[1], action=action, **form)

    @property
    def new_key(self) -> str:
        """The key that the page shows."""
        found = re.search(r'id="new_key">([^<]+)<', self.page)
        assert found is not None, self.page
        return found[1].replace("&#43;", "+")

    @property
    def error(self) -> str:
        """What the page complains about."""
        found = re.search(r'role="alert">([^<]+)<', self.page)
        assert found is not None, self.page
        return found[1]


@pytest.fixture
async def administrator(erp: Erp) -> Browser:
    """An administrator who has signed in."""
    browser = Browser(erp)
    assert await browser.sign_in(ADMINISTRATOR.address, ADMINISTRATOR.password) == 200
    return browser


async def _status(erp: Erp, user: str, key: str) -> int:
    return (await erp.http.get("customers", auth=(user, key))).status_code


async def test_a_user_has_no_key_until_it_is_made(erp: Erp, administrator: Browser) -> None:
    """Change Web Service Key makes a key that works at once; without one no password opens the services."""
    for guess in (CLERK.password, "", "none"):
        assert await _status(erp, "BEAT", guess) == 401
    assert await administrator.go("/users/BEAT") == 200
    assert await administrator.press("/users/BEAT", "change_key", expires="never") == 200
    key = administrator.new_key
    assert len(key) == 44
    assert await _status(erp, "BEAT", key) == 200
    assert await _status(erp, "beat", key) == 200


async def test_a_key_is_shown_once_and_the_old_one_stops_at_once(erp: Erp, administrator: Browser) -> None:
    """The card does not show a key again, and the key before the last change opens nothing."""
    await administrator.go("/users/ERPUSER")
    assert await _status(erp, "ERPUSER", CREDENTIALS.web_service_access_key) == 200
    await administrator.press("/users/ERPUSER", "change_key", expires="never")
    key = administrator.new_key
    assert await _status(erp, "ERPUSER", CREDENTIALS.web_service_access_key) == 401
    assert await _status(erp, "ERPUSER", key) == 200
    await administrator.go("/users/ERPUSER")
    assert key not in administrator.page
    await administrator.press("/users/ERPUSER", "remove_key")
    assert await _status(erp, "ERPUSER", key) == 401


async def test_a_key_expires(erp: Erp, administrator: Browser) -> None:
    """A key with an expiry date works until that day; a day that is over is refused."""
    await administrator.go("/users/BEAT")
    assert await administrator.press("/users/BEAT", "change_key", expires="at", date="2026-01-01") == 400
    assert administrator.error == "The expiry date of a web service access key must lie in the future."
    await administrator.press("/users/BEAT", "change_key", expires="at", date="2026-01-03")
    key = administrator.new_key
    assert await _status(erp, "BEAT", key) == 200
    erp.clock.tick(24 * 3600 * 1000)
    assert await _status(erp, "BEAT", key) == 401


async def test_keys_are_kept_as_hashes_and_outlive_the_server(tmp_path: Path) -> None:
    """The file holds no key, and a changed key is still the one that works after a new start."""
    file = tmp_path / "erp.sqlite"
    app = create_app(file, clock=TestClock(), ids=counted_ids(), credentials=CREDENTIALS, settings=Settings())
    users = app.state.users
    assert users.with_key("ERPUSER", CREDENTIALS.web_service_access_key) is not None
    key = users.change_key("ERPUSER")
    app.state.close()
    assert key.encode() not in file.read_bytes()
    again = create_app(file, clock=TestClock(), ids=counted_ids(), credentials=CREDENTIALS, settings=Settings())
    assert again.state.users.with_key("ERPUSER", key) is not None
    assert again.state.users.with_key("ERPUSER", CREDENTIALS.web_service_access_key) is None
    again.state.close()


@pytest.mark.parametrize(
    ("login", "password"),
    [
        (ADMINISTRATOR.address, "guess"),
        ("nobody@people.example", "x"),
        (LEAVER.address, LEAVER.password),
        (ADMINISTRATOR.address, CLERK.password),
    ],
)
async def test_others_do_not_get_in(erp: Erp, login: str, password: str) -> None:
    """A wrong password, an unknown person and a disabled one see no user."""
    browser = Browser(erp)
    assert await browser.sign_in(login, password) == 401
    assert browser.error == "There is no enabled user with this address and password."
    await browser.go("/users")
    assert "BEAT" not in browser.page


async def test_only_administrators_see_the_pages(erp: Erp) -> None:
    """A person without the permission set SUPER is told so."""
    browser = Browser(erp)
    assert await browser.sign_in(CLERK.address, CLERK.password) == 403
    assert "needs the permission set SUPER" in browser.page


async def test_a_form_of_another_site_changes_nothing(erp: Erp, administrator: Browser) -> None:
    """A form without the session's token is refused, and the key is still good."""
    assert await administrator.go("/users/ERPUSER", action="change_key", expires="never") == 400
    assert administrator.error == "The form is not of this session. Nothing was changed; try once more."
    assert await _status(erp, "ERPUSER", CREDENTIALS.web_service_access_key) == 200


async def test_a_session_ends(erp: Erp, administrator: Browser) -> None:
    """After eight hours, and after signing out, the pages ask for the password again."""
    erp.clock.tick(8 * 3600 * 1000)
    assert await administrator.go("/users") == 200
    assert "Sign in to the sandbox ERP" in administrator.page
    await administrator.sign_in(ADMINISTRATOR.address, ADMINISTRATOR.password)
    await administrator.go("/sign-out", now="yes")
    await administrator.go("/users")
    assert "Sign in to the sandbox ERP" in administrator.page


async def test_a_new_user_for_a_program(erp: Erp, administrator: Browser) -> None:
    """An administrator adds a user, gives it a key and later disables it; what its rights forbid is refused."""
    values = {"full_name": "Order <desk>", "license": "External User", "permission_set": "D365 READ"}
    await administrator.press("/users", "new", name="orders", **values)
    assert "Order &lt;desk&gt;" in administrator.page
    assert await administrator.press("/users", "new", name="ORDERS", **values) == 400
    await administrator.go("/users/ORDERS")
    await administrator.press("/users/ORDERS", "change_key", expires="never")
    auth = ("orders", administrator.new_key)
    assert (await erp.http.get("customers", auth=auth)).status_code == 200
    refused = await erp.http.post("customers", json={"displayName": "A"}, auth=auth)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "Authorization_RequestDenied")
    await administrator.press("/users/ORDERS", "permission_set", permission_set="D365 BUS FULL ACCESS")
    assert (await erp.http.post("customers", json={"displayName": "A"}, auth=auth)).status_code == 201
    await administrator.press("/users/ORDERS", "disable")
    assert (await erp.http.get("customers", auth=auth)).status_code == 401


async def test_the_last_administrator_stays(administrator: Browser) -> None:
    """The only enabled user with SUPER can neither be disabled nor lose it."""
    await administrator.go("/users/ADA")
    for action, form in (("disable", {}), ("permission_set", {"permission_set": "D365 READ"})):
        assert await administrator.press("/users/ADA", action, **form) == 400
        assert "At least one enabled user must have the SUPER permission set." in administrator.error
    assert await administrator.go("/users/NOBODY") == 404


async def test_services_are_published_on_their_page(erp: Erp, administrator: Browser) -> None:
    """The page publishes, renames and takes back; each is seen by clients at once."""
    await administrator.go("/web-services")
    await administrator.press("/web-services", "publish", number="21", name="My Customers")
    assert f"{COMPANY}/My_Customers" in administrator.page.replace("&#39;", "'")
    assert (await erp.http.get(f"{COMPANY}/My_Customers")).status_code == 200
    await administrator.press("/web-services", "rename", name="My Customers", new_name="Clients")
    assert (await erp.http.get(f"{COMPANY}/My_Customers")).status_code == 404
    assert (await erp.http.get(f"{COMPANY}/Clients")).status_code == 200
    await administrator.press("/web-services", "unpublish", name="Clients")
    assert (await erp.http.get(f"{COMPANY}/Clients")).status_code == 404
    await administrator.press("/web-services", "publish_all")
    assert (await erp.http.get(f"{COMPANY}/CustomerCard")).status_code == 200


@pytest.mark.parametrize(
    ("number", "name", "text"),
    [
        ("21", "1st", "The service name '1st' is not valid."),
        ("21", "Company", "The service name 'Company' is not valid."),
        ("21", "taken", "The service name 'taken' is in use already."),
        ("4711", "Other", "There is no object Page 4711 that can be published."),
    ],
)
async def test_names_that_cannot_be_published(administrator: Browser, number: str, name: str, text: str) -> None:
    """A name must fit into an address and be free, and the page must exist."""
    await administrator.go("/web-services")
    await administrator.press("/web-services", "publish", number="14", name="Taken")
    assert await administrator.press("/web-services", "publish", number=number, name=name) == 400
    assert administrator.error.replace("&#39;", "'").startswith(text)


async def test_one_call_publishes_all_that_the_integration_needs(erp: Erp) -> None:
    """An administrator publishes by a call; calling again changes nothing."""
    auth = (ADMINISTRATOR.address, ADMINISTRATOR.password)
    for _ in range(2):
        answer = await erp.http.post(f"{SITE}/sandbox/web-services", json={"publish": "integration"}, auth=auth)
        assert answer.status_code == 200
    lines = answer.json()["webServices"]
    assert {line["objectId"] for line in lines} >= {7, 14, 21, 300, 428, 5050}
    assert len({line["objectId"] for line in lines}) == len(lines)
    for line in lines:
        assert (await erp.http.get(line["url"])).status_code == 200


@pytest.mark.parametrize(
    ("auth", "status"),
    [
        (None, 401),
        ((ADMINISTRATOR.address, "guess"), 401),
        ((CLERK.address, CLERK.password), 403),
        (("ERPUSER", CREDENTIALS.web_service_access_key), 403),
    ],
)
async def test_others_cannot_publish(erp: Erp, auth: tuple[str, str] | None, status: int) -> None:
    """Without SUPER the call publishes nothing."""
    answer = await erp.http.post(f"{SITE}/sandbox/web-services", json={"publish": "all"}, auth=auth)
    assert answer.status_code == status
    assert [entry["name"] for entry in (await erp.http.get(SERVICES)).json()["value"]] == ["Company"]


async def test_page_810_publishes_over_the_wire(erp: Erp, administrator: Browser, refusal: Refusal) -> None:
    """Once page 810 is published, an administrator publishes by OData; others are refused."""
    await administrator.go("/web-services")
    await administrator.press("/web-services", "publish", number="810", name="")
    await administrator.go("/users/ADA")
    await administrator.press("/users/ADA", "change_key", expires="never")
    line = {"Object_Type": "Page", "Object_ID": 21, "Service_Name": "Cards", "Published": True}
    refused = await erp.http.post(f"{COMPANY}/WebServices", json=line)
    assert refusal(refused)[:2] == (403, "Authorization_RequestDenied")
    auth = ("ADA", administrator.new_key)
    made = await erp.http.post(f"{COMPANY}/WebServices", json=line, auth=auth)
    assert made.status_code == 201
    assert (await erp.http.get(f"{COMPANY}/Cards")).status_code == 200
    address = f"{COMPANY}/WebServices(Object_Type='Page',Service_Name='Cards')"
    await erp.http.patch(address, json={"Published": False}, headers={"If-Match": "*"}, auth=auth)
    assert (await erp.http.get(f"{COMPANY}/Cards")).status_code == 404
