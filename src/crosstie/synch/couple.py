"""Couple one ERP record and one CRM row by hand, and synchronize them if asked."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from crosstie.model.coupling import Coupling
from crosstie.model.errors import UsageError
from crosstie.model.mapping import TableMapping
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Record
from crosstie.model.words import ActionKind, JobId, MappingName, Side
from crosstie.synch.find_record import find_one
from crosstie.synch.permit import Permit, remembering
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.store import RecordOutcome
from crosstie.synch.recover import recover
from crosstie.synch.tables import describe

_LEASE_S = 60.0


async def couple(env: Environment, name: MappingName, erp: str, crm: str, *, job: JobId) -> Coupling:
    """Couple the records that ``erp`` and ``crm`` name (number, name or id); nothing is written to either system.

    Refuses, naming the other record, when one of the two is coupled already, unless that other one was deleted: such a
    coupling ends, as it does in Business Central. The next synchronization compares the two: equal fields settle, a
    blank one is filled, different ones wait in the conflict inbox.
    """
    # Under the mapping's lock: a job that is creating a counterpart for one of the two must not be crossed.
    epoch = env.store.locks.take(name, env.owner, env.clock(), _LEASE_S, force=env.is_alone)
    try:
        permit = Permit(job=job, epoch=epoch, until=env.clock() + timedelta(seconds=_LEASE_S))
        return await _couple(env, env.mappings[name], erp, crm, permit)
    finally:
        env.store.locks.release(name, epoch)


async def _couple(env: Environment, mapping: TableMapping, erp: str, crm: str, permit: Permit) -> Coupling:
    tables = await describe(env, mapping)
    await recover(env, tables, permit)
    records = {
        Side.ERP: await find_one(env, tables, Side.ERP, erp),
        Side.CRM: await find_one(env, tables, Side.CRM, crm),
    }
    stale = [one for side, record in records.items() for one in await _stale(env, mapping, side, record)]
    number = tables.number_of(records[Side.ERP])
    coupling = Coupling(
        mapping=mapping.name, erp_id=records[Side.ERP].id, crm_id=records[Side.CRM].id, erp_number=number
    )
    labels = {side: tables.label_of(side, record) for side, record in records.items()}
    with remembering(env, mapping.name, permit):
        _end(env, stale, permit.job)
        env.store.couplings.put([coupling], job=permit.job, at=env.clock())
        env.store.outcomes.put([_coupled(coupling, side, labels[side], permit.job, env.clock()) for side in Side])
        env.store.outcomes.wake([coupling], now=env.clock())
    return coupling


def _coupled(coupling: Coupling, side: Side, label: str, job: JobId, now: datetime) -> RecordOutcome:
    """What became of one of the two records; the ERP's is due, so that the next job looks though nothing changed."""
    return RecordOutcome(
        mapping=coupling.mapping,
        side=side,
        id=coupling.id_on(side),
        kind=ActionKind.COUPLE,
        reason=Reason(ReasonCode.COUPLED_BY_HAND),
        label=label,
        job=job,
        at=now,
        due_at=now if side is Side.ERP else None,
    )


async def _stale(env: Environment, mapping: TableMapping, side: Side, record: Record) -> list[Coupling]:
    """The coupling of a record whose counterpart was deleted; refuses one whose counterpart is there."""
    known = env.store.couplings.by_id(mapping.name, side, [record.id]).get(record.id)
    if known is None:
        return []
    other = known.id_on(side.other)
    if await env.connector(side.other).gone(mapping.table(side.other), [other]):
        return [known]
    raise UsageError(
        f"This {side.value.upper()} record is coupled already: ERP {known.erp_number or known.erp_id},"
        f" CRM {known.crm_id}. Nothing was coupled.",
        "Uncouple the two first, or choose another record.",
    )


def _end(env: Environment, stale: Sequence[Coupling], job: JobId) -> None:
    """End these couplings, and what was to be asked about their records."""
    env.store.partings.end(stale)
    now = env.clock()
    for one in stale:
        # A number stays with the record that had it, should the row ever need a new customer.
        env.store.journal.release_numbers(one.mapping, [one.crm_id])
        env.store.outcomes.close_conflicts(one.mapping, {one.erp_id: []}, at=now)
        env.store.outcomes.put([_settled(one, side, job, now) for side in Side])


def _settled(stale: Coupling, side: Side, job: JobId, now: datetime) -> RecordOutcome:
    """Nothing is asked any more about a record of a coupling that ended."""
    reason, id_ = Reason(ReasonCode.GONE), stale.id_on(side)
    return RecordOutcome(
        mapping=stale.mapping, side=side, id=id_, kind=ActionKind.IGNORE, reason=reason, job=job, at=now
    )
