"""Adopt: recognize an uncoupled record as our own create, whose effect came after we had looked for it in vain.

A first request can land after a look-up. Its record then shows up as new, and taking it for a user's would create a
third one at the other side. The key that the intent fixed tells: the CRM row's id, the ERP record's reserved number.
"""

from collections.abc import Mapping, Sequence

from crosstie.model.coupling import Coupling, Stamp
from crosstie.model.intent import Intent
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Record
from crosstie.model.words import RecordId, Side
from crosstie.synch.attempts import attempts_of, created_base, key_of
from crosstie.synch.ports.environment import Environment
from crosstie.synch.tables import Tables
from crosstie.synch.work import Work


async def adopt(env: Environment, tables: Tables, works: Sequence[Work]) -> None:
    """Couple each record that we created ourselves with the one it was created for: one query, a read if any is."""
    new = [work for work in works if work.coupling is None and work.record is not None]
    numbers = {work.id: number for work in new if (number := _number(tables, work)) is not None}
    crm_ids = [work.id for work in new if work.side is Side.CRM]
    attempts = attempts_of(env, tables, crm_ids=crm_ids, numbers=list(numbers.values()))
    if not attempts:
        return
    by_key = {key: tries[-1] for key, tries in attempts.items()}
    ours = {work.id: intent for work in new if (intent := by_key.get(numbers.get(work.id, work.id))) is not None}
    ours = _free(env, tables, ours)
    for side in Side:
        wanted = [_other(one) for id_, one in ours.items() if one.destination is side.other]
        found = await _read(env, tables, side, wanted)
        for work in new:
            intent = ours.get(work.id)
            if intent is not None and work.side is side.other:
                _couple(tables, work, attempts[key_of(intent)], found.get(_other(intent)))


def _number(tables: Tables, work: Work) -> str | None:
    """The number of an ERP record, where numbers of ours can be."""
    if work.side is Side.CRM or work.record is None or tables.mapping.create_number is None:
        return None
    return tables.number_of(work.record)


def _other(intent: Intent) -> RecordId:
    """The id of the record that the create was for."""
    return intent.crm_id if intent.destination is Side.ERP else intent.erp_id or RecordId("")


def _free(env: Environment, tables: Tables, ours: Mapping[RecordId, Intent]) -> dict[RecordId, Intent]:
    """Those whose source is not coupled to another record meanwhile, and that no coupling ended since."""
    name = tables.mapping.name
    erp = [_other(one) for one in ours.values() if one.destination is Side.CRM]
    crm = [_other(one) for one in ours.values() if one.destination is Side.ERP]
    taken = {*env.store.couplings.by_id(name, Side.ERP, erp), *env.store.couplings.by_id(name, Side.CRM, crm)}
    erp_ids = {id_: one.erp_id or id_ for id_, one in ours.items()}
    ended = env.store.partings.generations(name, list(erp_ids.values()))
    return {
        id_: one
        for id_, one in ours.items()
        if _other(one) not in taken and one.generation >= ended.get(erp_ids[id_], 0)
    }


async def _read(env: Environment, tables: Tables, side: Side, ids: Sequence[RecordId]) -> Mapping[RecordId, Record]:
    if not ids:
        return {}
    mapping = tables.mapping
    return await env.connector(side).read(mapping.table(side), ids, mapping.columns(side))


def _couple(tables: Tables, work: Work, attempts: Sequence[Intent], counterpart: Record | None) -> None:
    intent, held = attempts[-1], work.record
    if held is None:
        raise ValueError(f"a record that was not read cannot be adopted: {work.id}")
    erp_id, crm_id = (work.id, _other(intent)) if work.side is Side.ERP else (_other(intent), work.id)
    work.counterpart = counterpart
    work.landed_late = intent.id
    work.coupled_because = Reason(ReasonCode.OWN_CREATE)
    work.coupling = Coupling(
        mapping=intent.mapping,
        erp_id=erp_id,
        crm_id=crm_id,
        generation=intent.generation,
        base=created_base(tables, attempts, held),
        stamps={work.side: Stamp(held.version, None)},
    )
