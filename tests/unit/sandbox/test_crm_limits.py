"""The sandbox CRM's service-protection limits, on a clock of numbers."""

import pytest

from crosstie_sandbox.dataverse.limits import VENDOR_LIMITS, Limits, Throttle, ThrottledError

FEW = Limits(requests=3, execution_seconds=10, concurrent=2)
TIME_TEXT = (
    "Combined execution time of incoming requests exceeded limit of 10,000 milliseconds over time window of 300"
    " seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later."
)


def use(throttle: Throttle, now: float, took: float = 0.0, user: str = "u") -> dict[str, str]:
    """A request from beginning to end."""
    throttle.begin(user, now)
    return throttle.end(user, now, now + took)


def refused(throttle: Throttle, now: float) -> tuple[str, str, int]:
    """Code, text and waiting time of a refusal."""
    with pytest.raises(ThrottledError) as found:
        throttle.begin("u", now)
    return found.value.code, found.value.message, found.value.wait


def test_the_defaults_are_the_vendors() -> None:
    """6000 requests and 1200 seconds of execution in 300 seconds, 52 at once."""
    limits = VENDOR_LIMITS
    assert (limits.requests, limits.execution_seconds, limits.concurrent, limits.window_seconds) == (
        6000,
        1200,
        52,
        300,
    )
    left = use(Throttle(limits), 0.0, 0.5)
    assert left == {
        "x-ms-ratelimit-burst-remaining-xrm-requests": "5999",
        "x-ms-ratelimit-time-remaining-xrm-requests": "1,199.50",
    }


def test_requests_are_counted_in_a_sliding_window() -> None:
    """The fourth of three is refused until the first leaves the window; asking on makes the wait longer."""
    throttle = Throttle(FEW)
    for moment in (0.0, 100.0, 200.0):
        use(throttle, moment)
    text = "Number of requests exceeded the limit of 3 over time window of 300 seconds."
    assert refused(throttle, 210.5) == ("0x80072322", text, 90)
    assert refused(throttle, 210.5)[2] == 91
    assert refused(throttle, 250.0)[2] == 52
    assert use(throttle, 300.0)["x-ms-ratelimit-burst-remaining-xrm-requests"] == "0"
    assert refused(throttle, 301.0)[2] == 99


def test_execution_time_is_counted_in_the_same_window() -> None:
    """Requests that took ten seconds together keep further ones out until enough of them have left."""
    throttle = Throttle(FEW)
    use(throttle, 0.0, 2.0)
    use(throttle, 50.0, 9.0)
    assert refused(throttle, 100.0) == ("0x80072321", TIME_TEXT, 200)
    assert use(throttle, 300.0, 0.0)["x-ms-ratelimit-time-remaining-xrm-requests"] == "1.00"
    assert use(throttle, 351.0)["x-ms-ratelimit-time-remaining-xrm-requests"] == "10.00"


def test_requests_under_way_are_counted() -> None:
    """A third at once is refused, and let in when one of the two is done."""
    throttle = Throttle(FEW)
    throttle.begin("u", 0.0)
    throttle.begin("u", 0.0)
    assert refused(throttle, 0.0) == ("0x80072326", "Number of concurrent requests exceeded the limit of 2.", 1)
    assert refused(throttle, 0.0)[2] == 2
    throttle.end("u", 0.0, 1.0)
    throttle.begin("u", 1.0)


def test_each_user_has_limits_of_its_own() -> None:
    """What one user does does not hinder another."""
    throttle = Throttle(FEW)
    for _ in range(3):
        use(throttle, 0.0)
    refused(throttle, 0.0)
    assert use(throttle, 0.0, user="other")["x-ms-ratelimit-burst-remaining-xrm-requests"] == "2"
