"""The width of the gate, its order, and pauses."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from crosstie.odata.throttle import LONGEST_PAUSE_S, Gate, Width, back_off


@given(st.integers(1, 52), st.lists(st.booleans()))
def test_the_width_stays_between_one_and_the_ceiling(ceiling: int, refusals: list[bool]) -> None:
    """Whatever the server says, at least one request may go and never more than the ceiling."""
    width = Width(float(ceiling), ceiling)
    for is_refused in refusals:
        width = width.narrowed() if is_refused else width.widened()
        assert 1 <= width.places <= ceiling


def test_refusals_of_one_wave_narrow_once() -> None:
    """Eight requests refused together halve the width, they do not end it; it grows back by one per round."""
    gate = Gate(8)
    for _ in range(8):
        gate.refused(0)
    assert gate.width.places == 4
    for _ in range(5):
        gate.succeeded()
    assert gate.width.places == 5


async def test_no_more_go_through_than_the_width() -> None:
    """Ten wait before a gate of three: three at a time, all in the end, also when one gives up."""
    gate, inside, most, done = Gate(3), 0, 0, 0

    async def go() -> None:
        nonlocal inside, most, done
        async with gate:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1
        done += 1

    tasks = [asyncio.create_task(go()) for _ in range(10)]
    await asyncio.sleep(0)
    tasks[5].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (most, done) == (3, 9)


@given(st.integers(0, 1000), st.floats(0, 1, exclude_max=True))
def test_pauses_are_bounded(attempt: int, jitter: float) -> None:
    """A pause is never shorter than a quarter of a second nor longer than the longest one."""
    assert 0.25 <= back_off(attempt, jitter) <= LONGEST_PAUSE_S
