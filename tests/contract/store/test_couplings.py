"""Couplings: every database keeps them exactly, and never one CRM row twice."""

from datetime import timedelta

import pytest

from crosstie.model.coupling import Base, Coupling, Stamp
from crosstie.model.errors import UsageError
from crosstie.model.words import JobId, Side
from crosstie.store.store import SqlStore

from .backends import OnPostgres, OnSqlite
from .builders import (
    CONTACT,
    CUSTOMER,
    EVERY_KIND_OF_VALUE,
    JOB,
    START,
    coupling,
    crm,
    erp,
    minutes,
    version,
)


class CouplingsContract:
    def test_a_coupling_comes_back_as_it_was_put(self, store: SqlStore) -> None:
        """Every field and every kind of value in a base survives."""
        values = tuple(EVERY_KIND_OF_VALUE.values())
        full = coupling(
            1,
            generation=3,
            erp_version=version("erp-9"),
            crm_version=version("crm-7"),
            base={"a+b=c": Base(erp=values, crm=values[::-1]), "größe=size": Base(erp=(None,), crm=())},
            stamps={
                Side.ERP: Stamp(version("erp-9"), START + timedelta(microseconds=123456)),
                Side.CRM: Stamp(version("crm-7"), None),
            },
        )
        bare = Coupling(mapping=CUSTOMER, erp_id=erp(2), crm_id=crm(2))

        store.couplings.put([full, bare], job=JOB, at=START)

        assert store.couplings.by_id(CUSTOMER, Side.ERP, [erp(1), erp(2)]) == {erp(1): full, erp(2): bare}
        kept = store.couplings.by_id(CUSTOMER, Side.ERP, [erp(1)])[erp(1)].base["a+b=c"].erp
        assert [type(value) for value in kept] == [type(value) for value in values]
        assert [str(value) for value in kept[:2]] == ["1234567890123456.7890", "1E-10"]

    @pytest.mark.scenario("IRC-013", better="a coupling cannot lose its table: it is part of the key")
    def test_a_coupling_cannot_be_without_its_mapping(self, store: SqlStore) -> None:
        """The database refuses it; those that are there stay."""
        store.couplings.put([coupling(1)], job=JOB, at=START)

        with pytest.raises(UsageError):
            store.couplings.put([coupling(2, None)], job=JOB, at=START)

        assert list(store.couplings.all(CUSTOMER)) == [coupling(1)]

    def test_couplings_are_found_from_either_side(self, store: SqlStore) -> None:
        """By the id of a side, only those asked for, keyed by that id; an id of the other side finds nothing."""
        store.couplings.put([coupling(1), coupling(2), coupling(3)], job=JOB, at=START)

        assert store.couplings.by_id(CUSTOMER, Side.CRM, [crm(3), crm(1), crm(9)]) == {
            crm(1): coupling(1),
            crm(3): coupling(3),
        }
        assert store.couplings.by_id(CUSTOMER, Side.ERP, [crm(1)]) == {}
        assert store.couplings.by_id(CUSTOMER, Side.ERP, []) == {}

    def test_couplings_are_found_by_the_key_that_references_hold(self, store: SqlStore) -> None:
        """By ERP id or ERP number, within one mapping."""
        store.couplings.put([coupling(1), coupling(2)], job=JOB, at=START)
        store.couplings.put([coupling(1, CONTACT)], job=JOB, at=START)

        assert store.couplings.by_key(CUSTOMER, "number", ["C00002", "C00009"]) == [coupling(2)]
        assert store.couplings.by_key(CUSTOMER, "id", [erp(2), erp(1)]) == [coupling(1), coupling(2)]
        assert store.couplings.by_key(CUSTOMER, "number", []) == []

    def test_a_mapping_counts_and_lists_its_own(self, store: SqlStore) -> None:
        """The same pair may be coupled in two mappings, and each mapping counts it once."""
        store.couplings.put([coupling(2), coupling(1)], job=JOB, at=START)
        store.couplings.put([coupling(1, CONTACT)], job=JOB, at=START)

        assert (store.couplings.count(CUSTOMER), store.couplings.count(CONTACT)) == (2, 1)
        assert list(store.couplings.all(CUSTOMER)) == [coupling(1), coupling(2)]
        assert list(store.couplings.all(CONTACT)) == [coupling(1, CONTACT)]

    def test_all_streams_more_than_one_page(self, store: SqlStore) -> None:
        """2,001 couplings come one by one, none twice, none left out, while they are being changed."""
        every = [coupling(number) for number in range(1, 2002)]
        store.couplings.put(every, job=JOB, at=START)

        seen = []
        for one in store.couplings.all(CUSTOMER):
            seen.append(one)
            if len(seen) == 1000:
                store.couplings.put([coupling(1, erp_version=version("new"))], job=JOB, at=START)

        assert seen == every

    def test_putting_again_replaces(self, store: SqlStore) -> None:
        """The same ERP record is one row: its CRM row, base and versions are those put last."""
        store.couplings.put([coupling(1, base={"a=b": Base(erp=(1,), crm=(1,))})], job=JOB, at=START)
        again = coupling(1, crm_id=crm(8), generation=1, crm_version=version("crm-2"))

        store.couplings.put([again], job=JOB, at=minutes(1))

        assert list(store.couplings.all(CUSTOMER)) == [again]
        assert store.couplings.by_id(CUSTOMER, Side.CRM, [crm(1)]) == {}

    def test_a_crm_row_is_coupled_once(self, store: SqlStore) -> None:
        """A second ERP record is refused the same CRM row, and nothing changes."""
        store.couplings.put([coupling(1)], job=JOB, at=START)

        with pytest.raises(UsageError) as refusal:
            store.couplings.put([coupling(2, crm_id=crm(1))], job=JobId("job-2"), at=minutes(1))

        assert refusal.value.next_step
        assert store.couplings.recent(10) == [(START, coupling(1))]

    def test_a_refused_put_writes_none_of_its_rows(self, store: SqlStore) -> None:
        """Of 1,201 couplings the last is refused: those before it are not written, a known one stays as it was."""
        store.couplings.put([coupling(1)], job=JOB, at=START)
        many = [coupling(number, erp_version=version("new")) for number in range(1, 1201)]

        with pytest.raises(UsageError):
            store.couplings.put([*many, coupling(5000, crm_id=crm(1))], job=JOB, at=minutes(1))

        assert store.couplings.recent(2000) == [(START, coupling(1))]

    def test_a_refusal_inside_a_transaction_takes_back_only_its_own_rows(self, store: SqlStore) -> None:
        """What the transaction did before stays, and it can go on."""
        store.couplings.put([coupling(1)], job=JOB, at=START)

        with store.transaction():
            store.couplings.put([coupling(2)], job=JOB, at=START)
            with pytest.raises(UsageError):
                store.couplings.put([coupling(3), coupling(4, crm_id=crm(1))], job=JOB, at=START)
            store.couplings.put([coupling(5)], job=JOB, at=START)

        assert list(store.couplings.all(CUSTOMER)) == [coupling(1), coupling(2), coupling(5)]

    def test_recent_couplings_come_newest_first(self, store: SqlStore) -> None:
        """Across mappings, by the time of the last synchronization; at one time by mapping and number."""
        store.couplings.put([coupling(1), coupling(3)], job=JOB, at=minutes(2))
        store.couplings.put([coupling(2)], job=JOB, at=minutes(1))
        store.couplings.put([coupling(4, CONTACT)], job=JOB, at=minutes(2))
        newest = [
            (minutes(2), coupling(4, CONTACT)),
            (minutes(2), coupling(1)),
            (minutes(2), coupling(3)),
            (minutes(1), coupling(2)),
        ]

        assert store.couplings.recent(9) == newest
        assert store.couplings.recent(2) == newest[:2]

    def test_connections_do_not_see_each_other(self, store: SqlStore, stranger: SqlStore) -> None:
        """The same ids may be coupled crosswise by two connections; neither finds or counts the other's."""
        store.couplings.put([coupling(1)], job=JOB, at=START)
        assert stranger.couplings.count(CUSTOMER) == 0
        assert list(stranger.couplings.all(CUSTOMER)) == []
        assert stranger.couplings.recent(9) == []
        assert stranger.couplings.by_id(CUSTOMER, Side.ERP, [erp(1)]) == {}
        assert stranger.couplings.by_key(CUSTOMER, "number", ["C00001"]) == []

        stranger.couplings.put([coupling(2, crm_id=crm(1)), coupling(1, crm_id=crm(2))], job=JOB, at=minutes(5))

        assert store.couplings.recent(9) == [(START, coupling(1))]
        assert stranger.couplings.count(CUSTOMER) == 2


class TestSqlite(OnSqlite, CouplingsContract):
    pass


class TestPostgres(OnPostgres, CouplingsContract):
    pass
