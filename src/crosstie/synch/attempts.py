"""Attempts: all the creates that were ever intended for one record, of which one landed and nobody knows which.

Each attempt carried what its source held then. A first request may land after a second one was made, with the older
values; taking them for an edit would send them back over the newer ones.
"""

from collections.abc import Mapping, Sequence

from crosstie.model.coupling import Base
from crosstie.model.intent import Intent
from crosstie.model.record import Record
from crosstie.model.words import RecordId, Side
from crosstie.synch.outbox import base_record
from crosstie.synch.ports.environment import Environment
from crosstie.synch.remember import landed_base
from crosstie.synch.tables import Tables


def key_of(intent: Intent) -> str:
    """The key that the create fixed: the reserved ERP number, or the CRM row's id."""
    return intent.number or "" if intent.destination is Side.ERP else intent.crm_id


def attempts_of(
    env: Environment, tables: Tables, *, crm_ids: Sequence[RecordId], numbers: Sequence[str]
) -> Mapping[str, Sequence[Intent]]:
    """The attempts to create these records by their key, oldest first: one query."""
    result: dict[str, list[Intent]] = {}
    for intent in env.store.journal.own_creates(tables.mapping.name, crm_ids=crm_ids, numbers=numbers):
        result.setdefault(key_of(intent), []).append(intent)
    return result


def created_base(tables: Tables, attempts: Sequence[Intent], held: Record) -> dict[str, Base]:
    """The bases of a record that one of these attempts created and that holds ``held`` now.

    A field that holds what an attempt sent was not edited since: that attempt's values are its base, the newest such
    attempt's. Any other value is somebody's edit, and the newest attempt's values are its base.
    """
    result: dict[str, Base] = {}
    is_proved: dict[str, bool] = {}
    for attempt in attempts:
        for name, base in landed_base(tables, attempt, base_record(attempt, tables)).items():
            field = tables.mapping.field_named(name)
            is_held = base.on(attempt.destination) == tables.translation.read(field, attempt.destination, held.values)
            if is_held or not is_proved.get(name, False):
                result[name], is_proved[name] = base, is_held
    return result
