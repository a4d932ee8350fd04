"""The benchmarks run, and end on one JSON object."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_benchmark_of_the_core(tmp_path: Path) -> None:
    """Two small sizes: everything is written, nothing a second time, and the figures are there to be compared."""
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "core.py", "40", "80"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    core = json.loads(done.stdout.strip().splitlines()[-1])["bench"]["core"]
    small, large = core["sizes"]
    assert [size["customers"] for size in (small, large)] == [40, 80]
    assert large["records_written"] > small["records_written"] > 40
    assert [size["second_run_written"] for size in (small, large)] == [0, 0]
    assert all(size["requests"] >= size["minimum_requests"] > 0 for size in (small, large))
    assert all(size["cpu_ratio"] > 1 and size["peak_rss_mb"] > 0 for size in (small, large))
    # The floor does the same work: every record but currencies, and contacts of blocked customers besides.
    assert all(abs(size["bare_records_written"] - size["records_written"]) <= 10 for size in (small, large))
    assert "80 customers" in done.stderr
