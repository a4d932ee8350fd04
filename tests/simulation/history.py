"""One history: users work on both sides, the product synchronizes in bad weather, then the weather clears.

Everything follows from the seed.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random  # noqa: TID251 - chance with a seed is what a simulation is made of

import sqlalchemy as sa
from tests.simulation.oracle import Oracle, ViolationError
from tests.simulation.systems import CrashError, SimulatedConnector, SimulatedSystem, Weather
from tests.simulation.tables import MAPPINGS, SCHEMAS, TABLE, USER_FIELDS

from crosstie.app.in_process_jobs import InProcessJobs
from crosstie.app.wiring import Silent
from crosstie.model.value import Value
from crosstie.model.words import ConnectionId, MappingName, RecordId, Side
from crosstie.rules.conversions import CONVERSIONS
from crosstie.store.database import open_database
from crosstie.store.session import Session
from crosstie.store.store import SqlStore
from crosstie.synch.full_synch import start, synchronize
from crosstie.synch.ports.environment import Environment

VALUES = ("a", "b", "long", None)
"""Few values, so that they repeat and collide; one that the ERP cuts."""
ENOUGH = 2
"""So many records in a table make a new one rare: many edits of few records are the point."""
QUIET_RUNS = 3
CUSTOMER = MappingName("CUSTOMER")
FACTS: dict[str, Value] = {"local_currency": "CHF", "base_currency": "CHF", "base_currency_id": "crm-chf"}


def memory_database() -> sa.Engine:
    """The store's database, opened as the product opens it, in memory; histories in it differ by connection id."""
    return open_database("sqlite://")


