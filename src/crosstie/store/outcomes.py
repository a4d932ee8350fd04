"""Last outcomes of records, what wakes them, and conflicts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crosstie.model.action import FieldConflict, Need
from crosstie.model.coupling import Coupling
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.value import Json, Value, value_from_json, value_to_json
from crosstie.model.words import ActionKind, JobId, MappingName, RecordId, Side
from crosstie.store.session import Session
from crosstie.store.tables import conflict, record_outcome, waiting
from crosstie.synch.ports.store import OpenConflict, RecordOutcome

_UNSETTLED = (ActionKind.FAIL, ActionKind.SKIP, ActionKind.WAIT, ActionKind.CONFLICT)


class SqlOutcomes:
    """Implements :class:`~crosstie.synch.ports.store.Outcomes`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, outcomes: Sequence[RecordOutcome]) -> None:
        """Remember the last outcome of records; what they wait for replaces what they waited for."""
        if not outcomes:
            return
        latest = {(one.mapping, one.side, one.id): one for one in outcomes}
        with self._session.transaction():
            self._forget_waits(list(latest.values()))
            self._session.upsert(record_outcome, [_outcome_to_row(one) for one in latest.values()])
            needs = {
                (one.mapping, one.side, one.id, need.field): {
                    "mapping": one.mapping,
                    "side": one.side,
                    "record_id": one.id,
                    "field": need.field,
                    "needs_mapping": need.mapping,
                    "needs_side": need.side,
                    "needs_key": need.key,
                    "needs_value": need.value,
                    "is_required": need.is_required,
                }
                for one in latest.values()
                for need in one.needs
            }
            self._session.upsert(waiting, list(needs.values()))

    def attempts(self, mapping: MappingName, side: Side, ids: Sequence[RecordId]) -> Mapping[RecordId, int]:
        """Failures in a row so far, of the records that failed last time."""
        of = self._of(mapping, side)
        statement = sa.select(record_outcome.c.record_id, record_outcome.c.attempts).where(
            *of, record_outcome.c.record_id.in_(ids), record_outcome.c.attempts > 0
        )
        return {RecordId(row.record_id): row.attempts for row in self._session.rows(statement)} if ids else {}

    def due(self, mapping: MappingName, side: Side, now: datetime, limit: int) -> Sequence[RecordId]:
        """Records whose time to be taken up again has come."""
        where = (*self._of(mapping, side), record_outcome.c.due_at <= now)
        first = (record_outcome.c.due_at, record_outcome.c.record_id)
        statement = sa.select(record_outcome.c.record_id).where(*where).order_by(*first).limit(limit)
        return [RecordId(row.record_id) for row in self._session.rows(statement)]

    def count_due(self, mapping: MappingName, now: datetime) -> int:
        """How many records of the mapping, both sides, are due."""
        where = (
            self._session.mine(record_outcome),
            record_outcome.c.mapping == mapping,
            record_outcome.c.due_at <= now,
        )
        return int(self._session.scalar(sa.select(sa.func.count()).select_from(record_outcome).where(*where)))

    def wake(self, couplings: Sequence[Coupling], *, now: datetime) -> None:
        """Make records due that waited for these couplings."""
        known: dict[MappingName, list[str]] = {}
        for one in couplings:
            known.setdefault(one.mapping, []).extend(filter(None, (one.erp_id, one.crm_id, one.erp_number)))
        key = sa.tuple_(record_outcome.c.mapping, record_outcome.c.side, record_outcome.c.record_id)
        with self._session.transaction():
            for mapping, values in known.items():
                of = (self._session.mine(waiting), waiting.c.needs_mapping == mapping)
                woken = sa.select(waiting.c.mapping, waiting.c.side, waiting.c.record_id)
                woken = woken.where(*of, waiting.c.needs_value.in_(values))
                these = (self._session.mine(record_outcome), key.in_(woken))
                self._session.run(sa.update(record_outcome).where(*these).values(due_at=now))

    def of_record(self, mapping: MappingName, side: Side, id_: RecordId) -> RecordOutcome | None:
        """The last outcome of a record."""
        statement = sa.select(record_outcome).where(*self._of(mapping, side), record_outcome.c.record_id == id_)
        return next(iter(self._outcomes(statement)), None)

    def count_unsettled(self) -> Mapping[MappingName, int]:
        """How many records of each mapping failed, are skipped, wait or conflict."""
        of = (self._session.mine(record_outcome), record_outcome.c.kind.in_(_UNSETTLED))
        counted = (
            sa.select(record_outcome.c.mapping, sa.func.count().label("records"))
            .where(*of)
            .group_by(record_outcome.c.mapping)
        )
        return {MappingName(row.mapping): int(row.records) for row in self._session.rows(counted)}

    def labels(self, mapping: MappingName, ids: Sequence[str]) -> Mapping[str, str]:
        """Number and name of records that a mapping has looked at."""
        of = (self._session.mine(record_outcome), record_outcome.c.mapping == mapping)
        named = sa.select(record_outcome.c.record_id, record_outcome.c.label).where(
            *of, record_outcome.c.record_id.in_(ids), record_outcome.c.label != ""
        )
        return {row.record_id: row.label for row in self._session.rows(named)} if ids else {}

    def unsettled(self, mapping: MappingName | None = None, limit: int | None = None) -> Sequence[RecordOutcome]:
        """Records that failed, are skipped, wait or conflict."""
        statement = sa.select(record_outcome).where(
            self._session.mine(record_outcome), record_outcome.c.kind.in_(_UNSETTLED)
        )
        if mapping is not None:
            statement = statement.where(record_outcome.c.mapping == mapping)
        ordered = statement.order_by(record_outcome.c.mapping, record_outcome.c.label, record_outcome.c.record_id)
        return self._outcomes(ordered.limit(limit))

    def put_conflicts(self, conflicts: Sequence[OpenConflict]) -> None:
        """Open or refresh conflicts; one that is open already keeps the time it was found."""
        rows = {(one.mapping, one.erp_id, one.conflict.unit): _conflict_to_row(one) for one in conflicts}
        found = sa.case(
            (conflict.c.closed_at.is_(None), conflict.c.found_at), else_=sa.literal_column("excluded.found_at")
        )
        self._session.upsert(conflict, list(rows.values()), {"found_at": found})

    def close_conflicts(self, mapping: MappingName, keep: Mapping[RecordId, Sequence[str]], *, at: datetime) -> None:
        """Close the conflicts of these ERP records except the units named."""
        if not keep:
            return
        kept = [(id_, unit) for id_, units in keep.items() for unit in units]
        where = [self._session.mine(conflict), conflict.c.mapping == mapping, conflict.c.closed_at.is_(None)]
        where.append(conflict.c.erp_id.in_(list(keep)))
        if kept:
            where.append(sa.tuple_(conflict.c.erp_id, conflict.c.unit).not_in(kept))
        self._session.run(sa.update(conflict).where(*where).values(closed_at=at))

    def conflicts(self, mapping: MappingName, erp_ids: Sequence[RecordId] | None = None) -> Sequence[OpenConflict]:
        """Open conflicts of a mapping, or of these ERP records."""
        where = [self._session.mine(conflict), conflict.c.mapping == mapping, conflict.c.closed_at.is_(None)]
        if erp_ids is not None:
            where.append(conflict.c.erp_id.in_(erp_ids))
        statement = sa.select(conflict).where(*where).order_by(conflict.c.found_at, conflict.c.erp_id, conflict.c.unit)
        return [_conflict_from_row(row) for row in self._session.rows(statement)]

    def _of(self, mapping: MappingName, side: Side) -> tuple[sa.ColumnElement[bool], ...]:
        return (
            self._session.mine(record_outcome),
            record_outcome.c.mapping == mapping,
            record_outcome.c.side == side,
        )

    def _outcomes(self, statement: sa.Select[Any]) -> Sequence[RecordOutcome]:
        """The outcomes that a query finds, each with what it waits for."""
        keys = statement.with_only_columns(record_outcome.c.mapping, record_outcome.c.side, record_outcome.c.record_id)
        of = sa.tuple_(waiting.c.mapping, waiting.c.side, waiting.c.record_id).in_(keys)
        waits = sa.select(waiting).where(self._session.mine(waiting), of).order_by(waiting.c.field)
        needs: dict[tuple[str, str, str], list[Need]] = {}
        for row in self._session.rows(waits):
            needs.setdefault((row.mapping, row.side, row.record_id), []).append(_need_from_row(row))
        rows = self._session.rows(statement)
        return [_outcome_from_row(row, needs.get((row.mapping, row.side, row.record_id), ())) for row in rows]

    def _forget_waits(self, outcomes: Sequence[RecordOutcome]) -> None:
        ids: dict[tuple[MappingName, Side], list[RecordId]] = {}
        for one in outcomes:
            ids.setdefault((one.mapping, one.side), []).append(one.id)
        for (mapping, side), these in ids.items():
            of = (self._session.mine(waiting), waiting.c.mapping == mapping, waiting.c.side == side)
            self._session.run(sa.delete(waiting).where(*of, waiting.c.record_id.in_(these)))


