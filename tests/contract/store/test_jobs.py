"""The job log: jobs with all their counters, and the lines of the full synch review."""

from dataclasses import replace

from crosstie.model.job import Counters, FullSynchLine
from crosstie.model.words import JobId, JobStatus, JobType, MappingName, Recommendation, Side, TableJobStatus
from crosstie.store.jobs import INTERRUPTED
from crosstie.store.store import SqlStore

from .backends import OnPostgres, OnSqlite
from .builders import CONTACT, CUSTOMER, job, minutes

TO_ERP = Counters(inserted=1, modified=2, unchanged=3, skipped=4, failed=5, coupled=6, conflicts=7, waiting=8)
TO_CRM = Counters(inserted=80, modified=70, unchanged=60, skipped=50, failed=40, coupled=30, conflicts=20, waiting=10)


class JobsContract:
    def test_a_job_comes_back_as_it_was_put(self, store: SqlStore) -> None:
        """Every counter of both directions, every time and every blank survive; an unknown job is none."""
        full = job(
            1,
            type=JobType.COUPLING,
            status=JobStatus.ERROR,
            started_by="Zoë Łukasz 🚂",
            started_at=minutes(1),
            finished_at=minutes(2).replace(microsecond=1),
            message="The CRM is away.",
            is_full=True,
            counters={Side.ERP: TO_ERP, Side.CRM: TO_CRM},
            done=2_000_000,
            total=2_000_001,
        )

        store.jobs.put(full)
        store.jobs.put(job(2))

        assert store.jobs.get(JobId("job-1")) == full
        assert store.jobs.get(JobId("job-2")) == job(2)
        assert store.jobs.get(JobId("job-3")) is None

    def test_putting_again_replaces(self, store: SqlStore) -> None:
        """A job that moves on is one row."""
        store.jobs.put(job(1))
        moved = replace(job(1).add({Side.CRM: TO_CRM}, 9), status=JobStatus.IN_PROCESS, started_at=minutes(1))

        store.jobs.put(moved)

        assert store.jobs.recent(9) == [moved]

    def test_every_status_and_type_survives(self, store: SqlStore) -> None:
        """Blanks in the words of the job queue are kept."""
        every = [
            job(number, status=status, type=type_)
            for number, (status, type_) in enumerate((status, type_) for status in JobStatus for type_ in JobType)
        ]
        for one in every:
            store.jobs.put(one)

        assert store.jobs.recent(99) == every[::-1]

    def test_the_newest_jobs_come_first(self, store: SqlStore) -> None:
        """By the time they were created, then by id; so many at most."""
        for number, at in ((1, 5), (2, 7), (3, 5), (4, 6)):
            store.jobs.put(job(number, created_at=minutes(at)))

        assert [one.id for one in store.jobs.recent(9)] == ["job-2", "job-4", "job-3", "job-1"]
        assert [one.id for one in store.jobs.recent(2)] == ["job-2", "job-4"]

    def test_interrupted_jobs_are_ended(self, store: SqlStore) -> None:
        """Those of the mapping that claim to run; finished ones, waiting ones and other mappings' stay."""
        running = job(1, status=JobStatus.IN_PROCESS, counters={Side.ERP: TO_ERP, Side.CRM: TO_CRM}, done=3)
        others = [
            job(2, status=JobStatus.FINISHED, finished_at=minutes(3)),
            job(3),
            job(4, status=JobStatus.IN_PROCESS, mapping=CONTACT),
        ]
        for one in (running, *others):
            store.jobs.put(one)

        store.jobs.end_interrupted(CUSTOMER, at=minutes(9))

        ended = replace(running, status=JobStatus.ERROR, message=INTERRUPTED, finished_at=minutes(9))
        assert store.jobs.recent(9) == [*others[::-1], ended]

    def test_lines_come_back_by_mapping(self, store: SqlStore) -> None:
        """Blank and full; a line that is put again is replaced."""
        full = FullSynchLine(
            mapping=CUSTOMER,
            depends_on=(MappingName("CURRENCY"), MappingName("SALESPEOPLE")),
            recommendation=Recommendation.NO_RECORDS,
            status=JobStatus.ON_HOLD_INACTIVE,
            to_status=TableJobStatus.SUCCESS,
            from_status=TableJobStatus.ERROR,
            job=JobId("job-1"),
        )
        blank = FullSynchLine(mapping=CONTACT, depends_on=())
        assert store.jobs.lines() == []

        store.jobs.put_line(replace(full, status=None))
        store.jobs.put_line(blank)
        store.jobs.put_line(full)

        assert store.jobs.lines() == [blank, full]

    def test_connections_do_not_see_each_other(self, store: SqlStore, stranger: SqlStore) -> None:
        """Jobs and lines of the same name are each connection's own, and a stranger ends none of ours."""
        mine = job(1, status=JobStatus.IN_PROCESS)
        store.jobs.put(mine)
        store.jobs.put_line(FullSynchLine(mapping=CUSTOMER, depends_on=()))
        assert stranger.jobs.get(mine.id) is None
        assert stranger.jobs.recent(9) == []
        assert stranger.jobs.lines() == []

        stranger.jobs.end_interrupted(CUSTOMER, at=minutes(1))
        stranger.jobs.put(job(1, message="theirs"))
        stranger.jobs.put_line(FullSynchLine(mapping=CUSTOMER, depends_on=(CONTACT,)))

        assert store.jobs.recent(9) == [mine]
        assert store.jobs.lines() == [FullSynchLine(mapping=CUSTOMER, depends_on=())]


class TestSqlite(OnSqlite, JobsContract):
    pass


class TestPostgres(OnPostgres, JobsContract):
    pass
