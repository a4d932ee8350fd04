"""What an undo makes of a page of a job's writes: read fresh, decided unit by unit, newest write first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from crosstie.engine.undo import UnitUndo, Verdict, undo_units
from crosstie.model.action import SynchAction
from crosstie.model.coupling import Coupling
from crosstie.model.intent import Intent
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Record
from crosstie.model.value import Value, Values
from crosstie.model.words import ActionKind, JobId, RecordId, Side, Version
from crosstie.synch.ports.environment import Environment
from crosstie.synch.tables import Tables
from crosstie.synch.work import Work


class Fate(StrEnum):
    """What became of one unit, or of a whole record, in an undo."""

    RESTORED = "restored"
    BACK = "already back"
    LEFT = "left"
    """Somebody changed it since."""
    CREATED = "created"
    """The job created the record; it stays, and stays coupled."""
    DELETED = "deleted"
    """The job deleted the record; it is not created again, but what it held is listed."""
    GONE = "gone"
    UNCOUPLED = "not coupled"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """One line of an undo's report: a unit of a record, or a record as a whole (``unit`` blank)."""

    fate: Fate
    destination: Side
    id: RecordId | None
    label: str
    unit: str = ""
    wrote: Values = field(default_factory=dict)
    """What the job wrote, by column of the destination."""
    held: Values = field(default_factory=dict)
    """What the record held when the undo looked."""
    before: Values = field(default_factory=dict)
    """What it held before the job, and holds again if it was restored."""
    why: str = ""


@dataclass(slots=True)
class RecordUndo:
    """The writes of the job to one record of one side, newest first, and what their undo comes to."""

    destination: Side
    id: RecordId | None
    intents: list[Intent]
    work: Work | None = None
    """What is to be written; ``None``: nothing."""
    lines: list[Undone] = field(default_factory=list)


async def decide_undo(env: Environment, tables: Tables, records: Sequence[RecordUndo], undone: JobId) -> None:
    """Read the records fresh and decide what an undo makes of each."""
    couplings = env.store.couplings.by_id(
        tables.mapping.name, Side.CRM, list({record.intents[0].crm_id for record in records})
    )
    for side in Side:
        mine = [record for record in records if record.destination is side]
        ids = list(dict.fromkeys(record.id for record in mine if record.id is not None))
        connector, columns = env.connector(side), tables.mapping.columns(side)
        found = await connector.read(tables.mapping.table(side), ids, columns) if ids else {}
        for record in mine:
            deletes = [intent for intent in record.intents if intent.is_delete]
            if deletes:
                record.work, record.lines = None, [_deleted(tables, record, deletes[0])]
                continue
            coupling = couplings.get(record.intents[0].crm_id)
            _decide_record(tables, record, coupling, None if record.id is None else found.get(record.id), undone)


def _decide_record(
    tables: Tables, record: RecordUndo, coupling: Coupling | None, now: Record | None, undone: JobId
) -> None:
    record.work, record.lines = None, []
    writes = [intent for intent in record.intents if not intent.is_insert]
    label = tables.label_of(record.destination, now)

    def whole(fate: Fate, why: str) -> Undone:
        return Undone(fate=fate, destination=record.destination, id=record.id, label=label, why=why)

    if len(writes) < len(record.intents):
        record.lines.append(whole(Fate.CREATED, "Created by this job; delete it by hand if it is not wanted."))
    if not writes:
        return
    if now is None:
        record.lines.append(whole(Fate.GONE, "It was deleted meanwhile."))
        return
    if coupling is None or coupling.id_on(record.destination) != record.id:
        record.lines.append(whole(Fate.UNCOUPLED, "It is no longer coupled to the record that the job carried over."))
        return
    held, refused = dict(now.values), dict[str, tuple[Value, ...]]()
    for intent in writes:
        for unit in undo_units(tables.mapping, tables.on(record.destination), intent, held):
            record.lines.append(_line(record, label, unit))
            if unit.verdict is Verdict.RESTORE:
                held |= unit.before
                refused = {name: intent.source[name] for name in unit.fields} | refused
    changed = {name: value for name, value in held.items() if value != now.values.get(name)}
    if changed:
        record.work = _work(tables, coupling, now, undone, to=record.destination, changed=changed, refused=refused)


def _deleted(tables: Tables, record: RecordUndo, delete: Intent) -> Undone:
    """Both records of the pair are gone: one created again would be another record, and its counterpart created too."""
    held = Record(id=record.id or RecordId(""), version=delete.version or Version(""), values=delete.before)
    return Undone(
        fate=Fate.DELETED,
        destination=record.destination,
        id=record.id,
        label=tables.label_of(record.destination, held),
        before={name: value for name, value in delete.before.items() if value is not None},
        why=(
            "Deleted by this job, because its counterpart had been deleted. It is not created again: that would be"
            " another record, with another id, and whatever pointed to this one would not point to it. Enter it again"
            " by hand if it is wanted; this is what it held."
        ),
    )


def _line(record: RecordUndo, label: str, unit: UnitUndo) -> Undone:
    fate = {Verdict.RESTORE: Fate.RESTORED, Verdict.BACK: Fate.BACK, Verdict.LEAVE: Fate.LEFT}[unit.verdict]
    return Undone(
        fate=fate,
        destination=record.destination,
        id=record.id,
        label=label,
        unit=unit.unit,
        wrote=unit.wrote,
        held=unit.held,
        before=unit.before,
        why="It was changed since." if fate is Fate.LEFT else "",
    )


def _work(
    tables: Tables,
    coupling: Coupling,
    now: Record,
    undone: JobId,
    *,
    to: Side,
    changed: Values,
    refused: Mapping[str, tuple[Value, ...]],
) -> Work:
    """The write that restores ``changed``; its source is what the job had carried, not what is there now.

    A later edit at the source then still differs from the base, and travels.
    """
    fields = tuple(refused)
    carried = {
        column: value
        for name, values in refused.items()
        for column, value in zip(tables.mapping.field_named(name).columns(to.other), values, strict=True)
    }
    source = Record(id=coupling.id_on(to.other), version=coupling.version_on(to.other) or now.version, values=carried)
    said = {"job": undone, "side": to.value.upper(), "fields": ", ".join(fields)}
    action = SynchAction(
        kind=ActionKind.MODIFY,
        reason=Reason(ReasonCode.UNDONE, said),
        erp=now if to is Side.ERP else source,
        crm=now if to is Side.CRM else source,
        to_erp=changed if to is Side.ERP else {},
        to_crm=changed if to is Side.CRM else {},
        erp_fields=fields if to is Side.ERP else (),
        crm_fields=fields if to is Side.CRM else (),
    )
    return Work(side=to, id=now.id, record=now, coupling=coupling, action=action)