def _outcome_to_row(one: RecordOutcome) -> dict[str, object]:
    return {
        "mapping": one.mapping,
        "side": one.side,
        "record_id": one.id,
        "kind": one.kind,
        "reason": one.reason.code,
        "reason_data": dict(one.reason.data),
        "detail": one.detail,
        "next_step": one.next_step,
        "label": one.label,
        "fields": list(one.fields),
        "job_id": one.job,
        "at": one.at,
        "attempts": one.attempts,
        "due_at": one.due_at,
    }


def _need_from_row(row: sa.Row[Any]) -> Need:
    return Need(
        mapping=MappingName(row.needs_mapping),
        side=Side(row.needs_side),
        key=row.needs_key,
        value=row.needs_value,
        field=row.field,
        is_required=row.is_required,
    )


def _outcome_from_row(row: sa.Row[Any], needs: Sequence[Need]) -> RecordOutcome:
    return RecordOutcome(
        mapping=MappingName(row.mapping),
        side=Side(row.side),
        id=RecordId(row.record_id),
        kind=ActionKind(row.kind),
        reason=Reason(ReasonCode(row.reason), row.reason_data),
        detail=row.detail,
        next_step=row.next_step,
        label=row.label,
        fields=tuple(row.fields),
        job=JobId(row.job_id),
        at=row.at,
        attempts=row.attempts,
        due_at=row.due_at,
        needs=tuple(needs),
    )


