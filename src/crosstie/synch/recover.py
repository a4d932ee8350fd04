"""Recover: settle intents whose outcome is not known, before anything else is decided.

The destination is read by the key that the intent fixed. What provably landed becomes base; what did not is decided
again; what nobody can tell becomes a conflict with both values, and is never re-sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from crosstie.engine.settle import Settled, settle
from crosstie.engine.under_way import UNDER_WAY, is_under_way
from crosstie.model.coupling import Base, Coupling, Stamp
from crosstie.model.intent import Intent, IntentState
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Record
from crosstie.model.words import ActionKind, RecordId, Side
from crosstie.synch.ambiguous import ambiguous_units
from crosstie.synch.attempts import attempts_of, created_base, key_of
from crosstie.synch.deletions import end_deleted
from crosstie.synch.keyless import settle_keyless
from crosstie.synch.permit import Permit, remembering
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.store import OpenConflict, RecordOutcome
from crosstie.synch.tables import Tables
from crosstie.synch.work import Work

_MOVED = (IntentState.LANDED, IntentState.AMBIGUOUS)


async def recover(env: Environment, tables: Tables, permit: Permit) -> int:
    """Settle open intents of the mapping, but those that must be held, and those of which it is time to be sure.

    A page at a time; returns how many were settled.
    """
    settled, journal, name = 0, env.store.journal, tables.mapping.name
    held: frozenset[str] = frozenset()
    while True:
        open_ = journal.open(name, env.page_size + len(held), unseen_before=env.clock() - UNDER_WAY)
        intents = [intent for intent in open_ if intent.id not in held]
        if not intents:
            return settled
        still = await settle_intents(env, tables, intents, permit)
        held |= still
        settled += len(intents) - len(still)


async def settle_intents(env: Environment, tables: Tables, intents: Sequence[Intent], permit: Permit) -> frozenset[str]:
    """Look at the destinations and remember what became of these intents; returns the ids of those that stay open."""
    keyless = await settle_keyless(env, tables, intents)
    held_back = frozenset(id_ for id_, (state, _) in keyless.items() if state is IntentState.OPEN)
    intents = [intent for intent in intents if intent.id not in held_back]
    found = [await _look(env, tables, intents, side) for side in Side]
    gone = [await _confirm_gone(env, tables, intents, found, side) for side in Side]
    now = env.clock()
    with remembering(env, tables.mapping.name, permit):
        couplings = env.store.couplings.by_id(tables.mapping.name, Side.CRM, [intent.crm_id for intent in intents])
        findings = _Findings(tables, permit, now, dict(couplings), _attempts(env, tables, intents))
        for intent in intents:
            if intent.is_delete:
                findings.add_delete(intent, is_gone=any(intent.id in some for some in gone))
            elif intent.id in keyless:
                state, record = keyless[intent.id]
                held = frozenset(intent.source) if state is IntentState.LANDED else frozenset[str]()
                findings.add(intent, record, Settled(state, held))
            else:
                record = found[0].get(intent.id) or found[1].get(intent.id)
                table, waits = tables.on(intent.destination), is_under_way(intent, now)
                findings.add(intent, record, settle(intent, record, table, tables.mapping, is_under_way=waits))
        findings.remember(env)
    return held_back


@dataclass
class _Findings:
    """What a look at the destinations came to, until it is remembered."""

    tables: Tables
    permit: Permit
    now: datetime
    couplings: dict[RecordId, Coupling]
    attempts: Mapping[str, Sequence[Intent]]
    states: dict[str, IntentState] = field(default_factory=dict)
    touched: dict[RecordId, Coupling] = field(default_factory=dict)
    conflicts: list[OpenConflict] = field(default_factory=list)
    deleted: list[tuple[Intent, Coupling]] = field(default_factory=list)

    def add_delete(self, intent: Intent, *, is_gone: bool) -> None:
        """A record that is neither shown nor said to be gone is decided again, and told then."""
        self.states[intent.id] = IntentState.LANDED if is_gone else IntentState.NOT_LANDED
        if is_gone and intent.crm_id in self.couplings:
            self.deleted.append((intent, self.couplings[intent.crm_id]))

    def add(self, intent: Intent, record: Record | None, what: Settled) -> None:
        """What holds the sent values becomes base; the rest of what moved is a conflict."""
        self.states[intent.id] = what.state
        if record is None or what.state not in _MOVED:
            return
        if what.held:
            tries = self.attempts.get(key_of(intent), [intent]) if intent.is_insert else [intent]
            proved = created_base(self.tables, tries, record)
            bases = {name: base for name, base in proved.items() if name in what.held}
            coupling = _landed(intent, record, coupling=self.couplings.get(intent.crm_id), bases=bases)
            self.couplings[intent.crm_id] = self.touched[intent.crm_id] = coupling
        self.conflicts += ambiguous_units(self.tables, intent, record, what, job=self.permit.job, at=self.now)

    def remember(self, env: Environment) -> None:
        """Write it all down; called inside the transaction of the worker that holds the lock."""
        touched, job = list(self.touched.values()), self.permit.job
        fresh = [one for one in touched if one.erp_version is None and one.crm_version is None]
        env.store.couplings.put(touched, job=job, at=self.now)
        env.store.outcomes.put([_look_again(one, self.permit, self.now) for one in touched])
        env.store.outcomes.wake(fresh, now=self.now)
        end_deleted(env, self.deleted, job, self.now)
        env.store.outcomes.put_conflicts(self.conflicts)
        env.store.journal.settle(self.states, at=self.now)


def moved_unseen(env: Environment, tables: Tables, works: Sequence[Work]) -> list[Intent]:
    """Modifications that were looked for in vain, and whose records, as just read, have moved since."""
    pairs = {work.coupling.crm_id: work for work in works if work.coupling is not None}
    unseen = env.store.journal.unseen(tables.mapping.name, list(pairs))
    held = [(one, pairs[one.crm_id].on(one.destination)) for one in unseen]
    return [one for one, record in held if record is not None and record.version != one.version]


async def settle_moved(env: Environment, tables: Tables, works: Sequence[Work], permit: Permit) -> bool:
    """Settle what may have arrived after all since it was looked for; returns whether there was anything."""
    moved = moved_unseen(env, tables, works)
    if moved:
        await settle_intents(env, tables, moved, permit)
    return bool(moved)


async def _look(env: Environment, tables: Tables, intents: Sequence[Intent], side: Side) -> Mapping[str, Record]:
    """The destination's record of each intent that writes to ``side``, by intent id."""
    mine = [intent for intent in intents if intent.destination is side]
    if not mine:
        return {}
    connector, table, columns = env.connector(side), tables.mapping.table(side), tables.mapping.columns(side)
    ids = {intent.id: intent.crm_id if side is Side.CRM else intent.erp_id for intent in mine}
    read = await connector.read(table, [id_ for id_ in ids.values() if id_ is not None], columns)
    found = {key: read[id_] for key, id_ in ids.items() if id_ is not None and id_ in read}
    numbers = {one.number: one.id for one in mine if ids[one.id] is None and one.number is not None}
    if numbers:
        key = tables.on(side).key
        for record in await connector.find(table, key, list(numbers), columns):
            found[numbers[str(record.values[key])]] = record
    return found


