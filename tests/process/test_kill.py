"""SIGKILL at any moment, again and again, while somebody edits both systems: nothing is lost, nothing is done twice."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random  # noqa: TID251 - seeded, and the seed is printed
from typing import Any

import pytest
from tests.independent_reader import Systems, compare, read_systems, writes_of

from .editor import Editor
from .program import PATIENCE_S, Product, Sandbox, kill, serving

_COUNTERPART = {
    "email": "emailaddress1",
    "phoneNumber": "telephone1",
    "website": "websiteurl",
    "addressLine1": "address1_line1",
    "city": "address1_city",
}


@dataclass(slots=True)
class Ordeal:
    """One product, both servers, and the chance that decides when to kill what."""

    product: Product
    sandbox: Sandbox
    chance: Random
    with_servers: bool
    """Kill everything at once, rather than the product alone."""
    step: int
    """How far, in records, a run gets before it is killed, at most."""
    kills: int = 0
    runs: int = 0
    left_open: int = 0
    """Intents that the kills left without an answer."""

    def run_once(self) -> None:
        """Start a full synchronization and kill it at a moment of its work, unless it ends before."""
        self.runs += 1
        arrived = self._moment()
        process = self.product.start("full-synch", "start", "--json")
        try:
            while process.poll() is None:
                if arrived():
                    self._kill(process)
                    break
            code, (_, complaint) = process.wait(timeout=PATIENCE_S), process.communicate()
            assert code in {0, 1, -signal.SIGKILL}, complaint
            assert "Traceback" not in complaint, complaint
        finally:
            kill(process)
        if self.sandbox.process is None:
            self.sandbox.start()

    def _moment(self) -> Callable[[], bool]:
        """A moment inside the run, by what it has done: intents committed, settled, or so many records on their way.

        Few more records are as likely as many. Some more looks are taken after the moment has come, so that it may
        fall on either side of the next step.
        """
        progress = self.chance.choice([self._intents, self._settled, self._on_the_way()])
        goal = progress() + int(self.step ** self.chance.random())
        looks = self.chance.choice([0, 0, self.chance.randrange(40)])

        def arrived() -> bool:
            nonlocal looks
            if progress() < goal:
                return False
            looks -= 1
            return looks < 0

        return arrived

    def _intents(self) -> int:
        return self.product.count("intent")

    def _settled(self) -> int:
        return self.product.count("intent", "state != 'open'")

    def _on_the_way(self) -> Callable[[], int]:
        """Records written at the servers since this run committed its first intents."""
        before, first = self._intents(), 0

        def written() -> int:
            nonlocal first
            if not first and self._intents() > before:
                first = sum(writes_of(self.sandbox.details))
            return sum(writes_of(self.sandbox.details)) - first if first else 0

        return written

    def _kill(self, process: subprocess.Popen[str]) -> None:
        steps = [process.kill, self.sandbox.kill] if self.with_servers else [process.kill]
        self.chance.shuffle(steps)
        for step in steps:
            step()
        if process.wait(timeout=PATIENCE_S) == -signal.SIGKILL:
            self.kills += 1
            self.left_open += self._intents() - self._settled()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    return tmp_path / "home"


@pytest.mark.parametrize(("with_servers", "kills"), [(False, 4), (True, 3)], ids=["product", "everything"])
def test_killed_runs_lose_and_double_nothing(home: Path, *, with_servers: bool, kills: int) -> None:
    """400 customers, killed again and again under an editor's hands: each account once, every edit on both sides."""
    _prove(home, customers=400, kills=kills, with_servers=with_servers, step=300, seed=11)


@pytest.mark.full
@pytest.mark.parametrize("with_servers", [False, True], ids=["product", "everything"])
@pytest.mark.parametrize("seed", [1])
def test_many_kills_on_5000_customers(home: Path, *, with_servers: bool, seed: int) -> None:
    """5,000 customers and 25 kills: each account once, every edit on both sides, and quiet afterwards."""
    _prove(home, customers=5000, kills=25, with_servers=with_servers, step=900, seed=seed)


