"""Recover: settle intents whose outcome is not known, before anything else is decided.

The destination is read by the key that the intent fixed. What provably landed becomes base; what did not is decided
again; what nobody can tell becomes a conflict with both values, and is never re-sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
    held = frozenset(id_ for id_, (state, _) in keyless.items() if state is IntentState.OPEN)
    intents = [intent for intent in intents if intent.id not in held]
    found = [await _look(env, tables, intents, side) for side in Side]
    gone = [await _confirm_gone(env, tables, intents, found, side) for side in Side]
    now = env.clock()
    ids = [intent.crm_id for intent in intents]
    with remembering(env, tables.mapping.name, permit):
        couplings = dict(env.store.couplings.by_id(tables.mapping.name, Side.CRM, ids))
        states: dict[str, IntentState] = {}
        conflicts: list[OpenConflict] = []
        touched: dict[RecordId, Coupling] = {}
        deleted: list[tuple[Intent, Coupling]] = []
        attempts = _attempts(env, tables, intents)
        for intent in intents:
            record = found[0].get(intent.id) or found[1].get(intent.id)
            table = tables.on(intent.destination)
            what = settle(intent, record, table, tables.mapping, is_under_way=is_under_way(intent, now))
            if intent.id in keyless:
                state, record = keyless[intent.id]
                what = Settled(state, frozenset(intent.source) if state is IntentState.LANDED else frozenset())
            states[intent.id] = what.state
            if intent.is_delete:
                # Neither shown nor said to be gone: decided again, and told then.
                is_gone = any(intent.id in ids_ for ids_ in gone)
                states[intent.id] = IntentState.LANDED if is_gone else IntentState.NOT_LANDED
                deleted += [(intent, couplings[intent.crm_id])] if is_gone and intent.crm_id in couplings else []
            elif what.state in _MOVED and record is not None:
                if what.held:
                    tries = attempts.get(key_of(intent), [intent]) if intent.is_insert else [intent]
                    proved = created_base(tables, tries, record)
                    bases = {name: base for name, base in proved.items() if name in what.held}
                    known = couplings.get(intent.crm_id)
                    coupling = _landed(intent, record, coupling=known, bases=bases)
                    couplings[intent.crm_id] = touched[intent.crm_id] = coupling
                conflicts += ambiguous_units(tables, intent, record, what, job=permit.job, at=now)
        fresh = [one for one in touched.values() if one.erp_version is None and one.crm_version is None]
        env.store.couplings.put(touched.values(), job=permit.job, at=now)
        env.store.outcomes.put([_look_again(one, permit, now) for one in touched.values()])
        env.store.outcomes.wake(fresh, now=now)
        end_deleted(env, deleted, permit.job, now)
        env.store.outcomes.put_conflicts(conflicts)
        env.store.journal.settle(states, at=now)
    return held


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
