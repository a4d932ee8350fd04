"""What `--limits` means."""

import pytest

from crosstie_sandbox.limits import AllLimits, read_limits
from crosstie_sandbox.problems import StartError


def test_the_vendors_limits_are_the_ones_that_hold_by_themselves() -> None:
    """`vendor` changes nothing."""
    assert read_limits("vendor") == AllLimits()


def test_single_limits_are_named_without_their_unit() -> None:
    """Times may carry one; what is not named stays."""
    found = read_limits("crm.requests=50, crm.window=10s,crm.execution=1500ms,erp.concurrent=2,erp.queue=0.5min")
    assert (found.crm.requests, found.crm.window_seconds, found.crm.execution_seconds) == (50, 10, 1.5)
    assert (found.erp.concurrent, found.erp.queue_seconds, found.erp.requests) == (2, 30.0, 6000)
    assert found.crm.concurrent == 52


def test_a_limit_of_the_erp_holds_for_the_address_that_is_shown() -> None:
    """A server of one's own has no limits by itself; who names one wants it there, unless told otherwise."""
    assert not AllLimits().erp.on_premises
    assert read_limits("erp.requests=5").erp.on_premises
    assert not read_limits("erp.requests=5,erp.on-premises=no").erp.on_premises
    assert not read_limits("crm.requests=5").erp.on_premises


def test_a_profile_is_a_beginning() -> None:
    """Single limits after a profile change it."""
    low = read_limits("low")
    changed = read_limits("low,crm.requests=7")
    assert low.crm.requests < 6000
    assert (changed.crm.requests, changed.crm.concurrent, changed.erp) == (7, low.crm.concurrent, low.erp)
    assert read_limits("off").crm.requests > 10**6


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "high",
        "crm.requests",
        "crm.requests=",
        "crm.requests=many",
        "crm.requests=0",
        "crm.requests=-1",
        "crm.requests=1.5",
        "crm.requests=nan",
        "crm.requests=1e99",
        "crm.requests=5s",
        "crm.window=10days",
        "crm.window=500ms",
        "crm.colour=1",
        "hrm.requests=1",
        "crm.requests=1,crm.requests=2",
        "crm.requests=1,low",
        "low,off",
        "erp.on-premises=maybe",
    ],
)
def test_what_makes_no_sense_is_refused(spec: str) -> None:
    """The message quotes what was not understood and the next step names what could be."""
    with pytest.raises(StartError) as refusal:
        read_limits(spec)
    assert refusal.value.code == "usage"
    assert "--limits" in refusal.value.message
    assert "crm.requests" in refusal.value.next_step
