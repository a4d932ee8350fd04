"""Two workers on one database: they wait for each other, and each race has one winner."""

from collections.abc import Callable
from threading import Barrier, Event, Thread

import pytest

from crosstie.model.errors import UsageError
from crosstie.model.words import MappingName, Side
from crosstie.store.store import SqlStore

from .backends import OnPostgres, OnSqlite
from .builders import CUSTOMER, JOB, START, change, coupling, crm, erp, intent, minutes, outcome, version

TABLE = "customers"
ROUNDS = 20


def together(*tasks: Callable[[], object]) -> list[object]:
    """Run the tasks at the same time, each in a thread; returns what each returned, or the error it raised."""
    results: list[object] = [None] * len(tasks)
    start = Barrier(len(tasks))

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = tasks[number]()
        except Exception as error:  # noqa: BLE001 - the test judges it
            results[number] = error

    threads = [Thread(target=run, args=(number,)) for number in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class ConcurrencyContract:
    def test_two_workers_write_at_the_same_time(self, store: SqlStore, second_worker: SqlStore) -> None:
        """Nobody fails because the other writes; all rows arrive, and every place is given once."""

        def pages(one: SqlStore, table: str) -> None:
            for page in range(ROUNDS):
                ids = range(page * 10, page * 10 + 10)
                with one.transaction():
                    assert one.couplings.count(MappingName(table)) == page * 10
                    one.inbox.add(Side.ERP, table, 1, [change(erp(n), "a") for n in ids])
                    known = [coupling(n, MappingName(table), erp_version=version("old")) for n in ids]
                    one.couplings.put(known, job=JOB, at=START)
                one.outcomes.put([outcome(n, mapping=MappingName(table)) for n in ids])

        assert together(lambda: pages(store, "A"), lambda: pages(second_worker, "B")) == [None, None]

        found = [store.inbox.pending(CUSTOMER, Side.ERP, table, after=0, upto=9999, limit=9999) for table in "AB"]
        assert [[one.id for one in page] for page in found] == [[erp(n) for n in range(ROUNDS * 10)]] * 2
        assert sorted(one.seq for page in found for one in page) == list(range(1, ROUNDS * 20 + 1))
        assert [store.couplings.count(MappingName(table)) for table in "AB"] == [ROUNDS * 10] * 2

    def test_two_workers_note_the_same_records(self, store: SqlStore, second_worker: SqlStore) -> None:
        """In opposite order and at once: one row per record, every place unique."""
        listed = [change(erp(n), "a") for n in range(300)]

        def note(one: SqlStore, changes: list[object]) -> None:
            for _ in range(5):
                one.inbox.add(Side.ERP, TABLE, 1, changes)

        results = together(lambda: note(store, listed), lambda: note(second_worker, listed[::-1]))

        assert results == [None, None]
        found = store.inbox.pending(CUSTOMER, Side.ERP, TABLE, after=0, upto=9999, limit=9999)
        assert sorted(one.id for one in found) == [one.id for one in listed]
        assert len({one.seq for one in found}) == 300

    def test_one_of_two_workers_wins_a_lock(self, store: SqlStore, second_worker: SqlStore) -> None:
        """Every time: one has epoch 1, the other is refused, and the lease is the winner's."""
        for number in range(ROUNDS):
            mapping = MappingName(f"MAPPING {number}")

            results = together(
                lambda mapping=mapping: store.locks.take(mapping, "first", START, 60, force=False),
                lambda mapping=mapping: second_worker.locks.take(mapping, "second", START, 60, force=False),
            )

            assert sorted(type(result).__name__ for result in results) == ["UsageError", "int"]
            assert 1 in results
            winner = ("first", "second")[results.index(1)]
            with pytest.raises(UsageError, match=winner):
                store.locks.take(mapping, "third", START, 60, force=False)

    def test_one_of_two_workers_wins_a_lease_that_ended(self, store: SqlStore, second_worker: SqlStore) -> None:
        """Also a lock that somebody held before is taken once."""
        for number in range(ROUNDS):
            mapping = MappingName(f"MAPPING {number}")
            store.locks.take(mapping, "crashed", START, 60, force=False)

            results = together(
                lambda mapping=mapping: store.locks.take(mapping, "first", minutes(5), 60, force=False),
                lambda mapping=mapping: second_worker.locks.take(mapping, "second", minutes(5), 60, force=False),
            )

            assert sorted(type(result).__name__ for result in results) == ["UsageError", "int"]
            assert 2 in results

    def test_two_takings_by_force_have_two_epochs(self, store: SqlStore, second_worker: SqlStore) -> None:
        """No two workers ever hold the same epoch."""
        for number in range(ROUNDS):
            mapping = MappingName(f"MAPPING {number}")

            results = together(
                lambda mapping=mapping: store.locks.take(mapping, "first", START, 60, force=True),
                lambda mapping=mapping: second_worker.locks.take(mapping, "second", START, 60, force=True),
            )

            assert sorted(map(str, results)) == ["1", "2"]

    def test_who_takes_over_sees_every_intent_of_the_one_before(self, store: SqlStore, second_worker: SqlStore) -> None:
        """An intent that is being committed keeps the lock where it is until the commit is done."""
        for number in range(1, ROUNDS + 1):
            epoch = store.locks.take(CUSTOMER, "first", START, 60, force=True)
            is_written = Event()

            def write(number: int = number, epoch: int = epoch, is_written: Event = is_written) -> None:
                with store.transaction():
                    store.journal.commit([intent(number)], epoch=epoch, at=minutes(number))
                    is_written.set()

            def take_over(is_written: Event = is_written) -> int:
                is_written.wait()
                second_worker.locks.take(CUSTOMER, "second", START, 60, force=True)
                return len(second_worker.journal.open(CUSTOMER, 999))

            assert together(write, take_over) == [None, number]

    def test_numbers_reserved_at_once_are_different(self, store: SqlStore, second_worker: SqlStore) -> None:
        """Two workers never reserve the same number, and never two for one record."""
        for number in range(ROUNDS):
            mapping = MappingName(f"MAPPING {number}")

            results = together(
                lambda mapping=mapping: store.journal.reserve_numbers(mapping, "{}", [crm(1), crm(2)]),
                lambda mapping=mapping: second_worker.journal.reserve_numbers(mapping, "{}", [crm(3), crm(1)]),
            )

            reserved = results[0] | results[1]
            assert results[0][crm(1)] == results[1][crm(1)]
            assert sorted(reserved.values()) == ["1", "2", "3"]

    def test_passes_begun_at_once_have_different_numbers(self, store: SqlStore, second_worker: SqlStore) -> None:
        """Or a complete set could not tell what it listed from what the other one listed."""
        for number in range(ROUNDS):
            table = f"table {number}"

            results = together(
                lambda table=table: store.inbox.begin_pass(Side.ERP, table, ()),
                lambda table=table: second_worker.inbox.begin_pass(Side.ERP, table, ()),
            )

            assert sorted(one.number for one in results) == [1, 2]


class TestSqlite(OnSqlite, ConcurrencyContract):
    pass


class TestPostgres(OnPostgres, ConcurrencyContract):
    pass
