"""Conflicts: open until they are settled, and found once however often they are seen."""

from dataclasses import replace
from decimal import Decimal

from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.record import LastEdit
from crosstie.model.words import JobId, Side
from crosstie.store.store import SqlStore

from .backends import OnPostgres, OnSqlite
from .builders import CONTACT, CUSTOMER, EVERY_KIND_OF_VALUE, conflict, crm, erp, minutes, version

NAME, PHONE = "displayName=name", "phoneNumber=telephone1"


class ConflictsContract:
    def test_a_conflict_comes_back_as_it_was_put(self, store: SqlStore) -> None:
        """Values of both sides, with and without bases, its reason, job and time."""
        values = tuple(EVERY_KIND_OF_VALUE.values())
        what = replace(
            conflict(1).conflict,
            unit="address",
            fields=("street=line1", "größe=size"),
            erp=values,
            crm=values[::-1],
            base_erp=None,
            base_crm=(None, Decimal("0.10")),
            reason=Reason(ReasonCode.OUTCOME_AMBIGUOUS, {"fields": "address"}),
        )
        edits = {
            Side.ERP: LastEdit(version=version("e"), at=minutes(2)),
            Side.CRM: LastEdit(version=version("c"), at=None, by="Jana Röth"),
        }
        full = conflict(1, conflict=what, job=JobId("job-4"), found_at=minutes(4), edits=edits)

        store.outcomes.put_conflicts([full, conflict(2)])

        assert store.outcomes.conflicts(CUSTOMER) == [conflict(2), full]

    def test_conflicts_are_listed_by_mapping_and_record(self, store: SqlStore) -> None:
        """In the order they were found, then by record and unit; no records asked for are none."""
        every = [conflict(2, PHONE), conflict(2, NAME), conflict(1, found_at=minutes(1)), conflict(3, mapping=CONTACT)]
        store.outcomes.put_conflicts(every)

        assert store.outcomes.conflicts(CUSTOMER) == [every[1], every[0], every[2]]
        assert store.outcomes.conflicts(CUSTOMER, [erp(1), erp(3)]) == [every[2]]
        assert store.outcomes.conflicts(CUSTOMER, []) == []
        assert store.outcomes.conflicts(CONTACT) == [every[3]]

    def test_a_refreshed_conflict_keeps_the_time_it_was_found(self, store: SqlStore) -> None:
        """Everything else is what was seen last."""
        store.outcomes.put_conflicts([conflict(1)])
        what = replace(conflict(1).conflict, crm=("Relecloud GmbH",), reason=Reason(ReasonCode.NEVER_AGREED))
        again = conflict(1, conflict=what, crm_id=crm(7), job=JobId("job-2"), found_at=minutes(9))

        store.outcomes.put_conflicts([again])

        assert store.outcomes.conflicts(CUSTOMER) == [replace(again, found_at=conflict(1).found_at)]

    def test_closing_spares_the_units_named(self, store: SqlStore) -> None:
        """Of the records named everything but these units is closed; other records and mappings are left alone."""
        store.outcomes.put_conflicts([conflict(n, unit) for n in (1, 2, 3) for unit in (NAME, PHONE)])
        store.outcomes.put_conflicts([conflict(1, mapping=CONTACT)])

        store.outcomes.close_conflicts(CUSTOMER, {erp(1): [PHONE], erp(2): []}, at=minutes(1))
        store.outcomes.close_conflicts(CUSTOMER, {}, at=minutes(1))

        assert store.outcomes.conflicts(CUSTOMER) == [conflict(1, PHONE), conflict(3, NAME), conflict(3, PHONE)]
        assert store.outcomes.conflicts(CONTACT) == [conflict(1, mapping=CONTACT)]

    def test_a_unit_is_spared_for_its_own_record_only(self, store: SqlStore) -> None:
        """Record 1 keeps its name conflict and record 2 its phone conflict, not both both."""
        store.outcomes.put_conflicts([conflict(n, unit) for n in (1, 2) for unit in (NAME, PHONE)])

        store.outcomes.close_conflicts(CUSTOMER, {erp(1): [NAME], erp(2): [PHONE]}, at=minutes(1))

        assert store.outcomes.conflicts(CUSTOMER) == [conflict(1, NAME), conflict(2, PHONE)]

    def test_a_conflict_that_comes_back_is_found_anew(self, store: SqlStore) -> None:
        """After it was closed the time is that of the new finding; closing once more works."""
        store.outcomes.put_conflicts([conflict(1)])
        store.outcomes.close_conflicts(CUSTOMER, {erp(1): []}, at=minutes(1))
        assert store.outcomes.conflicts(CUSTOMER) == []

        store.outcomes.put_conflicts([conflict(1, found_at=minutes(2))])

        assert store.outcomes.conflicts(CUSTOMER) == [conflict(1, found_at=minutes(2))]
        store.outcomes.close_conflicts(CUSTOMER, {erp(1): []}, at=minutes(3))
        assert store.outcomes.conflicts(CUSTOMER) == []

    def test_a_conflict_put_twice_at_once_is_one(self, store: SqlStore) -> None:
        """The later one counts."""
        store.outcomes.put_conflicts([conflict(1, job=JobId("a")), conflict(1, job=JobId("b"))])
        store.outcomes.put_conflicts([])

        assert store.outcomes.conflicts(CUSTOMER) == [conflict(1, job=JobId("b"))]

    def test_connections_do_not_see_each_other(self, store: SqlStore, stranger: SqlStore) -> None:
        """Neither lists, refreshes nor closes the other's conflicts."""
        store.outcomes.put_conflicts([conflict(1)])
        assert stranger.outcomes.conflicts(CUSTOMER) == []

        stranger.outcomes.put_conflicts([conflict(1, found_at=minutes(3), job=JobId("theirs"))])
        stranger.outcomes.close_conflicts(CUSTOMER, {erp(1): []}, at=minutes(4))

        assert store.outcomes.conflicts(CUSTOMER) == [conflict(1)]
        assert stranger.outcomes.conflicts(CUSTOMER) == []
        assert store.outcomes.of_record(CUSTOMER, Side.ERP, erp(1)) is None


class TestSqlite(OnSqlite, ConflictsContract):
    pass


class TestPostgres(OnPostgres, ConflictsContract):
    pass
