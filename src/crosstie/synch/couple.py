"""Couple one ERP record and one CRM row by hand, and synchronize them if asked."""

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

    Refuses, naming the other record, when one of the two is coupled already. The next synchronization compares them:
    equal fields settle, a blank one is filled, different ones wait in the conflict inbox.
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
    for side, record in records.items():
        await _refuse_coupled(env, mapping, side, record)
    number = tables.number_of(records[Side.ERP])
    coupling = Coupling(
        mapping=mapping.name, erp_id=records[Side.ERP].id, crm_id=records[Side.CRM].id, erp_number=number
    )
    with remembering(env, mapping.name, permit):
        env.store.couplings.put([coupling], job=permit.job, at=env.clock())
        label = tables.label_of(Side.ERP, records[Side.ERP])
        env.store.outcomes.put([_due(coupling, label, permit.job, env.clock())])
        env.store.outcomes.wake([coupling], now=env.clock())
    return coupling


def _due(coupling: Coupling, label: str, job: JobId, now: datetime) -> RecordOutcome:
    """Makes the next job of the mapping look at the pair, though neither record changed."""
    return RecordOutcome(
        mapping=coupling.mapping,
        side=Side.ERP,
        id=coupling.erp_id,
        kind=ActionKind.COUPLE,
        reason=Reason(ReasonCode.COUPLED_BY_HAND),
        label=label,
        job=job,
        at=now,
        due_at=now,
    )


async def _refuse_coupled(env: Environment, mapping: TableMapping, side: Side, record: Record) -> None:
    known = env.store.couplings.by_id(mapping.name, side, [record.id]).get(record.id)
    if known is None:
        return
    raise UsageError(
        f"This {side.value.upper()} record is coupled already: ERP {known.erp_number or known.erp_id},"
        f" CRM {known.crm_id}. Nothing was coupled.",
        "Uncouple the two first, or choose another record.",
    )
