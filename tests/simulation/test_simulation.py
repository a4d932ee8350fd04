"""The simulation finds nothing in the product, and finds what is planted."""

from collections import Counter

import pytest
from tests.simulation.defects import DEFECTS
from tests.simulation.history import History
from tests.simulation.product import memory_database
from tests.simulation.reached import missing
from tests.simulation.run import catches, run_all

PER_DEFECT = 3000
HISTORIES = 2000


def test_no_history_breaks_a_promise() -> None:
    """Nothing lost, doubled or invented, nothing chosen over a person's head, quiet in the end; all kinds were met."""
    found = run_all(1, HISTORIES)

    assert found.violations == []
    assert missing(found.met) == set()


async def test_the_same_seed_is_the_same_history() -> None:
    """Every step and every write is the same, so a violation can be looked at again."""
    traces: list[list[str]] = []
    for _ in range(2):
        engine = memory_database()
        histories = [History(seed, engine, Counter()) for seed in range(7, 17)]
        for history in histories:
            await history.run()
        traces.append([history.trace() for history in histories])
        engine.dispose()

    assert traces[0] == traces[1]
    assert len(set(traces[0])) == len(traces[0])


def test_every_planted_defect_is_caught() -> None:
    """A simulation that cannot fail proves nothing: forty defects and more, each caught by a broken promise."""
    caught = catches(DEFECTS, PER_DEFECT)

    assert [name for name, violation in caught.items() if violation is None] == []
    assert len(caught) == len(DEFECTS) >= 40


@pytest.mark.full
def test_no_history_of_ten_thousand_breaks_a_promise() -> None:
    """The same for ten thousand others."""
    assert run_all(1_000_000, 10_000).violations == []
