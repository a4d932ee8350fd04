"""The journal: every intent, what it would replace, and what became of it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa

from crosstie.model.intent import Intent, IntentState
from crosstie.model.value import value_from_json, value_to_json, values_from_json, values_to_json
from crosstie.model.words import JobId, MappingName, RecordId, Side, Version
from crosstie.store.locks import hold_lock
from crosstie.store.session import Keyed, Session, mine
from crosstie.store.statement import Row, among, arg
from crosstie.store.tables import intent, number_range, reserved_number

_PAGE = 1000

_INTENTS = Keyed(intent)
_RANGES = Keyed(number_range)
_RESERVED = Keyed(reserved_number)
_OLDEST = (intent.c.intended_at, intent.c.intent_id)
_NEWEST = (intent.c.intended_at.desc(), intent.c.intent_id.desc())
_SETTLE = (
    sa.update(intent)
    .where(mine(intent), intent.c.intent_id == arg("id"))
    .values(state=arg("state"), settled_at=arg("at"))
)
_OF_MAPPING = sa.select(intent).where(mine(intent), intent.c.mapping == arg("mapping"))
_IS_UNSEEN = intent.c.state == IntentState.NOT_SEEN
_IS_OPEN = intent.c.state == IntentState.OPEN
_OPEN = _OF_MAPPING.where(_IS_OPEN).order_by(*_OLDEST).limit(arg("limit"))
_OPEN_OR_OLD = (
    _OF_MAPPING.where(sa.or_(_IS_OPEN, sa.and_(_IS_UNSEEN, intent.c.intended_at < arg("before"))))
    .order_by(*_OLDEST)
    .limit(arg("limit"))
)
_UNSEEN = _OF_MAPPING.where(_IS_UNSEEN, among(intent.c.crm_id, "crm_ids")).order_by(*_OLDEST)
_LANDED = intent.alias("landed")
_OVERTAKEN = (
    sa.update(intent)
    .where(
        mine(intent),
        intent.c.mapping == arg("mapping"),
        _IS_UNSEEN,
        sa.exists().where(
            _LANDED.c.connection_id == intent.c.connection_id,
            among(_LANDED.c.intent_id, "landed"),
            _LANDED.c.destination == intent.c.destination,
            _LANDED.c.crm_id == intent.c.crm_id,
        ),
    )
    .values(state=IntentState.NOT_LANDED)
)
"""A write of ours that landed moved the version that an earlier one names: that one can land no more."""
_OF_RECORD = {
    Side.ERP: _OF_MAPPING.where(intent.c.erp_id == arg("id")).order_by(*_NEWEST),
    Side.CRM: _OF_MAPPING.where(intent.c.crm_id == arg("id")).order_by(*_NEWEST),
}
_LANDED_OF_JOB = (
    _OF_MAPPING.where(intent.c.job_id == arg("job"), intent.c.state == IntentState.LANDED)
    .order_by(*_NEWEST)
    .limit(_PAGE)
)
_LANDED_BEFORE = _LANDED_OF_JOB.where(
    sa.or_(
        intent.c.intended_at < arg("at"),
        sa.and_(intent.c.intended_at == arg("at"), intent.c.intent_id < arg("id")),
    )
)
_OWN_CREATES = _OF_MAPPING.where(
    intent.c.is_insert,
    sa.or_(
        sa.and_(intent.c.destination == Side.CRM, among(intent.c.crm_id, "crm_ids")),
        sa.and_(intent.c.destination == Side.ERP, among(intent.c.number, "numbers")),
    ),
).order_by(*_OLDEST)
_KEYLESS = _OF_MAPPING.where(
    sa.or_(intent.c.state == IntentState.OPEN, intent.c.state == IntentState.AMBIGUOUS),
    intent.c.is_insert,
    intent.c.destination == Side.ERP,
    intent.c.number.is_(None),
).order_by(*_OLDEST)
_NUMBERS = sa.select(reserved_number).where(
    mine(reserved_number), reserved_number.c.mapping == arg("mapping"), among(reserved_number.c.crm_id, "ids")
)
_RELEASE = sa.delete(reserved_number).where(
    mine(reserved_number), reserved_number.c.mapping == arg("mapping"), among(reserved_number.c.crm_id, "ids")
)


class SqlJournal:
    """Implements :class:`~crosstie.synch.ports.store.Journal`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def commit(self, intents: Sequence[Intent], *, epoch: int, at: datetime) -> None:
        """Write intents; raises LockLostError if the mapping's lock has another epoch by now."""
        if not intents:
            return
        rows = [_to_row(one) | {"epoch": epoch, "intended_at": at, "settled_at": None} for one in intents]
        with self._session.transaction():
            hold_lock(self._session, intents[0].mapping, epoch)
            self._session.upsert(_INTENTS, rows)

    def settle(self, states: Mapping[str, IntentState], *, at: datetime) -> None:
        """Remember what became of intents, by id."""
        self._session.run_for_each(_SETTLE, [{"id": id_, "state": state, "at": at} for id_, state in states.items()])

    def overtake(self, mapping: MappingName, landed: Sequence[str]) -> None:
        """What was not seen can land no more on a record that one of these ``landed`` intents wrote to."""
        if landed:
            self._session.run(_OVERTAKEN, mapping=mapping, landed=landed)

    def unseen(self, mapping: MappingName, crm_ids: Sequence[RecordId]) -> Sequence[Intent]:
        """Intents for these pairs, oldest first, that were looked for in vain and may still land."""
        found = self._session.rows(_UNSEEN, mapping=mapping, crm_ids=crm_ids) if crm_ids else ()
        return [_from_row(row) for row in found]

    def open(self, mapping: MappingName, limit: int, *, unseen_before: datetime | None = None) -> Sequence[Intent]:
        """Intents whose outcome is not known, oldest first; and those not seen that were intended before a time."""
        if unseen_before is None:
            rows = self._session.rows(_OPEN, mapping=mapping, limit=limit)
        else:
            rows = self._session.rows(_OPEN_OR_OLD, mapping=mapping, limit=limit, before=unseen_before)
        return [_from_row(row) for row in rows]

    def of_record(self, mapping: MappingName, side: Side, id_: RecordId) -> Sequence[tuple[datetime, Intent]]:
        """Every write that was ever intended for a record, newest first."""
        rows = self._session.rows(_OF_RECORD[side], mapping=mapping, id=id_)
        return [(row.intended_at, _from_row(row)) for row in rows]

    def landed_of_job(self, mapping: MappingName, job: JobId) -> Iterator[Intent]:
        """The writes of a job that landed, newest first, a page at a time."""
        rows = self._session.rows(_LANDED_OF_JOB, mapping=mapping, job=job)
        while rows:
            yield from map(_from_row, rows)
            last = rows[-1]
            rows = self._session.rows(_LANDED_BEFORE, mapping=mapping, job=job, at=last.intended_at, id=last.intent_id)

    def own_creates(
        self, mapping: MappingName, *, crm_ids: Sequence[RecordId], numbers: Sequence[str]
    ) -> Sequence[Intent]:
        """Intents, oldest first, that were to create these CRM rows, or ERP records with these numbers."""
        if not crm_ids and not numbers:
            return []
        rows = self._session.rows(_OWN_CREATES, mapping=mapping, crm_ids=crm_ids, numbers=numbers)
        return [_from_row(row) for row in rows]

    def keyless(self, mapping: MappingName) -> Sequence[Intent]:
        """Creates of ERP records without a number of ours whose outcome is open or ambiguous, oldest first."""
        return [_from_row(row) for row in self._session.rows(_KEYLESS, mapping=mapping)]

    def reserve_numbers(self, mapping: MappingName, pattern: str, ids: Sequence[RecordId]) -> Mapping[RecordId, str]:
        """The ERP number reserved for each CRM record; the same at every call."""
        with self._session.transaction():
            last = int(self._session.hold(_RANGES, {"mapping": mapping, "last": 0}).last)
            reserved = self._session.rows(_NUMBERS, mapping=mapping, ids=ids)
            known = {RecordId(row.crm_id): str(row.number) for row in reserved}
            missing = [id_ for id_ in dict.fromkeys(ids) if id_ not in known]
            if missing:
                fresh = {id_: pattern.format(last + offset) for offset, id_ in enumerate(missing, 1)}
                self._session.upsert(_RANGES, [{"mapping": mapping, "last": last + len(missing)}])
                rows = [{"mapping": mapping, "crm_id": id_, "number": number} for id_, number in fresh.items()]
                self._session.upsert(_RESERVED, rows)
                known |= fresh
        return known

    def release_numbers(self, mapping: MappingName, ids: Sequence[RecordId]) -> None:
        """Forget the numbers reserved for these CRM rows; the next call reserves others."""
        if ids:
            self._session.run(_RELEASE, mapping=mapping, ids=ids)