@dataclass
class History:
    """A world that follows from its seed."""

    seed: int
    engine: sa.Engine
    met: Counter[str]
    chance: float = 0.03
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    origins: int = 0
    ids: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311 - made-up histories need no secrecy
        self.systems = {side: SimulatedSystem(side, SCHEMAS[side]) for side in Side}
        self.weather = Weather(self.random, self.chance, self.met, self.race)
        self.oracle = Oracle(self.systems, self.met)
        for system in self.systems.values():
            system.was_written = self.oracle.product_wrote
        self.connectors = {
            side: SimulatedConnector(system, self.weather, self.clock, FACTS) for side, system in self.systems.items()
        }

    def clock(self) -> datetime:
        """Virtual time."""
        self.now += timedelta(milliseconds=1)
        return self.now

    def environment(self) -> Environment:
        """The product as a fresh process."""
        return Environment(
            store=SqlStore(Session(self.engine, ConnectionId(f"seed-{self.seed}"))),
            erp=self.connectors[Side.ERP],
            crm=self.connectors[Side.CRM],
            mappings=MAPPINGS,
            conversions=CONVERSIONS,
            clock=self.clock,
            new_id=lambda: f"id-{next(self.ids):06d}",
            owner=f"worker-{next(self.ids)}",
            is_alone=True,
            listener=Silent(),
            page_size=self.random.choice((1, 2, 5, 50)),
        )

    # -- users -----------------------------------------------------------------------------------

    def user(self) -> None:
        """One user does one thing."""
        side = self.random.choice(tuple(Side))
        mapping = self.random.choice(tuple(MAPPINGS))
        table = TABLE[mapping][side]
        kind = {"CUSTOMER": 3, "VENDOR": 11}.get(mapping)
        rows = self.systems[side].rows(table)
        mine = [id_ for id_, row in rows.items() if side is Side.ERP or row.values["kind"] == kind]
        what = self.random.random()
        if not mine or what < (0.05 if len(mine) >= ENOUGH else 0.3):
            self._create(mapping, side, kind)
            return
        what = self.random.random()
        id_ = self.random.choice(mine)
        origin = str(rows[id_].values["origin"])
        if what < 0.03:
            self.oracle.deleted.add(origin)
            self.systems[side].delete(table, id_)
            self.met["delete"] += 1
        elif what < 0.08:
            self.systems[side].put(table, id_, {})
            self.met["touch"] += 1
        elif what < 0.16 and side is Side.ERP:
            self.systems[side].put(table, id_, {"blocked": self.random.choice(("All", None))})
            self.met["filter"] += 1
        else:
            self._edit(mapping, side, id_)

    def race(self, table: str, id_: RecordId | None) -> None:
        """A user acts while the product is about to write, mostly on the record that it writes."""
        rows = self.systems[Side.CRM].rows(table)
        side = Side.CRM if id_ in rows else Side.ERP
        row = self.systems[side].rows(table).get(id_) if id_ is not None else None
        if id_ is None or row is None or self.random.random() < 0.3:
            self.user()
            return
        self._edit(_mapping_of(table, row.values), side, id_)

    def _edit(self, mapping: MappingName, side: Side, id_: RecordId) -> None:
        table = TABLE[mapping][side]
        origin = str(self.systems[side].rows(table)[id_].values["origin"])
        column = self.random.choice(USER_FIELDS)
        self.systems[side].put(table, id_, {column: self.random.choice(VALUES)})
        self.oracle.user_wrote(mapping, side, origin, {column})
        self.met["edit"] += 1

    def _create(self, mapping: MappingName, side: Side, kind: int | None) -> None:
        origin = f"O{self.origins + 1}"
        values: dict[str, Value] = {name: self.random.choice(VALUES) for name in USER_FIELDS}
        values |= {"origin": origin} | ({"kind": kind} if side is Side.CRM else {"number": f"U{origin}"})
        if mapping == "CONTACT":
            rows = self.systems[side].rows(TABLE[CUSTOMER][side])
            parents = [id_ for id_, row in rows.items() if side is Side.ERP or row.values["kind"] == 3]
            if not parents:
                return
            values["parent"] = self.random.choice(parents)
        self.origins += 1
        self.systems[side].create(TABLE[mapping][side], values)
        self.oracle.user_wrote(mapping, side, origin, USER_FIELDS)
        self.met["create"] += 1

    # -- the product -----------------------------------------------------------------------------

    async def synchronize(self, *, is_full: bool) -> None:
        """A process runs, and perhaps dies."""

        def commit(_connection: sa.Connection) -> None:
            if self.weather.strikes("crash at commit", more=0.2):
                raise CrashError

        env = self.environment()
        sa.event.listen(self.engine, "commit", commit)
        try:
            engine = InProcessJobs(env)
            await (
                start(env, engine, started_by="simulation")
                if is_full
                else synchronize(env, engine, list(MAPPINGS), started_by="simulation")
            )
        except CrashError:
            self.met["crash"] += 1
        except Exception as error:
            if not error.__class__.__module__.startswith("crosstie.model"):
                raise
            self.met["stopped"] += 1
        finally:
            sa.event.remove(self.engine, "commit", commit)

    async def run(self) -> None:
        """The whole history; raises ViolationError."""
        try:
            await self._run()
        except ViolationError as error:
            raise ViolationError(f"seed {self.seed}: {error}") from None

    async def _run(self) -> None:
        for _ in range(self.random.randint(6, 40)):
            chance = self.random.random()
            if chance < 0.7:
                self.user()
            else:
                await self.synchronize(is_full=chance < 0.88)
                self.now += timedelta(minutes=self.random.choice((1, 10, 600)))
        self.weather.chance = 0
        for connector in self.connectors.values():
            connector.land_late()
        await self._come_to_rest()
        conflicts = self.oracle.check(self.environment().store)
        self._edit_every_pair()
        await self._come_to_rest()
        if self.oracle.check(self.environment().store) - conflicts:
            raise ViolationError("an edit on one side alone became a conflict: the base is wrong")

    async def _come_to_rest(self) -> None:
        for _ in range(QUIET_RUNS):
            self.now += timedelta(days=2)
            await self.synchronize(is_full=True)
        before = self._writes()
        await self.synchronize(is_full=True)
        await self.synchronize(is_full=False)
        if self._writes() != before:
            raise ViolationError("it never comes to rest")

    def _edit_every_pair(self) -> None:
        """Each coupled record is edited once, on one side: what the product remembers of it is put to the test."""
        store = self.environment().store
        for mapping in MAPPINGS:
            for pair in list(store.couplings.all(mapping)):
                side = self.random.choice(tuple(Side))
                if all(pair.id_on(one) in self.systems[one].rows(TABLE[mapping][one]) for one in Side):
                    self._edit(mapping, side, pair.id_on(side))

    def _writes(self) -> int:
        return sum(system.writes for system in self.systems.values())


def _mapping_of(table: str, values: Mapping[str, object]) -> MappingName:
    """The mapping that a row belongs to; accounts are customers or vendors."""
    if table == "account":
        return CUSTOMER if values["kind"] == 3 else MappingName("VENDOR")
    return next(name for name, tables in TABLE.items() if table in tables.values())
