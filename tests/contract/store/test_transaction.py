"""Transactions: everything that belongs together is committed together, across all parts of the store."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from crosstie.model.errors import LockLostError
from crosstie.model.intent import IntentState
from crosstie.model.job import FullSynchLine
from crosstie.model.words import JobId, Side
from crosstie.store.store import SqlStore
from crosstie.synch.ports.store import Pending

from .backends import OnPostgres, OnSqlite
from .builders import (
    CONTACT,
    CUSTOMER,
    JOB,
    START,
    change,
    conflict,
    coupling,
    crm,
    erp,
    intent,
    job,
    minutes,
    need,
    outcome,
    version,
)

TABLE = "customers"


def everything(store: SqlStore) -> dict[str, object]:
    """All that the store can tell."""
    return {
        "couplings": store.couplings.recent(99),
        "pending": store.inbox.pending(CUSTOMER, Side.ERP, TABLE, after=0, upto=999, limit=99),
        "cursor": store.inbox.cursor(CUSTOMER, Side.ERP),
        "open": store.journal.open(CUSTOMER, 99),
        "history": [store.journal.of_record(CUSTOMER, Side.ERP, erp(number)) for number in (1, 2)],
        "outcomes": [store.outcomes.of_record(CUSTOMER, Side.ERP, erp(number)) for number in (1, 2)],
        "due": store.outcomes.due(CUSTOMER, Side.ERP, minutes(999), 99),
        "conflicts": store.outcomes.conflicts(CUSTOMER),
        "jobs": store.jobs.recent(99),
        "lines": store.jobs.lines(),
    }


def work(store: SqlStore, number: int) -> None:
    """Write to every part, as a page of a job does."""
    epoch = store.locks.take(CUSTOMER, "worker", minutes(number), 60, force=True)
    inbox_pass = store.inbox.begin_pass(Side.ERP, TABLE, ()).number
    store.inbox.add(Side.ERP, TABLE, inbox_pass, [change(erp(number), f"{number}")])
    store.inbox.finish_pass(Side.ERP, TABLE, inbox_pass, f"token {number}", is_complete_set=True)
    store.journal.settle({"intent-1": IntentState.LANDED}, at=minutes(number))
    store.journal.commit([intent(number)], epoch=epoch, at=minutes(number))
    store.couplings.put([coupling(number, erp_version=version("old"))], job=JOB, at=minutes(number))
    store.outcomes.put([outcome(number, needs=(need(erp(number)),), due_at=minutes(number))])
    store.outcomes.wake([coupling(1)], now=minutes(number))
    store.outcomes.close_conflicts(CUSTOMER, {erp(1): []}, at=minutes(number))
    store.outcomes.put_conflicts([conflict(number, found_at=minutes(number))])
    store.jobs.put(job(number))
    store.jobs.put_line(FullSynchLine(mapping=CUSTOMER, depends_on=(), job=JobId(f"job-{number}")))
    store.inbox.move_cursor(CUSTOMER, Side.ERP, number)


def interrupted(store: SqlStore, *pieces: Callable[[], None]) -> None:
    """Do the pieces in one transaction that fails at its end."""
    with store.transaction():
        for piece in pieces:
            piece()
        raise RuntimeError("power cut")


class TransactionContract:
    def test_what_is_written_inside_is_there_afterwards(self, store: SqlStore, second_worker: SqlStore) -> None:
        """All of it, for every worker; and inside it is seen at once."""
        with store.transaction():
            work(store, 1)
            inside = everything(store)
            assert inside["pending"] == [
                Pending(id=erp(1), seq=1, is_gone=False, coupling=coupling(1, erp_version=version("old")))
            ]

        assert everything(store) == inside
        assert everything(second_worker) == inside

    def test_an_error_inside_takes_everything_back(self, store: SqlStore) -> None:
        """Every part is as it was, the lock too, and the store works on."""
        work(store, 1)
        before = everything(store)

        inside: list[dict[str, object]] = []
        with pytest.raises(RuntimeError, match="power cut"):
            interrupted(store, lambda: work(store, 2), lambda: inside.append(everything(store)))

        assert all(inside[0][part] != before[part] for part in before)
        assert everything(store) == before
        assert store.locks.take(CUSTOMER, "worker", START, 60, force=False) == 2
        work(store, 2)
        assert store.inbox.horizon(Side.ERP, TABLE) == 3

    def test_a_refusal_takes_everything_back(self, store: SqlStore) -> None:
        """A page whose lock was lost leaves no trace."""
        work(store, 1)
        before = everything(store)

        def page() -> None:
            with store.transaction():
                store.couplings.put([coupling(2)], job=JOB, at=START)
                store.journal.reserve_numbers(CONTACT, "K{}", [crm(1)])
                store.journal.commit([intent(2)], epoch=99, at=START)

        with pytest.raises(LockLostError):
            page()

        assert everything(store) == before
        assert store.journal.reserve_numbers(CONTACT, "K{}", [crm(2)]) == {crm(2): "K1"}

    def test_a_transaction_inside_joins_the_outer_one(self, store: SqlStore) -> None:
        """What the inner one wrote goes with the outer one."""

        def inner() -> None:
            with store.transaction():
                store.couplings.put([coupling(1)], job=JOB, at=START)

        with pytest.raises(RuntimeError, match="power cut"):
            interrupted(store, inner)
        assert store.couplings.count(CUSTOMER) == 0

        with store.transaction(), store.transaction():
            store.couplings.put([coupling(1)], job=JOB, at=START)
        assert store.couplings.count(CUSTOMER) == 1

    def test_others_see_nothing_of_it_before_it_ends(self, store: SqlStore, second_worker: SqlStore) -> None:
        """A reader is neither kept waiting nor shown half a page."""
        work(store, 1)
        before = everything(store)

        with store.transaction():
            work(store, 2)
            assert everything(second_worker) == before

        assert everything(second_worker) == everything(store) != before


class TestSqlite(OnSqlite, TransactionContract):
    def test_a_full_disk_is_told_as_what_it_is(self, store: SqlStore) -> None:
        """The database ends the transaction by itself; the error is its own, what was there stays, and it goes on."""
        store.couplings.put([coupling(1)], job=JOB, at=START)
        session = store._session  # noqa: SLF001 - a disk of so many pages
        full = session._execute("PRAGMA page_count").fetchone()[0]  # noqa: SLF001
        session._execute(f"PRAGMA max_page_count = {full + 1}")  # noqa: SLF001

        with pytest.raises(sa.exc.OperationalError, match="full"), store.transaction():
            store.outcomes.put([outcome(number) for number in range(2000)])

        session._execute("PRAGMA max_page_count = 100000")  # noqa: SLF001
        store.couplings.put([coupling(2)], job=JOB, at=START)
        assert store.couplings.count(CUSTOMER) == 2
        assert store.outcomes.count_unsettled() == {}


class TestPostgres(OnPostgres, TransactionContract):
    pass
