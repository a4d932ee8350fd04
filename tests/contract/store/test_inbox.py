"""The change inbox: one row per record, places that only grow, and nothing looked at twice."""

from dataclasses import replace

from crosstie.model.words import MappingName, Side
from crosstie.store.store import SqlStore
from crosstie.synch.ports.store import Ahead, Pass, Pending

from .backends import OnPostgres, OnSqlite
from .builders import (
    CONTACT,
    CUSTOMER,
    EVERY_KIND_OF_VALUE,
    JOB,
    START,
    change,
    coupling,
    crm,
    erp,
    version,
)

TABLE = "customers"
COLUMNS = ("blocked", "type")
ALL = 1_000_000


def pending(store: SqlStore, *, after: int = 0, upto: int = ALL, mapping: MappingName = CUSTOMER) -> list[Pending]:
    """What the mapping has to look at on the ERP side."""
    return list(store.inbox.pending(mapping, Side.ERP, TABLE, after=after, upto=upto, limit=ALL))


def places(store: SqlStore) -> dict[str, int]:
    """The place of every record that is pending."""
    return {one.id: one.seq for one in pending(store)}


def read(store: SqlStore, *changes: str, number: int | None = None) -> int:
    """A pass that lists ERP records as ``1:a``: record 1 at version a; a lone number says that it is gone."""
    number = number or store.inbox.begin_pass(Side.ERP, TABLE, COLUMNS).number
    listed = [(int(one.split(":")[0]), one.split(":")[1] if ":" in one else None) for one in changes]
    store.inbox.add(Side.ERP, TABLE, number, [change(erp(record), at) for record, at in listed])
    return number


