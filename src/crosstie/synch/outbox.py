"""Outbox: commit the intent, then write, then say what became of it.

Invariant: nothing is sent whose intent is not committed under the lock's current epoch, and nothing is sent after the
lease. A write whose answer was lost leaves its intent open; whoever comes next looks before writing.
"""

from collections.abc import Mapping, Sequence

from crosstie.engine.identify import crm_id
from crosstie.model.action import SynchAction
from crosstie.model.errors import (
    AlreadyExistsError,
    CrosstieError,
    LockLostError,
    OutcomeUnknownError,
    RecordError,
    SetupError,
    StaleRecordError,
    TransientError,
)
from crosstie.model.intent import Intent, IntentState
from crosstie.model.mapping import FieldMapping
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Record
from crosstie.model.value import Value, Values
from crosstie.model.words import MappingName, RecordId, Side, Version
from crosstie.synch.permit import Permit, remembering
from crosstie.synch.ports.connector import Deleted, Landed, NotLanded, Write, WriteOutcome
from crosstie.synch.ports.environment import Environment
from crosstie.synch.tables import Tables
from crosstie.synch.work import Work


def intend(env: Environment, tables: Tables, works: Sequence[Work], permit: Permit) -> None:
    """Commit one intent for every write that the works' actions ask for."""
    if not any(work.action is not None and work.action.writes for work in works):
        return
    with env.store.transaction():
        intents = draw_up(env, tables, works, permit)
        env.store.journal.commit(intents, epoch=permit.epoch, at=env.clock())


def draw_up(env: Environment, tables: Tables, works: Sequence[Work], permit: Permit) -> list[Intent]:
    """Put on each work the intents that its action asks for; of all this only reserved ERP numbers are stored."""
    mapping = tables.mapping
    creates = [work for work in works if _creates_in_erp(work)]
    numbers: Mapping[RecordId, str] = {}
    if creates and mapping.create_number is not None:
        ids = [work.id for work in creates]
        numbers = env.store.journal.reserve_numbers(mapping.name, mapping.create_number, ids)
    for work in works:
        if work.action is not None:
            wanted = [side for side in Side if work.action.to(side)]
            work.intents = [
                _intent(env, tables, work, side, permit=permit, reserved=numbers.get(work.id)) for side in wanted
            ]
            if work.action.deletes_on is not None:
                work.intents.append(_delete_intent(env, tables, work, work.action.deletes_on, permit))
    return [intent for work in works for intent in work.intents]


def _creates_in_erp(work: Work) -> bool:
    return work.coupling is None and work.action is not None and bool(work.action.to_erp)


def _intent(
    env: Environment, tables: Tables, work: Work, side: Side, *, permit: Permit, reserved: str | None
) -> Intent:
    """The intent of writing one work's decision to ``side``; ``reserved`` is the ERP number of a new record."""
    action = _decided(work)
    mapping = tables.mapping
    held, source = action.record(side), action.record(side.other)
    if source is None:
        raise ValueError(f"an action without a source record: {action}")
    is_insert = work.coupling is None
    values: dict[str, Value] = dict(action.to(side))
    number = reserved if is_insert and side is Side.ERP else None
    if number is not None:
        values[tables.on(Side.ERP).key] = number
    fields = [mapping.field_named(name) for name in action.fields_to(side)]
    read = tables.translation.read
    erp, crm, generation = _ids(env, tables, work, source, side)
    return Intent(
        id=env.new_id(),
        mapping=mapping.name,
        job=permit.job,
        destination=side,
        is_insert=is_insert,
        erp_id=erp,
        crm_id=crm,
        generation=generation,
        number=number,
        values=values,
        before=_before(held, {*values, *(name for field in fields for name in field.columns(side))}),
        version=None if held is None else held.version,
        source_version=source.version,
        source_number=tables.number_of(source) if side is Side.CRM else None,
        source={field.name: read(field, side.other, _agreed(action, field, side.other, source)) for field in fields},
    )


def _delete_intent(env: Environment, tables: Tables, work: Work, side: Side, permit: Permit) -> Intent:
    """The intent of deleting the record that is left on ``side``, with everything that it holds."""
    left = _decided(work).record(side)
    if left is None or work.coupling is None:
        raise ValueError(f"a delete without a record: {work.action}")
    return Intent(
        id=env.new_id(),
        mapping=tables.mapping.name,
        job=permit.job,
        destination=side,
        is_insert=False,
        is_delete=True,
        erp_id=work.coupling.erp_id,
        crm_id=work.coupling.crm_id,
        generation=work.coupling.generation,
        number=None,
        values={},
        before=left.values,
        version=left.version,
        source_version=Version(""),
        source_number=work.coupling.erp_number,
        source={},
    )


def _agreed(action: SynchAction, field: FieldMapping, side: Side, source: Record) -> Values:
    """What ``side`` holds once the action is carried out: a field that goes to both sides has two new values."""
    return {**source.values, **action.to(side)} if field.name in action.fields_to(side) else source.values


def _before(held: Record | None, columns: set[str]) -> Values:
    """The before-image: all columns of the fields that are sent, for a recovered base needs the unchanged ones too."""
    return {} if held is None else {name: held.values.get(name) for name in sorted(columns)}


def _decided(work: Work) -> SynchAction:
    if work.action is None:
        raise ValueError(f"no decision was made for {work.id}")
    return work.action


def _ids(
    env: Environment, tables: Tables, work: Work, source: Record, to: Side
) -> tuple[RecordId | None, RecordId, int]:
    """ERP id, CRM id and generation of the pair; an ERP record to be created has no id yet."""
    if work.coupling is not None:
        return work.coupling.erp_id, work.coupling.crm_id, work.coupling.generation
    if to is Side.ERP:
        return None, source.id, 0
    row = crm_id(env.store.connection, tables.mapping.name, source.id, work.generation)
    return source.id, row, work.generation


