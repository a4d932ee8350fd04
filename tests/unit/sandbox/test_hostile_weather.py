"""Which request is struck, and that every kind does something."""

import asyncio
import gc
from random import Random  # noqa: TID251 - seeded

import pytest

from crosstie_sandbox.hostile.faults import FAULTS
from crosstie_sandbox.hostile.kinds import KINDS
from crosstie_sandbox.hostile.late import HeldAnswers, LateRequests
from crosstie_sandbox.hostile.plan import Plan, read_plan
from crosstie_sandbox.hostile.request import Request
from crosstie_sandbox.hostile.weather import Weather
from crosstie_sandbox.problems import StartError


def request(method: str = "GET", path: str = "/api/x", body: bytes = b"", **headers: str) -> Request:
    """A request that was received."""
    said = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "path": path, "headers": said}, body)


READ, WRITE = request(), request("POST")


def weather(seed: int = 1, **plan: object) -> Weather:
    """The weather of a plan."""
    return Weather(Plan(**plan), Random(seed))  # type: ignore[arg-type] # noqa: S311


def test_every_kind_is_carried_out() -> None:
    """No kind is named that nothing does, and nothing is done that has no name."""
    assert set(FAULTS) == set(KINDS)


def test_a_plan_is_read_as_it_is_written() -> None:
    """Every part of a specification counts, blanks do not; what is left out has a default."""
    plan = read_plan("seed=7, chance=0.25,kinds=reset+lost-answer,retry-after=3,late=0.5,slow=2")
    named = [KINDS["lost-answer"], KINDS["reset"]]
    assert plan == Plan(seed=7, chance=0.25, kinds=tuple(named), retry_after=3, late=0.5, slow=2)
    assert read_plan("kinds=all").kinds == tuple(KINDS.values())


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("kinds=earthquake", "'earthquake'"),
        ("kinds=lost-answer+", "''"),
        ("kinds=", "''"),
        ("chance=2", "chance=2 is not a number from 0 to 1"),
        ("chance=nan", "chance=nan is not a number from 0 to 1"),
        ("seed=x", "seed=x is not a whole number"),
        ("seed=1,seed=2", "'seed' is given twice"),
        ("often", "'often' is none of seed=…, chance=…, kinds=…"),
        ("", "'' is none of seed=…"),
        ("retry-after=0.5", "retry-after=0.5 is not a whole number"),
    ],
)
def test_a_plan_that_cannot_be_read_is_refused(spec: str, says: str) -> None:
    """It says what cannot be read, and which kinds there are."""
    with pytest.raises(StartError) as caught:
        read_plan(spec)
    assert says in caught.value.message
    assert all(kind in caught.value.next_step for kind in KINDS)


@pytest.mark.parametrize("chance", [0.0, 0.1, 1.0])
def test_as_many_are_struck_as_the_plan_says(chance: float) -> None:
    """The share of struck requests is the chance, and every kind has its turn."""
    faults = weather(chance=chance, kinds=[kind for kind in KINDS.values() if kind.name != "throttle"])
    struck = [faults.strike(request("PATCH", if_match="1", authorization="Bearer x")) for _ in range(4000)]
    share = sum(one is not None for one in struck) / len(struck)
    assert abs(share - chance) < 0.02
    assert len(faults.struck) == (len(KINDS) - 1 if chance else 0)


def test_a_storm_refuses_several_in_a_row() -> None:
    """One throttled request brings up to four more; now and then none."""
    faults = weather(chance=0.02, kinds=[KINDS["throttle"]])
    fates = "".join("x" if faults.strike(READ) else "." for _ in range(5000))
    lengths = {len(storm) for storm in fates.split(".") if storm}
    assert {1, 2, 3, 4, 5} <= lengths
    assert faults.struck["throttle"] == fates.count("x")


def test_an_expired_token_gives_way_for_a_while() -> None:
    """The retry of a request whose token had expired is not told the same again."""
    faults = weather(chance=1, kinds=[KINDS["expired-token"]])
    fates = [faults.strike(request(authorization="Bearer x")) is not None for _ in range(61)]
    assert [index for index, is_struck in enumerate(fates) if is_struck] == [0, 30, 60]


def test_a_requests_fate_hangs_on_its_place_only() -> None:
    """Which requests are struck does not change with what was asked before them."""

    def fates(others: Request) -> list[bool]:
        faults = weather(chance=0.3, kinds=[KINDS["late-effect"], KINDS["lost-answer"]])
        return [faults.strike(WRITE if place % 2 else others) is not None for place in range(200)][1::2]

    assert fates(READ) == fates(WRITE)


@pytest.mark.parametrize(
    ("one", "is_write", "is_repeatable"),
    [
        (READ, False, True),
        (WRITE, True, False),
        (request("PATCH"), True, False),
        (request("PATCH", if_match='W/"7"'), True, True),
        (request("PATCH", if_match="*"), True, False),
        (request("DELETE"), True, False),
        (request("POST", "/x/$batch", b'{"requests":[{"method":"GET"},{"method":"get"}]}'), False, True),
        (request("POST", "/x/$batch", b'{"requests":[{"method":"GET"},{"method":"POST"}]}'), True, False),
        (request("POST", "/x/$batch", b'{"requests":[{"method":"PATCH","headers":{"if-match":"7"}}]}'), True, True),
        (request("POST", "/x/$batch", b'{"requests":[{"method":"PATCH","headers":{"if-match":"*"}}]}'), True, False),
        (request("POST", "/x/$batch", b"no JSON at all"), True, False),
    ],
)
def test_reads_and_conditional_writes_are_told_apart(one: Request, is_write: bool, is_repeatable: bool) -> None:
    """A batch is as dangerous as the worst of its operations."""
    assert (one.is_write, one.is_repeatable) == (is_write, is_repeatable)


async def test_a_held_answer_leaves_after_others() -> None:
    """It waits for as many as it was told, and not for ever."""
    held, left = HeldAnswers(), []

    async def answer(name: str, others: int) -> None:
        await held.wait(others, 60)
        left.append(name)

    waiting = [asyncio.create_task(answer("two", 2)), asyncio.create_task(answer("one", 1))]
    await asyncio.sleep(0)
    for name in ("a", "b"):
        left.append(name)
        held.left()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert left == ["a", "one", "b", "two"]
    await held.wait(1, 0.001)


async def test_late_requests_land_in_their_turn() -> None:
    """Each after as many others as it was told, all of them at once when they are let go."""
    landed: list[Request] = []

    async def deliver(one: Request) -> None:
        landed.append(one)

    late = LateRequests(deliver)
    first, second, third = request("PUT"), request("POST"), request("PATCH")
    for one, after in ((first, 2), (second, 1), (third, 9)):
        late.put(one, after=after, seconds=60)
    await late.passed()
    assert landed == [second]
    await late.passed()
    assert landed == [second, first]
    await late.land_all()
    assert landed == [second, first, third]
    assert len(late) == 0


async def test_a_late_request_lands_once() -> None:
    """Its time is up in the same moment in which the last other request passes it: no error, and one landing."""
    landed: list[Request] = []
    failures: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, failure: failures.append(failure))

    async def deliver(one: Request) -> None:
        landed.append(one)

    late = LateRequests(deliver)
    late.put(WRITE, after=1, seconds=0)
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # the timer has run, what it began has not
    await late.passed()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gc.collect()
    assert (landed, failures) == ([WRITE], [])
