"""What the synchronization core costs: requests, CPU time and memory, measured against a bare loop in the same run.

``make bench BENCH=core`` runs it; ``BENCH_FULL=1`` adds 100,000 customers. The sandbox, the product (``product.py``)
and the bare loop (``bare.py``) are processes of their own, so that neither CPU time nor memory of one counts as the
other's. The table goes to standard error; the last line of standard output is one JSON object.

The least number of requests is what lists every table of every mapping once and writes 200 records at a time. The bare
loop copies without looking: no matching, no references, no answers kept, no state. It is the floor, not a rival.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

_HERE = Path(__file__).parent
_SIZES, _LARGE = (2_000, 10_000), 100_000
_STOP_S = 20


@contextmanager
def _sandbox(customers: int) -> Iterator[str]:
    """Both servers with a generated company; yields their first line. They end with this process, however it ends."""
    with tempfile.TemporaryDirectory() as state:
        words = ["--state", state, "--generate", str(customers), "--json", "--exit-with-parent"]
        command = [sys.executable, "-m", "crosstie_sandbox", *words]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:  # noqa: S603
            try:
                yield process.stdout.readline() if process.stdout else ""
            finally:
                process.terminate()
                process.wait(timeout=_STOP_S)


def _measure(program: str, details: str) -> dict[str, Any]:
    """Run one of our programs to its end on these servers; returns what it says last."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CROSSTIE_")}
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(_HERE / program)],
        input=details,
        env=kept,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _of_size(customers: int) -> dict[str, Any]:
    """The figures of one size; each program gets servers that nobody wrote to."""
    with _sandbox(customers) as details:
        bare = _measure("bare.py", details)
    with _sandbox(customers) as details:
        product = _measure("product.py", details)
    per_record = {name: 1000 * one["cpu_s"] / one["records"] for name, one in (("product", product), ("bare", bare))}
    second = product["second_run"]
    return {
        "customers": customers,
        "records_written": product["records"],
        "bare_records_written": bare["records"],
        "failed": product["failed"],
        "seconds": round(product["seconds"], 1),
        "requests": product["requests"],
        "minimum_requests": product["minimum"],
        "requests_ratio": round(product["requests"] / product["minimum"], 2),
        "cpu_ms_per_record": round(per_record["product"], 3),
        "bare_cpu_ms_per_record": round(per_record["bare"], 3),
        "cpu_ratio": round(per_record["product"] / per_record["bare"], 2),
        "peak_rss_mb": round(product["peak_rss_mb"], 1),
        "second_run_requests": second["requests"],
        "second_run_written": second["written"],
        "second_run_cpu_ms_per_record": round(1000 * second["cpu_s"] / product["records"], 3),
    }


def _growth(sizes: Sequence[Mapping[str, Any]]) -> float:
    """Peak memory that each further record costs, in kB, from the smallest to the largest size."""
    first, last = sizes[0], sizes[-1]
    more: int = last["records_written"] - first["records_written"]
    kilobytes: float = 1024 * (last["peak_rss_mb"] - first["peak_rss_mb"])
    return round(kilobytes / more, 3)


def _tell(sizes: Sequence[Mapping[str, Any]], growth: float) -> None:
    table = Table(title="Full synchronization into an empty CRM", title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("")
    for size in sizes:
        table.add_column(f"{size['customers']:,} customers", justify="right")
    for name in sizes[0]:
        table.add_row(name.replace("_", " "), *(f"{size[name]:,}" for size in sizes))
    console = Console(stderr=True)
    console.print(table)
    console.print(f"Memory per further record: {growth} kB.", highlight=False)


def main() -> None:
    """Measure every size, print the table and the JSON line."""
    wanted: tuple[int, ...] = (*_SIZES, _LARGE) if os.environ.get("BENCH_FULL") == "1" else _SIZES
    if len(sys.argv) > 1:
        wanted = tuple(int(word) for word in sys.argv[1:])
    sizes = [_of_size(customers) for customers in wanted]
    growth = _growth(sizes) if len(sizes) > 1 else 0.0
    _tell(sizes, growth)
    print(json.dumps({"bench": {"core": {"sizes": sizes, "kb_per_further_record": growth}}}))


if __name__ == "__main__":
    main()