def _prove(home: Path, *, customers: int, kills: int, with_servers: bool, step: int, seed: int) -> None:
    _say(f"seed {seed}, {customers} customers, {kills} kills of {'everything' if with_servers else 'the product'}")
    product = Product(home)
    sandbox = Sandbox(home.parent / "sandbox", ("--generate", customers, "--seed", seed))
    with serving(sandbox):
        product.set_up(sandbox.details)
        ordeal = Ordeal(product, sandbox, Random(seed), with_servers, step)  # noqa: S311
        with Editor(sandbox.details, seed) as editor:
            while ordeal.kills < kills:
                ordeal.run_once()
                assert ordeal.runs < 3 * kills, "the runs end before they can be killed"
        _bring_into_step(product)
        writes = writes_of(sandbox.details)
        again = product.run("synch", "--json")
        assert (again.code, again.json["ok"]) == (0, True), again
        assert writes_of(sandbox.details) == writes
        _check(product, read_systems(sandbox.details), editor, ordeal.kills)
        assert ordeal.left_open > 0, "no kill fell between an intent and its answer"
        _say(f"{ordeal.runs} runs, {ordeal.kills} killed, {ordeal.left_open} intents left open by them")
        _say(f"{editor.edits} edits, {len(editor.created)} accounts created")


def _bring_into_step(product: Product) -> None:
    """The run that nobody kills, and one more synchronization."""
    for words in (("full-synch", "start"), ("synch",)):
        said = product.run(*words, "--json")
        assert (said.code, said.json["ok"]) == (0, True), said


def _check(product: Product, systems: Systems, editor: Editor, kills: int) -> None:
    """Nothing missing, nothing twice, every answered edit on both sides; what nobody can know is an open conflict.

    The editor never edits a field on both sides, so an interrupted write is the only reason that a conflict may have.
    """
    conflicts = _conflicts(product, systems)
    _say(f"open conflicts: {len(conflicts)} {list(conflicts.values())[:5]}")
    for mapping, figures in compare(systems, product.database).items():
        _say(f"{mapping}: {figures.shown()}")
        assert (figures.missing, figures.doubled, figures.unpaired) == ([], [], []), mapping
        assert [one for one in figures.differing if not _is_open(one, conflicts)] == [], mapping
    _check_edits(systems, editor, conflicts)
    names = [row["displayName"] for row in systems.erp["customers"]]
    assert {name: names.count(name) for name in editor.created} == dict.fromkeys(editor.created, 1)
    assert all(names.count(name) <= 1 for name in editor.maybe_created)
    assert {one["code"] for one in conflicts.values()} <= {"outcome_ambiguous"}, conflicts
    assert len({(one["erp_id"], one["unit"]) for one in conflicts.values()}) <= 4 * kills, conflicts


def _conflicts(product: Product, systems: Systems) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """Open conflicts by customer number and the ERP's name of each field of theirs."""
    said = product.run("errors", "--json")
    assert said.code == 0, said
    assert [one for one in said.json["errors"] if one["outcome"] in {"fail", "skip"}] == []
    numbers = {row["id"]: row["number"] for row in systems.erp["customers"]}
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for one in said.json["conflicts"]:
        assert one["mapping"] == "CUSTOMER", one
        fields = ["addressLine1", "city"] if one["unit"] == "address" else [one["unit"].partition("=")[0]]
        found |= {(numbers[one["erp_id"]], name): one for name in fields}
    return found


def _is_open(difference: str, conflicts: Mapping[tuple[str, str], Mapping[str, Any]]) -> bool:
    """Whether a difference of the reader's ("customer C00010: city is …") is one of the open conflicts."""
    return any(difference.startswith(f"customer {number}: {name} ") for number, name in conflicts)


def _check_edits(systems: Systems, editor: Editor, conflicts: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
    customers = {row["number"]: row for row in systems.erp["customers"]}
    accounts = {row["accountnumber"]: row for row in systems.crm["accounts"]}
    answered = {key: journal for key, journal in editor.fields.items() if journal.acknowledged}
    assert answered
    lost: list[str] = []
    for (number, name), journal in answered.items():
        erp, crm = customers[number][name], accounts[number][_COUNTERPART[name]]
        allowed = journal.may_hold()
        conflict = conflicts.get((number, name))
        if conflict is not None:
            seen = {*conflict["erp"], *conflict["crm"]}
            if not seen & allowed:
                lost.append(f"{number} {name}: {allowed} is not among the values of its conflict, {seen}")
        elif erp != crm or erp not in allowed:
            lost.append(f"{number} {name}: {allowed} edited, the ERP holds {erp!r}, the CRM {crm!r}")
    assert lost == []


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
