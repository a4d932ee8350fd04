"""What persons decided and the guard counted: ended couplings, kept rules, vanished records, blanked fields."""

import pytest

from crosstie.model.errors import UsageError
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import Change
from crosstie.model.words import ConflictResolution, Side
from crosstie.store.store import SqlStore

from .backends import OnPostgres, OnSqlite
from .builders import CONTACT, CUSTOMER, JOB, START, change, coupling, crm, erp, minutes, outcome, version

TABLE, ROWS = "customers", "account"
NAME = "displayName=name"


def list_of(store: SqlStore, side: Side, *changes: Change) -> None:
    """A whole pass that lists these."""
    table = TABLE if side is Side.ERP else ROWS
    number = store.inbox.begin_pass(side, table, ()).number
    store.inbox.add(side, table, number, changes)
    store.inbox.finish_pass(side, table, number, "token", is_complete_set=True)


def end_and_fail(store: SqlStore) -> None:
    """End a coupling, and then be refused."""
    store.partings.end([coupling(1)])
    raise UsageError("Refused.")


class DecisionsContract:
    def test_an_ended_coupling_is_gone_and_its_generation_is_not(self, store: SqlStore) -> None:
        """The next coupling of that ERP record has the next generation; others, and other mappings, have none."""
        store.couplings.put([coupling(1), coupling(2), coupling(1, CONTACT)], job=JOB, at=START)

        store.partings.end([coupling(1)])
        store.partings.end([])

        assert list(store.couplings.all(CUSTOMER)) == [coupling(2)]
        assert list(store.couplings.all(CONTACT)) == [coupling(1, CONTACT)]
        assert store.partings.generations(CUSTOMER, [erp(1), erp(2)]) == {erp(1): 1}
        assert store.partings.generations(CONTACT, [erp(1)]) == {}
        assert store.partings.generations(CUSTOMER, []) == {}

    @pytest.mark.scenario("IRC-007")
    def test_a_coupling_that_ended_is_ended_again_without_effect(self, store: SqlStore) -> None:
        """Once is enough, and several times do nothing more."""
        store.couplings.put([coupling(1), coupling(2)], job=JOB, at=START)

        for _ in range(3):
            store.partings.end([coupling(1)])
            assert list(store.couplings.all(CUSTOMER)) == [coupling(2)]
            assert store.partings.generations(CUSTOMER, [erp(1)]) == {erp(1): 1}

    def test_a_generation_only_grows(self, store: SqlStore) -> None:
        """A coupling made by hand starts at 0; ending it must not lead back to an id that was deleted."""
        store.partings.end([coupling(1, generation=3)])
        store.partings.end([coupling(1)])
        store.partings.end([coupling(1), coupling(1)])

        assert store.partings.generations(CUSTOMER, [erp(1)]) == {erp(1): 4}

    def test_a_record_coupled_to_another_one_meanwhile_stays_coupled(self, store: SqlStore) -> None:
        """What is ended is that pair."""
        other = coupling(1, crm_id=crm(9))
        store.couplings.put([other], job=JOB, at=START)

        store.partings.end([coupling(1)])

        assert list(store.couplings.all(CUSTOMER)) == [other]

    def test_ending_is_taken_back_with_its_transaction(self, store: SqlStore) -> None:
        """The coupling and the old generation are there again."""
        store.couplings.put([coupling(1)], job=JOB, at=START)

        with pytest.raises(UsageError), store.transaction():
            end_and_fail(store)

        assert list(store.couplings.all(CUSTOMER)) == [coupling(1)]
        assert store.partings.generations(CUSTOMER, [erp(1)]) == {}

    def test_records_that_stay_uncoupled_are_known_with_the_reason(self, store: SqlStore) -> None:
        """Both of each pair, by side and id, whatever is said of them later, until another coupling of theirs ends."""
        gone, by_hand = Reason(ReasonCode.UNCOUPLED, {"side": "CRM"}), Reason(ReasonCode.UNCOUPLED_BY_HAND)
        store.partings.end([coupling(1)], gone)
        store.partings.end([coupling(2)])
        store.partings.end([coupling(4), coupling(5)], by_hand)
        store.partings.end([coupling(5)])
        store.outcomes.put([outcome(4)])

        left = store.partings.left(CUSTOMER, Side.ERP, [erp(1), erp(2), erp(4), erp(5)])
        assert left == {erp(1): gone, erp(4): by_hand}
        assert store.partings.left(CUSTOMER, Side.CRM, [crm(1), crm(2)]) == {crm(1): gone}
        assert store.partings.left(CONTACT, Side.ERP, [erp(1)]) == {}
        assert store.partings.left(CUSTOMER, Side.ERP, []) == {}

    def test_a_rule_is_kept_replaced_and_forgotten(self, store: SqlStore) -> None:
        """By mapping and unit; forgetting says whether there was one."""
        store.rules.keep(CUSTOMER, NAME, ConflictResolution.SEND_UPDATE, at=START)
        store.rules.keep(CUSTOMER, "address", ConflictResolution.SEND_UPDATE, at=START)
        store.rules.keep(CUSTOMER, NAME, ConflictResolution.GET_UPDATE, at=minutes(1))

        kept = {"address": ConflictResolution.SEND_UPDATE, NAME: ConflictResolution.GET_UPDATE}
        assert (store.rules.of(CUSTOMER), store.rules.of(CONTACT)) == (kept, {})
        assert [store.rules.forget(CUSTOMER, NAME), store.rules.forget(CUSTOMER, NAME)] == [True, False]
        assert list(store.rules.of(CUSTOMER)) == ["address"]

    def test_vanished_are_coupled_records_noted_as_gone_and_not_taken_up(self, store: SqlStore) -> None:
        """In the range asked for; an uncoupled one is none, nor one that the mapping has looked at since."""
        couplings = [coupling(n, erp_version=version("a"), crm_version=version("a")) for n in (1, 2, 3)]
        store.couplings.put(couplings, job=JOB, at=START)
        every = [change(erp(n), "a") for n in (1, 2, 3, 4)]
        list_of(store, Side.ERP, *every)
        before = store.inbox.horizon(Side.ERP, TABLE)
        list_of(store, Side.ERP, every[0])
        after = store.inbox.horizon(Side.ERP, TABLE)

        def vanished(**more: int) -> int:
            return store.mass_changes.vanished(CUSTOMER, Side.ERP, TABLE, **({"after": 0, "upto": after} | more))

        assert (vanished(), vanished(after=before), vanished(upto=before), vanished(after=after)) == (2, 2, 0, 0)
        assert store.mass_changes.vanished(CONTACT, Side.ERP, TABLE, after=0, upto=after) == 0
        assert store.mass_changes.vanished(CUSTOMER, Side.CRM, ROWS, after=0, upto=after) == 0
        store.couplings.put([coupling(2, crm_version=version("a"))], job=JOB, at=START)
        assert vanished() == 1

    def test_a_table_is_empty_when_nothing_of_it_is_listed(self, store: SqlStore) -> None:
        """Before the first pass, and when all of it is gone."""
        assert store.mass_changes.is_empty(Side.CRM, ROWS)
        list_of(store, Side.CRM, change(crm(1), "a"), change(crm(2), "a"))
        assert not store.mass_changes.is_empty(Side.CRM, ROWS)
        assert store.mass_changes.is_empty(Side.ERP, TABLE)
        list_of(store, Side.CRM)
        assert store.mass_changes.is_empty(Side.CRM, ROWS)

    def test_coupled_records_that_no_pass_listed_are_found(self, store: SqlStore) -> None:
        """At most so many at once; one that is known to be gone was listed."""
        store.couplings.put([coupling(n) for n in (1, 2, 3)], job=JOB, at=START)
        list_of(store, Side.CRM, change(crm(1), "a"), change(crm(9), "a"))

        def unknown(side: Side, limit: int = 9) -> set[str]:
            table = TABLE if side is Side.ERP else ROWS
            return set(store.mass_changes.never_listed(CUSTOMER, side, table, limit))

        assert unknown(Side.CRM) == {crm(2), crm(3)}
        assert unknown(Side.ERP) == {erp(1), erp(2), erp(3)}
        assert len(unknown(Side.ERP, limit=2)) == 2
        list_of(store, Side.CRM, change(crm(2), None))
        assert unknown(Side.CRM) == {crm(3)}

    def test_records_outside_the_filter_are_known_by_their_last_outcome(
        self, store: SqlStore, stranger: SqlStore
    ) -> None:
        """Of either side, of this mapping, until they are looked at again."""
        left = Reason(ReasonCode.LEFT_FILTER, {"filter": "blocked is blank"})
        store.outcomes.put([outcome(1, reason=left), outcome(2, Side.CRM, reason=left), outcome(3)])
        stranger.outcomes.put([outcome(3, reason=left)])
        store.outcomes.put([outcome(4, reason=left, mapping=CONTACT)])
        ids = [erp(1), crm(2), erp(3), erp(4), erp(5)]

        assert store.mass_changes.left_filter(CUSTOMER, ids) == {erp(1), crm(2)}
        assert store.mass_changes.left_filter(CUSTOMER, []) == set()
        store.outcomes.put([outcome(1)])
        assert store.mass_changes.left_filter(CUSTOMER, ids) == {crm(2)}

    def test_counts_of_the_guard_are_replaced_as_a_whole(self, store: SqlStore) -> None:
        """By side and what is counted; without any they are forgotten."""
        counted = {(Side.ERP, NAME): 3, (Side.CRM, NAME): 20}
        store.mass_changes.note(CUSTOMER, {(Side.ERP, "old"): 1})
        store.mass_changes.note(CUSTOMER, counted)
        store.mass_changes.note(CONTACT, {(Side.ERP, "email"): 1})
        assert store.mass_changes.counted(CUSTOMER) == counted

        store.mass_changes.note(CUSTOMER, {})
        assert store.mass_changes.counted(CUSTOMER) == {}
        assert store.mass_changes.counted(CONTACT) == {(Side.ERP, "email"): 1}

    def test_connections_do_not_see_each_other(self, store: SqlStore, stranger: SqlStore) -> None:
        """Neither generations, rules, counts nor what vanished."""
        store.couplings.put([coupling(1, erp_version=version("a"))], job=JOB, at=START)
        list_of(store, Side.ERP, change(erp(1), "a"))
        list_of(store, Side.ERP)
        stranger.partings.end([coupling(1)])
        stranger.rules.keep(CUSTOMER, NAME, ConflictResolution.GET_UPDATE, at=START)
        stranger.mass_changes.note(CUSTOMER, {(Side.ERP, NAME): 1})
        stranger.partings.end([coupling(1)], Reason(ReasonCode.UNCOUPLED, {"side": "CRM"}))

        assert list(store.couplings.all(CUSTOMER)) == [coupling(1, erp_version=version("a"))]
        assert store.partings.generations(CUSTOMER, [erp(1)]) == {}
        assert store.partings.left(CUSTOMER, Side.ERP, [erp(1)]) == {}
        assert (store.rules.of(CUSTOMER), store.mass_changes.counted(CUSTOMER)) == ({}, {})
        assert stranger.mass_changes.vanished(CUSTOMER, Side.ERP, TABLE, after=0, upto=99) == 0
        assert stranger.mass_changes.never_listed(CUSTOMER, Side.ERP, TABLE, 9) == []
        assert store.rules.forget(CUSTOMER, NAME) is False


class TestSqlite(OnSqlite, DecisionsContract):
    pass


class TestPostgres(OnPostgres, DecisionsContract):
    pass
