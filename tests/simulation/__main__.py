"""`make simulate N=… [SEED=…] [PLANTED=--planted]`: so many histories from a seed on; the last line is JSON."""

import json
import sys
import time
from collections.abc import Sequence

from tests.simulation.defects import DEFECTS, RARE
from tests.simulation.defects.planting import Defect
from tests.simulation.reached import missing
from tests.simulation.run import catches, run_all

_PER_DEFECT = 3000
_PLANTED: dict[str, Sequence[Defect]] = {"--planted": DEFECTS, "--rare": RARE}
_ENOUGH = 500
"""Histories from which on everything must have been reached."""


def main(count: int, seed: int, planted: Sequence[Defect]) -> int:
    """Run everything; returns the exit code."""
    began = time.monotonic()
    found = run_all(seed, count)
    seconds = time.monotonic() - began
    for violation in found.violations:
        sys.stderr.write(f"{violation}\n")
    unreached = sorted(missing(found.met)) if count >= _ENOUGH else []
    if unreached:
        sys.stderr.write(f"never reached: {', '.join(unreached)}\n")
    caught = catches(planted, _PER_DEFECT) if planted else {}
    for name, violation in caught.items():
        sys.stderr.write(f"{name}: {violation or 'NOT CAUGHT'}\n")
    result = {
        "histories": count,
        "violations": len(found.violations),
        "planted": len(planted),
        "caught": sum(violation is not None for violation in caught.values()),
        "reached": dict(sorted(found.met.items())),
        "seed": seed,
        "seconds": round(seconds, 1),
        "histories_per_cpu_second": round(count / found.cpu_s, 1),
    }
    sys.stdout.write(json.dumps(result) + "\n")
    return int(bool(found.violations or unreached) or result["caught"] != result["planted"])


if __name__ == "__main__":
    asked = next((_PLANTED[word] for word in sys.argv[3:]), ())
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), asked))