async def _confirm_gone(
    env: Environment, tables: Tables, intents: Sequence[Intent], found: Sequence[Mapping[str, Record]], side: Side
) -> frozenset[str]:
    """The deletes, by intent id, whose record on ``side`` does not exist any more."""
    ids = {
        intent.id: intent.crm_id if side is Side.CRM else intent.erp_id
        for intent in intents
        if intent.is_delete and intent.destination is side and not any(intent.id in some for some in found)
    }
    wanted = [id_ for id_ in ids.values() if id_ is not None]
    gone = await env.connector(side).gone(tables.mapping.table(side), wanted) if wanted else frozenset()
    return frozenset(key for key, id_ in ids.items() if id_ in gone)


def _attempts(env: Environment, tables: Tables, intents: Sequence[Intent]) -> Mapping[str, Sequence[Intent]]:
    """All attempts to create what these intents were to create."""
    creates = [intent for intent in intents if intent.is_insert]
    crm_ids = [intent.crm_id for intent in creates if intent.destination is Side.CRM]
    numbers = [intent.number for intent in creates if intent.number is not None]
    return attempts_of(env, tables, crm_ids=crm_ids, numbers=numbers)


def _landed(intent: Intent, record: Record, *, coupling: Coupling | None, bases: Mapping[str, Base]) -> Coupling:
    """The coupling with the bases that are proved; versions stay, so the pair is compared again."""
    erp_id = record.id if intent.erp_id is None else intent.erp_id
    known = coupling or Coupling(
        mapping=intent.mapping,
        erp_id=erp_id,
        crm_id=intent.crm_id,
        generation=intent.generation,
        erp_number=intent.number or intent.source_number,
    )
    # The record's time of modification may be our write's or a later edit's.
    unknown = {intent.destination: Stamp(record.version, None)}
    return replace(known, base={**known.base, **bases}, stamps={**known.stamps, **unknown})


def _look_again(coupling: Coupling, permit: Permit, now: datetime) -> RecordOutcome:
    return RecordOutcome(
        mapping=coupling.mapping,
        side=Side.ERP,
        id=coupling.erp_id,
        kind=ActionKind.UNCHANGED,
        reason=Reason(ReasonCode.ECHO),
        job=permit.job,
        at=now,
        due_at=now,
    )
