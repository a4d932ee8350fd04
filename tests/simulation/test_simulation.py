"""The simulation finds nothing in the product, and finds what is planted."""

import pytest
from tests.simulation.defects import DEFECTS
from tests.simulation.reached import missing
from tests.simulation.run import catches, run, run_all

PER_DEFECT = 3000
ON_REAL_SHARE = 2000


def test_no_history_breaks_a_promise() -> None:
    """Nothing lost, doubled or invented, nothing chosen over a person's head, quiet in the end; all kinds were met."""
    found = run_all(1, ON_REAL_SHARE)

    assert found.violations == []
    assert missing(found.met) == set()


async def test_the_same_seed_is_the_same_history() -> None:
    """Every step and every write is the same, so a violation can be looked at again."""
    once, again = [(await run(range(7, 17))).traces for _ in range(2)]

    assert once == again
    assert len(set(once)) == len(once)


def test_every_planted_defect_is_caught() -> None:
    """A simulation that cannot fail proves nothing: forty defects and more, each caught by a broken promise."""
    caught = catches(PER_DEFECT)

    assert [name for name, violation in caught.items() if violation is None] == []
    assert len(caught) == len(DEFECTS) >= 40


@pytest.mark.full
def test_no_history_of_ten_thousand_breaks_a_promise() -> None:
    """The same for ten thousand others."""
    assert run_all(1_000_000, 10_000).violations == []
