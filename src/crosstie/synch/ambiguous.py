"""Conflicts over interrupted writes of which nobody can tell whether they arrived: a person, or equality, ends them."""

from datetime import datetime

from crosstie.engine.settle import Settled
from crosstie.engine.units import units_of
from crosstie.model.action import FieldConflict
from crosstie.model.intent import Intent
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Record
from crosstie.model.words import JobId, Side
from crosstie.synch.ports.store import OpenConflict
from crosstie.synch.tables import Tables


def ambiguous_units(
    tables: Tables, intent: Intent, record: Record, what: Settled, *, job: JobId, at: datetime
) -> list[OpenConflict]:
    """A conflict for each unit that was sent and that ``record`` does not hold, with both values."""
    if intent.erp_id is None:
        return []
    result: list[OpenConflict] = []
    for unit in units_of(tables.mapping):
        names = tuple(field.name for field in unit.fields if field.name in intent.source)
        if not what.held.issuperset(names):
            conflict = _conflict(tables, intent, record, unit.name, names)
            result.append(
                OpenConflict(
                    mapping=intent.mapping,
                    erp_id=intent.erp_id,
                    crm_id=intent.crm_id,
                    conflict=conflict,
                    found_at=at,
                    job=job,
                )
            )
    return result


def _conflict(tables: Tables, intent: Intent, record: Record, unit: str, names: tuple[str, ...]) -> FieldConflict:
    fields = [tables.mapping.field_named(name) for name in names]
    sent = tuple(value for name in names for value in intent.source[name])
    held = tuple(v for field in fields for v in tables.translation.read(field, intent.destination, record.values))
    erp, crm = (held, sent) if intent.destination is Side.ERP else (sent, held)
    reason = Reason(ReasonCode.OUTCOME_AMBIGUOUS, {"fields": unit})
    return FieldConflict(unit=unit, fields=names, erp=erp, crm=crm, base_erp=None, base_crm=None, reason=reason)
