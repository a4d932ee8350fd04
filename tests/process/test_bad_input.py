"""Bad input and a bad world: a clear error with the next step, no traceback, and nothing half done."""

import copy
import json
import signal
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.independent_reader import compare, read_systems, writes_of

from .program import PATIENCE_S, Product, Sandbox, assert_refused, kill, serving

_CUSTOMERS = b"number,displayName,creditLimit\nC1,Anna Weber,100\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with one good customer."""
    data = tmp_path / "data"
    (data / "erp").mkdir(parents=True)
    (data / "erp" / "customers.csv").write_bytes(_CUSTOMERS)
    return data


@contextmanager
def unchanged(product: Product, sandbox: Sandbox | None = None) -> Iterator[None]:
    """Nothing in the product's database, and nothing on the servers, changes meanwhile."""
    content = product.content()
    writes = writes_of(sandbox.details) if sandbox else None
    yield
    assert product.content() == content
    assert (writes_of(sandbox.details) if sandbox else None) == writes


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        (b"number,displayName,creditLimt\nC1,Anna Weber,100\n", "line 1, column creditLimt", "unknown column"),
        (b"number,displayName,creditLimit\nC1,Anna Weber,much\n", "line 2, column creditLimit", "much"),
        (b"number,displayName\nC1,Anna Weber\nC2,Ole Berg\nC1,Ida Moe\n", "line 4, column number", "C1"),
        (b"number,displayName\nC1,Anna W\xe9ber\n", "line 2", "0xe9 is not UTF-8"),
    ],
    ids=["unknown-column", "wrong-type", "duplicate-number", "broken-encoding"],
)
def test_a_bad_data_file_loads_nothing(product: Product, folder: Path, content: bytes, where: str, what: str) -> None:
    """Sandbox and demo name file, line, column and value, exit 2, and no company is left behind."""
    (folder / "erp" / "customers.csv").write_bytes(content)
    for words in (("sandbox", "--crm-port", 0, "--erp-port", 0, "--json"), ("demo", "--exit")):
        said = product.run(*words, "--data", folder)
        assert_refused(said, "erp/customers.csv", where, what, "Correct the files")
    assert list(product.home.rglob("company")) == []
    assert list(product.home.rglob("loading-*")) == []
    assert list(product.home.rglob("crosstie.sqlite")) == []


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> Product:
    """A product that is connected to the shared servers."""
    product = Product(tmp_path_factory.mktemp("connected") / "home")
    product.set_up(sandbox.details)
    return product


@pytest.mark.parametrize(
    ("side", "member", "words", "json_words"),
    [
        ("crm", "client_secret", ("Dataverse", "secret"), ()),
        ("erp", "client_secret", ("Business Central", "secret"), ("--json",)),
        ("erp", "web_service_access_key", ("Business Central", "credentials"), ()),
        ("crm", "client_id", ("Dataverse", "client id"), ("--json",)),
        ("erp", "company_id", ("Business Central", "company"), ("--json",)),
    ],
)
def test_wrong_credentials_are_not_saved(
    connected: Product, sandbox: Sandbox, *, side: str, member: str, words: tuple[str, ...], json_words: tuple[str, ...]
) -> None:
    """A set-up that a system refuses says which one, and saves nothing; the connection that was there stays."""
    wrong = copy.deepcopy(sandbox.details)
    wrong[side][member] = "11111111-2222-3333-4444-555555555555"
    if member == "web_service_access_key":
        wrong["erp"] |= {"client_id": None, "client_secret": None, "token_url": None}
    with unchanged(connected, sandbox):
        said = connected.run("setup", "--answers", "-", *json_words, stdin=json.dumps(wrong) + "\n")
    assert_refused(said, *words)
    assert "555555555555" not in said.text or member in {"client_id", "company_id"}


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (b"", ("crm",)),
        (b"{broken", ("neither JSON nor TOML",)),
        (b"\xff\xfe\x00", ("cannot be read",)),
        (b'{"crm": {}}', ("erp", "nothing was saved")),
        (b'{"crm": {"ur": "x"}, "erp": {}}', ("unknown member 'ur'", "url")),
        (b'{"crm": {"url": 7}, "erp": {}}', ("crm.url", "must be text")),
        (b'{"crm": {}, "erp": {}}', ("url",)),
        (b'{"crm": {"url": "nowhere"}, "erp": {"url": "ftp://x"}}', ("url",)),
    ],
)
def test_malformed_answers_save_nothing(
    product: Product, tmp_path: Path, answers: bytes, words: tuple[str, ...]
) -> None:
    """Answers that are no document, lack a section, or hold what nobody knows are refused by name."""
    path = tmp_path / "answers.json"
    path.write_bytes(answers)
    json_words = ("--json",) if len(answers) % 2 else ()
    assert_refused(product.run("setup", "--answers", path, *json_words), *words)
    assert product.count("connection") == 0


def test_answers_that_are_not_there(product: Product, tmp_path: Path) -> None:
    """A missing file of answers is named."""
    said = product.run("setup", "--answers", tmp_path / "nothing.toml", "--json")
    assert_refused(said, str(tmp_path / "nothing.toml"), "cannot be read")
    assert product.count("connection") == 0


