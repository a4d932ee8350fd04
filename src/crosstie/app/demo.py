"""The demonstration: sandbox systems, set-up, a full synchronization, and a second one that has nothing to write."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosstie.app import real_world
from crosstie.app.connections import draft_from
from crosstie.app.setup import set_up
from crosstie.app.wiring import Crosstie, connected, job_engine
from crosstie.model.errors import SetupError
from crosstie.model.job import Counters, SynchJob
from crosstie.model.words import JobStatus, MappingName
from crosstie.synch.full_synch import start, synchronize
from crosstie.synch.ports.environment import Environment, Listener

_MARK = "this-folder-is-a-crosstie-demo"
_COUNTED = ("inserted", "modified", "unchanged", "failed", "skipped", "coupled")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """What the demonstration did."""

    jobs: Sequence[SynchJob]
    second_run: Sequence[SynchJob]
    second_run_writes: int
    seconds: float
    """From the set-up to the end of the full synchronization."""
    requests: int
    peak_rss_mb: float
    """Peak memory of this process; the sandbox systems are another one."""

    @property
    def is_ok(self) -> bool:
        """Every job finished, nothing failed, and the second run wrote nothing."""
        finished = all(job.status is JobStatus.FINISHED for job in (*self.jobs, *self.second_run))
        return finished and not any(job.sum.failed for job in self.jobs) and self.second_run_writes == 0

    def by_mapping(self) -> dict[MappingName, Counters]:
        """The counters of the full synchronization by mapping."""
        result: dict[MappingName, Counters] = {}
        for job in self.jobs:
            result[job.mapping] = result.get(job.mapping, Counters()) + job.sum
        return result

    def as_json(self) -> dict[str, Any]:
        """The last line of ``crosstie demo --exit --json``."""
        return {
            "ok": self.is_ok,
            "mappings": {
                name: {counter: counters.as_dict()[counter] for counter in _COUNTED}
                for name, counters in self.by_mapping().items()
            },
            "second_run_writes": self.second_run_writes,
            "seconds": round(self.seconds, 2),
            "requests": self.requests,
            "peak_rss_mb": round(self.peak_rss_mb, 1),
        }


def fresh_home(home: Path) -> Path:
    """An empty folder for a demonstration; one that an earlier demonstration left is emptied, any other is refused."""
    mark = home / _MARK
    if home.exists() and any(home.iterdir()):
        if not mark.exists():
            raise SetupError(
                f"The folder {home} is not empty and was not made by a demonstration; nothing was done.",
                "Name another folder with --home.",
            )
        shutil.rmtree(home)
    try:
        home.mkdir(parents=True, exist_ok=True)
        mark.touch()
    except OSError as error:
        raise SetupError(
            f"The folder {home} cannot be written ({error.strerror}); nothing was done.",
            "Name another folder with --home, or set CROSSTIE_HOME.",
        ) from error
    return home


async def run_demo(crosstie: Crosstie, answers: Mapping[str, Any], listener: Listener) -> DemoResult:
    """Set up the connection that ``answers`` describe, synchronize fully, then once more."""
    began = real_world.monotonic()
    await set_up(crosstie, draft_from(answers))
    async with connected(crosstie, is_alone=True, listener=listener) as env:
        engine = job_engine(env)
        jobs = await start(env, engine, started_by="demo")
        seconds, requests, writes = real_world.monotonic() - began, _requests(env), _writes(env)
        second = await synchronize(env, engine, env.mappings, started_by="demo")
        return DemoResult(
            jobs=jobs,
            second_run=second,
            second_run_writes=_writes(env) - writes,
            seconds=seconds,
            requests=requests,
            peak_rss_mb=real_world.peak_memory_mb(),
        )


def _requests(env: Environment) -> int:
    return env.erp.traffic.requests + env.crm.traffic.requests


def _writes(env: Environment) -> int:
    return env.erp.traffic.writes + env.crm.traffic.writes
