"""`make simulate N=… [SEED=…]`: so many histories from a seed on, then the planted defects; the last line is JSON."""

import asyncio
import json
import sys
import time
from collections import Counter

from tests.simulation.defects import DEFECTS
from tests.simulation.history import History, memory_database
from tests.simulation.oracle import ViolationError

_PER_DATABASE = 50
_PER_DEFECT = 150


async def simulate(first: int, count: int, met: Counter[str], *, stop_at_first: bool = False) -> list[str]:
    """Run histories; returns the violations."""
    violations: list[str] = []
    engine = memory_database()
    for seed in range(first, first + count):
        if seed % _PER_DATABASE == 0:
            engine.dispose()
            engine = memory_database()
        try:
            await History(seed, engine, met).run()
        except ViolationError as violation:
            violations.append(str(violation))
            sys.stderr.write(f"{violation}\n")
            if stop_at_first:
                break
    engine.dispose()
    return violations


async def main(count: int, seed: int, *, planted: bool) -> int:
    """Run everything; returns the exit code."""
    met: Counter[str] = Counter()
    began = time.monotonic()
    violations = await simulate(seed, count, met)
    seconds = time.monotonic() - began
    caught = 0
    for defect in DEFECTS if planted else ():
        with defect.planted():
            caught += bool(await simulate(1, _PER_DEFECT, Counter(), stop_at_first=True))
    result = {
        "histories": count,
        "violations": len(violations),
        "planted": len(DEFECTS) if planted else 0,
        "caught": caught,
        "reached": dict(sorted(met.items())),
        "seed": seed,
        "seconds": round(seconds, 1),
    }
    sys.stdout.write(json.dumps(result) + "\n")
    return int(bool(violations) or caught < result["planted"])


if __name__ == "__main__":
    sys.exit(asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), planted="--planted" in sys.argv)))