def test_nothing_is_connected_yet(product: Product) -> None:
    """Every command that needs a connection says that there is none and what makes one."""
    for words in (("full-synch", "start"), ("connection", "show")):
        assert_refused(product.run(*words, "--json"), "No CRM and ERP are connected", "crosstie setup")


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that somebody else listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield int(listener.getsockname()[1])


@pytest.mark.parametrize("option", ["--crm-port", "--erp-port"])
def test_a_port_in_use(product: Product, taken_port: int, option: str) -> None:
    """The sandbox names the port and the option that chooses another, and loads nothing."""
    other = "--erp-port" if option == "--crm-port" else "--crm-port"
    said = product.run("sandbox", option, taken_port, other, 0, "--json")
    assert_refused(said, f"Port {taken_port}", option)
    assert list(product.home.rglob("company")) == []


def test_a_port_in_use_for_the_web_page(product: Product, taken_port: int) -> None:
    """The demo refuses before it starts anything when its page could not be shown."""
    said = product.run("demo", "--port", taken_port, "--json")
    assert_refused(said, f"Port {taken_port}", "another port")
    assert not product.home.exists()


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Product, Sandbox]:
    """A product that was connected to servers that are gone."""
    folder = tmp_path_factory.mktemp("stopped")
    product = Product(folder / "home")
    with serving(Sandbox(folder / "state")) as sandbox:
        product.set_up(sandbox.details)
    return product, sandbox


@pytest.mark.parametrize(
    "words",
    [
        ("connection", "test"),
        ("full-synch", "start"),
        ("synch", "customer"),
        ("explain", "C00010"),
        ("couple", "CUSTOMER", "C00010", "x"),
    ],
    ids=" ".join,
)
def test_servers_that_are_down(stopped: tuple[Product, Sandbox], words: tuple[str, ...]) -> None:
    """A command says at once which server does not answer, where it was looked for, and changes nothing."""
    product, sandbox = stopped
    with unchanged(product):
        said = product.run(*words, "--json")
    host = sandbox.details["crm"]["url"].removeprefix("http://")
    assert_refused(said, "Dataverse", host, "does not answer")


def test_servers_that_go_away_in_the_middle_and_come_back(
    product: Product, own_sandbox: Callable[..., Sandbox]
) -> None:
    """A run outlives its servers' restart by itself: it ends well, and everything is there once and equal."""
    sandbox = own_sandbox("--generate", 600)
    product.set_up(sandbox.details)
    running = product.start("full-synch", "start", "--json")
    try:
        while product.count("intent", "mapping = 'CUSTOMER'") == 0:
            assert running.poll() is None
        sandbox.kill()
        sandbox.start()
        out, err = running.communicate(timeout=PATIENCE_S)
    finally:
        kill(running)
    assert (running.returncode, err) == (0, ""), out
    figures = compare(read_systems(sandbox.details), product.database)
    assert {name: one.shown() for name, one in figures.items() if not one.is_clean} == {}
    writes = writes_of(sandbox.details)
    assert product.run("synch", "--json").code == 0
    assert writes_of(sandbox.details) == writes


@pytest.mark.full
def test_servers_that_go_away_in_the_middle_and_stay_away(
    product: Product, own_sandbox: Callable[..., Sandbox]
) -> None:
    """After its patience a run ends with exit code 1 and the reason; the next one, with the servers, completes it."""
    sandbox = own_sandbox("--generate", 600)
    product.set_up(sandbox.details)
    running = product.start("full-synch", "start", "--json")
    try:
        while product.count("intent", "mapping = 'CUSTOMER'") == 0:
            assert running.poll() is None
        sandbox.kill()
        out, err = running.communicate(timeout=900)
    finally:
        kill(running)
    assert (running.returncode, err) == (1, "")
    stopped = [job for job in json.loads(out)["jobs"] if job["status"] == "Error"]
    assert [job["mapping"] for job in stopped] == ["CUSTOMER"]
    assert "does not answer" in stopped[0]["message"] or "lease" in stopped[0]["message"]
    sandbox.start()
    assert product.run("full-synch", "start", "--json").code == 0
    figures = compare(read_systems(sandbox.details), product.database)
    assert {name: one.shown() for name, one in figures.items() if not one.is_clean} == {}


