"""How the pages answer: headers, static files, what is refused, and what a failure looks like."""

import pytest
import sqlalchemy as sa
from tests.integration.web.conftest import Site
from tests.integration.web.page_reading import PageReader

from crosstie.web.pages import PAGES

CSP = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


@pytest.mark.parametrize("address", [*(page.address for page in PAGES), "/nowhere"])
async def test_every_page_forbids_foreign_content_and_storing(site: Site, address: str) -> None:
    """Every page, also one that does not exist, carries the security headers and is not stored."""
    headers = (await site.http.get(address)).headers
    assert headers["Content-Security-Policy"] == CSP
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


async def test_static_files_are_kept_for_ever_under_their_content_hash(site: Site) -> None:
    """Every file that a page names exists and may be kept; a file that does not exist may not."""
    page = PageReader(await site.html("/"))
    named = [*page.attributes("link", "href"), *page.attributes("script", "src"), *page.attributes("use", "href")]
    addresses = sorted({(address or "").partition("#")[0] for address in named})
    assert [address.partition("?")[0].removeprefix("/static/") for address in addresses] == [
        "app.css",
        "htmx.min.js",
        "icons.svg",
        "mark.svg",
        "tokens.css",
    ]
    for address in addresses:
        answer = await site.http.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    missing = await site.http.get("/static/gone.css?v=0123456789")
    assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-store")


async def test_every_icon_that_is_named_is_in_the_sprite(site: Site) -> None:
    """No page names an icon that the sprite lacks."""
    sprite = (await site.http.get("/static/icons.svg")).text
    for page in PAGES:
        for href in PageReader(await site.html(page.address)).attributes("use", "href"):
            assert f'<symbol id="{(href or "").partition("#")[2]}"' in sprite


async def test_an_unknown_address_gets_a_friendly_page(site: Site) -> None:
    """A mistyped address says so, keeps the menu, and shows the way back."""
    answer = await site.http.get("/nowhere")
    assert answer.status_code == 404
    assert "This page does not exist" in answer.text
    links = PageReader(answer.text).attributes("a", "href")
    assert {page.address for page in PAGES} <= set(links)


async def test_pages_take_no_changes(site: Site) -> None:
    """A post is refused with a page that says that nothing was changed."""
    answer = await site.http.post("/jobs")
    assert answer.status_code == 405
    assert "Nothing was changed." in answer.text


async def test_a_cross_site_post_is_refused(site: Site) -> None:
    """What another site sends in a visitor's name is refused before it reaches a page."""
    answer = await site.http.post("/jobs", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "nothing was changed" in answer.text


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST"])
async def test_loopback_names_are_answered(site: Site, host: str) -> None:
    """The usual names of this machine work, with and without a port."""
    assert (await site.http.get("/", headers={"Host": host})).status_code == 200


async def test_a_foreign_name_of_this_machine_is_refused(site: Site) -> None:
    """A name that somebody pointed at this machine shows nothing of the database."""
    answer = await site.http.get("/", headers={"Host": "rebound.example:8080"})
    assert answer.status_code == 421
    assert "rebound.example" in answer.text
    assert "Bergbach" not in answer.text


async def test_an_error_of_our_own_is_a_page_and_not_a_traceback(site: Site) -> None:
    """When the database fails, the page says so with the same headers and without technical words."""
    with site.crosstie.engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE full_synch_line"))
    answer = await site.http.get("/")
    assert answer.status_code == 500
    assert "The page could not be made" in answer.text
    assert "full_synch_line" not in answer.text
    assert answer.headers["Content-Security-Policy"] == CSP
    assert answer.headers["Cache-Control"] == "no-store"
