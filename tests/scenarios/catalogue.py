"""The catalogue: the scenarios the product is held to, what a later part brings, and what the marks of tests claim.

A test claims a scenario with ``@pytest.mark.scenario("ID")``; where the product is better on purpose the mark says why,
``better="…"``, and the test asserts the better behaviour.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_HERE = Path(__file__).parent
PARTS = ("solution", "coupling", "orders", "web")
"""The later parts of the product that scenarios wait for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One scenario, a line of ``scenarios.jsonl``."""

    id: str
    area: str
    title: str
    given: str
    when: str
    then: str
    applicable: bool
    priority: int
    """1: without it the product fails its users; 3: good to have."""
    family: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Why a scenario is not realized yet, and the part that brings it."""

    part: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A test that realizes a scenario, exactly or better."""

    scenario: str
    test: str
    better: str = ""


def read_scenarios() -> list[Scenario]:
    """Every line of the list, in its order."""
    lines = (_HERE / "scenarios.jsonl").read_text("utf-8").splitlines()
    return [Scenario(**json.loads(line)) for line in lines]


@cache
def scenarios() -> Mapping[str, Scenario]:
    """The scenarios by id."""
    return {one.id: one for one in read_scenarios()}


@cache
def later() -> Mapping[str, Later]:
    """What is left for a later part, by scenario."""
    parts: dict[str, dict[str, str]] = tomllib.loads((_HERE / "later.toml").read_text("utf-8"))
    return {id_: Later(part=part, why=why) for part, left in parts.items() for id_, why in left.items()}


def claims_of(test: str, marks: Iterable[pytest.Mark]) -> list[Claim]:
    """What the scenario marks of one test claim; ValueError for a mark that claims nothing that there is."""
    return [Claim(test=test, **_read(mark)) for mark in marks]


def _read(mark: pytest.Mark) -> dict[str, Any]:
    if len(mark.args) != 1 or not set(mark.kwargs) <= {"better"}:
        raise ValueError('a scenario mark is scenario("ID") or scenario("ID", better="why")')
    (id_,) = mark.args
    if id_ not in scenarios():
        raise ValueError(f"there is no scenario {id_!r} in tests/scenarios/scenarios.jsonl")
    if id_ in later():
        raise ValueError(f"{id_} is realized here and left for later in tests/scenarios/later.toml")
    better = mark.kwargs.get("better", "")
    if "better" in mark.kwargs and not better.strip():
        raise ValueError(f"{id_} is realized better, and the mark does not say why")
    return {"scenario": id_, "better": better}
