"""Faults in front of both servers, SIGKILL and an editor, all at once: nothing is lost, nothing is done twice."""

from collections import Counter
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random  # noqa: TID251 - seeded, and the seed is printed
from traceback import format_exc
from typing import Any

import pytest
from tests.independent_reader import ask, read_systems

from .aftermath import bring_into_step, check, say
from .editor import Editor
from .ordeal import EVERYTHING, PRODUCT, Ordeal, Victim
from .program import Product, Said, Sandbox, serving

SIDES = ("crm", "erp")
COMMANDS = (("full-synch", "start"), ("synch",), ("synch", "--full"))
VICTIMS: tuple[Collection[Victim], ...] = ((), PRODUCT, PRODUCT, EVERYTHING, frozenset({Victim.SERVERS}))
KINDS = (
    "lost-request",
    "lost-answer",
    "late-effect",
    "throttle",
    "unavailable",
    "slow-body",
    "truncated",
    "reset",
    "wrong-json",
    "duplicate",
    "delay",
    "reorder",
    "expired-token",
)
UNKNOWN = ("lost-request", "lost-answer", "late-effect", "reset")
"""What leaves a client in the dark about its writes."""
REFUSED = 2
"""Exit code of a command that did nothing: its first, impatient look at the systems was struck."""
AWAY = "refused"
MOST = 3
"""Tries for each run that does some work."""


@dataclass(slots=True)
class BadWeather:
    """The faults of one run: other ones each time the servers start, and how often each kind struck so far."""

    chance: Random
    struck: Counter[str] = field(default_factory=Counter)

    def plan(self) -> str:
        """A plan: all kinds or a few of them, more or less often, over in a moment or long under way."""
        kinds, often = self.chance.choice(
            (
                (KINDS, (0.05, 0.1)),
                (self.chance.sample(KINDS, 4), (0.1, 0.15)),
                (UNKNOWN, (0.2, 0.3)),
            )
        )
        parts = {
            "seed": self.chance.randrange(10**6),
            "chance": self.chance.choice(often),
            "kinds": "+".join(kinds),
            "retry-after": self.chance.choice((0, 1)),
            "late": self.chance.choice((0.5, 5, 60)),
            "passed-by": self.chance.choice((5, 50, 500)),
            "slow": 0.2,
        }
        return ",".join(f"{name}={value}" for name, value in parts.items())

    def note(self, sandbox: Sandbox) -> None:
        """Add up what struck since the servers were started."""
        for side in SIDES:
            self.struck.update(_control(sandbox, side)["struck"])


@dataclass(slots=True)
class HostileSandbox(Sandbox):
    """Servers that have another plan each time they are started."""

    weather: BadWeather = field(default_factory=lambda: BadWeather(Random(0)))  # noqa: S311

    def start(self) -> dict[str, Any]:
        company = self.company
        self.company = (*company, "--faults", self.weather.plan())
        try:
            return Sandbox.start(self)
        finally:
            self.company = company

    def kill(self) -> None:
        if self.process is not None:
            self.weather.note(self)
        Sandbox.kill(self)

    def turn(self, word: str) -> None:
        """Turn the faults on or off."""
        for side in SIDES:
            _control(self, side, word)


def _control(sandbox: Sandbox, side: str, word: str = "") -> dict[str, Any]:
    url = sandbox.details[side]["url"]
    return ask(url, "POST", f"/_hostile/{word}") if word else ask(url, "GET", "/_hostile")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one run came to."""

    seed: int
    runs: int
    kills: int
    edits: int
    ends: Counter[str]
    struck: Counter[str]
    violation: str = ""


@pytest.mark.parametrize("seed", [2, 5])
def test_bad_weather_loses_and_doubles_nothing(tmp_path: Path, seed: int) -> None:
    """60 customers, a run in bad weather: each account once, every edit on both sides, and quiet afterwards."""
    say(f"seed {seed}")
    result = _prove(tmp_path, seed, customers=60, runs=1)
    say(f"{result}")
    assert result.struck.total() > 0


@pytest.mark.full
def test_fifty_storms(tmp_path: Path) -> None:
    """The same with 50 other seeds, two at a time, with more customers and more runs."""
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda seed: _survive(tmp_path / str(seed), seed), range(1000, 1050)))
    total = sum((result.struck for result in results), Counter[str]())
    ends = sum((result.ends for result in results), Counter[str]())
    say(f"{len(results)} histories, {sum(one.runs for one in results)} runs, {sum(one.kills for one in results)} kills")
    say(f"{total.total()} faults: {dict(total.most_common())}")
    say(f"{sum(one.edits for one in results)} edits; the runs ended: {dict(ends.most_common())}")
    assert [f"seed {one.seed}: {one.violation}" for one in results if one.violation] == []
    assert set(total) == set(KINDS)


def _survive(folder: Path, seed: int) -> Result:
    """One random history, and what was wrong with it."""
    chance = Random(f"size {seed}")  # noqa: S311
    folder.mkdir()
    try:
        result = _prove(folder, seed, customers=chance.randint(60, 150), runs=chance.randint(2, 4))
    except Exception:  # noqa: BLE001 - told with its seed, after the others
        violation = format_exc()
        result = Result(seed=seed, runs=0, kills=0, edits=0, ends=Counter(), struck=Counter(), violation=violation)
    say(f"{result}")
    return result


def _prove(folder: Path, seed: int, *, customers: int, runs: int) -> Result:
    """A history that follows from its seed, as far as processes can; raises AssertionError."""
    chance = Random(seed)  # noqa: S311
    weather = BadWeather(Random(f"weather {seed}"))  # noqa: S311
    product = Product(folder / "home")
    sandbox = HostileSandbox(folder / "sandbox", ("--generate", customers, "--seed", seed), weather=weather)
    with serving(sandbox):
        sandbox.turn("off")
        product.set_up(sandbox.details)
        ordeal = Ordeal(product, sandbox, chance, step=customers, other_codes={REFUSED})
        ends: Counter[str] = Counter()
        with Editor(sandbox.details, seed, in_bad_weather=True) as editor:
            sandbox.turn("on")
            while ends.total() - ends[AWAY] < runs and ends.total() < MOST * runs:
                said = ordeal.run_once(*chance.choice(COMMANDS), kills=chance.choice(VICTIMS))
                ends[_end(said)] += 1
        sandbox.turn("off")
        weather.note(sandbox)
        bring_into_step(product, sandbox)
        struck = Counter(weather.struck)
        interruptions = ordeal.kills + struck.total()
        check(product, read_systems(sandbox.details), editor, interruptions=interruptions)
        return Result(seed=seed, runs=ordeal.runs, kills=ordeal.kills, edits=editor.edits, ends=ends, struck=struck)


def _end(said: Said) -> str:
    """How a run ended, in a word; one that refused or did not finish says why and what to do."""
    if said.code == REFUSED:
        error = said.json["error"]
        assert error["message"], said
        assert error["next_step"], said
        return AWAY
    if said.code < 0:
        return "killed"
    stopped = [job for job in said.json["jobs"] if job["status"] != "Finished"]
    assert all(job["message"] for job in stopped), said
    return "finished" if said.code == 0 else "stopped" if stopped else "records failed"
