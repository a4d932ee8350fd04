"""The product's share of the core benchmark: one full synchronization in a process of its own.

Standard input: the sandbox's first line. Standard output: one JSON object with what it cost.
"""

import asyncio
import json
import math
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from crosstie.app.connections import draft_from
from crosstie.app.real_world import peak_memory_mb
from crosstie.app.setup import set_up
from crosstie.app.wiring import Crosstie, connected, job_engine, open_crosstie
from crosstie.connectors.businesscentral.changes import PAGE_SIZE as ERP_PAGE
from crosstie.connectors.dataverse.changes import PAGE_SIZE as CRM_PAGE
from crosstie.model.words import JobStatus, Side
from crosstie.synch.full_synch import start, synchronize
from crosstie.synch.ports.environment import Environment

WRITES_PER_REQUEST = 200
_PAGES = {Side.ERP: ERP_PAGE, Side.CRM: CRM_PAGE}


def cpu_seconds() -> float:
    """CPU time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _pages_to_list(env: Environment) -> int:
    """Requests that list every table of every mapping once, at least one a table."""
    pages = 0
    for mapping in env.mappings.values():
        for side in Side:
            rows = await env.connector(side).count(mapping.table(side), ())
            pages += max(1, math.ceil(rows / _PAGES[side]))
    return pages


def _requests(env: Environment) -> int:
    return env.erp.traffic.requests + env.crm.traffic.requests


async def _run(crosstie: Crosstie, details: dict[str, Any]) -> dict[str, Any]:
    await set_up(crosstie, draft_from(details))
    async with connected(crosstie, is_alone=True) as env:
        to_list = await _pages_to_list(env)
        requests, cpu, began = _requests(env), cpu_seconds(), time.monotonic()
        jobs = await start(env, job_engine(env), started_by="benchmark")
        requests, cpu, seconds = _requests(env) - requests, cpu_seconds() - cpu, time.monotonic() - began
        peak = peak_memory_mb()
        again, again_cpu = _requests(env), cpu_seconds()
        second = await synchronize(env, job_engine(env), env.mappings, started_by="benchmark")
        again, again_cpu = _requests(env) - again, cpu_seconds() - again_cpu
    ended = [*jobs, *second]
    unfinished = [f"{job.mapping}: {job.message}" for job in ended if job.status is not JobStatus.FINISHED]
    if unfinished:
        sys.exit("; ".join(unfinished))
    written = {side: sum(job.counters[side].inserted + job.counters[side].modified for job in jobs) for side in Side}
    return {
        "records": sum(written.values()),
        "failed": sum(job.sum.failed for job in jobs),
        "requests": requests,
        "minimum": to_list + sum(math.ceil(count / WRITES_PER_REQUEST) for count in written.values()),
        "cpu_s": cpu,
        "seconds": seconds,
        "peak_rss_mb": peak,
        "second_run": {"requests": again, "cpu_s": again_cpu, "written": _written(second)},
    }


def _written(jobs: Any) -> int:  # noqa: ANN401 - a sequence of jobs
    return sum(job.sum.inserted + job.sum.modified for job in jobs)


def main() -> None:
    """Synchronize into a fresh home and say what it cost."""
    details = json.loads(sys.stdin.readline())
    with tempfile.TemporaryDirectory() as folder:
        crosstie = open_crosstie(Path(folder))
        try:
            print(json.dumps(asyncio.run(_run(crosstie, details))))
        finally:
            crosstie.close()


if __name__ == "__main__":
    main()
