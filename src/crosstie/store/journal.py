"""The journal: every intent, what it would replace, and what became of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crosstie.model.errors import LockLostError
from crosstie.model.intent import Intent, IntentState
from crosstie.model.value import value_from_json, value_to_json, values_from_json, values_to_json
from crosstie.model.words import JobId, MappingName, RecordId, Side, Version
from crosstie.store.session import Session
from crosstie.store.tables import intent, mapping_lock, number_range, reserved_number


class SqlJournal:
    """Implements :class:`~crosstie.synch.ports.store.Journal`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def commit(self, intents: Sequence[Intent], *, epoch: int, at: datetime) -> None:
        """Write intents; raises LockLostError if the mapping's lock has another epoch by now."""
        if not intents:
            return
        rows = [_to_row(one) | {"epoch": epoch, "intended_at": at, "settled_at": None} for one in intents]
        held = sa.and_(
            self._session.mine(mapping_lock),
            mapping_lock.c.mapping == intents[0].mapping,
            mapping_lock.c.epoch == epoch,
        )
        with self._session.transaction():
            # An update, not a look: it holds the row against the one that would take over between look and commit.
            if self._session.run(sa.update(mapping_lock).where(held).values(epoch=epoch)) != 1:
                raise LockLostError(f"Another worker took over {intents[0].mapping}; nothing was sent.")
            self._session.upsert(intent, rows)

    def settle(self, states: Mapping[str, IntentState], *, at: datetime) -> None:
        """Remember what became of intents, by id."""
        statement = (
            sa.update(intent)
            .where(self._session.mine(intent), intent.c.intent_id == sa.bindparam("which"))
            .values(state=sa.bindparam("became"), settled_at=sa.bindparam("at_time"))
        )
        rows = [{"which": id_, "became": state, "at_time": at} for id_, state in states.items()]
        self._session.run(statement, rows)

    def open(self, mapping: MappingName, limit: int) -> Sequence[Intent]:
        """Intents whose outcome is not known, oldest first."""
        where = (self._session.mine(intent), intent.c.mapping == mapping, intent.c.state == IntentState.OPEN)
        statement = sa.select(intent).where(*where).order_by(intent.c.intended_at, intent.c.intent_id).limit(limit)
        return [_from_row(row) for row in self._session.rows(statement)]

    def of_record(self, mapping: MappingName, side: Side, id_: RecordId) -> Sequence[tuple[datetime, Intent]]:
        """Every write that was ever intended for a record, newest first."""
        column = intent.c.erp_id if side is Side.ERP else intent.c.crm_id
        where = (self._session.mine(intent), intent.c.mapping == mapping, column == id_)
        newest = (intent.c.intended_at.desc(), intent.c.intent_id.desc())
        statement = sa.select(intent).where(*where).order_by(*newest)
        return [(row.intended_at, _from_row(row)) for row in self._session.rows(statement)]

    def own_creates(
        self, mapping: MappingName, *, crm_ids: Sequence[RecordId], numbers: Sequence[str]
    ) -> Sequence[Intent]:
        """Intents, oldest first, that were to create these CRM rows, or ERP records with these numbers."""
        rows = sa.and_(intent.c.destination == Side.CRM, intent.c.crm_id.in_(crm_ids))
        records = sa.and_(intent.c.destination == Side.ERP, intent.c.number.in_(numbers))
        where = (self._session.mine(intent), intent.c.mapping == mapping, intent.c.is_insert, sa.or_(rows, records))
        statement = sa.select(intent).where(*where).order_by(intent.c.intended_at, intent.c.intent_id)
        return [_from_row(row) for row in self._session.rows(statement)] if crm_ids or numbers else []

    def reserve_numbers(self, mapping: MappingName, pattern: str, ids: Sequence[RecordId]) -> Mapping[RecordId, str]:
        """The ERP number reserved for each CRM record; the same at every call."""
        where = (self._session.mine(reserved_number), reserved_number.c.mapping == mapping)
        known_where = sa.select(reserved_number).where(*where, reserved_number.c.crm_id.in_(ids))
        with self._session.transaction():
            last = int(self._session.hold(number_range, {"mapping": mapping, "last": 0}).last)
            known = {RecordId(row.crm_id): str(row.number) for row in self._session.rows(known_where)}
            missing = [id_ for id_ in dict.fromkeys(ids) if id_ not in known]
            if missing:
                fresh = {id_: pattern.format(last + offset) for offset, id_ in enumerate(missing, 1)}
                self._session.upsert(number_range, [{"mapping": mapping, "last": last + len(missing)}])
                rows = [{"mapping": mapping, "crm_id": id_, "number": number} for id_, number in fresh.items()]
                self._session.upsert(reserved_number, rows)
                known |= fresh
        return known

    def release_number(self, mapping: MappingName, id_: RecordId) -> None:
        """Forget a reserved number that a stranger took; the next call reserves another."""
        where = (self._session.mine(reserved_number), reserved_number.c.mapping == mapping)
        self._session.run(sa.delete(reserved_number).where(*where, reserved_number.c.crm_id == id_))


def _to_row(one: Intent) -> dict[str, object]:
    return {
        "intent_id": one.id,
        "mapping": one.mapping,
        "job_id": one.job,
        "state": one.state,
        "destination": one.destination,
        "is_insert": one.is_insert,
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


def _from_row(row: sa.Row[Any]) -> Intent:
    return Intent(
        id=row.intent_id,
        mapping=MappingName(row.mapping),
        job=JobId(row.job_id),
        state=IntentState(row.state),
        destination=Side(row.destination),
        is_insert=row.is_insert,
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
    )
