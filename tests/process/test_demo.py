"""`crosstie demo` as a newcomer types it, and the same flow with an independent look at both servers."""

import signal
from typing import Any

import httpx2
from tests.independent_reader import compare, read_systems

from .program import PATIENCE_S, Product, Said, Sandbox, assert_refused, kill

_MEMBERS = {"ok", "mappings", "second_run_writes", "seconds", "requests", "peak_rss_mb"}
_COUNTERS = {"inserted", "modified", "unchanged", "failed", "skipped", "coupled"}


def _assert_shown(said: Said) -> dict[str, Any]:
    """The demo ended well, and its last line has exactly the members that are promised; returns it."""
    assert (said.code, said.err) == (0, ""), said
    shown = said.json
    assert set(shown) == _MEMBERS
    assert (shown["ok"], shown["second_run_writes"]) == (True, 0)
    assert set(shown["mappings"]) == {"CONTACT", "CURRENCY", "CUSTOMER", "SALESPEOPLE"}
    for counters in shown["mappings"].values():
        assert set(counters) == _COUNTERS
        assert (counters["failed"], counters["skipped"]) == (0, 0)
    return shown


def test_a_demo_from_an_empty_home(product: Product) -> None:
    """From nothing to two companies in step with one command; a second demo in the same home begins anew."""
    first = _assert_shown(product.run("demo", "--exit", "--json"))
    assert {name: one["inserted"] for name, one in first["mappings"].items()} == {
        "CONTACT": 39,
        "CURRENCY": 1,
        "CUSTOMER": 36,
        "SALESPEOPLE": 0,
    }
    assert first["mappings"]["SALESPEOPLE"]["coupled"] == 8
    assert first["requests"] > 0
    assert 0 < first["seconds"] < PATIENCE_S
    assert 0 < first["peak_rss_mb"] < 500
    second = _assert_shown(product.run("demo", "--exit", "--json"))
    assert second["mappings"] == first["mappings"]


def test_a_folder_that_is_no_demo(product: Product) -> None:
    """A folder with somebody's files in it is refused untouched."""
    folder = product.home / "thesis"
    folder.mkdir(parents=True)
    (folder / "chapter.txt").write_text("years of work", encoding="utf-8")
    said = product.run("demo", "--exit", "--json", "--home", folder)
    assert_refused(said, str(folder), "nothing was done", "--home")
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir()} == {"chapter.txt": "years of work"}


def test_the_demo_ends_on_a_page(product: Product) -> None:
    """Without --exit a page shows what was synchronized, until Ctrl+C ends page and servers with exit code 0."""
    process = product.start("demo", "--port", 0)
    try:
        lines: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if "Look at" in line:
                break
        page = lines[-1].split()[2]
        answer = httpx2.get(page, timeout=PATIENCE_S)
        assert answer.status_code == 200
        assert "CUSTOMER" in answer.text
        erp = lines[0].split()[3].rstrip(",")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
    finally:
        kill(process)
    assert (process.returncode, err) == (0, ""), out
    assert _is_away(erp)
    assert _is_away(page)


def _is_away(url: str) -> bool:
    try:
        httpx2.get(url, timeout=PATIENCE_S)
    except httpx2.ConnectError:
        return True
    return False


def test_both_servers_hold_the_same(synchronized: tuple[Product, Sandbox]) -> None:
    """After the same flow in single commands, every mapped field of every pair is equal by an independent reading."""
    product, sandbox = synchronized
    figures = compare(read_systems(sandbox.details), product.database)
    assert {name: one.shown() for name, one in figures.items() if not one.is_clean} == {}
    assert {name: one.compared for name, one in figures.items()} == {
        "CURRENCY": 2,
        "SALESPEOPLE": 8,
        "CUSTOMER": 36,
        "CONTACT": 39,
    }
    assert {reason: len(found) for reason, found in figures["CONTACT"].excused.items()} == {
        "no person of a company": 40,
        "its customer is blocked": 6,
    }


def test_a_killed_demo_takes_its_servers_with_it(product: Product) -> None:
    """SIGKILL leaves no server behind that would hold ports and memory."""
    process = product.start("demo", "--port", 0)
    try:
        assert process.stdout is not None
        first = process.stdout.readline().split()
        urls = [word.strip(",.") for word in first if word.startswith("http")]
        assert len(urls) == 2
    finally:
        kill(process)
    patience = PATIENCE_S * 100
    while not all(map(_is_away, urls)):
        patience -= 1
        assert patience, urls