def _to_row(one: Intent) -> dict[str, object]:
    return {
        "intent_id": one.id,
        "mapping": one.mapping,
        "job_id": one.job,
        "state": one.state,
        "destination": one.destination,
        "is_insert": one.is_insert,
        "is_delete": one.is_delete,
        "erp_id": one.erp_id,
        "crm_id": one.crm_id,
        "generation": one.generation,
        "number": one.number,
        "sent": values_to_json(one.values),
        "before": values_to_json(one.before),
        "version": one.version,
        "source": {name: [value_to_json(value) for value in values] for name, values in one.source.items()},
        "source_version": one.source_version,
        "source_number": one.source_number,
    }


def _from_row(row: Row) -> Intent:
    return Intent(
        id=row.intent_id,
        mapping=MappingName(row.mapping),
        job=JobId(row.job_id),
        state=IntentState(row.state),
        destination=Side(row.destination),
        is_insert=row.is_insert,
        is_delete=row.is_delete,
        erp_id=None if row.erp_id is None else RecordId(row.erp_id),
        crm_id=RecordId(row.crm_id),
        generation=row.generation,
        number=row.number,
        values=values_from_json(row.sent),
        before=values_from_json(row.before),
        version=None if row.version is None else Version(row.version),
        source={name: tuple(map(value_from_json, values)) for name, values in row.source.items()},
        source_version=Version(row.source_version),
        source_number=row.source_number,
        intended_at=row.intended_at,
    )
