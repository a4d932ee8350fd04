"""Many histories: in several processes, counted, with the violations and how fast it went."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from tests.simulation.defects import DEFECTS, RARE, Defect
from tests.simulation.history import ANY, Fixed, History
from tests.simulation.oracle import ViolationError
from tests.simulation.product import memory_database

_PER_DATABASE = 100
_SHARE = 250
"""Histories that one process takes at a time."""


@dataclass
class Result:
    """What a range of histories came to."""

    met: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)
    cpu_s: float = 0.0

    def add(self, other: "Result") -> None:
        """Take in another range."""
        self.met += other.met
        self.violations += other.violations
        self.cpu_s += other.cpu_s


async def run(seeds: range, fixed: Fixed = ANY, *, stops: bool = False) -> Result:
    """Run these histories in this process; ``stops`` at the first violation."""
    result, began = Result(), time.process_time()
    engine = memory_database()
    for seed in seeds:
        if seed % _PER_DATABASE == 0:
            engine.dispose()
            engine = memory_database()
        try:
            await History(seed, engine, result.met, fixed).run()
        except ViolationError as violation:
            result.violations.append(str(violation))
            if stops:
                break
    engine.dispose()
    result.cpu_s = time.process_time() - began
    return result


def run_share(seeds: range) -> Result:
    """The same, from outside of an event loop."""
    return asyncio.run(run(seeds))


def run_all(first: int, count: int) -> Result:
    """Run histories on all cores."""
    result = Result()
    shares = [range(start, min(start + _SHARE, first + count)) for start in range(first, first + count, _SHARE)]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        for share in pool.map(run_share, shares):
            result.add(share)
    return result


def first_catch(defect: Defect, most: int) -> str | None:
    """Run histories with a planted defect until the first one that shows it; ``None``: none of so many did."""
    with defect.planted():
        found = asyncio.run(run(range(defect.first, defect.first + most), defect.fixed, stops=True))
    return next(iter(found.violations), None)


def catches(defects: Sequence[Defect], most: int) -> dict[str, str | None]:
    """What caught each defect, on all cores."""
    names = [defect.name for defect in defects]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        return dict(zip(names, pool.map(_catch, names, [most] * len(names)), strict=True))


def _catch(name: str, most: int) -> str | None:
    return first_catch(next(one for one in (*DEFECTS, *RARE) if one.name == name), most)
