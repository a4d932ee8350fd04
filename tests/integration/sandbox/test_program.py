"""`python -m crosstie_sandbox` as a process: start, serve, stop, survive."""

import html
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import pytest
import simplejson

PATIENCE = 20
Running = Callable[..., tuple[subprocess.Popen[str], dict[str, Any]]]


def start(*words: object, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    """The program with these options."""
    return subprocess.Popen(
        [sys.executable, "-m", "crosstie_sandbox", *map(str, words)],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def first_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The first line of standard output, which comes when both servers serve."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        pytest.fail(f"the program ended without a word: {process.communicate(timeout=PATIENCE)}")
    found: dict[str, Any] = simplejson.loads(line)
    return found


def refused(*words: object) -> dict[str, str]:
    """The error of a start that must fail with exit code 2, no traceback, and the same words for people."""
    process = start(*words, "--json")
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2, (output, errors)
    assert "Traceback" not in errors
    answer = simplejson.loads(output)
    assert answer["ok"] is False
    error: dict[str, str] = answer["error"]
    assert errors == f"{error['message']}\nNext: {error['next_step']}\n"
    return error


@pytest.fixture
def running() -> Iterator[Running]:
    """Starts programs with --json and sees to it that none outlives the test."""
    processes: list[subprocess.Popen[str]] = []

    def run(*words: object, stdin: int = subprocess.DEVNULL) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        process = start(*words, "--json", stdin=stdin)
        processes.append(process)
        return process, first_line(process)

    yield run
    for process in processes:
        process.kill()
        process.communicate(timeout=PATIENCE)


def erp_of(details: dict[str, Any]) -> httpx2.Client:
    """A client of the ERP, signed in with the access key."""
    erp = details["erp"]
    return httpx2.Client(
        base_url=f"{erp['url']}/api/v2.0/companies({erp['company_id']})/",
        auth=(erp["user"], erp["web_service_access_key"]),
    )


def test_both_servers_serve_what_the_first_line_says(running: Running, tmp_path: Path) -> None:
    """The JSON line comes when both accept connections; its credentials open both, and SIGTERM ends it with 0."""
    process, details = running("--state", tmp_path / "state")
    assert set(details) == {"crm", "erp", "sign_in"}
    assert len(details["erp"]["web_service_access_key"]) == 44
    for name in ("crm", "erp"):
        server = details[name]
        assert server["tls_url"].startswith("https://localhost:")
        form = {"grant_type": "client_credentials", "client_id": server["client_id"], "scope": "x"}
        token = httpx2.post(server["token_url"], data={**form, "client_secret": server["client_secret"]}).json()
        path = "/api/data/v9.2/organizations" if name == "crm" else "/api/v2.0/companies"
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        rows = httpx2.get(f"{server['url']}{path}", headers=headers).json()["value"]
        assert [row["name"] for row in rows] == ["Gleisdreieck" if name == "crm" else "Gleisdreieck Handel AG"]
    with erp_of(details) as erp:
        assert erp.get("customers/$count").content == b"\xef\xbb\xbf40"
        ids = [row["id"] for row in erp.get("customers?$select=id").json()["value"]]
        chain = " or ".join(f"id eq {identity}" for identity in ids * 15)
        assert len(erp.get("customers", params={"$filter": chain}).json()["value"]) == 40
    assert (tmp_path / "state" / "credentials.json").stat().st_mode & 0o777 == 0o600
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 0
    assert process.communicate()[1] == ""


def test_the_state_outlives_the_process(running: Running, tmp_path: Path) -> None:
    """After SIGKILL every acknowledged write is there, with the same company, credentials and tokens."""
    state = tmp_path / "state"
    process, details = running("--state", state, "--generate", 3, "--seed", 1)
    with erp_of(details) as erp:
        created = [erp.post("customers", json={"displayName": f"A{index}"}).json() for index in range(5)]
    process.kill()
    process.wait(timeout=PATIENCE)
    _, again = running("--state", state)
    for secret in ("client_id", "client_secret", "web_service_access_key", "company_id"):
        assert again["erp"][secret] == details["erp"][secret]
    with erp_of(again) as erp:
        assert erp.get("customers/$count").text == "\ufeff8"
        for row in created:
            assert erp.get(f"customers({row['id']})").json()["@odata.etag"] == row["@odata.etag"]


def test_published_services_and_a_changed_key_outlive_the_process(running: Running, tmp_path: Path) -> None:
    """`--publish` publishes; a key changed on the page is good after the next start, which shows no old one."""
    state = tmp_path / "state"
    process, details = running("--state", state, "--publish")
    url, user = details["erp"]["url"], details["erp"]["user"]
    administrator = next(person for person in details["sign_in"]["people"] if person["is_administrator"])
    with httpx2.Client(base_url=url, follow_redirects=True) as browser:
        signed_in = {"login": administrator["address"], "password": administrator["password"]}
        assert user in browser.post("/sign-in", data=signed_in).text
        token = re.search(r'name="form_token" value="(\w+)"', browser.get(f"/users/{user}").text)
        assert token is not None
        form = {"form_token": token[1], "action": "change_key", "expires": "never"}
        key = re.search(r'id="new_key">([^<]+)<', browser.post(f"/users/{user}", data=form).text)
        assert key is not None
    process.terminate()
    process.wait(timeout=PATIENCE)
    _, again = running("--state", state)
    assert again["erp"]["web_service_access_key"] is None
    card = f"{again['erp']['url']}/ODataV4/CustomerCard('C00010')?company=Gleisdreieck Handel AG"
    assert httpx2.get(card, auth=(user, html.unescape(key[1]))).json()["Name"] == "Ewa O'Neill"
    assert httpx2.get(card, auth=(user, details["erp"]["web_service_access_key"])).status_code == 401


def test_another_company_needs_a_reset(running: Running, tmp_path: Path) -> None:
    """Data options that differ from what is there are refused; --reset replaces the company."""
    state = tmp_path / "state"
    process, _ = running("--state", state, "--generate", 3)
    process.terminate()
    process.wait(timeout=PATIENCE)
    error = refused("--state", state, "--generate", 4)
    assert error["code"] == "other_company"
    assert "--reset" in error["next_step"]
    process, details = running("--state", state, "--generate", 3)
    with erp_of(details) as erp:
        assert erp.get("customers/$count").text == "\ufeff3"
    assert refused("--state", state)["code"] == "state_in_use"
    process.terminate()
    process.wait(timeout=PATIENCE)
    _, details = running("--state", state, "--generate", 4, "--reset", "--no-manual-numbers")
    with erp_of(details) as erp:
        assert erp.get("customers/$count").text == "\ufeff4"
        assert erp.post("customers", json={"displayName": "A", "number": "X"}).status_code == 400
    assert sorted(path.name for path in state.iterdir()) == [".lock", "company", "credentials.json", "tls"]


def test_bad_data_loads_nothing(tmp_path: Path) -> None:
    """A wrong file ends the program with an explanation, leaves no company behind and replaces none."""
    (tmp_path / "data" / "erp").mkdir(parents=True)
    (tmp_path / "data" / "erp" / "customers.csv").write_text("number,nam\n1,A\n", encoding="utf-8")
    state = tmp_path / "state"
    error = refused("--state", state, "--data", tmp_path / "data")
    assert error["code"] == "bad_data"
    assert "erp/customers.csv line 1, column nam: unknown column" in error["message"]
    assert sorted(path.name for path in state.iterdir()) == [".lock", "tls"]
    (state / "company").mkdir()
    (state / "company" / "erp.sqlite").write_bytes(b"what was there")
    assert refused("--state", state, "--data", tmp_path / "data", "--reset")["code"] == "bad_data"
    assert (state / "company" / "erp.sqlite").read_bytes() == b"what was there"


def test_a_killed_load_is_not_taken_for_a_company(running: Running, tmp_path: Path) -> None:
    """What a load that was killed left behind is swept away and the company loaded anew."""
    state = tmp_path / "state"
    process = start("--state", state, "--generate", 200_000)
    while not list(state.glob("loading-*/erp.sqlite")):
        assert process.poll() is None
    process.kill()
    process.communicate(timeout=PATIENCE)
    assert not (state / "company").exists()
    _, details = running("--state", state, "--generate", 2)
    with erp_of(details) as erp:
        assert erp.get("customers/$count").text == "\ufeff2"
    assert not list(state.glob("loading-*"))


def test_a_taken_port_is_explained(tmp_path: Path) -> None:
    """A port in use is named, with the option that chooses another, and no state is made."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        error = refused("--state", tmp_path / "state", "--erp-port", port)
    assert error["code"] == "port_in_use"
    assert str(port) in error["message"]
    assert "--erp-port" in error["next_step"]
    assert not (tmp_path / "state").exists()


def test_a_folder_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    """A state folder that cannot be made, is damaged, or comes from another version is named."""
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert refused("--state", tmp_path / "file" / "state")["code"] == "state_unusable"
    company = tmp_path / "state" / "company"
    company.mkdir(parents=True)
    note = company / "company.json"
    note.write_text("{", encoding="utf-8")
    assert refused("--state", tmp_path / "state")["code"] == "state_unusable"
    note.write_text('{"format": 99}', encoding="utf-8")
    assert refused("--state", tmp_path / "state")["code"] == "other_version"
    note.write_text('{"format": 2}', encoding="utf-8")
    for name in ("crm.sqlite", "erp.sqlite"):
        (company / name).write_bytes(b"this is no database at all, " * 40)
    error = refused("--state", tmp_path / "state")
    assert error["code"] == "state_unusable"
    assert "file is not a database" in error["message"]


@pytest.mark.parametrize(
    "words",
    [
        ("--generate", "many"),
        ("--generate", "0"),
        ("--seed", "1"),
        ("--data", "x", "--generate", "1"),
        ("--frobnicate",),
    ],
)
def test_options_that_make_no_sense_are_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A wrong command line ends with code 2 and says what is wrong, and nothing is made."""
    assert refused("--state", tmp_path / "state", *words)["code"] == "usage"
    assert not (tmp_path / "state").exists()


def test_it_goes_with_its_parent(running: Running, tmp_path: Path) -> None:
    """With --exit-with-parent the end of standard input stops the servers gracefully."""
    reading, writing = os.pipe()
    process, _ = running("--state", tmp_path / "state", "--generate", 1, "--exit-with-parent", stdin=reading)
    os.close(reading)
    assert process.poll() is None
    os.close(writing)
    assert process.wait(timeout=PATIENCE) == 0


def test_people_get_a_banner(tmp_path: Path) -> None:
    """Without --json the addresses, the credentials and a request to try are printed for people."""
    process = start("--state", tmp_path / "state", "--generate", 1)
    assert process.stdout is not None
    lines = iter(process.stdout.readline, "")
    shown = []
    for line in lines:
        shown.append(line)
        if line.startswith("Stop:"):
            break
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=PATIENCE) == 0
    process.communicate()
    text = "".join(shown)
    assert "Sandbox CRM   http://127.0.0.1:" in text
    assert "curl -g -u 'CROSSTIE:" in text
