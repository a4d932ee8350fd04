"""The product in a simulated world: processes that synchronize, undo, plan and carry out answers, and may die."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from random import Random  # noqa: TID251 - chance with a seed is what a simulation is made of

import sqlalchemy as sa
from tests.simulation.connector import SimulatedConnector
from tests.simulation.oracle import Oracle
from tests.simulation.systems import SimulatedSystem
from tests.simulation.weather import CrashError, Weather
from tests.watched_session import WatchedSession

from crosstie.app.in_process_jobs import InProcessJobs
from crosstie.model.errors import CrosstieError
from crosstie.model.job import FullSynchLine, SynchJob
from crosstie.model.mapping import TableMapping
from crosstie.model.value import Value
from crosstie.model.words import ConnectionId, JobStatus, MappingName, Side, Use
from crosstie.rules.conversions import CONVERSIONS
from crosstie.store.database import open_database
from crosstie.store.session import Session
from crosstie.store.store import SqlStore
from crosstie.synch.full_synch import new_job, start, synchronize
from crosstie.synch.plan import PlannedAction, Tally, plan
from crosstie.synch.ports.environment import Environment
from crosstie.synch.resolve import resolve
from crosstie.synch.undo import undo

FACTS: dict[str, Value] = {"local_currency": "CHF", "base_currency": "CHF", "base_currency_id": "crm-chf"}
PAGE_SIZES = (1, 2, 5, 50)


def memory_database() -> sa.Engine:
    """The store's database, opened as the product opens it, in memory; histories in it differ by connection id."""
    return open_database("sqlite://")


@dataclass
class Product:
    """One installation, and the processes that run it."""

    connection: ConnectionId
    engine: sa.Engine
    mappings: Mapping[MappingName, TableMapping]
    systems: Mapping[Side, SimulatedSystem]
    weather: Weather
    oracle: Oracle
    random: Random
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    is_alone: bool
    """Only one process works on the store; else there are two, and one may stand still for long."""

    @contextmanager
    def process(self, purpose: str = "") -> Iterator[Environment]:
        """A fresh process; what it was doing is written on everything that it sends."""
        store = SqlStore(WatchedSession(self.engine, self.connection, self._before_commit))
        erp, crm = (SimulatedConnector(self.systems[side], self.weather, FACTS, purpose) for side in Side)
        try:
            yield Environment(
                store=store,
                erp=erp,
                crm=crm,
                mappings=self.mappings,
                conversions=CONVERSIONS,
                clock=self.clock,
                new_id=self.new_id,
                owner=self.new_id(),
                is_alone=self.is_alone,
                listener=self,
                page_size=self.random.choice(PAGE_SIZES),
            )
        except CrashError:
            self.weather.note("crash")
        except CrosstieError as error:
            self.weather.note("stopped", error.code)
        except sa.exc.OperationalError:
            self.weather.note("stopped", "disk full")
        finally:
            store.close()

    def _before_commit(self) -> None:
        fault = self.weather.strikes(("crash at commit", "crash at commit", "disk full"), more=0.3)
        if fault == "disk full":
            raise sa.exc.OperationalError("COMMIT", None, sqlite3.OperationalError("database or disk is full"))
        if fault is not None:
            raise CrashError

    def job_moved(self, job: SynchJob) -> None:
        """Listener: what jobs came to is counted among what was reached."""
        if job.status is JobStatus.FINISHED:
            for name, count in job.sum.as_dict().items():
                if count:
                    self.weather.met[f"some {name}"] += 1
        elif job.status is JobStatus.ERROR:
            self.weather.note("job in error", job.message)

    def line_moved(self, line: FullSynchLine) -> None:
        """Listener: nothing to count."""

    async def synchronize(self, *, is_full: bool) -> None:
        """A process synchronizes everything, or what changed, and perhaps dies."""
        with self.process() as env:
            jobs = InProcessJobs(env)
            if is_full:
                await start(env, jobs, started_by="simulation")
            else:
                await synchronize(env, jobs, list(self.mappings), started_by="simulation")

    async def synchronize_calmly(self, *, is_full: bool) -> None:
        """A process synchronizes while a person stands by, who has looked at every mass change."""
        with self.process() as env:
            names, jobs = list(self.mappings), InProcessJobs(env)
            await synchronize(env, jobs, names, started_by="simulation", is_full=is_full, accepts_mass_change=True)

    def look(self) -> SqlStore:
        """The store, to be looked at."""
        return SqlStore(Session(self.engine, self.connection))

    async def undo(self) -> None:
        """A process undoes one of the latest jobs."""
        with self.process("undo") as env:
            done = [job for job in env.store.jobs.recent(6) if job.sum.modified]
            if done:
                self.weather.note("undo")
                async for _ in undo(env, self.random.choice(done).id, started_by="simulation"):
                    pass

    async def answer(self) -> None:
        """A person answers the conflicts of a mapping, as they were listed."""
        with self.process("answer") as env:
            asked = [name for name in self.mappings if env.store.outcomes.conflicts(name)]
            if not asked:
                return
            name, use = self.random.choice(asked), self.random.choice((Use.ERP, Use.CRM))
            seen: dict[tuple[str, str], tuple[tuple[Value, ...], tuple[Value, ...]]] = {}
            for one in env.store.outcomes.conflicts(name):
                row = self.systems[Side.ERP].rows(self.mappings[name].erp_table).get(one.erp_id)
                if row is not None:
                    seen[str(row.values["origin"]), one.conflict.unit] = (one.conflict.erp, one.conflict.crm)
            self.oracle.answered |= seen
            if seen:
                self.weather.note("answer", use)
                await resolve(env, new_job(env, name, is_full=False, started_by="simulation"), use, record=None)

    async def planned(self) -> list[PlannedAction]:
        """What a synchronization of what changed would do now."""
        with self.process() as env:
            return [action async for action in plan(env, list(self.mappings), Tally())]
        return []
