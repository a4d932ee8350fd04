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


def test_the_same_seed_makes_the_same_world(running: Running, tmp_path: Path) -> None:
    """Two folders with one seed hold the same rows under the same ids; faults follow it; secrets never do."""
    worlds = []
    for name in ("one", "other"):
        words = ("--generate", 3, "--seed", 7, "--faults", "chance=0")
        process, details = running("--state", tmp_path / name, *words)
        assert httpx2.get(f"{details['crm']['url']}/_hostile").json()["seed"] == 7
        with erp_of(details) as erp:
            rows = erp.get("customers?$select=id,number,displayName").json()["value"]
            made = erp.post("customers", json={"displayName": "Afterwards"}).json()["id"]
        worlds.append((details, rows, made))
        process.kill()
    (one, rows, made), (other, other_rows, other_made) = worlds
    assert one["erp"]["company_id"] == other["erp"]["company_id"]
    assert [(row["id"], row["displayName"]) for row in rows] == [(row["id"], row["displayName"]) for row in other_rows]
    assert made != other_made
    for secret in ("client_secret", "web_service_access_key", "client_id"):
        assert one["erp"][secret] != other["erp"][secret]


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
        ("--seed", "one"),
        ("--tls", "--crm-tls-port", "1"),
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


@pytest.mark.parametrize("words", [(), ("--tls",)])
def test_people_get_a_banner_with_requests_that_run(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Without --json people are shown addresses, credentials and requests; a shell that runs those gets rows."""
    process = start("--state", tmp_path / "state", "--generate", 4, *words)
    assert process.stdout is not None
    shown = []
    for line in iter(process.stdout.readline, ""):
        shown.append(line)
        if line.startswith("Stop:"):
            break
    scripts = tmp_path / "bin"
    scripts.mkdir()
    curl = scripts / "curl"
    curl.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("curl.py")}" "$@"\n', "utf-8")
    curl.chmod(0o755)
    begin = shown.index("Try\n") + 1
    examples = "set -e\n" + "".join(shown[begin : shown.index("\n", begin)])
    environment = {**os.environ, "PATH": f"{scripts}:{os.environ['PATH']}"}
    told = subprocess.run(["/bin/sh"], input=examples, env=environment, capture_output=True, text=True, check=False)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=PATIENCE) == 0
    process.communicate()
    assert told.returncode == 0, (examples, told.stderr)
    text = "".join(shown)
    assert f"Sandbox CRM   {'https://localhost:' if words else 'http://127.0.0.1:'}" in text
    for who in ("administrator", "user", "disabled"):
        assert f"  {who}\n" in text
    decoder, rest, answers = simplejson.JSONDecoder(), told.stdout, []
    while rest:
        found, end = decoder.raw_decode(rest)
        answers.append(found)
        rest = rest[end:]
    assert [len(answer["value"]) for answer in answers] == [3, 3]


def test_limits_hold_from_the_start(running: Running, tmp_path: Path) -> None:
    """With --limits the second request of each server is refused in its vendor's words; a bad limit starts nothing."""
    _, details = running("--state", tmp_path / "state", "--generate", 1, "--limits", "crm.requests=1,erp.requests=1")
    crm = details["crm"]
    form = {name: crm[name] for name in ("client_id", "client_secret")} | {"grant_type": "client_credentials"}
    headers = {"Authorization": f"Bearer {httpx2.post(crm['token_url'], data=form).json()['access_token']}"}
    address = f"{crm['url']}/api/data/v9.2/WhoAmI"
    assert httpx2.get(address, headers=headers).status_code == 200
    refusal = httpx2.get(address, headers=headers)
    assert (refusal.status_code, refusal.json()["error"]["code"]) == (429, "0x80072322")
    assert int(refusal.headers["Retry-After"]) > 0
    with erp_of(details) as erp:
        assert [erp.get("customers").status_code for _ in range(2)] == [200, 429]
    assert refused("--state", tmp_path / "other", "--limits", "crm.requests=none")["code"] == "usage"
    assert not (tmp_path / "other").exists()
