"""Plan: what a synchronization would do now, and why, without doing it.

The same detection, decisions and intents as in a job; only nothing is committed to the journal, nothing is sent, and no
cursor moves. What is kept is the change inbox, and the ERP numbers of records to be created: the job that follows takes
exactly these.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from crosstie.engine.guard import Limits, MassChange
from crosstie.engine.units import units_of
from crosstie.model.action import FieldConflict, SynchAction
from crosstie.model.intent import Intent
from crosstie.model.mapping import TableMapping
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.value import Values
from crosstie.model.words import ActionKind, Direction, JobId, MappingName, RecordId, Side
from crosstie.synch.chosen_records import find_chosen
from crosstie.synch.decide_page import decide_page, works_of
from crosstie.synch.detect import detect
from crosstie.synch.full_synch import ordered
from crosstie.synch.guard import Guard
from crosstie.synch.outbox import draw_up
from crosstie.synch.permit import Permit
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.store import Ahead
from crosstie.synch.recover import moved_unseen
from crosstie.synch.tables import Tables, describe
from crosstie.synch.work import Answers, Work

_UNSETTLED_SHOWN = 10_000
"""Interrupted writes are at most a page a side; this is far beyond."""
_QUIET = (ActionKind.UNCHANGED, ActionKind.IGNORE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWrite:
    """One write that would be sent."""

    side: Side
    table: str
    id: RecordId | None
    """``None``: an ERP record to be created; the ERP gives it its id."""
    number: str | None
    """The reserved number of an ERP record to be created."""
    is_insert: bool
    is_delete: bool
    before: Values
    """What the columns hold now; empty for a record to be created, everything for one to be deleted."""
    after: Values
    """Columns and values, as they would be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAction:
    """What would happen to one record or pair, and why."""

    mapping: MappingName
    side: Side
    id: RecordId
    label: str
    kind: ActionKind
    reason: Reason
    writes: tuple[PlannedWrite, ...] = ()
    conflicts: tuple[FieldConflict, ...] = ()
    truncated: tuple[str, ...] = ()
    follow_up: tuple[str, ...] = ()
    """CRM columns that get the ERP's own values in the same run, once the ERP has created the record."""


@dataclass(slots=True)
class Tally:
    """Counts of a plan by mapping; echoes count as unchanged."""

    records: dict[MappingName, Counter[str]] = field(default_factory=dict)
    stops: dict[MappingName, MassChange] = field(default_factory=dict)
    """Why the guard would stop a job of the mapping; what is counted and listed would wait then."""

    def add(self, mapping: MappingName, name: str, count: int = 1) -> None:
        """Count."""
        self.records.setdefault(mapping, Counter())[name] += count

    def as_dict(self, mapping: MappingName | None = None) -> dict[str, int]:
        """Records by what would become of them, and writes by side; of one mapping, or of all."""
        counted = self.records.get(mapping, Counter()) if mapping else sum(self.records.values(), Counter[str]())
        return {name: counted[name] for name in (*ActionKind, "writes_to_crm", "writes_to_erp")}


async def plan(
    env: Environment,
    names: Iterable[MappingName],
    tally: Tally,
    *,
    is_full: bool = False,
    records: Sequence[str] = (),
    destination: Side | None = None,
    accepts_mass_change: bool = False,
) -> AsyncGenerator[PlannedAction, None]:
    """What a synchronization of these mappings, or of these records only, would do; page by page.

    With a ``destination``: what carrying these records over to that side would do, whatever was edited there. Where the
    guard would stop a job, ``tally`` says so; what the job would have sent is listed all the same.
    """
    wanted, answers = set(names), Answers(destination=destination)
    chosen = await find_chosen(env, wanted, records, destination=destination) if records else {}
    for name in ordered(env):
        if name not in wanted or (records and name not in chosen):
            continue
        mapping, tables = env.mappings[name], await describe(env, env.mappings[name])
        guard = Guard(env, tables, is_accepted=accepts_mass_change or bool(records), limits=Limits())
        run = _Plan(env=env, tables=tables, tally=tally, guard=guard, lists_all=bool(records), answers=answers)
        async for action in _plan_mapping(run, mapping, is_full=is_full, chosen=chosen.get(name)):
            yield action


