"""Last outcomes: one per record and mapping, what it waits for, and when it is taken up again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.words import ActionKind, JobId, MappingName, Side
from crosstie.store.store import SqlStore

from .backends import OnPostgres, OnSqlite
from .builders import CONTACT, CUSTOMER, START, coupling, crm, erp, minutes, need, outcome

FAILED = Reason(ReasonCode.REFUSED_BY_SYSTEM, {"side": "CRM", "why": "Der Name „Überlänge“ ist 🚫"})


def due(store: SqlStore, mapping: MappingName = CUSTOMER, *, at: int = 0) -> list[str]:
    """ERP records of the mapping that are due so many minutes after the start."""
    return list(store.outcomes.due(mapping, Side.ERP, minutes(at), 100))


class OutcomesContract:
    def test_an_outcome_comes_back_as_it_was_put(self, store: SqlStore) -> None:
        """Every field, also what the record waits for; a record without an outcome has none."""
        full = outcome(
            1,
            kind=ActionKind.FAIL,
            reason=FAILED,
            detail="0x80040265",
            next_step="Shorten the name.",
            label="C00001 Łódź 🚂",
            job=JobId("job-9"),
            at=minutes(3),
            attempts=4,
            due_at=minutes(5),
            needs=(need("C00009", key="number", field="a", is_required=False), need(crm(9), side=Side.CRM, field="b")),
            fields=("displayName=name", "größe=size"),
        )

        store.outcomes.put([full, outcome(1, Side.CRM)])

        assert store.outcomes.of_record(CUSTOMER, Side.ERP, erp(1)) == full
        assert store.outcomes.of_record(CUSTOMER, Side.CRM, crm(1)) == outcome(1, Side.CRM)
        assert store.outcomes.of_record(CUSTOMER, Side.CRM, erp(1)) is None
        assert store.outcomes.of_record(CONTACT, Side.ERP, erp(1)) is None
        assert store.outcomes.unsettled() == [full]

    def test_the_last_outcome_replaces_the_one_before(self, store: SqlStore) -> None:
        """One row per record: failures, due time and needs of before are forgotten."""
        store.outcomes.put([outcome(1, kind=ActionKind.FAIL, attempts=2, due_at=START, needs=(need(erp(9)),))])

        store.outcomes.put([outcome(1, at=minutes(1))])

        assert store.outcomes.of_record(CUSTOMER, Side.ERP, erp(1)) == outcome(1, at=minutes(1))
        assert store.outcomes.unsettled() == []
        assert store.outcomes.attempts(CUSTOMER, Side.ERP, [erp(1)]) == {}
        assert due(store) == []

    def test_of_two_outcomes_of_one_record_the_later_counts(self, store: SqlStore) -> None:
        """Also within one put, with the needs of the later one only."""
        first = outcome(1, kind=ActionKind.WAIT, needs=(need(erp(8)),))
        last = outcome(1, kind=ActionKind.WAIT, needs=(need(erp(9)),))

        store.outcomes.put([first, last])

        assert store.outcomes.unsettled() == [last]

    def test_attempts_name_the_records_that_failed(self, store: SqlStore) -> None:
        """Of those asked for, on that side, and no other."""
        failed = {"kind": ActionKind.FAIL, "reason": FAILED}
        store.outcomes.put([outcome(1, **failed, attempts=3), outcome(2), outcome(3, **failed, attempts=1)])
        store.outcomes.put([outcome(1, Side.CRM, **failed, attempts=7)])

        assert store.outcomes.attempts(CUSTOMER, Side.ERP, [erp(1), erp(2), erp(9)]) == {erp(1): 3}
        assert store.outcomes.attempts(CUSTOMER, Side.CRM, [crm(1)]) == {crm(1): 7}
        assert store.outcomes.attempts(CONTACT, Side.ERP, [erp(1)]) == {}
        assert store.outcomes.attempts(CUSTOMER, Side.ERP, []) == {}

    def test_records_are_due_when_their_time_has_come(self, store: SqlStore) -> None:
        """To the microsecond, the longest due first, so many at most; each side and mapping has its own."""
        times = {1: minutes(5), 2: minutes(2), 3: None, 4: minutes(2)}
        store.outcomes.put([outcome(number, due_at=at) for number, at in times.items()])
        store.outcomes.put([outcome(1, Side.CRM, due_at=START), outcome(1, mapping=CONTACT, due_at=START)])

        assert due(store, at=1) == []
        assert due(store, at=2) == [erp(2), erp(4)]
        assert due(store, at=5) == [erp(2), erp(4), erp(1)]
        assert store.outcomes.due(CUSTOMER, Side.ERP, minutes(5), 1) == [erp(2)]
        assert store.outcomes.due(CUSTOMER, Side.ERP, minutes(5), 1, skip=1) == [erp(4)]
        assert store.outcomes.due(CUSTOMER, Side.ERP, minutes(5), 9, skip=3) == []
        just_before = minutes(2) - timedelta(microseconds=1)
        assert store.outcomes.due(CUSTOMER, Side.ERP, just_before, 9) == []
        counts = [store.outcomes.count_due(CUSTOMER, minutes(at)) for at in (0, 2, 5)]
        assert counts == [1, 3, 4]
        assert store.outcomes.count_due(CONTACT, minutes(5)) == 1

    @pytest.mark.parametrize(
        "reference",
        [need(erp(9)), need(crm(9), side=Side.CRM), need("C00009", key="number")],
        ids=["ERP id", "CRM id", "ERP number"],
    )
    def test_a_coupling_wakes_what_waited_for_it(self, store: SqlStore, reference: object) -> None:
        """By either id or by number; who waits for something else, and other mappings' couplings, sleep on."""
        waits = {"mapping": CONTACT, "kind": ActionKind.WAIT}
        store.outcomes.put([outcome(1, **waits, needs=(reference,)), outcome(2, **waits, needs=(need("other"),))])
        store.outcomes.put([outcome(3, mapping=CONTACT)])

        store.outcomes.wake([coupling(9, CONTACT)], now=minutes(1))
        store.outcomes.wake([coupling(8)], now=minutes(1))
        store.outcomes.wake([], now=minutes(1))
        assert due(store, CONTACT, at=9) == []
        store.outcomes.wake([coupling(7), coupling(9)], now=minutes(2))

        assert due(store, CONTACT, at=1) == []
        assert due(store, CONTACT, at=2) == [erp(1)]
        kept = store.outcomes.of_record(CONTACT, Side.ERP, erp(1))
        assert kept == outcome(1, **waits, needs=(reference,), due_at=minutes(2))

    def test_couplings_of_several_mappings_wake_together(self, store: SqlStore) -> None:
        """Each wakes what waited for its own mapping."""
        store.outcomes.put(
            [
                outcome(1, needs=(need(erp(8)),)),
                outcome(2, needs=(need(erp(9), mapping=CONTACT),)),
                outcome(3, needs=(need(erp(8), mapping=CONTACT),)),
            ]
        )

        store.outcomes.wake([coupling(8), coupling(9, CONTACT)], now=START)

        assert due(store) == [erp(1), erp(2)]

    def test_what_a_record_needs_replaces_what_it_needed(self, store: SqlStore) -> None:
        """A reference that was changed meanwhile wakes nothing; of several references any one does."""
        store.outcomes.put([outcome(1, kind=ActionKind.WAIT, needs=(need(erp(7)),))])
        store.outcomes.put([outcome(1, kind=ActionKind.WAIT, needs=(need(erp(8), field="a"), need(erp(9), field="b")))])

        store.outcomes.wake([coupling(7)], now=START)
        assert due(store) == []

        store.outcomes.wake([coupling(9)], now=START)
        assert due(store) == [erp(1)]

    def test_needs_belong_to_one_record_of_one_side_in_one_mapping(self, store: SqlStore) -> None:
        """A put for the same id on the other side, or with other mappings in it, forgets only its own."""
        same_id = erp(1)
        waiting = [
            outcome(1, needs=(need(erp(9)),)),
            outcome(1, Side.CRM, id=same_id, needs=(need(erp(9)),)),
            outcome(1, mapping=CONTACT, needs=(need(erp(9)),)),
        ]
        store.outcomes.put(waiting)

        store.outcomes.put([outcome(5), outcome(1, mapping=CONTACT)])
        store.outcomes.wake([coupling(9)], now=START)

        assert due(store) == [same_id]
        assert store.outcomes.due(CUSTOMER, Side.CRM, START, 9) == [same_id]
        assert due(store, CONTACT) == []

    def test_unsettled_records_are_those_a_person_may_ask_about(self, store: SqlStore) -> None:
        """Failed, skipped, waiting or in conflict, by mapping and label; what went well is not listed."""
        every = [outcome(number, kind=kind, label=f"{9 - number}") for number, kind in enumerate(ActionKind)]
        store.outcomes.put([*every, outcome(1, kind=ActionKind.SKIP, mapping=CONTACT)])

        expected = [one.kind for one in reversed(every) if one.kind in {"fail", "skip", "wait", "conflict"}]
        assert [one.kind for one in store.outcomes.unsettled(CUSTOMER)] == expected
        assert len(expected) == 4
        assert store.outcomes.unsettled()[0] == outcome(1, kind=ActionKind.SKIP, mapping=CONTACT)
        assert len(store.outcomes.unsettled()) == 5

    def test_the_latest_of_them_comes_first(self, store: SqlStore) -> None:
        """Whatever its mapping and name; also where only so many are asked for."""
        failed = {"kind": ActionKind.FAIL, "reason": FAILED}
        times = [outcome(number, **failed, at=minutes(at)) for number, at in ((1, 2), (2, 9), (3, 5))]
        store.outcomes.put([*times, outcome(4, **failed, at=minutes(7), mapping=CONTACT)])

        assert [one.at for one in store.outcomes.unsettled()] == [minutes(at) for at in (9, 7, 5, 2)]
        assert [one.id for one in store.outcomes.unsettled(CUSTOMER, limit=2)] == [erp(2), erp(3)]

    def test_what_is_to_be_done_about_records_is_forgotten(self, store: SqlStore) -> None:
        """Of those named, on that side, that are unsettled, with what they wait for; the others stay."""
        waits = {"kind": ActionKind.WAIT, "needs": (need(erp(9)),)}
        kept = [outcome(1, due_at=minutes(9)), outcome(2, Side.CRM, **waits), outcome(3, **waits)]
        store.outcomes.put([*kept, outcome(2, **waits), outcome(4, kind=ActionKind.CONFLICT), outcome(5, Side.CRM)])

        store.outcomes.forget_unsettled(CUSTOMER, Side.ERP, [erp(number) for number in (1, 2, 4, 8)])
        store.outcomes.forget_unsettled(CUSTOMER, Side.CRM, [crm(5)])
        store.outcomes.forget_unsettled(CONTACT, Side.ERP, [erp(3)])
        store.outcomes.forget_unsettled(CUSTOMER, Side.ERP, [])
        store.outcomes.wake([coupling(9)], now=START)

        assert {(one.side, one.id) for one in store.outcomes.unsettled()} == {(Side.ERP, erp(3)), (Side.CRM, crm(2))}
        assert store.outcomes.of_record(CUSTOMER, Side.ERP, erp(2)) is None
        assert (due(store), due(store, at=9)) == ([erp(3)], [erp(3), erp(1)])
        assert store.outcomes.of_record(CUSTOMER, Side.CRM, crm(5)) == outcome(5, Side.CRM)

    def test_unsettled_records_are_counted_by_mapping(self, store: SqlStore) -> None:
        """And listed so many at most, the first ones, with what they wait for."""
        waiting = [outcome(n, kind=ActionKind.WAIT, needs=(need(erp(n + 10)),)) for n in range(3)]
        store.outcomes.put([*waiting, outcome(7), outcome(1, kind=ActionKind.FAIL, mapping=CONTACT)])

        assert store.outcomes.count_unsettled() == {CUSTOMER: 3, CONTACT: 1}
        assert store.outcomes.unsettled(CUSTOMER, limit=2) == waiting[:2]
        assert store.outcomes.unsettled(limit=0) == []

    def test_labels_name_the_records_of_a_mapping(self, store: SqlStore) -> None:
        """Of either side, those asked for that have a label."""
        store.outcomes.put([outcome(1, label="C1 Łódź"), outcome(2, label=""), outcome(3), outcome(1, Side.CRM)])
        store.outcomes.put([outcome(1, mapping=CONTACT, label="other")])

        assert store.outcomes.labels(CUSTOMER, [erp(1), erp(2), crm(1), erp(9)]) == {erp(1): "C1 Łódź", crm(1): "001"}
        assert store.outcomes.labels(CUSTOMER, []) == {}

    def test_a_page_of_1200_outcomes_is_one_put(self, store: SqlStore) -> None:
        """More rows than one statement takes, put twice, are all there once, each with its need."""
        many = [outcome(n, kind=ActionKind.WAIT, label=f"{n:04d}", needs=(need(erp(n + 1)),)) for n in range(1200)]

        store.outcomes.put(many)
        store.outcomes.put([replace(one, at=minutes(1)) for one in many])
        store.outcomes.wake([coupling(n) for n in range(1200)], now=START)

        assert store.outcomes.count_due(CUSTOMER, START) == 1199
        woken = [replace(one, at=minutes(1), due_at=START) for one in many]
        assert store.outcomes.unsettled() == [*woken[:-1], replace(woken[-1], due_at=None)]

    def test_connections_do_not_see_each_other(self, store: SqlStore, stranger: SqlStore) -> None:
        """A stranger's coupling wakes nobody here, and a stranger's outcome replaces nothing here."""
        mine = outcome(1, kind=ActionKind.FAIL, attempts=2, due_at=minutes(5), needs=(need(erp(9)),))
        store.outcomes.put([mine])
        assert stranger.outcomes.of_record(CUSTOMER, Side.ERP, erp(1)) is None
        assert stranger.outcomes.unsettled() == []
        assert stranger.outcomes.count_unsettled() == {}
        assert stranger.outcomes.labels(CUSTOMER, [erp(1)]) == {}
        assert stranger.outcomes.attempts(CUSTOMER, Side.ERP, [erp(1)]) == {}
        assert stranger.outcomes.count_due(CUSTOMER, minutes(9)) == 0
        assert due(stranger, at=9) == []

        stranger.outcomes.put([outcome(1, kind=ActionKind.WAIT, needs=(need(erp(9)),))])
        stranger.outcomes.wake([coupling(9)], now=START)
        stranger.outcomes.put([outcome(1)])

        assert store.outcomes.of_record(CUSTOMER, Side.ERP, erp(1)) == mine
        assert due(store, at=4) == []


class TestSqlite(OnSqlite, OutcomesContract):
    pass


class TestPostgres(OnPostgres, OutcomesContract):
    pass
