"""dynamics-web-api, a client for Node that others wrote, unmodified, against the sandbox CRM.

One session of `dynamics_web_api/session.mjs` does everything; each test looks at what it saw in a step.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import simplejson
from tests.integration.sandbox.program import running

pytestmark = pytest.mark.full
SOURCES = Path(__file__).parent / "dynamics_web_api"
PATIENCE_S = 180
Seen = dict[str, Any]


def node(*words: str, folder: Path, environment: dict[str, str] | None = None) -> str:
    """What a program of Node writes; where Node is missing that is a failure, for then nothing was proved."""
    found = shutil.which(words[0])
    assert found is not None, f"'{words[0]}' is not installed: these tests need Node 20 or newer with npm."
    done = subprocess.run(
        [found, *words[1:]],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """What the client saw, by step."""
    folder = tmp_path_factory.mktemp("dynamics_web_api")
    for name in ("package.json", "session.mjs"):
        shutil.copy(SOURCES / name, folder)
    node("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", folder=folder)
    with running("--state", folder / "state", "--generate", 1) as program:
        crm = program.details["crm"]
        form = {"grant_type": "client_credentials", "scope": f"{crm['url']}/.default"}
        form |= {name: crm[name] for name in ("client_id", "client_secret")}
        token = httpx2.post(crm["token_url"], data=form).json()["access_token"]
        environment = {"CRM_URL": crm["url"], "CRM_TOKEN": token}
        yield simplejson.loads(node("node", "session.mjs", folder=folder, environment=environment).splitlines()[-1])


def test_every_step_was_taken(seen: Seen) -> None:
    """No step failed in the client."""
    assert {name: step for name, step in seen.items() if isinstance(step, dict) and "failed" in step} == {}


def test_rows_are_created(seen: Seen) -> None:
    """The id is read from the header; the representation has what was selected and expanded."""
    north, south = seen["create"]
    assert len({north, south, seen["createBelow"]}) == 3
    made = seen["createWithRepresentation"]
    assert (made["fullname"], made["parentcustomerid_account"]["name"]) == ("Ada Zed", "Nörd")


def test_rows_are_retrieved(seen: Seen) -> None:
    """With expands and labels, along lookups and as references; a fresh copy saves the body, a missing row is 404."""
    row = seen["retrieve"]
    assert (row["name"], [one["fullname"] for one in row["contact_customer_accounts"]]) == ("Nörd", ["Ada Zed"])
    assert row["createdon_Formatted"]
    assert seen["retrieveFresh"] is None
    assert seen["retrieveAlong"]["name"] == "Nörd"
    reference = seen["retrieveReference"]
    assert (reference["id"], reference["collection"]) == (seen["create"][0], "accounts")
    assert (seen["retrieveMissing"]["status"], seen["retrieveMissing"]["code"]) == (404, "0x80040217")


def test_rows_are_changed(seen: Seen) -> None:
    """Updates with and without representation, of single properties, refused when stale; upserts with preconditions."""
    assert (seen["update"]["row"]["fax"], seen["update"]["row"]["telephone1"]) == ("3", "2")
    assert seen["updateStale"] == {"accepted": False}
    assert seen["updateSingleProperty"]["telephone2"] == "22"
    assert seen["deleteProperty"]["telephone2"] is None
    upsert = seen["upsert"]
    assert (upsert["created"], upsert["prevented"], upsert["missing"]) == ("Made", None, None)
    assert seen["deleteRecord"]["status"] == 404


def test_sets_are_queried(seen: Seen) -> None:
    """Counts, pages, everything at once, collections, and filters so long that the client sends them as a batch."""
    assert seen["count"] == [3, 1, 1]
    everything = ["Made again", "Nörd", "Süd"]
    assert seen["pages"] == {"names": everything, "count": 3, "all": everything}
    assert seen["longFilter"] == ["Süd"]
    assert seen["lambda"] == ["Nörd"]
    assert seen["apply"] == [{"statecode": 0, "n": 2}]


def test_changes_are_tracked(seen: Seen) -> None:
    """The delta link leads to what changed and what was deleted since."""
    assert seen["trackChanges"] == {"first": 3, "second": ["South", "deleted"]}


def test_fetchxml_has_pages(seen: Seen) -> None:
    """The client finds its way through the cookies, page by page and all at once."""
    assert seen["fetch"] == {"names": ["Nörd", "South"], "all": ["Nörd", "South"]}


def test_functions_and_actions_are_called(seen: Seen) -> None:
    """Unbound and bound ones, with parameters as aliases and as rows."""
    assert seen["functions"]["counted"]["Values"] == [2, 2]
    assert seen["functions"]["privileges"] is True
    assert seen["actions"] == {"made": 2, "members": 1}
    assert (seen["winQuote"]["statecode"], seen["winQuote"]["statuscode"]) == (2, 4)


def test_rows_are_associated(seen: Seen) -> None:
    """Through collections by a lookup and by an intersect table, and through lookups, both ways."""
    assert seen["associate"] == {"moved": True, "left": None, "back": True, "members": []}


def test_batches_are_executed(seen: Seen) -> None:
    """Change sets whose parts refer to each other, reads together; a change set that fails leaves nothing."""
    assert seen["batch"] == {"changed": 3, "fax": "77", "rows": 1, "count": 3}
    assert seen["failingBatch"]["told"][0][0] == 400
    assert seen["failingBatch"]["left"] == 0


def test_files_go_in_and_out_by_chunks(seen: Seen) -> None:
    """A file larger than a chunk comes back as it was sent, under its name, until it is removed."""
    assert seen["files"] == {"name": "large.bin", "size": 5 * 1024 * 1024, "same": True, "empty": None}


def test_metadata_is_read_and_altered(seen: Seen) -> None:
    """Tables, columns by cast, relationships, global option sets and the CSDL; a new table takes rows at once."""
    assert seen["entities"] == {"listed": ["accounts"], "name": "Account", "expanded": ["name"]}
    assert seen["attributes"] == {"choices": True, "length": 160}
    assert seen["relationships"] == {"referencing": "contact", "many": True}
    assert seen["makeTable"] == {"name": "W", "size": 7, "refused": 400}
    assert seen["optionSets"] == [1, 2]
    assert "<edmx:Edmx" in seen["csdl"]
