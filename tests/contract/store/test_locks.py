"""Mapping locks: one worker at a time, and the one that was overtaken finds out before it writes."""

import pytest

from crosstie.model.errors import LockLostError, UsageError
from crosstie.model.words import Side
from crosstie.store.store import SqlStore

from .backends import OnPostgres, OnSqlite
from .builders import CONTACT, CUSTOMER, START, intent, minutes


def take(store: SqlStore, owner: str, at: int = 0, *, force: bool = False) -> int:
    """Take the lock of CUSTOMER for one minute, so many minutes after the start."""
    return store.locks.take(CUSTOMER, owner, minutes(at), 60, force=force)


def holds(store: SqlStore, epoch: int) -> bool:
    """Whether the worker with this epoch may still commit an intent."""
    try:
        store.journal.commit([intent(epoch)], epoch=epoch, at=START)
    except LockLostError:
        return False
    return True


class LocksContract:
    def test_each_taking_has_the_next_epoch(self, store: SqlStore) -> None:
        """From 1, per mapping, whoever takes it; only the last one holds the lock."""
        assert [take(store, "a"), take(store, "a"), take(store, "b", 5)] == [1, 2, 3]
        assert store.locks.take(CONTACT, "a", START, 60, force=False) == 1
        assert [holds(store, epoch) for epoch in (1, 2, 3, 4)] == [False, False, True, False]

    def test_a_second_worker_is_refused_until_the_lease_ends(self, store: SqlStore) -> None:
        """The refusal names the owner and the time, and leaves lock and epoch alone."""
        take(store, "first")

        with pytest.raises(UsageError) as refusal:
            store.locks.take(CUSTOMER, "second", minutes(1).replace(minute=0, second=59), 60, force=False)

        assert "first" in refusal.value.message
        assert "09:01:00 UTC" in refusal.value.next_step
        assert holds(store, 1)
        assert take(store, "second", 1) == 2
        assert not holds(store, 1)

    def test_a_worker_may_take_its_own_lock_again(self, store: SqlStore) -> None:
        """The same owner is not refused; its earlier epoch is worth nothing from then on."""
        take(store, "first")

        assert take(store, "first") == 2
        assert [holds(store, epoch) for epoch in (1, 2)] == [False, True]

    def test_force_takes_a_running_lease(self, store: SqlStore) -> None:
        """As the only worker that can be alive may do."""
        take(store, "first")

        assert take(store, "second", force=True) == 2
        assert [holds(store, epoch) for epoch in (1, 2)] == [False, True]

    def test_renewing_extends_the_lease(self, store: SqlStore) -> None:
        """From the time of renewal; the epoch stays."""
        epoch = take(store, "first")

        store.locks.renew(CUSTOMER, epoch, minutes(1), 120)

        with pytest.raises(UsageError):
            take(store, "second", 2)
        assert holds(store, epoch)
        assert take(store, "second", 3) == epoch + 1

    def test_renewing_a_lost_lock_says_so(self, store: SqlStore) -> None:
        """LockLostError for a stale epoch or a lock that nobody took; the new owner's lease stays as it was."""
        with pytest.raises(LockLostError):
            store.locks.renew(CUSTOMER, 1, START, 60)
        stale = take(store, "first")
        take(store, "second", force=True)

        with pytest.raises(LockLostError):
            store.locks.renew(CUSTOMER, stale, START, 36_000)

        assert take(store, "third", 1) == 3

    def test_who_was_overtaken_can_remember_nothing(self, store: SqlStore) -> None:
        """LockLostError for a stale epoch, and what its transaction had written is taken back."""
        stale = take(store, "first")
        held = take(store, "second", force=True)

        def remember(epoch: int) -> None:
            with store.transaction():
                store.inbox.move_cursor(CUSTOMER, Side.ERP, epoch)
                store.locks.hold(CUSTOMER, epoch)

        with pytest.raises(LockLostError):
            remember(stale)
        assert store.inbox.cursor(CUSTOMER, Side.ERP) == 0
        remember(held)
        assert store.inbox.cursor(CUSTOMER, Side.ERP) == held

    def test_a_released_lock_is_free(self, store: SqlStore) -> None:
        """For anybody, at once; the epochs go on."""
        store.locks.release(CUSTOMER, take(store, "first"))

        assert take(store, "second") == 2

    def test_a_stale_release_does_nothing(self, store: SqlStore) -> None:
        """Who was overtaken gives back nothing that is not its own."""
        stale = take(store, "first")
        held = take(store, "second", force=True)

        store.locks.release(CUSTOMER, stale)
        store.locks.release(CONTACT, held)

        with pytest.raises(UsageError, match="second"):
            take(store, "third")
        assert holds(store, held)

    def test_a_second_process_sees_the_same_lock(self, store: SqlStore, second_worker: SqlStore) -> None:
        """What one worker took is taken for the other, and the other way round."""
        take(store, "first")
        with pytest.raises(UsageError):
            take(second_worker, "second")

        assert take(second_worker, "second", force=True) == 2
        with pytest.raises(LockLostError):
            store.locks.renew(CUSTOMER, 1, START, 60)

    def test_connections_do_not_see_each_other(self, store: SqlStore, stranger: SqlStore) -> None:
        """Two connections synchronize the same mapping at the same time."""
        assert take(store, "first") == 1
        assert take(stranger, "second") == 1
        assert take(stranger, "second") == 2

        stranger.locks.release(CUSTOMER, 1)
        stranger.locks.release(CUSTOMER, 2)

        assert holds(store, 1)
        with pytest.raises(UsageError):
            take(store, "third")


class TestSqlite(OnSqlite, LocksContract):
    pass


class TestPostgres(OnPostgres, LocksContract):
    pass
