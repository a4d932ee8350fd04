"""The journal: no write without its intent, no intent without the lock, no number twice."""

from dataclasses import replace

import pytest

from crosstie.model.errors import LockLostError
from crosstie.model.intent import IntentState
from crosstie.model.words import JobId, Side
from crosstie.store.store import SqlStore

from .backends import OnPostgres, OnSqlite
from .builders import CONTACT, CUSTOMER, EVERY_KIND_OF_VALUE, JOB, START, crm, erp, intent, minutes, version

PATTERN = "CRM{:06d}"


def lock(store: SqlStore, owner: str = "worker") -> int:
    """Take the lock of CUSTOMER, whoever has it."""
    return store.locks.take(CUSTOMER, owner, START, 60, force=True)


class JournalContract:
    def test_an_intent_comes_back_as_it_was_committed(self, store: SqlStore) -> None:
        """Both images, the source's values and every blank survive."""
        full = intent(
            1,
            generation=2,
            values=EVERY_KIND_OF_VALUE,
            before=dict.fromkeys(EVERY_KIND_OF_VALUE),
            source={"a+b=c": tuple(EVERY_KIND_OF_VALUE.values()), "größe=size": ()},
        )
        bare = intent(
            2,
            job=JobId("job-7"),
            destination=Side.ERP,
            is_insert=True,
            erp_id=None,
            number="CRM000001",
            version=None,
            source_number=None,
            values={},
            before={},
            source={},
        )

        delete = intent(3, is_delete=True, values={}, source={}, source_version=version(""), before={"name": "Old"})

        store.journal.commit([full, bare, delete], epoch=lock(store), at=START)

        assert store.journal.open(CUSTOMER, 10) == [full, bare, delete]
        assert type(store.journal.open(CUSTOMER, 10)[0].values["yes"]) is bool

    def test_what_was_not_seen_is_open_again_once_time_has_passed(self, store: SqlStore) -> None:
        """And is found by its pair meanwhile, until a later write of ours to the same record has landed."""
        epoch = lock(store)
        store.journal.commit([intent(1), intent(2)], epoch=epoch, at=START)
        store.journal.settle({"intent-1": IntentState.NOT_SEEN, "intent-2": IntentState.NOT_SEEN}, at=START)
        assert store.journal.open(CUSTOMER, 9, unseen_before=START) == []
        assert [one.id for one in store.journal.open(CUSTOMER, 9, unseen_before=minutes(1))] == ["intent-1", "intent-2"]
        assert [one.id for one in store.journal.unseen(CUSTOMER, [crm(1), crm(3)])] == ["intent-1"]
        assert store.journal.unseen(CONTACT, [crm(1)]) == []

        later = replace(intent(1), id="later")
        store.journal.commit([later], epoch=epoch, at=minutes(2))
        store.journal.overtake(CUSTOMER, ["later"])

        assert store.journal.unseen(CUSTOMER, [crm(1)]) == []
        assert [one.id for one in store.journal.unseen(CUSTOMER, [crm(2)])] == ["intent-2"]

    def test_creates_without_a_key_are_found_while_their_outcome_is_unknown(
        self, store: SqlStore, stranger: SqlStore
    ) -> None:
        """Open or ambiguous, oldest first, with their time; no others, and none with a number."""
        epoch = lock(store)
        plain = {"destination": Side.ERP, "is_insert": True, "erp_id": None, "version": None, "source_number": None}
        held, unclear = intent(1, **plain), intent(2, **plain, state=IntentState.AMBIGUOUS)
        others = [
            intent(3, **plain, state=IntentState.LANDED),
            intent(4, **plain, state=IntentState.NOT_LANDED),
            intent(5, **plain, number="CRM000001"),
            intent(6, is_insert=True),
            intent(7, destination=Side.ERP),
            intent(8, **plain, mapping=CONTACT),
        ]
        store.journal.commit([unclear], epoch=epoch, at=minutes(1))
        store.journal.commit([held, *others], epoch=epoch, at=minutes(2))
        stranger.journal.commit([intent(9, **plain)], epoch=lock(stranger), at=START)

        found = store.journal.keyless(CUSTOMER)
        assert [(one.intended_at, one) for one in found] == [(minutes(1), unclear), (minutes(2), held)]

    def test_what_landed_of_a_job_comes_newest_first(self, store: SqlStore, stranger: SqlStore) -> None:
        """More than a page, many at one instant; nothing open, of another job, mapping or connection."""
        epoch = lock(store)
        for page in range(3):
            store.journal.commit(
                [intent(number) for number in range(page * 500, page * 500 + 500)], epoch=epoch, at=minutes(page)
            )
        store.journal.commit([intent(5000), intent(5001, job=JobId("job-2"))], epoch=epoch, at=minutes(3))
        stranger.journal.commit([intent(1)], epoch=lock(stranger), at=START)
        landed = [f"intent-{number}" for number in (*range(1500), 5001)]
        store.journal.settle(dict.fromkeys(landed, IntentState.LANDED), at=minutes(4))
        stranger.journal.settle({"intent-1": IntentState.LANDED}, at=minutes(4))

        found = [one.id for one in store.journal.landed_of_job(CUSTOMER, JOB)]

        newest = [sorted(f"intent-{n}" for n in range(page * 500, page * 500 + 500))[::-1] for page in (2, 1, 0)]
        assert found == [id_ for page in newest for id_ in page]
        assert list(store.journal.landed_of_job(CONTACT, JOB)) == []

    def test_a_worker_without_the_lock_commits_nothing(self, store: SqlStore) -> None:
        """Before anybody took it, and after somebody else did: LockLostError, and not a row is written."""
        with pytest.raises(LockLostError):
            store.journal.commit([intent(1)], epoch=1, at=START)
        stale = lock(store, "first")
        lock(store, "second")

        with pytest.raises(LockLostError):
            store.journal.commit([intent(1), intent(2)], epoch=stale, at=START)

        assert store.journal.open(CUSTOMER, 10) == []
        assert store.journal.of_record(CUSTOMER, Side.CRM, crm(1)) == []

    def test_the_lock_of_another_mapping_does_not_help(self, store: SqlStore) -> None:
        """An epoch counts for its own mapping only."""
        epoch = lock(store)

        with pytest.raises(LockLostError):
            store.journal.commit([intent(1, mapping=CONTACT)], epoch=epoch, at=START)

        assert store.journal.open(CONTACT, 10) == []

    def test_nothing_to_commit_needs_no_lock(self, store: SqlStore) -> None:
        """An empty page is not refused."""
        store.journal.commit([], epoch=9, at=START)
        store.journal.settle({}, at=START)

        assert store.journal.open(CUSTOMER, 10) == []

    def test_open_intents_come_oldest_first(self, store: SqlStore) -> None:
        """By the time they were committed, then by id; so many at most, of one mapping."""
        epoch = lock(store)
        other = store.locks.take(CONTACT, "worker", START, 60, force=True)
        store.journal.commit([intent(1, "b"), intent(2, "c")], epoch=epoch, at=minutes(1))
        store.journal.commit([intent(3, "d"), intent(4, "a")], epoch=epoch, at=START)
        store.journal.commit([intent(5, "e", mapping=CONTACT)], epoch=other, at=START)

        assert [one.id for one in store.journal.open(CUSTOMER, 10)] == ["a", "d", "b", "c"]
        assert [one.id for one in store.journal.open(CUSTOMER, 3)] == ["a", "d", "b"]
        assert [one.id for one in store.journal.open(CONTACT, 3)] == ["e"]

    def test_a_settled_intent_is_open_no_more(self, store: SqlStore) -> None:
        """Each gets its own state; an unknown id and the intents not named are left alone."""
        four = [intent(number) for number in range(1, 5)]
        store.journal.commit(four, epoch=lock(store), at=START)
        states = {
            "intent-1": IntentState.LANDED,
            "intent-2": IntentState.NOT_LANDED,
            "intent-3": IntentState.AMBIGUOUS,
            "intent-9": IntentState.LANDED,
        }

        store.journal.settle(states, at=minutes(1))

        assert store.journal.open(CUSTOMER, 10) == [four[3]]
        history = [store.journal.of_record(CUSTOMER, Side.ERP, erp(number)) for number in range(1, 5)]
        assert history == [[(START, replace(one, state=states.get(one.id, IntentState.OPEN)))] for one in four]

    def test_the_history_of_a_record_comes_newest_first(self, store: SqlStore) -> None:
        """From either side, settled or not; another mapping's writes are not in it."""
        epoch = lock(store)
        for number, name in enumerate(("first", "second", "third")):
            store.journal.commit([intent(1, name), intent(2, f"{name} of 2")], epoch=epoch, at=minutes(number))
        store.journal.settle({"second": IntentState.LANDED}, at=minutes(9))

        newest = [(minutes(2), "third"), (minutes(1), "second"), (START, "first")]
        for side, id_ in ((Side.ERP, erp(1)), (Side.CRM, crm(1))):
            found = store.journal.of_record(CUSTOMER, side, id_)
            assert [(at, one.id) for at, one in found] == newest
        assert store.journal.of_record(CONTACT, Side.ERP, erp(1)) == []
        assert store.journal.of_record(CUSTOMER, Side.CRM, erp(1)) == []

    def test_writes_of_one_moment_have_an_order(self, store: SqlStore) -> None:
        """Two intents of one commit for one record come in the same order every time."""
        store.journal.commit([intent(1, "a"), intent(1, "c"), intent(1, "b")], epoch=lock(store), at=START)

        assert [one.id for _, one in store.journal.of_record(CUSTOMER, Side.ERP, erp(1))] == ["c", "b", "a"]

    def test_a_number_is_reserved_once(self, store: SqlStore) -> None:
        """A record gets the next free number, and the same one at every call."""
        first = store.journal.reserve_numbers(CUSTOMER, PATTERN, [crm(1), crm(2)])
        again = store.journal.reserve_numbers(CUSTOMER, PATTERN, [crm(3), crm(1), crm(3)])

        assert first == {crm(1): "CRM000001", crm(2): "CRM000002"}
        assert again == {crm(3): "CRM000003", crm(1): "CRM000001"}
        assert store.journal.reserve_numbers(CUSTOMER, PATTERN, [crm(4)]) == {crm(4): "CRM000004"}
        assert store.journal.reserve_numbers(CUSTOMER, PATTERN, []) == {}
        assert store.journal.reserve_numbers(CONTACT, "K{}", [crm(1)]) == {crm(1): "K1"}

    def test_a_released_number_is_not_handed_out_again(self, store: SqlStore) -> None:
        """The record gets another one, and no other record ever gets the one a stranger took."""
        store.journal.reserve_numbers(CUSTOMER, PATTERN, [crm(1), crm(2)])

        store.journal.release_numbers(CUSTOMER, [crm(2)])
        store.journal.release_numbers(CUSTOMER, [crm(9)])
        store.journal.release_numbers(CONTACT, [crm(1)])

        assert store.journal.reserve_numbers(CUSTOMER, PATTERN, [crm(3), crm(2), crm(1)]) == {
            crm(1): "CRM000001",
            crm(3): "CRM000003",
            crm(2): "CRM000004",
        }

    def test_a_number_reserved_in_vain_is_free_again(self, store: SqlStore) -> None:
        """A reservation whose transaction fails never happened."""

        def page() -> None:
            with store.transaction():
                store.journal.reserve_numbers(CUSTOMER, PATTERN, [crm(1)])
                store.journal.commit([intent(1)], epoch=1, at=START)

        with pytest.raises(LockLostError):
            page()

        assert store.journal.reserve_numbers(CUSTOMER, PATTERN, [crm(2)]) == {crm(2): "CRM000001"}

    def test_connections_do_not_see_each_other(self, store: SqlStore, stranger: SqlStore) -> None:
        """Epochs, intents and numbers are each connection's own, even where ids are the same."""
        epoch = lock(store)
        store.journal.commit([intent(1)], epoch=epoch, at=START)
        with pytest.raises(LockLostError):
            stranger.journal.commit([intent(1)], epoch=epoch, at=START)
        theirs = intent(1, values={"name": "Wide World"})
        stranger.journal.commit([theirs], epoch=lock(stranger), at=minutes(1))
        stranger.journal.settle({"intent-1": IntentState.LANDED}, at=minutes(2))

        assert store.journal.open(CUSTOMER, 10) == [intent(1)]
        assert stranger.journal.open(CUSTOMER, 10) == []
        assert store.journal.of_record(CUSTOMER, Side.ERP, erp(1)) == [(START, intent(1))]
        landed = replace(theirs, state=IntentState.LANDED)
        assert stranger.journal.of_record(CUSTOMER, Side.ERP, erp(1)) == [(minutes(1), landed)]
        for one in (store, stranger):
            assert one.journal.reserve_numbers(CUSTOMER, PATTERN, [crm(1)]) == {crm(1): "CRM000001"}
        stranger.journal.release_numbers(CUSTOMER, [crm(1)])
        assert store.journal.reserve_numbers(CUSTOMER, PATTERN, [crm(1)]) == {crm(1): "CRM000001"}


class TestSqlite(OnSqlite, JournalContract):
    pass


class TestPostgres(OnPostgres, JournalContract):
    pass
