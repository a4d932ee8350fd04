"""Explain a record: why it was, or was not, synchronized, and what would happen to it now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from crosstie.engine.convert import Converted
from crosstie.model.action import SynchAction
from crosstie.model.coupling import Coupling
from crosstie.model.intent import Intent
from crosstie.model.record import Record
from crosstie.model.value import Value
from crosstie.model.words import Direction, MappingName, Side
from crosstie.synch.decide_page import decide_page
from crosstie.synch.find_record import find
from crosstie.synch.gather import with_references
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.store import OpenConflict, RecordOutcome
from crosstie.synch.tables import Tables, describe
from crosstie.synch.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that is known about one record in one mapping."""

    mapping: MappingName
    side: Side
    record: Record
    label: str
    coupling: Coupling | None
    last: RecordOutcome | None
    """What became of it the last time it was looked at."""
    now: SynchAction
    """What would happen if it were synchronized now."""
    writes: Sequence[tuple[datetime, Intent]]
    """Every write that was ever intended for it, newest first."""
    conflicts: Sequence[OpenConflict]
    refused: Sequence["Refused"]
    """Fields that differ and are left so, since an undo took back what one side holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A field whose two values were agreed to differ; an edit of either side travels again."""

    field: str
    erp: tuple[Value, ...]
    crm: tuple[Value, ...]


async def explain(env: Environment, text: str, only: MappingName | None = None) -> list[Explanation]:
    """Explanations of every record that ``text`` names (number, name or id), in any mapping or in ``only``."""
    result: list[Explanation] = []
    for name, mapping in env.mappings.items():
        if only is not None and name != only:
            continue
        tables = await describe(env, mapping)
        seen: set[str] = set()
        for side in Side:
            for record in await find(env, tables, side, text):
                if record.id not in seen:
                    explanation = await _explain(env, tables, side, record)
                    seen |= _ids(explanation)
                    result.append(explanation)
    return result


def _ids(explanation: Explanation) -> set[str]:
    coupling = explanation.coupling
    return {explanation.record.id} if coupling is None else {coupling.erp_id, coupling.crm_id}


async def _explain(env: Environment, tables: Tables, side: Side, record: Record) -> Explanation:
    mapping = tables.mapping
    work = Work(side=side, id=record.id)
    await decide_page(env, tables, [work], creates=mapping.creates)
    if work.action is None:
        raise ValueError(f"no decision was made for {record.id}")
    known = env.store.couplings.by_id(mapping.name, side, [record.id]).get(record.id)
    other = None if known is None else known.id_on(side.other)
    outcomes = [env.store.outcomes.of_record(mapping.name, side, record.id)]
    if other is not None:
        outcomes.append(env.store.outcomes.of_record(mapping.name, side.other, other))
    last = [outcome for outcome in outcomes if outcome is not None]
    return Explanation(
        mapping=mapping.name,
        side=side,
        record=record,
        label=tables.label_of(side, record),
        coupling=known,
        last=max(last, key=lambda outcome: outcome.at, default=None),
        now=work.action,
        writes=env.store.journal.of_record(mapping.name, side, record.id),
        conflicts=env.store.outcomes.conflicts(mapping.name, [known.erp_id]) if known else [],
        refused=_refused(env, tables, work, known) if known else [],
    )


def _refused(env: Environment, tables: Tables, work: Work, coupling: Coupling) -> list[Refused]:
    """Fields whose bases do not translate into each other: no synchronization leaves such a base, an undo does."""
    setting = with_references(env, tables.setting(creates=False), [work], tables.facts)
    found: list[Refused] = []
    for name, base in coupling.base.items():
        field = next((one for one in tables.mapping.fields if one.name == name), None)
        if field is None or field.direction is not Direction.BIDIRECTIONAL:
            continue
        carried = {side: setting.translation.carry(field, base.on(side.other), side) for side in Side}
        if all(isinstance(one, Converted) and one.values != base.on(side) for side, one in carried.items()):
            found.append(Refused(field=name, erp=base.erp, crm=base.crm))
    return found
