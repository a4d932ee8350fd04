"""Gather: read what a page's decisions need, in batches, whatever the page's size.

Records are read fresh by key: the change feed is a hint, the truth is always read.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from crosstie.engine.convert import Converted, References, Translation
from crosstie.engine.decide import Setting
from crosstie.engine.filter import meets
from crosstie.model.coupling import Coupling
from crosstie.model.mapping import FieldMapping, TableMapping
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Record
from crosstie.model.value import Value, Values
from crosstie.model.words import MappingName, RecordId, Side
from crosstie.synch.ports.environment import Environment
from crosstie.synch.work import Candidates, Work


async def gather(env: Environment, mapping: TableMapping, works: Sequence[Work]) -> None:
    """Fill in couplings, records and counterparts, fresh."""
    for side in Side:
        mine = [work for work in works if work.side is side]
        found = env.store.couplings.by_id(mapping.name, side, [work.id for work in mine])
        for work in mine:
            work.coupling = found.get(work.id)
            work.coupled_because = None
    new = [work for work in works if work.side is Side.ERP and work.coupling is None]
    generations = env.store.partings.generations(mapping.name, [work.id for work in new])
    for work in new:
        work.generation = generations.get(work.id, 0)
    records = {side: await _read(env, mapping, works, side) for side in Side}
    for work in works:
        work.record = records[work.side].get(work.id)
        if work.coupling is not None:
            work.counterpart = records[work.side.other].get(work.coupling.id_on(work.side.other))
    await _look_for_missing(env, mapping, works)


async def _look_for_missing(env: Environment, mapping: TableMapping, works: Sequence[Work]) -> None:
    """Tell a coupled record that is gone from one that a list leaves out because our user may not see it."""
    for side in Side:
        missing = {work.coupling.id_on(side): work for work in works if work.coupling and work.on(side) is None}
        if missing:
            gone = await env.connector(side).gone(mapping.table(side), list(missing))
            for id_, work in missing.items():
                work.hidden = None if id_ in gone else side


async def _read(
    env: Environment, mapping: TableMapping, works: Sequence[Work], side: Side
) -> Mapping[RecordId, Record]:
    ids = dict.fromkeys(work.id if work.side is side else _counterpart_id(work) for work in works)
    wanted = [id_ for id_ in ids if id_ is not None]
    if not wanted:
        return {}
    return await env.connector(side).read(mapping.table(side), wanted, mapping.columns(side))


def _counterpart_id(work: Work) -> RecordId | None:
    return None if work.coupling is None else work.coupling.id_on(work.side.other)


async def candidates(env: Environment, setting: Setting, works: Sequence[Work], side: Side) -> Candidates:
    """Records of the other side that have the same match fields as the uncoupled records of ``side``."""
    mapping, translation = setting.mapping, setting.translation
    fields = [mapping.field_named(name) for name in mapping.match_on]
    keys: dict[RecordId, tuple[Value, ...]] = {}
    for work in works:
        if work.side is side and work.record is not None and work.coupling is None:
            key = _match_key(translation, fields, work.record, side)
            if None not in key and meets(work.record.values, mapping.filter(side)):
                keys[work.id] = key
    if not keys:
        return Candidates(by_id={}, rivals=frozenset())
    column = fields[0].columns(side.other)[0]
    other = env.connector(side.other)
    values = list(dict.fromkeys(_sent(translation, fields[0], works, side, keys)))
    found = await other.find(mapping.table(side.other), column, values, mapping.columns(side.other))
    by_key: dict[tuple[Value, ...], list[Record]] = {}
    for record in found:
        if meets(record.values, mapping.filter(side.other)):
            by_key.setdefault(_match_key(translation, fields, record, side.other), []).append(record)
    shared = Counter(keys.values())
    return Candidates(
        by_id={id_: tuple(by_key.get(key, ())) for id_, key in keys.items()},
        rivals=frozenset(id_ for id_, key in keys.items() if shared[key] > 1),
    )


def _sent(
    translation: Translation,
    field: FieldMapping,
    works: Sequence[Work],
    side: Side,
    keys: Mapping[RecordId, object],
) -> list[Value]:
    """The first match field's values, as the other side would store them."""
    values: list[Value] = []
    for work in works:
        if work.id in keys and work.record is not None:
            carried = translation.carry(field, translation.read(field, side, work.record.values), side.other)
            values += carried.values[:1] if isinstance(carried, Converted) else ()
    return values


