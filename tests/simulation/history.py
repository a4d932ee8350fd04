"""One history: people work on both sides, the product synchronizes in bad weather, then the weather clears.

Everything follows from the seed.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import blake2b
from random import Random  # noqa: TID251 - chance with a seed is what a simulation is made of

import sqlalchemy as sa
from tests.simulation.oracle import Oracle, ViolationError
from tests.simulation.product import Product
from tests.simulation.promises import Promises
from tests.simulation.systems import Sent, SimulatedSystem
from tests.simulation.tables import CONTACT, CUSTOMER, MAPPINGS, SCHEMAS, TABLE, VENDOR
from tests.simulation.users import Users
from tests.simulation.weather import Weather

from crosstie.model.mapping import TableMapping
from crosstie.model.words import ConflictResolution, ConnectionId, MappingName, OnDeletion, RecordId, Side

SETS = ((CUSTOMER,),) * 6 + ((CUSTOMER, VENDOR),) * 2 + ((CUSTOMER, CONTACT), (CUSTOMER, VENDOR, CONTACT))
"""The mappings of a history: mostly one, sometimes two on one table, sometimes one that depends on another."""
DELETIONS = (OnDeletion.ASK,) * 4 + (OnDeletion.RESTORE, OnDeletion.UNCOUPLE, OnDeletion.DELETE, OnDeletion.DELETE)
CONFLICTS = (ConflictResolution.NONE,) * 6 + (
    ConflictResolution.SEND_UPDATE,
    ConflictResolution.GET_UPDATE,
    ConflictResolution.NEWEST,
    ConflictResolution.NEWEST,
)
KEYLESS = 0.15
"""Share of the histories in which the ERP numbers what the product creates."""
SKEWS = (0, 0, 0, 40, -300, 300)
"""Seconds by which a server's clock is off."""
PAUSES = (30, 200, 900)
"""Seconds that a process stands still: shorter and longer than its lease."""
LONGEST_OPERATION = timedelta(minutes=5)
"""Whoever waits so long sees late requests land first: they never take as long as a server's longest operation."""
SHORTENED = (None, "phone", "city")
"""The column that a schema change makes shorter; ``None``: every column is as it was."""
LONGEST_REST = 4
"""Within so many synchronizations it must have come to rest."""


@cache
def mappings_of(
    names: tuple[MappingName, ...], deletions: OnDeletion, conflicts: ConflictResolution, *, is_keyless: bool
) -> Mapping[MappingName, TableMapping]:
    """The mappings of a history, with its strategies; without a range of numbers nothing tells what a create made."""
    mappings = [replace(MAPPINGS[name], on_deletion=deletions, on_conflict=conflicts) for name in names]
    return {one.name: replace(one, create_number=None) if is_keyless else one for one in mappings}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """What does not follow from the seed; ``None`` does."""

    names: tuple[MappingName, ...] | None = None
    deletions: OnDeletion | None = None
    conflicts: ConflictResolution | None = None
    is_alone: bool | None = None
    is_keyless: bool | None = None
    chance: float = 0.03
    """Of a fault at a call; writes are struck more often."""


ANY = Fixed()


