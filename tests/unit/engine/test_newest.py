"""Which edit is newer, over a small domain of times and clocks walked completely."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from tests.unit.engine.builders import NAME, coupling, crm, erp, mapping, setting

from crosstie.engine.decide import decide_pair
from crosstie.engine.newest import MARGIN, ServerClock, edited_at, newer_side
from crosstie.model.action import Answer
from crosstie.model.coupling import Stamp
from crosstie.model.reason import ReasonCode
from crosstie.model.words import ActionKind, ConflictResolution, Side, Use, Version

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SKEWS = [timedelta(seconds=seconds) for seconds in (-300, -1, 0, 1, 300)]
APART = [timedelta(seconds=seconds) for seconds in (-3600, -10, -5, -3, -1, 0, 1, 3, 5, 10, 3600)]
UNSURE = [timedelta(seconds=seconds) for seconds in (0, 1.5)]


def clocks(erp_ahead: timedelta, crm_ahead: timedelta, give_or_take: timedelta) -> dict[Side, ServerClock]:
    """Two clocks as they were measured."""
    return {
        Side.ERP: ServerClock(ahead=erp_ahead, give_or_take=give_or_take),
        Side.CRM: ServerClock(ahead=crm_ahead, give_or_take=give_or_take),
    }


@pytest.mark.parametrize(("erp_ahead", "crm_ahead"), list(product(SKEWS, repeat=2)))
def test_wrong_clocks_change_nothing(erp_ahead: timedelta, crm_ahead: timedelta) -> None:
    """What counts is when it really was; within the uncertainty of both measurements and the margin nobody can tell."""
    for apart, give_or_take in product(APART, UNSURE):
        stamps = {Side.ERP: NOON + apart + erp_ahead, Side.CRM: NOON + crm_ahead}

        found = newer_side(stamps, clocks(erp_ahead, crm_ahead, give_or_take))

        is_sure = abs(apart) > 2 * give_or_take + MARGIN
        assert found.side == ((Side.ERP if apart > timedelta() else Side.CRM) if is_sure else None)
        assert bool(found.why) is not is_sure


@pytest.mark.parametrize("unknown", Side)
def test_without_a_time_or_a_clock_nobody_can_tell(unknown: Side) -> None:
    """Each case says what is missing."""
    exact = clocks(timedelta(), timedelta(), timedelta())
    stamps = {Side.ERP: NOON, Side.CRM: NOON + timedelta(hours=1)}
    one_clock = {side: clock for side, clock in exact.items() if side is not unknown}

    without_time = newer_side({**stamps, unknown: None}, exact)
    without_clock = newer_side(stamps, one_clock)

    assert (without_time.side, without_clock.side) == (None, None)
    assert "last edited by others" in without_time.why
    assert f"the {unknown.value.upper()} side does not tell the time" in without_clock.why


@pytest.mark.parametrize(
    ("stamp", "known"),
    [
        (None, NOON),
        (Stamp(Version("v1"), NOON - timedelta(hours=1)), NOON - timedelta(hours=1)),
        (Stamp(Version("v1"), None), None),
        (Stamp(Version("v0"), NOON - timedelta(hours=1)), NOON),
    ],
)
def test_our_own_write_is_no_edit(stamp: Stamp | None, known: datetime | None) -> None:
    """While the record has the version that our write gave it, the time from before counts; after that, its own."""
    tie = replace(coupling({}), stamps={} if stamp is None else {Side.CRM: stamp})

    assert edited_at(tie, Side.CRM, replace(crm("v1"), modified_at=NOON)) == known


@pytest.mark.parametrize("apart", APART)
def test_a_conflict_is_won_by_the_newer_edit_or_asks(apart: timedelta) -> None:
    """By the mapping's own resolution and as a person's answer alike."""
    left_erp = replace(erp(name="A"), modified_at=NOON + apart)
    left_crm = replace(crm(name="B"), modified_at=NOON)
    exact = clocks(timedelta(), timedelta(), timedelta())
    asks = replace(setting(mapping(NAME)), clocks=exact)
    newest = replace(setting(mapping(NAME, on_conflict=ConflictResolution.NEWEST)), clocks=exact)
    tie = coupling({NAME: ("old", "old")})
    answer = {NAME.name: Answer(use=Use.NEWEST, erp=("A",), crm=("B",))}

    by_rule = decide_pair(newest, tie, left_erp, left_crm)
    by_answer = decide_pair(asks, tie, left_erp, left_crm, answers=answer)

    if abs(apart) > MARGIN:
        sent = ({"name": "A"}, {}) if apart > timedelta() else ({}, {"name": "B"})
        assert [(one.to_crm, one.to_erp, one.conflicts) for one in (by_rule, by_answer)] == [(*sent, ())] * 2
    else:
        assert (by_rule.kind, by_rule.reason.code) == (ActionKind.CONFLICT, ReasonCode.NEWEST_UNCLEAR)
        assert "s apart (name=name)" in str(by_rule.reason)
        assert (by_answer.kind, by_answer.to_crm, by_answer.to_erp) == (ActionKind.CONFLICT, {}, {})