async def _plan_mapping(
    run: "_Plan", mapping: TableMapping, *, is_full: bool, chosen: Sequence[Work] | None
) -> AsyncGenerator[PlannedAction, None]:
    env = run.env
    open_ = env.store.journal.open(mapping.name, _UNSETTLED_SHOWN)
    run.held = _held(open_)
    run.tally.records.setdefault(mapping.name, Counter())
    if chosen is not None:
        for action in [*run.unsettled(open_, chosen), *await run.decide(chosen, creates=mapping.creates)]:
            yield action
        return
    for action in run.unsettled(open_):
        yield action
    for side in Side:
        await detect(env, side, run.tables.on(side), whole_table=is_full)
    inbox = env.store.inbox
    after = {side: 0 if is_full else inbox.cursor(mapping.name, side) for side in Side}
    ahead = {side: inbox.ahead(mapping.name, side, mapping.table(side), after=after[side]) for side in Side}
    run.note_stop(run.guard.foresee_vanished(after, {side: ahead[side].upto for side in Side}))
    ranges = _Ranges(env=env, mapping=mapping, ahead=ahead)
    for side in Side:
        async for action in _changed(
            run, ranges, side, creates=mapping.creates and (is_full or not mapping.only_coupled)
        ):
            yield action
    async for action in _due(run, ranges):
        yield action