@dataclass
class History:
    """A world that follows from its seed."""

    seed: int
    engine: sa.Engine
    met: Counter[str]
    fixed: Fixed = ANY
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    ids: Iterator[int] = field(default_factory=itertools.count)
    is_paused: bool = False

    def __post_init__(self) -> None:
        self.random = Random(self.seed)  # noqa: S311 - made-up histories need no secrecy
        fixed = self.fixed
        names = fixed.names or self.random.choice(SETS)
        deletions = fixed.deletions or self.random.choice(DELETIONS)
        conflicts = fixed.conflicts or self.random.choice(CONFLICTS)
        is_alone = self.random.random() < 0.7
        is_keyless = self.random.random() < KEYLESS if fixed.is_keyless is None else fixed.is_keyless
        self.systems = {side: SimulatedSystem(side, SCHEMAS[side], self._clock_of()) for side in Side}
        self.oracle = Oracle(self.systems, names, deletions, conflicts, lambda: self.now)
        self.weather = Weather(self.random, fixed.chance, self.met, self._act, self._race, self._pause)
        self.users = Users(
            self.random,
            self.systems,
            names,
            deletions,
            self.oracle,
            self.weather,
            self._wait,
            self._is_known,
            is_keyless,
        )
        self.product = Product(
            connection=ConnectionId(f"seed-{self.seed}"),
            engine=self.engine,
            mappings=mappings_of(names, deletions, conflicts, is_keyless=is_keyless),
            systems=self.systems,
            weather=self.weather,
            oracle=self.oracle,
            random=self.random,
            clock=self.clock,
            new_id=lambda: f"id-{next(self.ids):06d}",
            is_alone=is_alone if fixed.is_alone is None else fixed.is_alone,
        )
        for side, system in self.systems.items():
            system.before_write = lambda sent, side=side: self._before_write(side, sent)
            system.after_write = lambda sent, id_, side=side: self.oracle.product_wrote(side, sent, id_)

    def clock(self) -> datetime:
        """Virtual time."""
        self.now += timedelta(milliseconds=1)
        return self.now

    def trace(self) -> str:
        """A digest of everything that happened."""
        return blake2b("\n".join(map(str, self.weather.trace)).encode(), digest_size=8).hexdigest()

    async def run(self) -> None:
        """The whole history; raises ViolationError."""
        try:
            await self._work()
            await self._end()
        except ViolationError as error:
            raise ViolationError(f"seed {self.seed}: {error}") from None

    async def _work(self) -> None:
        for _ in range(self.random.randint(4, 20)):
            chance = self.random.random()
            if chance < 0.66:
                self.users.act()
            elif chance < 0.94:
                await self.product.synchronize(is_full=chance < 0.78)
                self._wait(timedelta(minutes=self.random.choice((1, 10, 600))))
                if self.random.random() < 0.3:
                    await self.product.answer()
            elif chance < 0.96:
                await self.product.undo()
            else:
                await self.product.answer()

    async def _end(self) -> None:
        self.weather.chance = 0
        for system in self.systems.values():
            system.land_late()
            system.shortened = None
        await self._come_to_rest(is_full=self._needs_every_record())
        conflicts = self._check()
        self._edit_every_pair()
        await self._plan_and_apply()
        await self._come_to_rest(is_full=False)
        news = {one[:2] for one in self._check()} - {one[:2] for one in conflicts}
        if news and self.oracle.on_conflict is ConflictResolution.NONE:
            raise ViolationError(f"an edit on one side alone became a conflict: {sorted(news)}")

    def _needs_every_record(self) -> bool:
        """Whether something happened that only a look at every record finds; else, mostly, what changed must do."""
        erp = self.systems[Side.ERP]
        is_hidden = any(row.is_hidden for rows in erp.tables.values() for row in rows.values())
        return is_hidden or any(erp.gone.values()) or self.random.random() < 0.4

    async def _come_to_rest(self, *, is_full: bool) -> None:
        """Synchronize until nothing is written any more, and then once more."""
        for number in range(LONGEST_REST):
            self._wait(timedelta(days=2))
            before = self._writes()
            await self.product.synchronize_calmly(is_full=is_full)
            if number and self._writes() == before:
                return
        raise ViolationError("it never comes to rest")

    def _check(self) -> set[tuple[RecordId, str, str]]:
        found = {(id_, unit, str(code)) for id_, unit, code in Promises(self.oracle, self.product.look()).check()}
        for _, _, code in sorted(found):
            self.weather.note(f"conflict: {code}")
        return found

    def _edit_every_pair(self) -> None:
        """Each coupled record is edited once, on one side: what the product remembers of it is put to the test."""
        for mapping in self.product.mappings:
            for pair in list(self.product.look().couplings.all(mapping)):
                side = self.random.choice((Side.ERP, Side.CRM))
                if all(pair.id_on(one) in self.systems[one].rows(TABLE[mapping][one]) for one in Side):
                    self.users.edit(mapping, side, pair.id_on(side))

    async def _plan_and_apply(self) -> None:
        """A plan writes nothing, and what it shows is what is sent."""
        self._wait(timedelta(days=2))
        before = self._writes()
        shown = [write for action in await self.product.planned() for write in action.writes]
        if self._writes() != before:
            raise ViolationError("a plan wrote")
        marks = {side: len(system.asked) for side, system in self.systems.items()}
        await self.product.synchronize_calmly(is_full=False)
        sent = [(side, one) for side, system in self.systems.items() for one in system.asked[marks[side] :]]
        planned = sorted((one.side, one.table, str(one.id), sorted(map(str, one.after.items()))) for one in shown)
        applied = sorted(
            (side, one.table, str(one.write.id), sorted(map(str, one.write.values.items()))) for side, one in sent
        )
        if planned != applied:
            raise ViolationError(f"planned {planned}, and sent {applied}")

    # -- the world -------------------------------------------------------------------------------

    def _clock_of(self) -> Callable[[], datetime]:
        skew = timedelta(seconds=self.random.choice(SKEWS))
        return lambda: self.now + skew

    def _wait(self, time: timedelta) -> None:
        if time >= LONGEST_OPERATION:
            for system in self.systems.values():
                system.land_late()
        self.now += time
        match self.weather.strikes(("clock step", "schema change")):
            case "clock step":
                self.now -= timedelta(minutes=5)
            case "schema change":
                self.random.choice(list(self.systems.values())).shortened = self.random.choice(SHORTENED)

    def _act(self) -> None:
        self.users.act()

    def _is_known(self, mapping: MappingName, side: Side, id_: RecordId) -> bool:
        return id_ in self.product.look().couplings.by_id(mapping, side, [id_])

    def _race(self, table: str, id_: RecordId | None) -> None:
        self.users.race(table, id_)

    async def _pause(self) -> None:
        """The process stands still; meanwhile people and another process go on."""
        if self.product.is_alone or self.is_paused:
            return
        self.weather.note("pause")
        self.is_paused = True
        self._wait(timedelta(seconds=self.random.choice(PAUSES)))
        if self.random.random() < 0.5:
            self.users.act()
        await self.product.synchronize(is_full=self.random.random() < 0.5)
        if self.random.random() < 0.5:
            self.users.act()
        self.is_paused = False

    def _before_write(self, side: Side, sent: Sent) -> None:
        self.weather.trace.append((side, sent))
        self.oracle.product_writes(side, sent)

    def _writes(self) -> int:
        return sum(len(system.writes) for system in self.systems.values())
