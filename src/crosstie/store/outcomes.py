"""Last outcomes of records, what wakes them, and conflicts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crosstie.model.action import FieldConflict, Need
from crosstie.model.coupling import Coupling
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import LastEdit
from crosstie.model.value import Json, Value, value_from_json, value_to_json
from crosstie.model.words import ActionKind, JobId, MappingName, RecordId, Side, Version
from crosstie.store.session import Keyed, Session, excluded, mine
from crosstie.store.statement import Row, among, arg
from crosstie.store.tables import conflict, record_outcome, waiting
from crosstie.synch.ports.store import OpenConflict, RecordOutcome

_UNSETTLED = (ActionKind.FAIL, ActionKind.SKIP, ActionKind.WAIT, ActionKind.CONFLICT)

_EVERY_ROW = 2**62
"""As a limit: all of them."""

_WAITS = Keyed(waiting)
_OUTCOMES = Keyed(record_outcome)
_FOUND = sa.case((conflict.c.closed_at.is_(None), conflict.c.found_at), else_=excluded("found_at"))
_CONFLICTS = Keyed(conflict, {"found_at": _FOUND})

_KEY = (record_outcome.c.mapping, record_outcome.c.side, record_outcome.c.record_id)
_OF_MAPPING = sa.and_(mine(record_outcome), record_outcome.c.mapping == arg("mapping"))
_OF_SIDE = sa.and_(_OF_MAPPING, record_outcome.c.side == arg("side"))
_IS_DUE = record_outcome.c.due_at <= arg("now")
_ATTEMPTS = sa.select(record_outcome.c.record_id, record_outcome.c.attempts).where(
    _OF_SIDE, among(record_outcome.c.record_id, "ids"), record_outcome.c.attempts > 0
)
_DUE = (
    sa.select(record_outcome.c.record_id)
    .where(_OF_SIDE, _IS_DUE)
    .order_by(record_outcome.c.due_at, record_outcome.c.record_id)
    .limit(arg("limit"))
    .offset(arg("skip"))
)
_COUNT_DUE = sa.select(sa.func.count()).select_from(record_outcome).where(_OF_MAPPING, _IS_DUE)
_OF_RECORD = sa.select(record_outcome).where(_OF_SIDE, record_outcome.c.record_id == arg("id"))
_LABELS = sa.select(record_outcome.c.record_id, record_outcome.c.label).where(
    _OF_MAPPING, among(record_outcome.c.record_id, "ids"), record_outcome.c.label != ""
)
_IS_UNSETTLED = sa.or_(*(record_outcome.c.kind == kind for kind in _UNSETTLED))
_COUNT_UNSETTLED = (
    sa.select(record_outcome.c.mapping, sa.func.count().label("records"))
    .where(mine(record_outcome), _IS_UNSETTLED)
    .group_by(record_outcome.c.mapping)
)
_ALL_UNSETTLED = (
    sa.select(record_outcome)
    .where(mine(record_outcome), _IS_UNSETTLED)
    .order_by(record_outcome.c.at.desc(), record_outcome.c.mapping, record_outcome.c.label, record_outcome.c.record_id)
    .limit(arg("limit"))
)
_UNSETTLED_OF_MAPPING = _ALL_UNSETTLED.where(_OF_MAPPING)
_OF_THESE = sa.and_(_OF_SIDE, among(record_outcome.c.record_id, "ids"))
_UNSETTLED_AMONG = sa.select(record_outcome.c.record_id).where(_OF_THESE, _IS_UNSETTLED)
_FORGET = sa.delete(record_outcome).where(_OF_THESE)

_FORGET_WAITS = sa.delete(waiting).where(
    mine(waiting),
    waiting.c.mapping == arg("mapping"),
    waiting.c.side == arg("side"),
    among(waiting.c.record_id, "ids"),
)
_WOKEN = sa.select(waiting.c.mapping, waiting.c.side, waiting.c.record_id).where(
    mine(waiting), waiting.c.needs_mapping == arg("mapping"), among(waiting.c.needs_value, "values")
)
_WAKE = sa.update(record_outcome).where(mine(record_outcome), sa.tuple_(*_KEY).in_(_WOKEN)).values(due_at=arg("now"))

_OPEN = sa.and_(mine(conflict), conflict.c.mapping == arg("mapping"), conflict.c.closed_at.is_(None))
_OF_RECORDS = among(conflict.c.erp_id, "erp_ids")
_OPEN_UNITS = sa.select(conflict.c.erp_id, conflict.c.unit).where(_OPEN, _OF_RECORDS)
_CLOSE = (
    sa.update(conflict)
    .where(_OPEN, conflict.c.erp_id == arg("erp_id"), conflict.c.unit == arg("unit"))
    .values(closed_at=arg("at"))
)
_OPEN_CONFLICTS = sa.select(conflict).where(_OPEN).order_by(conflict.c.found_at, conflict.c.erp_id, conflict.c.unit)
_OPEN_OF_RECORDS = _OPEN_CONFLICTS.where(_OF_RECORDS)


def _waits_of(outcomes: sa.Select[Any]) -> sa.Select[Any]:
    """What the records wait for whose outcomes a query finds."""
    keys = sa.tuple_(waiting.c.mapping, waiting.c.side, waiting.c.record_id)
    found = keys.in_(outcomes.with_only_columns(*_KEY))
    return sa.select(waiting).where(mine(waiting), found).order_by(waiting.c.field)


_WAITS_OF_RECORD = _waits_of(_OF_RECORD)
_WAITS_OF_UNSETTLED = _waits_of(_ALL_UNSETTLED)
_WAITS_OF_MAPPING = _waits_of(_UNSETTLED_OF_MAPPING)
_TRUNCATED = (
    sa.select(record_outcome)
    .where(_OF_MAPPING, record_outcome.c.truncated != "")
    .order_by(record_outcome.c.label, record_outcome.c.record_id)
)
_WAITS_OF_TRUNCATED = _waits_of(_TRUNCATED)


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
            self._session.upsert(_OUTCOMES, [_outcome_to_row(one) for one in latest.values()])
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
            self._session.upsert(_WAITS, list(needs.values()))

    def attempts(self, mapping: MappingName, side: Side, ids: Sequence[RecordId]) -> Mapping[RecordId, int]:
        """Failures in a row so far, of the records that failed last time."""
        rows = self._session.rows(_ATTEMPTS, mapping=mapping, side=side, ids=ids) if ids else []
        return {RecordId(row.record_id): row.attempts for row in rows}

    def due(self, mapping: MappingName, side: Side, now: datetime, limit: int, *, skip: int = 0) -> Sequence[RecordId]:
        """Records whose time to be taken up again has come, after the first ``skip`` of them."""
        rows = self._session.rows(_DUE, mapping=mapping, side=side, now=now, limit=limit, skip=skip)
        return [RecordId(row.record_id) for row in rows]

    def count_due(self, mapping: MappingName, now: datetime) -> int:
        """How many records of the mapping, both sides, are due."""
        return int(self._session.scalar(_COUNT_DUE, mapping=mapping, now=now))

    def wake(self, couplings: Sequence[Coupling], *, now: datetime) -> None:
        """Make records due that waited for these couplings."""
        known: dict[MappingName, list[str]] = {}
        for one in couplings:
            known.setdefault(one.mapping, []).extend(filter(None, (one.erp_id, one.crm_id, one.erp_number)))
        with self._session.transaction():
            for mapping, values in known.items():
                self._session.run(_WAKE, mapping=mapping, values=values, now=now)

    def of_record(self, mapping: MappingName, side: Side, id_: RecordId) -> RecordOutcome | None:
        """The last outcome of a record."""
        found = self._outcomes(_OF_RECORD, _WAITS_OF_RECORD, mapping=mapping, side=side, id=id_)
        return next(iter(found), None)

    def count_unsettled(self) -> Mapping[MappingName, int]:
        """How many records of each mapping failed, are skipped, wait or conflict."""
        return {MappingName(row.mapping): int(row.records) for row in self._session.rows(_COUNT_UNSETTLED)}

    def truncated(self, mapping: MappingName) -> Sequence[RecordOutcome]:
        """Records that had a text cut to fit when they were last looked at."""
        return self._outcomes(_TRUNCATED, _WAITS_OF_TRUNCATED, mapping=mapping)

    def labels(self, mapping: MappingName, ids: Sequence[str]) -> Mapping[str, str]:
        """Number and name of records that a mapping has looked at."""
        rows = self._session.rows(_LABELS, mapping=mapping, ids=ids) if ids else []
        return {row.record_id: row.label for row in rows}

    def unsettled(self, mapping: MappingName | None = None, limit: int | None = None) -> Sequence[RecordOutcome]:
        """Records that failed, are skipped, wait or conflict, the newest outcome first."""
        most = _EVERY_ROW if limit is None else limit
        if mapping is None:
            return self._outcomes(_ALL_UNSETTLED, _WAITS_OF_UNSETTLED, limit=most)
        return self._outcomes(_UNSETTLED_OF_MAPPING, _WAITS_OF_MAPPING, mapping=mapping, limit=most)

    def forget_unsettled(self, mapping: MappingName, side: Side, ids: Sequence[RecordId]) -> None:
        """Forget that something is to be done about these records: it was done, or is told, at their counterparts."""
        if not ids:
            return
        with self._session.transaction():
            rows = self._session.rows(_UNSETTLED_AMONG, mapping=mapping, side=side, ids=ids)
            these = [row.record_id for row in rows]
            if these:
                self._session.run(_FORGET_WAITS, mapping=mapping, side=side, ids=these)
                self._session.run(_FORGET, mapping=mapping, side=side, ids=these)

    def put_conflicts(self, conflicts: Sequence[OpenConflict]) -> None:
        """Open or refresh conflicts; one that is open already keeps the time it was found."""
        rows = {(one.mapping, one.erp_id, one.conflict.unit): _conflict_to_row(one) for one in conflicts}
        self._session.upsert(_CONFLICTS, list(rows.values()))

    def close_conflicts(self, mapping: MappingName, keep: Mapping[RecordId, Sequence[str]], *, at: datetime) -> None:
        """Close the conflicts of these ERP records except the units named."""
        if not keep:
            return
        with self._session.transaction():
            open_ = self._session.rows(_OPEN_UNITS, mapping=mapping, erp_ids=list(keep))
            closed = [(row.erp_id, row.unit) for row in open_ if row.unit not in keep[row.erp_id]]
            calls = [{"mapping": mapping, "erp_id": id_, "unit": unit, "at": at} for id_, unit in closed]
            self._session.run_for_each(_CLOSE, calls)

    def conflicts(self, mapping: MappingName, erp_ids: Sequence[RecordId] | None = None) -> Sequence[OpenConflict]:
        """Open conflicts of a mapping, or of these ERP records."""
        if erp_ids is None:
            rows = self._session.rows(_OPEN_CONFLICTS, mapping=mapping)
        else:
            rows = self._session.rows(_OPEN_OF_RECORDS, mapping=mapping, erp_ids=erp_ids)
        return [_conflict_from_row(row) for row in rows]

    def _outcomes(
        self, outcomes: sa.Select[Any], waits: sa.Select[Any], **arguments: object
    ) -> Sequence[RecordOutcome]:
        """The outcomes that a query finds, each with what it waits for."""
        needs: dict[tuple[str, str, str], list[Need]] = {}
        for row in self._session.rows(waits, **arguments):
            needs.setdefault((row.mapping, row.side, row.record_id), []).append(_need_from_row(row))
        rows = self._session.rows(outcomes, **arguments)
        return [_outcome_from_row(row, needs.get((row.mapping, row.side, row.record_id), ())) for row in rows]

    def _forget_waits(self, outcomes: Sequence[RecordOutcome]) -> None:
        ids: dict[tuple[MappingName, Side], list[RecordId]] = {}
        for one in outcomes:
            ids.setdefault((one.mapping, one.side), []).append(one.id)
        for (mapping, side), these in ids.items():
            self._session.run(_FORGET_WAITS, mapping=mapping, side=side, ids=these)


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
        "truncated": ",".join(one.truncated),
        "attempts": one.attempts,
        "due_at": one.due_at,
    }


def _need_from_row(row: Row) -> Need:
    return Need(
        mapping=MappingName(row.needs_mapping),
        side=Side(row.needs_side),
        key=row.needs_key,
        value=row.needs_value,
        field=row.field,
        is_required=row.is_required,
    )


def _outcome_from_row(row: Row, needs: Sequence[Need]) -> RecordOutcome:
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
        truncated=tuple(filter(None, row.truncated.split(","))),
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
        "edits": {side: [edit.version, value_to_json(edit.at), edit.by] for side, edit in one.edits.items()},
        "found_at": one.found_at,
        "job_id": one.job,
        "closed_at": None,
    }


def _conflict_from_row(row: Row) -> OpenConflict:
    return OpenConflict(
        mapping=MappingName(row.mapping),
        erp_id=RecordId(row.erp_id),
        crm_id=RecordId(row.crm_id),
        found_at=row.found_at,
        edits={Side(side): _edit(*edit) for side, edit in row.edits.items()},
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


def _edit(version: str, at: Json, by: str | None) -> LastEdit:
    when = value_from_json(at)
    return LastEdit(version=Version(version), at=when if isinstance(when, datetime) else None, by=by)


def _values(data: Sequence[Json]) -> tuple[Value, ...]:
    return tuple(map(value_from_json, data))
