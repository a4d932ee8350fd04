"""Recover: settle intents whose outcome is not known, before anything else is decided.

The destination is read by the key that the intent fixed. What provably landed becomes base; what did not is decided
again; what nobody can tell becomes a conflict with both values, and is never re-sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from crosstie.engine.settle import settle
from crosstie.engine.units import units_of
from crosstie.model.action import FieldConflict
from crosstie.model.coupling import Coupling, Stamp
from crosstie.model.intent import Intent, IntentState
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Record
from crosstie.model.words import ActionKind, RecordId, Side
from crosstie.synch.attempts import attempts_of, created_base, key_of
from crosstie.synch.deletions import end_deleted
from crosstie.synch.outbox import Permit
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.store import OpenConflict, RecordOutcome
from crosstie.synch.tables import Tables


async def recover(env: Environment, tables: Tables, permit: Permit) -> int:
    """Settle every open intent of the mapping, a page at a time; returns how many there were."""
    settled = 0
    while intents := env.store.journal.open(tables.mapping.name, env.page_size):
        await settle_intents(env, tables, intents, permit)
        settled += len(intents)
    return settled


async def settle_intents(env: Environment, tables: Tables, intents: Sequence[Intent], permit: Permit) -> None:
    """Look at the destinations and remember what became of these intents."""
    found = [await _look(env, tables, intents, side) for side in Side]
    gone = [await _confirm_gone(env, tables, intents, found, side) for side in Side]
    now = env.clock()
    ids = [intent.crm_id for intent in intents]
    with env.store.transaction():
        couplings = dict(env.store.couplings.by_id(tables.mapping.name, Side.CRM, ids))
        states: dict[str, IntentState] = {}
        conflicts: list[OpenConflict] = []
        touched: dict[RecordId, Coupling] = {}
        deleted: list[tuple[Intent, Coupling]] = []
        attempts = _attempts(env, tables, intents)
        for intent in intents:
            record = found[0].get(intent.id) or found[1].get(intent.id)
            states[intent.id] = settle(intent, record, tables.on(intent.destination))
            if intent.is_delete:
                # Neither shown nor said to be gone: decided again, and told then.
                is_gone = any(intent.id in ids_ for ids_ in gone)
                states[intent.id] = IntentState.LANDED if is_gone else IntentState.NOT_LANDED
                deleted += [(intent, couplings[intent.crm_id])] if is_gone and intent.crm_id in couplings else []
            elif states[intent.id] is IntentState.LANDED and record is not None:
                tries = attempts.get(key_of(intent), [intent]) if intent.is_insert else [intent]
                coupling = _landed(tables, intent, record, couplings.get(intent.crm_id), tries)
                couplings[intent.crm_id] = touched[intent.crm_id] = coupling
            elif states[intent.id] is IntentState.AMBIGUOUS and record is not None:
                conflicts += _ambiguous(tables, intent, record, permit, now)
        fresh = [one for one in touched.values() if one.erp_version is None and one.crm_version is None]
        env.store.couplings.put(touched.values(), job=permit.job, at=now)
        env.store.outcomes.put([_look_again(one, permit, now) for one in touched.values()])
        env.store.outcomes.wake(fresh, now=now)
        end_deleted(env, deleted, permit.job, now)
        env.store.outcomes.put_conflicts(conflicts)
        env.store.journal.settle(states, at=now)


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


def _landed(
    tables: Tables, intent: Intent, record: Record, coupling: Coupling | None, attempts: Sequence[Intent]
) -> Coupling:
    """The coupling with the base that the landed intent proves; versions stay, so the pair is compared again."""
    erp_id = record.id if intent.erp_id is None else intent.erp_id
    known = coupling or Coupling(
        mapping=intent.mapping,
        erp_id=erp_id,
        crm_id=intent.crm_id,
        generation=intent.generation,
        erp_number=intent.number or intent.source_number,
    )
    proved = created_base(tables, attempts, record)
    # The record's time of modification may be our write's or a later edit's.
    unknown = {intent.destination: Stamp(record.version, None)}
    return replace(known, base={**known.base, **proved}, stamps={**known.stamps, **unknown})


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


def _ambiguous(tables: Tables, intent: Intent, record: Record, permit: Permit, now: datetime) -> list[OpenConflict]:
    """A conflict for each unit of the intent, with both values, until a person or equality settles it."""
    if intent.erp_id is None:
        return []
    result: list[OpenConflict] = []
    for unit in units_of(tables.mapping):
        names = tuple(field.name for field in unit.fields if field.name in intent.source)
        if not names:
            continue
        source = tuple(value for name in names for value in intent.source[name])
        fields = [tables.mapping.field_named(name) for name in names]
        held = tuple(v for field in fields for v in tables.translation.read(field, intent.destination, record.values))
        erp, crm = (held, source) if intent.destination is Side.ERP else (source, held)
        reason = Reason(ReasonCode.OUTCOME_AMBIGUOUS, {"fields": unit.name})
        what = FieldConflict(
            unit=unit.name, fields=names, erp=erp, crm=crm, base_erp=None, base_crm=None, reason=reason
        )
        result.append(
            OpenConflict(
                mapping=intent.mapping,
                erp_id=intent.erp_id,
                crm_id=intent.crm_id,
                conflict=what,
                found_at=now,
                job=permit.job,
            )
        )
    return result