def _held(open_: Sequence[Intent]) -> Mapping[Side, frozenset[RecordId]]:
    erp = frozenset(one.erp_id for one in open_ if one.erp_id is not None)
    return {Side.ERP: erp, Side.CRM: frozenset(one.crm_id for one in open_)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranges:
    """The changes that a job would look at, so that a pair that changed on both sides is told once."""

    env: Environment
    mapping: TableMapping
    ahead: Mapping[Side, Ahead]

    def among(self, side: Side, ids: Iterable[RecordId]) -> frozenset[RecordId]:
        return self.env.store.inbox.pending_among(
            self.mapping.name,
            side,
            self.mapping.table(side),
            list(ids),
            after=self.ahead[side].after,
            upto=self.ahead[side].upto,
        )


async def _changed(run: "_Plan", ranges: _Ranges, side: Side, *, creates: bool) -> AsyncGenerator[PlannedAction, None]:
    """The changes of one side, without those that the other side's turn told already."""
    inbox, mapping = run.env.store.inbox, run.tables.mapping
    ahead = ranges.ahead[side]
    table, after, upto = mapping.table(side), ahead.after, ahead.upto
    run.tally.add(mapping.name, ActionKind.UNCHANGED, ahead.echoes)
    while pending := inbox.pending(mapping.name, side, table, after=after, upto=upto, limit=run.env.page_size):
        after = pending[-1].seq
        near, outside = works_of(mapping, side, pending)
        run.tally.add(mapping.name, ActionKind.IGNORE, len(outside))
        earlier = [] if side is Side.ERP else [ranges]
        for action in await run.decide(near, creates=creates, earlier=earlier):
            yield action


async def _due(run: "_Plan", ranges: _Ranges) -> AsyncGenerator[PlannedAction, None]:
    """Records that failed or waited and whose time has come, unless they changed and were told already."""
    name, outcomes, now = run.tables.mapping.name, run.env.store.outcomes, run.env.clock()
    for side in Side:
        skip = 0
        while due := outcomes.due(name, side, now, run.env.page_size, skip=skip):
            skip += len(due)
            changed = ranges.among(side, due)
            works = [Work(side=side, id=id_) for id_ in due if id_ not in changed]
            for action in await run.decide(works, creates=run.tables.mapping.creates, earlier=[ranges], is_due=True):
                yield action


@dataclass(slots=True, kw_only=True)
class _Plan:
    """The planning of one mapping."""

    env: Environment
    tables: Tables
    tally: Tally
    guard: Guard
    held: Mapping[Side, frozenset[RecordId]] = field(default_factory=lambda: dict.fromkeys(Side, frozenset()))
    """Records with an interrupted write; what becomes of them is known once it is settled."""
    lists_all: bool
    """A person asked for these records: tell of the quiet ones too."""
    answers: Answers

    def note_stop(self, found: MassChange | None) -> None:
        """Remember why a job would stop; the first reason is the one that it would name."""
        if found is not None:
            self.tally.stops.setdefault(self.tables.mapping.name, found)

    def unsettled(self, open_: Sequence[Intent], chosen: Sequence[Work] | None = None) -> Iterator[PlannedAction]:
        """An action for each interrupted write, or for those that concern the chosen records."""
        ids = None if chosen is None else {work.id for work in chosen}
        for one in open_:
            side = one.destination.other
            id_ = one.crm_id if side is Side.CRM or one.erp_id is None else one.erp_id
            if ids is not None and ids.isdisjoint({one.crm_id, one.erp_id}):
                continue
            self.tally.add(one.mapping, ActionKind.WAIT)
            reason = Reason(ReasonCode.UNSETTLED, {"side": one.destination.value.upper()})
            label = one.number or one.source_number or ""
            yield PlannedAction(
                mapping=one.mapping, side=side, id=id_, label=label, kind=ActionKind.WAIT, reason=reason
            )

    async def decide(
        self, works: Sequence[Work], *, creates: bool, earlier: Sequence[_Ranges] = (), is_due: bool = False
    ) -> list[PlannedAction]:
        """Decide as a job would; what is held, or was told in an ``earlier`` turn, is left out."""
        todo = [work for work in works if work.id not in self.held[work.side]]
        if not todo:
            return []
        await decide_page(self.env, self.tables, todo, creates=creates, answers=self.answers)
        moved = moved_unseen(self.env, self.tables, todo)
        arrived = {one.crm_id for one in moved}
        todo = [work for work in todo if work.coupling is None or work.coupling.crm_id not in arrived]
        told = self._told(todo, earlier, is_due=is_due)
        todo = [work for work in todo if not self._is_held(work) and work.id not in told]
        self.note_stop(self.guard.foresee(todo))
        permit = Permit(job=JobId("plan"), epoch=0, until=self.env.clock())
        draw_up(self.env, self.tables, todo, permit)
        told_now = [action for work in todo if (action := self._told_now(work)) is not None]
        return [*self.unsettled(moved), *told_now]

    def _is_held(self, work: Work) -> bool:
        coupling = work.coupling
        return coupling is not None and any(coupling.id_on(side) in self.held[side] for side in Side)

    def _told(self, works: Sequence[Work], earlier: Sequence[_Ranges], *, is_due: bool) -> set[RecordId]:
        """Works whose counterpart had its turn before."""
        partners = {work.coupling.id_on(work.side.other): work.id for work in works if work.coupling is not None}
        if not partners or not earlier:
            return set()
        side = works[0].side
        told = {partners[id_] for ranges in earlier for id_ in ranges.among(side.other, partners)}
        if is_due and side is Side.CRM:
            told |= {id_ for partner, id_ in partners.items() if self._is_due(partner)}
        return told

    def _is_due(self, erp_id: RecordId) -> bool:
        known = self.env.store.outcomes.of_record(self.tables.mapping.name, Side.ERP, erp_id)
        return known is not None and known.due_at is not None and known.due_at <= self.env.clock()

    def _told_now(self, work: Work) -> PlannedAction | None:
        action, mapping = work.action, self.tables.mapping
        if action is None:
            raise ValueError(f"no decision was made for {work.id}")
        self.tally.add(mapping.name, action.kind)
        for intent in work.intents:
            self.tally.add(mapping.name, f"writes_to_{intent.destination}")
        is_quiet = action.kind in _QUIET and not _ends(work, action)
        if is_quiet and not work.intents and not self.lists_all:
            return None
        own = self.tables.label_of(work.side, work.on(work.side))
        return PlannedAction(
            mapping=mapping.name,
            side=work.side,
            id=work.id,
            label=own or self.tables.label_of(work.side.other, work.on(work.side.other)),
            kind=action.kind,
            reason=action.reason,
            writes=tuple(_write(mapping, intent) for intent in work.intents),
            conflicts=action.conflicts,
            truncated=action.truncated,
            follow_up=tuple(_follow_up(mapping)) if any(_creates_in_erp(one) for one in work.intents) else (),
        )


def _ends(work: Work, action: SynchAction) -> bool:
    """A coupling that lost one of its records."""
    return work.coupling is not None and (action.erp is None) != (action.crm is None)


def _creates_in_erp(intent: Intent) -> bool:
    return intent.is_insert and intent.destination is Side.ERP


def _follow_up(mapping: TableMapping) -> Iterator[str]:
    """CRM columns that only the ERP fills: its number first of all."""
    for unit in units_of(mapping):
        if unit.direction is Direction.TO_INTEGRATION_TABLE:
            for one in unit.fields:
                yield from one.columns(Side.CRM)


def _before(intent: Intent) -> Values:
    if intent.is_insert or intent.is_delete:
        return {} if intent.is_insert else intent.before
    return {name: intent.before.get(name) for name in intent.values}


def _write(mapping: TableMapping, intent: Intent) -> PlannedWrite:
    side = intent.destination
    return PlannedWrite(
        side=side,
        table=mapping.table(side),
        id=intent.crm_id if side is Side.CRM else intent.erp_id,
        number=intent.number,
        is_insert=intent.is_insert,
        is_delete=intent.is_delete,
        before=_before(intent),
        after=intent.values,
    )
