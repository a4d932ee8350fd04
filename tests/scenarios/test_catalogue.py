"""The list of scenarios is whole, marks mean what they say, and only what passed is counted."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.scenarios.catalogue import PARTS, Claim, Later, Scenario, claims_of, later, read_scenarios
from tests.scenarios.results import as_json, standing

TESTS = Path(__file__).parents[1]
CLAIM = r'mark\.scenario\(\s*"([A-Z]{3}-\d{3})"'


def test_the_list_is_whole() -> None:
    """346 scenarios, each with an id of its own and every part said."""
    every = read_scenarios()

    assert (len(every), len({one.id for one in every})) == (346, 346)
    assert [one.id for one in every if not re.fullmatch(r"[A-Z]{3}-\d{3}", one.id)] == []
    texts = {one.id: (one.area, one.title, one.given, one.when, one.then, one.family) for one in every}
    assert [id_ for id_, said in texts.items() if not all(text.strip() for text in said)] == []
    assert {one.priority for one in every} == {1, 2, 3}
    assert {one.applicable for one in every} == {True}
    assert len({one.id[:3] for one in every}) == len({one.area for one in every}) == 25


def test_what_is_left_for_later_is_known_and_says_why() -> None:
    """No id that the list does not have, and no part that nobody builds."""
    known = {one.id for one in read_scenarios()}

    assert sorted(set(later()) - known) == []
    assert [id_ for id_, one in later().items() if one.part not in PARTS or not one.why.strip()] == []


@pytest.mark.parametrize(
    ("mark", "says"),
    [
        (pytest.mark.scenario("XYZ-001"), "there is no scenario 'XYZ-001'"),
        (pytest.mark.scenario("CNF-001", better=" "), "does not say why"),
        (pytest.mark.scenario("CNF-001", beter="a typo"), "a scenario mark is"),
        (pytest.mark.scenario(), "a scenario mark is"),
        (pytest.mark.scenario("IRC-009"), "left for later"),
    ],
)
def test_a_mark_that_claims_nothing_is_refused(mark: Any, says: str) -> None:
    """A typo must not make a scenario count, or not count, without a word."""
    with pytest.raises(ValueError, match=says):
        claims_of("a test", [mark.mark])


RUN = """
import json, sys, pytest
from tests.scenarios.results import Recorder
recorder = Recorder()
pytest.main(["-q", "-c", "pyproject.toml", "-p", "no:cacheprovider", "-m", "not full", sys.argv[1]], plugins=[recorder])
print(json.dumps([[one.scenario, one.better, recorder.passed.get(one.test)] for one in recorder.claims]))
"""
OWN_TESTS = """
import pytest

@pytest.mark.scenario("CNF-001")
def test_passes(): pass

@pytest.mark.scenario("CNF-002", better="asks")
def test_fails(): assert False

@pytest.mark.scenario("CNF-004")
def test_skips(): pytest.skip("not here")

@pytest.fixture
def broken():
    yield
    raise RuntimeError

@pytest.mark.scenario("CNF-005")
def test_cannot_be_torn_down(broken): pass

@pytest.mark.full
@pytest.mark.scenario("CNF-010")
def test_is_deselected(): pass
"""


def test_a_run_notes_what_tests_claim_and_what_became_of_them(tmp_path: Path) -> None:
    """Only what ran through, set-up and tear-down included, has passed."""
    file = tmp_path / "test_own.py"
    file.write_text(OWN_TESTS, "utf-8")

    ran = subprocess.run(
        [sys.executable, "-c", RUN, file], cwd=TESTS.parent, capture_output=True, encoding="utf-8", check=True
    )

    assert json.loads(ran.stdout.splitlines()[-1]) == [
        ["CNF-001", "", True],
        ["CNF-002", "asks", False],
        ["CNF-004", "", False],
        ["CNF-005", "", False],
        ["CNF-010", "", None],
    ]


def made(id_: str, area: str) -> Scenario:
    """A scenario of that id and area."""
    return Scenario(
        id=id_, area=area, title="t", given="g", when="w", then="t", applicable=True, priority=1, family="f"
    )


def test_a_scenario_counts_only_if_every_test_that_claims_it_ran_and_passed() -> None:
    """One of two failed, or never ran: it does not count, and neither does what a mark says of it."""
    every = [made("A-1", "a"), made("A-2", "a"), made("A-3", "a"), made("B-1", "b"), made("B-2", "b")]
    claims = [
        Claim(scenario="A-1", test="passes"),
        Claim(scenario="A-1", test="passes too", better="asks first"),
        Claim(scenario="A-2", test="passes"),
        Claim(scenario="A-2", test="fails", better="asks first"),
        Claim(scenario="A-3", test="was deselected"),
    ]
    left = {"B-1": Later(part="web", why="needs a page")}

    found = standing(every, left, claims, {"passes": True, "passes too": True, "fails": False})

    assert [one.id for one in found.realized] == ["A-1"]
    assert [one.id for one in found.failed] == ["A-2", "A-3"]
    assert ([one.id for one in found.later], [one.id for one in found.not_yet]) == (["B-1"], ["B-2"])
    assert found.better == {"A-1": "asks first"}
    said = as_json(found)
    assert (said["realized"], said["of"], said["better"]) == (1, 5, 1)
    assert said["by_area"] == {
        "a": {"of": 3, "realized": 1, "better": 1, "failed": 2, "later": 0, "not_yet": 0},
        "b": {"of": 2, "realized": 0, "better": 0, "failed": 0, "later": 1, "not_yet": 1},
    }


def test_the_areas_that_were_worked_on_leave_nothing_unsaid() -> None:
    """Every scenario of these areas is claimed by a test, or left for later with a reason: there is no third way."""
    areas = {"table-sync", "field-sync", "conflicts", "skipped-records", "integration-record"}
    claimed = {id_ for path in TESTS.rglob("test_*.py") for id_ in re.findall(CLAIM, path.read_text("utf-8"))}

    ids = {one.id for one in read_scenarios() if one.area in areas}

    assert len(ids) == 88
    assert sorted(ids - claimed - set(later())) == []
