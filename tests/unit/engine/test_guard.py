"""The mass-change guard: where it stops, and what it says."""

import pytest

from crosstie.engine.guard import Limits, judge_blanked, judge_deletes, judge_leavers, judge_vanished
from crosstie.model.words import MappingName, Side

CUSTOMER = MappingName("CUSTOMER")


@pytest.mark.parametrize(
    ("couplings", "vanished", "is_empty", "stops"),
    [
        (0, 0, True, False),
        (1, 1, True, False),
        (2, 2, True, True),
        (2, 0, True, False),
        (5, 5, False, False),
        (40, 5, False, False),
        (40, 6, False, True),
        (119, 6, False, True),
        (120, 6, False, False),
        (1000, 50, False, False),
        (1000, 51, False, True),
    ],
)
def test_it_stops_when_too_many_vanished_or_a_side_is_empty(
    couplings: int, vanished: int, is_empty: bool, stops: bool
) -> None:
    """More than five and more than five in a hundred; an empty side from two couplings on, until it was taken up."""
    found = judge_vanished(
        CUSTOMER, Side.ERP, couplings=couplings, vanished=vanished, is_empty=is_empty, limits=Limits()
    )

    assert (found is not None) == stops


@pytest.mark.parametrize(
    ("couplings", "blanked", "stops"), [(30, 20, False), (30, 21, True), (1000, 100, False), (1000, 101, True)]
)
def test_it_stops_when_one_field_is_blanked_in_too_many(couplings: int, blanked: int, stops: bool) -> None:
    """More than twenty and more than ten in a hundred."""
    found = judge_blanked(CUSTOMER, Side.CRM, "email", couplings=couplings, blanked=blanked, limits=Limits())

    assert (found is not None) == stops


@pytest.mark.parametrize(
    ("couplings", "deletes", "stops"), [(8, 5, False), (8, 6, True), (1000, 50, False), (1000, 51, True)]
)
def test_it_stops_when_too_many_would_be_deleted(couplings: int, deletes: int, stops: bool) -> None:
    """Deletes of ours are watched like deletions of others."""
    found = judge_deletes(CUSTOMER, Side.CRM, couplings=couplings, deletes=deletes, limits=Limits())

    assert (found is not None) == stops


@pytest.mark.parametrize(
    ("couplings", "leavers", "stops"), [(30, 20, False), (30, 21, True), (1000, 100, False), (1000, 101, True)]
)
def test_it_stops_when_too_many_leave_the_filter(couplings: int, leavers: int, stops: bool) -> None:
    """More than twenty and more than ten in a hundred; the message names the filter."""
    found = judge_leavers(CUSTOMER, Side.ERP, "blocked is blank", couplings=couplings, leavers=leavers, limits=Limits())

    assert (found is not None) == stops
    assert found is None or "left the filter of the mapping (blocked is blank;" in found.message


def test_it_says_how_many_what_would_have_happened_and_how_to_go_on() -> None:
    """Numbers, system, consequence, and the command."""
    gone = judge_vanished(CUSTOMER, Side.CRM, couplings=100, vanished=30, is_empty=False, limits=Limits())
    blank = judge_blanked(CUSTOMER, Side.CRM, "email=emailaddress1", couplings=100, blanked=30, limits=Limits())

    assert gone is not None
    assert blank is not None
    assert gone.message == (
        "Stopped before anything was sent: 30 of 100 coupled records are gone from the CRM (5 pass). Each would have"
        " been taken for deleted there."
    )
    assert blank.message == (
        "Stopped before the page was sent: email=emailaddress1 was cleared in the ERP in 30 or more of 100 coupled"
        " records (20 pass). It would have been cleared in the CRM too."
    )
    for found in (gone, blank):
        assert "'crosstie synch CUSTOMER --accept-mass-change' carries it over, once." in found.next_step
