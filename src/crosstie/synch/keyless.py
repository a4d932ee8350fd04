"""Creates without a key: an ERP table whose mapping reserves no numbers, so that a second attempt may make two.

A lost answer is held as *outcome unknown* until the server must have ended the request. Until then the CRM record
waits, and so does an ERP record that looks like it: it may be ours, and must not be created in the CRM once more. Then
the table is searched: the record is adopted, created, or a person is asked.
"""

from collections.abc import Mapping, Sequence

from crosstie.engine.canonical import canonical
from crosstie.engine.keyless import is_keyless, judge_keyless
from crosstie.engine.under_way import UNDER_WAY, is_under_way
from crosstie.model.action import SynchAction
from crosstie.model.intent import Intent, IntentState
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Record
from crosstie.model.value import Value
from crosstie.model.words import ActionKind, RecordId, Side
from crosstie.synch.ports.environment import Environment
from crosstie.synch.tables import Tables
from crosstie.synch.work import Work


async def settle_keyless(
    env: Environment, tables: Tables, intents: Sequence[Intent]
) -> Mapping[str, tuple[IntentState, Record | None]]:
    """What became of those intents that have no key, by id; one that is still held is open."""
    mine = [intent for intent in intents if is_keyless(intent)]
    if not mine:
        return {}
    coupled = env.store.couplings.by_id(tables.mapping.name, Side.CRM, [intent.crm_id for intent in mine])
    result: dict[str, tuple[IntentState, Record | None]] = {}
    for intent in mine:
        if intent.crm_id in coupled:
            result[intent.id] = (IntentState.NOT_LANDED, None)  # a person coupled it meanwhile
        elif intent.state is IntentState.OPEN and is_under_way(intent, env.clock()):
            result[intent.id] = (IntentState.OPEN, None)
        else:
            alike = await _alike(env, tables, intent)
            result[intent.id] = judge_keyless(intent, alike, tables.on(Side.ERP))
    return result


async def hold_keyless(env: Environment, tables: Tables, works: Sequence[Work]) -> None:
    """Let records wait, or ask, that may be a create whose outcome is not known: one query where any could be."""
    mapping = tables.mapping
    new = [work for work in works if work.action is not None and work.action.kind is ActionKind.INSERT]
    if not new or mapping.create_number is not None or not mapping.direction.writes(Side.ERP):
        return
    unknown = env.store.journal.keyless(mapping.name)
    coupled = env.store.couplings.by_id(mapping.name, Side.CRM, [one.crm_id for one in unknown])
    for one in unknown:
        if one.crm_id in coupled:
            continue
        for work in new:
            if work.side is Side.CRM and work.id == one.crm_id:
                count = 0 if one.state is IntentState.OPEN else await _count_alike(env, tables, one)
                _hold(tables, work, one, count)
            elif work.side is Side.ERP and _looks_like(tables, one, work.record):
                _hold(tables, work, one, 1)


def _hold(tables: Tables, work: Work, one: Intent, alike: int) -> None:
    erp, crm = work.on(Side.ERP), work.on(Side.CRM)
    if one.state is IntentState.OPEN:  # the server may still be at it
        until = "" if one.intended_at is None else (one.intended_at + UNDER_WAY).isoformat(timespec="seconds")
        reason = Reason(ReasonCode.OUTCOME_HELD, {"until": until})
        work.action = SynchAction(kind=ActionKind.WAIT, reason=reason, erp=erp, crm=crm)
    elif alike:
        reason = Reason(ReasonCode.CREATE_UNCLEAR, {"count": str(alike), "field": _column(tables)})
        work.action = SynchAction(kind=ActionKind.SKIP, reason=reason, erp=erp, crm=crm)


def _column(tables: Tables) -> str:
    """The ERP column by which records are found that look alike: the mapping's first match field, else the name."""
    fields = [tables.mapping.field_named(name) for name in tables.mapping.match_on[:1]]
    return fields[0].erp[0] if fields else tables.on(Side.ERP).label


def _looked_up(tables: Tables, intent: Intent) -> Value:
    column = _column(tables)
    return canonical(intent.values.get(column), tables.on(Side.ERP).columns[column])


def _looks_like(tables: Tables, intent: Intent, record: Record | None) -> bool:
    if record is None:
        return False
    column = _column(tables)
    return canonical(record.values.get(column), tables.on(Side.ERP).columns[column]) == _looked_up(tables, intent)


async def _count_alike(env: Environment, tables: Tables, intent: Intent) -> int:
    alike = await _alike(env, tables, intent)
    return 1 if alike is None else len(alike)


async def _alike(env: Environment, tables: Tables, intent: Intent) -> list[Record] | None:
    """The uncoupled ERP records that look like what was to be created; ``None``: nothing to look for was sent."""
    value, mapping = _looked_up(tables, intent), tables.mapping
    if value is None:
        return None
    columns = [*{*mapping.columns(Side.ERP), *intent.values}]
    found = await env.erp.find(mapping.erp_table, _column(tables), [value], sorted(columns))
    ids: list[RecordId] = [record.id for record in found]
    coupled = env.store.couplings.by_id(mapping.name, Side.ERP, ids)
    return [record for record in found if record.id not in coupled]
