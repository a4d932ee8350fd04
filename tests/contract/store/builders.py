"""Builders of what a store keeps: a call names only what the test is about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from crosstie.model.action import FieldConflict, Need
from crosstie.model.coupling import Coupling
from crosstie.model.intent import Intent
from crosstie.model.job import SynchJob
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Change
from crosstie.model.value import Value
from crosstie.model.words import ActionKind, JobId, JobStatus, JobType, MappingName, RecordId, Side, Version
from crosstie.synch.ports.store import OpenConflict, RecordOutcome

CUSTOMER, CONTACT = MappingName("CUSTOMER"), MappingName("CONTACT")
JOB = JobId("job-1")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)

EVERY_KIND_OF_VALUE: dict[str, Value] = {
    "exact": Decimal("1234567890123456.7890"),
    "tiny": Decimal("1E-10"),
    "moment": datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC),
    "elsewhere": datetime(2026, 3, 29, 3, 30, tzinfo=timezone(timedelta(hours=2))),
    "day": date(2024, 2, 29),
    "yes": True,
    "no": False,
    "count": 9_007_199_254_740_993,
    "zero": 0,
    "blank": None,
    "text": "Łódź Café ÅÄÖ 東京 \"quoted\" 'single' \\ %s {brace}",
    "emoji": "🚂🛤️",
    "digits": "0042",
}


def minutes(number: int) -> datetime:
    """A time, so many minutes after the start."""
    return START + timedelta(minutes=number)


def erp(number: int) -> RecordId:
    """The id of an ERP record."""
    return RecordId(f"e0000000-0000-4000-8000-{number:012d}")


def crm(number: int) -> RecordId:
    """The id of a CRM row."""
    return RecordId(f"c0000000-0000-4000-8000-{number:012d}")


def version(text: str) -> Version:
    """A version."""
    return Version(f'W/"{text}"')


def coupling(number: int, mapping: MappingName = CUSTOMER, /, **other: Any) -> Coupling:
    """ERP record and CRM row of the same number, coupled."""
    plain = Coupling(mapping=mapping, erp_id=erp(number), crm_id=crm(number), erp_number=f"C{number:05d}")
    return replace(plain, **other)


def change(id_: RecordId, at: str | None = "1", **values: Value) -> Change:
    """A change to the version ``at``; ``None``: gone."""
    return Change(id=id_, version=None if at is None else version(at), values=values)


def intent(number: int, name: str | None = None, /, **other: Any) -> Intent:
    """A modification of CRM row ``number``."""
    plain = Intent(
        id=name or f"intent-{number}",
        mapping=CUSTOMER,
        job=JOB,
        destination=Side.CRM,
        is_insert=False,
        erp_id=erp(number),
        crm_id=crm(number),
        generation=0,
        number=None,
        values={"name": "Alpine Ski House"},
        before={"name": "Alpine Ski"},
        version=version("crm-1"),
        source_version=version("erp-2"),
        source_number=f"C{number:05d}",
        source={"displayName=name": ("Alpine Ski House",)},
    )
    return replace(plain, **other)


def outcome(number: int, side: Side = Side.ERP, /, **other: Any) -> RecordOutcome:
    """The ERP or CRM record ``number`` is in step."""
    plain = RecordOutcome(
        mapping=CUSTOMER,
        side=side,
        id=erp(number) if side is Side.ERP else crm(number),
        kind=ActionKind.UNCHANGED,
        reason=Reason(ReasonCode.IN_STEP),
        label=f"{number:03d}",
        job=JOB,
        at=START,
    )
    return replace(plain, **other)


def need(value: str, *, key: str = "id", side: Side = Side.ERP, field: str = "customer", **other: Any) -> Need:
    """A reference to a customer that is not coupled yet."""
    return replace(Need(mapping=CUSTOMER, side=side, key=key, value=value, field=field, is_required=True), **other)


def conflict(number: int, unit: str = "displayName=name", /, **other: Any) -> OpenConflict:
    """Both sides of pair ``number`` were edited."""
    what = FieldConflict(
        unit=unit,
        fields=(unit,),
        erp=("Relecloud",),
        crm=("Relecloud Inc.",),
        base_erp=("Rele",),
        base_crm=("Rele",),
        reason=Reason(ReasonCode.BOTH_EDITED, {"fields": unit}),
    )
    plain = OpenConflict(
        mapping=CUSTOMER, erp_id=erp(number), crm_id=crm(number), conflict=what, found_at=START, job=JOB
    )
    return replace(plain, **other)


def job(number: int, /, **other: Any) -> SynchJob:
    """A job that waits for its turn."""
    plain = SynchJob(
        id=JobId(f"job-{number}"),
        mapping=CUSTOMER,
        type=JobType.SYNCHRONIZATION,
        status=JobStatus.READY,
        started_by="Robin Example",
        created_at=minutes(number),
    )
    return replace(plain, **other)
