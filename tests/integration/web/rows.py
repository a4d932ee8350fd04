"""Invented rows: a customer whose name is markup to a careless page, a job, and a record that the CRM refused."""

from datetime import UTC, datetime, timedelta

from crosstie.model.coupling import Base, Coupling
from crosstie.model.job import Counters, SynchJob
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.words import ActionKind, JobId, JobStatus, JobType, MappingName, RecordId, Side
from crosstie.synch.ports.store import RecordOutcome

NOW = datetime(2026, 11, 21, 9, 30, 0, tzinfo=UTC)
CUSTOMER = MappingName("CUSTOMER")
ERP_ID = RecordId("0a1b2c3d-0000-4000-8000-000000000001")
CRM_ID = RecordId("9f8e7d6c-0000-4000-8000-000000000002")
HOSTILE = "<script>alert('Þór')</script> & Sons"


def hostile_coupling() -> Coupling:
    """A coupling whose name is markup to a careless page."""
    return Coupling(
        mapping=CUSTOMER,
        erp_id=ERP_ID,
        crm_id=CRM_ID,
        erp_number="10070",
        base={"displayName=name": Base(erp=(HOSTILE,), crm=(HOSTILE,))},
    )


def finished_job() -> SynchJob:
    """A job with a different number in every counter."""
    return SynchJob(
        id=JobId("job-1"),
        mapping=CUSTOMER,
        type=JobType.SYNCHRONIZATION,
        status=JobStatus.FINISHED,
        started_by="s.keller@bergbach.example",
        created_at=NOW - timedelta(minutes=10),
        started_at=NOW - timedelta(minutes=10),
        finished_at=NOW - timedelta(minutes=8, seconds=48),
        message="2 records failed <b>twice</b>.",
        is_full=True,
        counters={
            Side.ERP: Counters(inserted=12, modified=4),
            Side.CRM: Counters(
                inserted=1222, modified=26, unchanged=31, coupled=41, skipped=53, failed=61, conflicts=71
            ),
        },
    )


def refused_outcome() -> RecordOutcome:
    """A record that the CRM refused."""
    return RecordOutcome(
        mapping=CUSTOMER,
        side=Side.ERP,
        id=ERP_ID,
        kind=ActionKind.FAIL,
        reason=Reason(ReasonCode.REFUSED_BY_SYSTEM, {"side": "CRM", "why": "<i>too long</i>."}),
        detail="0x80044331",
        next_step="Shorten the telephone number in the ERP.",
        label=f"10070 {HOSTILE}",
        job=JobId("job-1"),
        at=NOW,
    )
