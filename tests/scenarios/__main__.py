"""`make scenarios`: runs the tests that realize scenarios, and prints what that comes to; the last line is JSON."""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from tests.scenarios.catalogue import Scenario, later, read_scenarios
from tests.scenarios.results import Recorder, Standing, as_json, standing

_TESTS = Path(__file__).parents[1]
_WANTED = "scenario and not live"


def main(words: Iterable[str]) -> int:
    """Run pytest with ``words`` besides; returns its exit code, or 1 where a claim did not come true."""
    recorder = Recorder()
    claiming = [str(path) for path in sorted(_TESTS.rglob("test_*.py")) if "mark.scenario(" in path.read_text("utf-8")]
    code = int(pytest.main(["-q", "-m", _WANTED, *words, *claiming], plugins=[recorder]))
    found = standing(read_scenarios(), later(), recorder.claims, recorder.passed)
    _tell(found)
    sys.stdout.write(json.dumps(as_json(found)) + "\n")
    return code or int(bool(found.failed))


def _tell(found: Standing) -> None:
    areas: Mapping[str, Mapping[str, int]] = as_json(found)["by_area"]  # type: ignore[assignment]
    columns = ("of", "realized", "better", "failed", "later", "not_yet")
    _say(f"\n{'area':20}" + "".join(f"{name.replace('_', ' '):>10}" for name in columns))
    for area, counts in areas.items():
        _say(f"{area:20}" + "".join(f"{counts[name] or '':>10}" for name in columns))
    _list("Better on purpose", found.realized, found.better)
    _list("A test that claims it did not pass", found.failed, {})
    _list("Later", found.later, {id_: f"{one.part}: {one.why}" for id_, one in later().items()})
    _say("\nNot yet:")
    for area in areas:
        ids = [one.id for one in found.not_yet if one.area == area]
        if ids:
            _say(f"  {area}: {' '.join(ids)}")


def _list(title: str, some: Iterable[Scenario], says: Mapping[str, str]) -> None:
    rows = [one for one in some if not says or one.id in says]
    if rows:
        _say(f"\n{title}:")
    for one in rows:
        _say(f"  {one.id}  {one.title}." + (f"\n           {says[one.id]}" if one.id in says else ""))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