def _match_key(
    translation: Translation, fields: Sequence[FieldMapping], record: Record, side: Side
) -> tuple[Value, ...]:
    """A record's match fields in the ERP's form, whatever side it is of; text without regard to case."""
    key: list[Value] = []
    for field in fields:
        values = translation.read(field, side, record.values)
        if side is Side.CRM:
            carried = translation.carry(field, values, Side.ERP)
            values = carried.values if isinstance(carried, Converted) else (None,)
        key += [value.casefold() if isinstance(value, str) else value for value in values]
    return tuple(key)


def couple_by_match(
    env: Environment, mapping: TableMapping, works: Sequence[Work], side: Side, found: Candidates
) -> Mapping[RecordId, tuple[ReasonCode, int]]:
    """Couple each record with its only, uncoupled candidate; returns the refusals by record id."""
    ids = [record.id for records in found.by_id.values() for record in records]
    taken = env.store.couplings.by_id(mapping.name, side.other, ids)
    apart = {
        **env.store.partings.left(mapping.name, side.other, ids),
        **env.store.partings.left(mapping.name, side, list(found.by_id)),
    }
    refused: dict[RecordId, tuple[ReasonCode, int]] = {}
    for work in works:
        records = found.by_id.get(work.id, ()) if work.side is side else ()
        if not records or _is_kept_apart(apart, work.id, *(record.id for record in records)):
            continue
        if len(records) > 1:
            refused[work.id] = (ReasonCode.MATCH_AMBIGUOUS, len(records))
        elif work.id in found.rivals:
            refused[work.id] = (ReasonCode.MATCH_RIVALS, 1)
        elif records[0].id in taken:
            refused[work.id] = (ReasonCode.MATCH_TAKEN, 1)
        else:
            work.counterpart = records[0]
            work.coupling = new_coupling(mapping.name, side, work.id, records[0].id)
            work.coupled_because = Reason(ReasonCode.MATCHED, {"fields": ", ".join(mapping.match_on)})
    return refused


def _is_kept_apart(apart: Mapping[RecordId, Reason], *ids: RecordId) -> bool:
    """Whether a person uncoupled one of these: what a person took apart only a person couples."""
    return any(id_ in apart and apart[id_].code is ReasonCode.UNCOUPLED_BY_HAND for id_ in ids)


def new_coupling(mapping: MappingName, side: Side, id_: RecordId, other: RecordId) -> Coupling:
    """A coupling without a base, from a record of ``side`` and one of the other."""
    erp_id, crm_id = (id_, other) if side is Side.ERP else (other, id_)
    return Coupling(mapping=mapping, erp_id=erp_id, crm_id=crm_id)


def with_references(env: Environment, setting: Setting, works: Sequence[Work], facts: Values) -> Setting:
    """The setting with every coupling that these records refer to: two queries per reference field."""
    crm_ids: dict[tuple[MappingName, str, Value], RecordId] = {}
    erp_keys: dict[tuple[MappingName, str, Value], Value] = {}
    for field in setting.mapping.fields:
        if field.reference is None:
            continue
        name, key = field.reference.mapping, field.reference.key
        held = {side: _values_of(setting.translation, field, works, side) for side in Side}
        for one in env.store.couplings.by_key(name, key, held[Side.ERP]):
            crm_ids[name, key, one.erp_id if key == "id" else one.erp_number] = one.crm_id
        ids = [RecordId(value) for value in held[Side.CRM]]
        for crm_id, one in env.store.couplings.by_id(name, Side.CRM, ids).items():
            erp_keys[name, key, crm_id] = one.erp_id if key == "id" else one.erp_number
    references = References(crm_ids=crm_ids, erp_keys=erp_keys, facts=facts)
    return replace(setting, translation=replace(setting.translation, references=references))


def _values_of(translation: Translation, field: FieldMapping, works: Sequence[Work], side: Side) -> list[str]:
    records = (work.on(side) for work in works)
    values = (translation.read(field, side, record.values)[0] for record in records if record is not None)
    return list(dict.fromkeys(str(value) for value in values if value is not None))