class InboxContract:
    def test_a_table_that_was_never_read_is_empty(self, store: SqlStore) -> None:
        """No horizon, no cursor, nothing pending."""
        assert store.inbox.horizon(Side.ERP, TABLE) == 0
        assert store.inbox.cursor(CUSTOMER, Side.ERP) == 0
        assert pending(store) == []

    def test_a_pass_counts_and_keeps_the_token(self, store: SqlStore) -> None:
        """Each pass has the next number; the token of the last finished pass stays until the next one finishes."""
        assert store.inbox.begin_pass(Side.ERP, TABLE, COLUMNS) == Pass(number=1, token=None)
        store.inbox.finish_pass(Side.ERP, TABLE, 1, "token 1", is_complete_set=True)

        assert store.inbox.begin_pass(Side.ERP, TABLE, COLUMNS) == Pass(number=2, token="token 1")
        assert store.inbox.begin_pass(Side.ERP, TABLE, COLUMNS) == Pass(number=3, token="token 1")
        assert store.inbox.begin_pass(Side.CRM, TABLE, COLUMNS) == Pass(number=1, token=None)
        assert store.inbox.begin_pass(Side.ERP, "contacts", COLUMNS) == Pass(number=1, token=None)

    def test_other_columns_drop_the_token(self, store: SqlStore) -> None:
        """A feed that was read with fewer columns cannot be continued; the numbers go on."""
        store.inbox.begin_pass(Side.ERP, TABLE, COLUMNS)
        store.inbox.finish_pass(Side.ERP, TABLE, 1, "token 1", is_complete_set=True)

        assert store.inbox.begin_pass(Side.ERP, TABLE, (*COLUMNS, "vat")) == Pass(number=2, token=None)

    def test_a_pass_that_was_overtaken_leaves_the_token(self, store: SqlStore) -> None:
        """The token of a pass over other columns never passes for one over the columns of today."""
        late = store.inbox.begin_pass(Side.ERP, TABLE, COLUMNS).number
        store.inbox.begin_pass(Side.ERP, TABLE, (*COLUMNS, "vat"))

        store.inbox.finish_pass(Side.ERP, TABLE, late, "late token", is_complete_set=False)

        assert store.inbox.begin_pass(Side.ERP, TABLE, (*COLUMNS, "vat")) == Pass(number=3, token=None)

    def test_changes_wait_in_the_order_they_came(self, store: SqlStore) -> None:
        """With places from 1, the values that filters need, and the coupling where there is one."""
        store.couplings.put([coupling(2, erp_version=version("old"))], job=JOB, at=START)
        number = store.inbox.begin_pass(Side.ERP, TABLE, COLUMNS).number
        listed = [change(erp(3), "a", **EVERY_KIND_OF_VALUE), change(erp(2), "a"), change(erp(1), None)]

        store.inbox.add(Side.ERP, TABLE, number, listed)

        assert pending(store) == [
            Pending(id=erp(3), seq=1, is_gone=False, values=EVERY_KIND_OF_VALUE),
            Pending(id=erp(2), seq=2, is_gone=False, coupling=coupling(2, erp_version=version("old"))),
            Pending(id=erp(1), seq=3, is_gone=True),
        ]
        assert store.inbox.horizon(Side.ERP, TABLE) == 3
        assert store.inbox.horizon(Side.CRM, TABLE) == 0

    def test_nothing_to_add_takes_no_place(self, store: SqlStore) -> None:
        """An empty page changes nothing."""
        read(store)
        read(store, "1:a")

        assert places(store) == {erp(1): 1}

    def test_a_known_version_keeps_its_place(self, store: SqlStore) -> None:
        """A record that is listed again at the same version does not become work again; its filter values follow."""
        number = read(store, "1:a", "2:a")

        store.inbox.add(Side.ERP, TABLE, number, [change(erp(1), "a", blocked=True)])

        assert pending(store) == [
            Pending(id=erp(1), seq=1, is_gone=False, values={"blocked": True}),
            Pending(id=erp(2), seq=2, is_gone=False),
        ]

    def test_a_new_version_moves_to_the_end(self, store: SqlStore) -> None:
        """One row per record: the old place is given up, and a cursor beyond it sees the record again."""
        read(store, "1:a", "2:a", "3:a")
        seen = store.inbox.horizon(Side.ERP, TABLE)

        read(store, "1:b", "2:a")

        assert [one.id for one in pending(store)] == [erp(2), erp(3), erp(1)]
        assert [one.id for one in pending(store, after=seen)] == [erp(1)]

    def test_gone_and_back_again_are_changes(self, store: SqlStore) -> None:
        """Listed, gone, still gone, listed at the old version: the second and the last move the record."""
        read(store, "1:a", "2:a")
        read(store, "1")
        gone = places(store)[erp(1)]
        read(store, "1")
        assert places(store)[erp(1)] == gone

        read(store, "1:a")

        assert places(store)[erp(1)] > gone
        assert [(one.id, one.is_gone) for one in pending(store)] == [(erp(2), False), (erp(1), False)]

    def test_the_last_of_two_changes_on_one_page_counts(self, store: SqlStore) -> None:
        """A page may list a record twice; it waits once, as it was listed last."""
        read(store, "1:a", "2:a", "1")

        assert sorted((one.id, one.is_gone) for one in pending(store)) == [(erp(1), True), (erp(2), False)]

    def test_places_grow_whatever_table_comes_next(self, store: SqlStore) -> None:
        """Places are unique within a connection and grow strictly, also with tables and sides interleaved."""
        taken: list[int] = []
        for page in range(6):
            side, table = (Side.ERP, Side.CRM)[page % 2], ("customers", "contacts", "accounts")[page % 3]
            store.inbox.add(side, table, 1, [change(erp(page * 10 + n), "a") for n in range(3)])
            found = store.inbox.pending(CUSTOMER, side, table, after=max(taken, default=0), upto=ALL, limit=ALL)
            taken += [one.seq for one in found]

        assert taken == sorted(set(taken))
        assert len(taken) == 18

    def test_a_page_of_1200_keeps_its_order(self, store: SqlStore) -> None:
        """More rows than one statement takes still get one row of places."""
        store.inbox.add(Side.ERP, TABLE, 1, [change(erp(n), "a") for n in range(1200, 0, -1)])

        found = pending(store)
        assert [one.id for one in found] == [erp(n) for n in range(1200, 0, -1)]
        assert [one.seq for one in found] == list(range(1, 1201))

    def test_pending_stops_at_its_bounds(self, store: SqlStore) -> None:
        """After one place, up to another, so many at most; counts agree with what is listed."""
        read(store, "1:a", "2:a", "3:a", "4:a", "5:a")
        inbox = store.inbox

        assert [one.id for one in pending(store, after=1, upto=4)] == [erp(2), erp(3), erp(4)]
        limited = inbox.pending(CUSTOMER, Side.ERP, TABLE, after=1, upto=4, limit=2)
        assert [one.id for one in limited] == [erp(2), erp(3)]
        assert inbox.ahead(CUSTOMER, Side.ERP, TABLE, after=1) == Ahead(after=1, upto=5, echoes=0, pending=4)
        assert inbox.ahead(CUSTOMER, Side.ERP, TABLE, after=5) == Ahead(after=5, upto=5, echoes=0, pending=0)

    def test_echoes_are_not_pending(self, store: SqlStore) -> None:
        """A record at the version that its own mapping remembered is no work; for another mapping it is."""
        known = coupling(1, erp_version=version("b"), crm_version=version("z"))
        store.couplings.put([known, coupling(2, erp_version=version("a"))], job=JOB, at=START)

        read(store, "1:b", "2:b", "3:b")

        assert [one.id for one in pending(store)] == [erp(2), erp(3)]
        ahead = [store.inbox.ahead(mapping, Side.ERP, TABLE, after=0) for mapping in (CUSTOMER, CONTACT)]
        assert [(one.echoes, one.pending) for one in ahead] == [(1, 2), (0, 3)]
        assert [one.coupling for one in pending(store, mapping=CONTACT)] == [None, None, None]

    def test_which_of_some_records_are_pending(self, store: SqlStore) -> None:
        """Those of the range that are not echoes; unknown ones, other mappings' and the other side's are none."""
        store.couplings.put([coupling(1, erp_version=version("b"))], job=JOB, at=START)
        read(store, "1:b", "2:b", "3:b")
        asked = [erp(1), erp(2), erp(3), erp(9)]

        def among(
            mapping: MappingName = CUSTOMER, side: Side = Side.ERP, *, after: int = 0, upto: int = ALL
        ) -> set[str]:
            return set(store.inbox.pending_among(mapping, side, TABLE, asked, after=after, upto=upto))

        assert among() == {erp(2), erp(3)}
        assert among(after=2) == {erp(3)}
        assert among(upto=2) == {erp(2)}
        assert among(CONTACT) == {erp(1), erp(2), erp(3)}
        assert among(side=Side.CRM) == set()
        assert store.inbox.pending_among(CUSTOMER, Side.ERP, TABLE, [], after=0, upto=ALL) == frozenset()

    def test_an_echo_becomes_work_with_its_next_version(self, store: SqlStore) -> None:
        """And a coupled record that is said to be gone is work too."""
        known = [coupling(n, erp_version=version("b")) for n in (1, 2)]
        store.couplings.put(known, job=JOB, at=START)
        read(store, "1:b", "2:b")
        assert pending(store) == []

        read(store, "1:c", "2")

        assert pending(store) == [
            Pending(id=erp(1), seq=3, is_gone=False, coupling=known[0]),
            Pending(id=erp(2), seq=4, is_gone=True, coupling=known[1]),
        ]

    def test_the_crm_side_is_matched_by_its_own_ids_and_versions(self, store: SqlStore) -> None:
        """An ERP version never makes a CRM row an echo."""
        known = [coupling(1, crm_version=version("z")), coupling(2, erp_version=version("z"))]
        store.couplings.put(known, job=JOB, at=START)

        store.inbox.add(Side.CRM, "account", 1, [change(crm(1), "z"), change(crm(2), "z")])

        found = store.inbox.pending(CUSTOMER, Side.CRM, "account", after=0, upto=ALL, limit=ALL)
        assert found == [Pending(id=crm(2), seq=2, is_gone=False, coupling=known[1])]
        ahead = store.inbox.ahead(CUSTOMER, Side.CRM, "account", after=0)
        assert ahead == Ahead(after=0, upto=2, echoes=1, pending=1)

    def test_a_complete_set_marks_what_it_did_not_list(self, store: SqlStore) -> None:
        """Only that: what it listed, other tables and the other side stay, and gone ones move to the end once."""
        read(store, "1:a", "2:a", "3:a")
        store.inbox.add(Side.CRM, TABLE, 1, [change(crm(1), "a")])
        store.inbox.add(Side.ERP, "contacts", 1, [change(erp(1), "a")])
        number = read(store, "2:a", "4:a")

        store.inbox.finish_pass(Side.ERP, TABLE, number, "token 2", is_complete_set=True)

        assert [(one.id, one.is_gone) for one in pending(store)] == [
            (erp(2), False),
            (erp(4), False),
            (erp(1), True),
            (erp(3), True),
        ]
        others = ((Side.CRM, TABLE), (Side.ERP, "contacts"))
        found = [store.inbox.pending(CUSTOMER, *other, after=0, upto=ALL, limit=ALL) for other in others]
        assert [[one.is_gone for one in page] for page in found] == [[False], [False]]
        assert store.inbox.begin_pass(Side.ERP, TABLE, COLUMNS) == Pass(number=3, token="token 2")

    def test_the_gone_stay_where_they_are_in_the_next_pass(self, store: SqlStore) -> None:
        """A record that was noted as gone is noted once, however many complete passes follow."""
        store.inbox.finish_pass(Side.ERP, TABLE, read(store, "1:a", "2:a"), "token", is_complete_set=True)
        store.inbox.finish_pass(Side.ERP, TABLE, read(store, "2:a"), "token", is_complete_set=True)
        before = pending(store)

        store.inbox.finish_pass(Side.ERP, TABLE, read(store, "2:a"), "token", is_complete_set=True)

        assert pending(store) == before
        assert [(one.id, one.is_gone) for one in before] == [(erp(2), False), (erp(1), True)]

    def test_many_records_may_be_gone_at_once(self, store: SqlStore) -> None:
        """2,300 records that a complete set did not list are all noted, each at a place of its own, values kept."""
        store.inbox.add(Side.ERP, TABLE, 1, [change(erp(n), "a", blocked=n) for n in range(2300)])
        number = store.inbox.begin_pass(Side.ERP, TABLE, COLUMNS).number + 1

        store.inbox.finish_pass(Side.ERP, TABLE, number, "token", is_complete_set=True)

        found = pending(store)
        assert [one.seq for one in found] == list(range(2301, 4601))
        assert {one.id: one.values for one in found if one.is_gone} == {erp(n): {"blocked": n} for n in range(2300)}

    def test_a_partial_set_marks_nothing(self, store: SqlStore) -> None:
        """A delta lists changes only; what it leaves out is still there."""
        read(store, "1:a", "2:a")

        store.inbox.finish_pass(Side.ERP, TABLE, read(store, "2:b"), "token", is_complete_set=False)

        assert [(one.id, one.is_gone) for one in pending(store)] == [(erp(1), False), (erp(2), False)]

    def test_a_late_page_of_an_older_pass_hides_nothing(self, store: SqlStore) -> None:
        """A record that the newer complete set listed is not gone because an older pass listed it afterwards."""
        older = read(store, "1:a")
        newer = read(store, "1:a", "2:a")
        read(store, "1:a", "2:a", number=older)

        store.inbox.finish_pass(Side.ERP, TABLE, newer, "token", is_complete_set=True)

        assert [(one.id, one.is_gone) for one in pending(store)] == [(erp(1), False), (erp(2), False)]

    def test_a_cursor_belongs_to_a_mapping_and_a_side(self, store: SqlStore) -> None:
        """It is remembered exactly, and may move back."""
        store.inbox.move_cursor(CUSTOMER, Side.ERP, 7)
        store.inbox.move_cursor(CUSTOMER, Side.CRM, 5_000_000_000)
        store.inbox.move_cursor(CUSTOMER, Side.ERP, 3)

        assert store.inbox.cursor(CUSTOMER, Side.ERP) == 3
        assert store.inbox.cursor(CUSTOMER, Side.CRM) == 5_000_000_000
        assert store.inbox.cursor(CONTACT, Side.ERP) == 0

    def test_connections_do_not_see_each_other(self, store: SqlStore, stranger: SqlStore) -> None:
        """Feeds, changes, places, cursors and echoes are each connection's own."""
        store.couplings.put([coupling(1, erp_version=version("a"))], job=JOB, at=START)
        read(store, "1:a", "2:a")
        store.inbox.finish_pass(Side.ERP, TABLE, 1, "token", is_complete_set=True)
        store.inbox.move_cursor(CUSTOMER, Side.ERP, 2)
        assert stranger.inbox.cursor(CUSTOMER, Side.ERP) == 0
        assert stranger.inbox.horizon(Side.ERP, TABLE) == 0

        read(stranger, "1:a")
        number = read(stranger, "3:a")
        stranger.inbox.finish_pass(Side.ERP, TABLE, number, "other token", is_complete_set=True)

        assert [replace(one, seq=0) for one in pending(stranger)] == [
            Pending(id=erp(3), seq=0, is_gone=False),
            Pending(id=erp(1), seq=0, is_gone=True),
        ]
        assert pending(store) == [Pending(id=erp(2), seq=2, is_gone=False)]
        assert store.inbox.begin_pass(Side.ERP, TABLE, COLUMNS) == Pass(number=2, token="token")
        assert store.inbox.cursor(CUSTOMER, Side.ERP) == 2


class TestSqlite(OnSqlite, InboxContract):
    pass


class TestPostgres(OnPostgres, InboxContract):
    pass
