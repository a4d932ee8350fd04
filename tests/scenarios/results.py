"""Which scenarios are realized: a pytest plugin that notes what tests claim, and the sum of what became of them.

A scenario counts only if every test that claims it ran and passed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from tests.scenarios.catalogue import Claim, Later, Scenario, claims_of


@dataclass(slots=True, eq=False)
class Recorder:
    """Listens to a run of pytest, which tells its plugins apart by identity."""

    claims: list[Claim] = field(default_factory=list)
    passed: dict[str, bool] = field(default_factory=dict)
    """By test; one that was skipped, or whose set-up or tear-down failed, did not pass."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Note every claim, also of tests that are deselected afterwards: those did not pass."""
        for item in items:
            self.claims += claims_of(item.nodeid, item.iter_markers("scenario"))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the outcome of one phase of one test."""
        self.passed[report.nodeid] = self.passed.get(report.nodeid, True) and report.passed


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the scenarios stand; each is in one of ``realized``, ``failed``, ``later`` and ``not_yet``."""

    realized: Sequence[Scenario]
    better: Mapping[str, str]
    """Why, by scenario: those of the realized that the product does better on purpose."""
    failed: Sequence[Scenario]
    """Claimed by a test that did not pass."""
    later: Sequence[Scenario]
    not_yet: Sequence[Scenario]


def standing(
    every: Iterable[Scenario], left: Mapping[str, Later], claims: Iterable[Claim], passed: Mapping[str, bool]
) -> Standing:
    """Sort the scenarios by what their tests came to."""
    tests: dict[str, list[Claim]] = {}
    for claim in claims:
        tests.setdefault(claim.scenario, []).append(claim)
    known = list(every)
    realized = [one for one in known if (mine := tests.get(one.id)) and all(passed.get(it.test) for it in mine)]
    counted = {one.id for one in realized}
    reasons = ((id_, [claim.better for claim in mine if claim.better]) for id_, mine in tests.items())
    return Standing(
        realized=realized,
        better={id_: whys[0] for id_, whys in reasons if whys and id_ in counted},
        failed=[one for one in known if one.id in tests and one.id not in counted],
        later=[one for one in known if one.id in left and one.id not in tests],
        not_yet=[one for one in known if one.id not in left and one.id not in tests],
    )


def as_json(found: Standing) -> dict[str, object]:
    """The object for machines: counts, in all and by area."""
    of: dict[str, dict[str, int]] = {}
    groups = {
        "realized": found.realized,
        "failed": found.failed,
        "later": found.later,
        "not_yet": found.not_yet,
    }
    for name, some in groups.items():
        for one in some:
            area = of.setdefault(one.area, dict.fromkeys(("of", "realized", "better", "failed", "later", "not_yet"), 0))
            area["of"] += 1
            area[name] += 1
            area["better"] += name == "realized" and one.id in found.better
    return {
        "realized": len(found.realized),
        "of": sum(map(len, groups.values())),
        "better": len(found.better),
        "by_area": dict(sorted(of.items())),
    }
