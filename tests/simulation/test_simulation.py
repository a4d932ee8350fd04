"""The simulation finds nothing in the product, and finds what is planted."""

from collections import Counter
from collections.abc import Iterable

import pytest
from tests.simulation.defects import DEFECTS, RARE, Defect
from tests.simulation.history import History, memory_database
from tests.simulation.oracle import ViolationError

WEATHER = {
    "conflict", "crash", "crash after", "crash at commit", "crash before", "create", "delete", "edit", "expired token",
    "filter", "late effect", "lost answer", "lost request", "race", "repeated notices", "stopped", "throttled", "touch",
}  # fmt: skip


async def run(seeds: Iterable[int]) -> Counter[str]:
    """Run histories; returns what was met."""
    met: Counter[str] = Counter()
    engine = memory_database()
    for seed in seeds:
        if seed % 50 == 0:
            engine.dispose()
            engine = memory_database()
        await History(seed, engine, met).run()
    engine.dispose()
    return met


async def test_no_history_breaks_a_promise() -> None:
    """Nothing lost, doubled or invented, no conflict but people's own, quiet in the end; every fault was met."""
    met = await run(range(1, 41))

    assert set(met) == WEATHER


@pytest.mark.full
async def test_no_history_of_many_breaks_a_promise() -> None:
    """The same for six hundred histories."""
    met = await run(range(1000, 1600))

    assert min(met.values()) > 50


async def test_the_same_seed_is_the_same_history() -> None:
    """A violation can be looked at again."""
    assert await run([7]) == await run([7])


@pytest.mark.parametrize(
    "defect",
    [pytest.param(one, marks=[pytest.mark.full] if one.name in RARE else [], id=one.name) for one in DEFECTS],
)
async def test_a_planted_defect_is_caught(defect: Defect) -> None:
    """A simulation that cannot fail proves nothing."""
    seeds = range(1, 150 if defect.name in RARE else 25)

    with defect.planted(), pytest.raises(ViolationError):
        await run(seeds)