async def send(env: Environment, tables: Tables, works: Sequence[Work], permit: Permit) -> dict[str, IntentState]:
    """Send what was intended and note every answer on its work; returns the states that are known now.

    Raises when the system as a whole is away or refuses us: then nothing is known of this page but its open intents.
    """
    states: dict[str, IntentState] = {}
    for side in (Side.CRM, Side.ERP):
        todo = [(work, intent) for work in works for intent in work.intents if intent.destination is side]
        if not todo:
            continue
        if env.clock() >= permit.until:
            raise LockLostError(f"The lease on {tables.mapping.name} ran out before the writes were sent.")
        columns = tables.mapping.columns(side)
        writes = [_write(intent, columns) for _, intent in todo]
        answers = await env.connector(side).write(tables.mapping.table(side), writes)
        _stop_if_all_refused(env, answers, [intent for _, intent in todo], permit)
        for (work, intent), answer in zip(todo, answers, strict=True):
            states |= _note(env, work, intent, answer)
    return states


def settle_answered(env: Environment, mapping: MappingName, states: Mapping[str, IntentState]) -> None:
    """Remember what the answers said of these intents, and so of earlier ones to the same records."""
    env.store.journal.settle(states, at=env.clock())
    env.store.journal.overtake(mapping, [id_ for id_, state in states.items() if state is IntentState.LANDED])


def _write(intent: Intent, columns: tuple[str, ...]) -> Write:
    id_ = intent.crm_id if intent.destination is Side.CRM else intent.erp_id
    return Write(
        id=id_, version=intent.version, values=intent.values, answer_columns=columns, is_delete=intent.is_delete
    )


def _stop_if_all_refused(
    env: Environment, answers: Sequence[WriteOutcome], intents: Sequence[Intent], permit: Permit
) -> None:
    """A system that refuses every write of a page, or is away, stops the job rather than failing every record."""
    errors = [answer.error for answer in answers if isinstance(answer, NotLanded)]
    is_away = all(isinstance(error, TransientError) for error in errors)
    is_barred = len(errors) > 1 and all(isinstance(error, SetupError) for error in errors)
    if len(errors) < len(answers) or not (is_away or is_barred):
        return
    not_landed = dict.fromkeys((intent.id for intent in intents), IntentState.NOT_LANDED)
    with remembering(env, intents[0].mapping, permit):
        env.store.journal.settle(not_landed, at=env.clock())
    raise errors[0]


def _note(env: Environment, work: Work, intent: Intent, answer: WriteOutcome) -> dict[str, IntentState]:
    """Put one answer where it belongs; an open intent has no state."""
    if isinstance(answer, Landed):
        work.answers[intent.destination] = answer.record
        return {intent.id: IntentState.LANDED}
    if isinstance(answer, Deleted):
        work.is_deleted = True
        return {intent.id: IntentState.LANDED}
    match answer.error:
        case OutcomeUnknownError():
            work.is_retried = True
            refuse(work, Reason(ReasonCode.OUTCOME_UNKNOWN, _side(intent)), answer.error)
            return {}
        case AlreadyExistsError() if intent.is_insert and _is_ours(env, intent):
            # A first attempt arrived after all; the record is looked at like one whose answer was lost.
            work.is_retried = True
            refuse(work, Reason(ReasonCode.OUTCOME_UNKNOWN, _side(intent)), answer.error)
            return {}
        case AlreadyExistsError() if intent.number is not None:
            env.store.journal.release_numbers(intent.mapping, [intent.crm_id])
            work.is_retried = True
            refuse(work, _refusal(intent, answer.error), answer.error)
        case StaleRecordError():
            work.is_retried = True
            refuse(work, Reason(ReasonCode.CHANGED_MEANWHILE), answer.error)
        case TransientError():
            refuse(work, Reason(ReasonCode.SYSTEM_BUSY, _why(intent, answer.error)), answer.error)
        case RecordError() | SetupError() | CrosstieError():
            refuse(work, _refusal(intent, answer.error), answer.error)
    return {intent.id: IntentState.NOT_LANDED}


def _is_ours(env: Environment, intent: Intent) -> bool:
    """Whether the key that is taken was taken by us.

    A CRM id is derived, so nobody else makes it. An ERP number may be taken by a stranger, unless an earlier intent
    of ours was sent with it.
    """
    if intent.destination is Side.CRM:
        return True
    earlier = env.store.journal.of_record(intent.mapping, Side.CRM, intent.crm_id)
    return any(one.number == intent.number and one.id != intent.id for _, one in earlier)


def refuse(work: Work, reason: Reason, error: CrosstieError) -> None:
    """Note on a work why its write did not land."""
    work.refused = reason
    work.detail = error.detail
    work.next_step = error.next_step


def _refusal(intent: Intent, error: CrosstieError) -> Reason:
    return Reason(ReasonCode.REFUSED_BY_SYSTEM, _why(intent, error))


def _why(intent: Intent, error: CrosstieError) -> dict[str, str]:
    return {**_side(intent), "why": error.message}


def _side(intent: Intent) -> dict[str, str]:
    return {"side": intent.destination.value.upper()}


def base_record(intent: Intent, tables: Tables) -> Record:
    """The destination's record as the intent left it, canonical: what provably landed, whoever edited it since."""
    columns = tables.on(intent.destination).columns
    values = {**intent.before, **intent.values}
    kept = {name: tables.canonical(value, columns[name]) for name, value in values.items() if name in columns}
    id_ = intent.crm_id if intent.destination is Side.CRM else intent.erp_id or RecordId("")
    return Record(id=id_, version=intent.version or intent.source_version, values=kept)