def test_a_database_of_a_newer_version(product: Product, sandbox: Sandbox) -> None:
    """Every command refuses a database that a newer program wrote, and leaves it as it is."""
    product.set_up(sandbox.details)
    with closing(sqlite3.connect(product.database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for words in (("jobs",), ("full-synch", "start")):
        with unchanged(product, sandbox):
            said = product.run(*words, "--json")
        assert_refused(said, "newer version of Crosstie", "9999", "nothing was changed", "Install that version")


@pytest.mark.parametrize(
    "words", [("jobs",), ("synch", "--json"), ("sandbox", "--crm-port", "0", "--erp-port", "0"), ("demo", "--exit")]
)
def test_a_home_that_cannot_be(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A home below a file is refused by its path; the file stays what it was."""
    file = tmp_path / "file"
    file.write_text("mine", encoding="utf-8")
    said = Product(file / "home").run(*words)
    assert_refused(said, str(file / "home"))
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    "words",
    [
        ("synch", "CUSTMER"),
        ("couple", "CUSTMER", "a", "b"),
        ("explain", "C00010", "--mapping", "CUSTMER"),
        ("errors", "CUSTMER"),
    ],
    ids=" ".join,
)
def test_an_unknown_mapping(synchronized: tuple[Product, Sandbox], words: tuple[str, ...]) -> None:
    """A mapping that is not there is refused with the names that are."""
    product, sandbox = synchronized
    with unchanged(product, sandbox):
        said = product.run(*words, "--json")
    assert_refused(said, "CUSTMER", "CONTACT, CURRENCY, CUSTOMER, SALESPEOPLE")


def test_two_processes_at_once(product: Product, own_sandbox: Callable[..., Sandbox]) -> None:
    """While one process runs jobs a second one is refused and does nothing; the first one ends well."""
    sandbox = own_sandbox("--generate", 600)
    product.set_up(sandbox.details)
    first = product.start("full-synch", "start", "--json")
    try:
        while product.count("intent") == 0:
            assert first.poll() is None
        first.send_signal(signal.SIGSTOP)
        for words in (("full-synch", "start"), ("synch",)):
            with unchanged(product):
                said = product.run(*words, "--json")
            assert_refused(said, "Another Crosstie process", str(product.home), "nothing was started")
        first.send_signal(signal.SIGCONT)
        out, err = first.communicate(timeout=PATIENCE_S)
    finally:
        kill(first)
    assert (first.returncode, err) == (0, ""), out
    figures = compare(read_systems(sandbox.details), product.database)
    assert {name: one.shown() for name, one in figures.items() if not one.is_clean} == {}


def test_an_unknown_variable(product: Product) -> None:
    """A variable with our prefix that nobody knows is refused by name, before anything is made."""
    for words in (("jobs",), ("demo", "--exit")):
        assert_refused(product.run(*words, "--json", CROSSTIE_HOEM="x"), "CROSSTIE_HOEM", "CROSSTIE_HOME")
    assert not product.home.exists()


def test_a_demo_beside_a_database_that_is_named(product: Product, tmp_path: Path) -> None:
    """A demo would replace the connection of the database that CROSSTIE_DATABASE_URL names; it is refused."""
    other = tmp_path / "real.sqlite"
    said = product.run("demo", "--exit", "--json", CROSSTIE_DATABASE_URL=f"sqlite:///{other}")
    assert_refused(said, "CROSSTIE_DATABASE_URL", "Nothing was done")
    assert not product.home.exists()
    assert not other.exists()


def test_a_wrong_key(product: Product, sandbox: Sandbox) -> None:
    """Secrets that another key encrypted are not usable; the error says so, and the right key still opens them."""
    right = {"CROSSTIE_KEY": "a long sentence that nobody guesses"}
    said = product.run("setup", "--answers", "-", "--json", stdin=json.dumps(sandbox.details) + "\n", **right)
    assert said.code == 0, said
    for words, later in ((("connection", "test"), {"CROSSTIE_KEY": "another"}), (("full-synch", "start"), {})):
        with unchanged(product, sandbox):
            said = product.run(*words, "--json", **later)
        assert_refused(said, "another key", "CROSSTIE_KEY")
    assert product.run("connection", "test", "--json", **right).code == 0
    _assert_hidden(product, [*sandbox.secrets, right["CROSSTIE_KEY"]])


def test_secrets_stay_secret(synchronized: tuple[Product, Sandbox]) -> None:
    """No command prints a secret and no file of the home holds one in the clear; the key file is its owner's only."""
    product, sandbox = synchronized
    for words in (("connection", "show"), ("connection", "show", "--json"), ("connection", "test", "--json")):
        said = product.run(*words)
        assert said.code == 0, said
        assert [secret for secret in sandbox.secrets if secret in said.out + said.err] == [], words
    _assert_hidden(product, sandbox.secrets)
    assert (product.home / "secret.key").stat().st_mode & 0o777 == 0o600


def _assert_hidden(product: Product, secrets: list[str]) -> None:
    files = [path for path in product.home.rglob("*") if path.is_file()]
    assert product.database in files
    for path in files:
        content = path.read_bytes()
        assert [secret for secret in secrets if secret.encode() in content] == [], path


@pytest.mark.parametrize("words", [("sync",), ("jobs", "--limit", "many"), ("explain",)])
def test_words_that_no_command_knows(product: Product, words: tuple[str, ...]) -> None:
    """A misspelt command or option is refused, as JSON if JSON was asked for, and nothing is made."""
    assert_refused(product.run(*words, "--json"), "crosstie --help")
    said = product.run(*words)
    assert said.code == 2, said
    assert "Usage:" in said.text
    assert "Traceback" not in said.text
    assert not product.home.exists()