def _conflict_to_row(one: OpenConflict) -> dict[str, object]:
    what = one.conflict
    return {
        "mapping": one.mapping,
        "erp_id": one.erp_id,
        "crm_id": one.crm_id,
        "unit": what.unit,
        "reason": what.reason.code,
        "reason_data": dict(what.reason.data),
        "fields": list(what.fields),
        "erp_values": [value_to_json(value) for value in what.erp],
        "crm_values": [value_to_json(value) for value in what.crm],
        "base_erp": None if what.base_erp is None else [value_to_json(value) for value in what.base_erp],
        "base_crm": None if what.base_crm is None else [value_to_json(value) for value in what.base_crm],
        "found_at": one.found_at,
        "job_id": one.job,
        "closed_at": None,
    }


def _conflict_from_row(row: sa.Row[Any]) -> OpenConflict:
    return OpenConflict(
        mapping=MappingName(row.mapping),
        erp_id=RecordId(row.erp_id),
        crm_id=RecordId(row.crm_id),
        found_at=row.found_at,
        job=JobId(row.job_id),
        conflict=FieldConflict(
            unit=row.unit,
            fields=tuple(row.fields),
            erp=_values(row.erp_values),
            crm=_values(row.crm_values),
            base_erp=None if row.base_erp is None else _values(row.base_erp),
            base_crm=None if row.base_crm is None else _values(row.base_crm),
            reason=Reason(ReasonCode(row.reason), row.reason_data),
        ),
    )


def _values(data: Sequence[Json]) -> tuple[Value, ...]:
    return tuple(map(value_from_json, data))
