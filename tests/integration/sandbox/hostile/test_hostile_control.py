"""The control path, and how faults are asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import simplejson

from crosstie_sandbox.hostile.kinds import KINDS

from .servers import PATIENCE_S, SIDES, Servers, running

_CROSSTIE = Path(sys.executable).with_name("crosstie")


def test_it_counts_what_struck_and_can_be_turned_off(tmp_path: Path) -> None:
    """Anybody may read the plan and the counts; off leaves every request alone, on begins again."""
    with running(tmp_path / "state", "seed=9,chance=1,kinds=lost-request+throttle") as servers:
        for side in SIDES:
            record = servers.record(side)
            before = servers.told(side)
            assert before == {
                "on": False,
                "seed": 9,
                "chance": 1.0,
                "requests": before["requests"],
                "struck": {"lost-request": 0, "throttle": 0},
                "under_way": 0,
            }
            with servers.struck():
                heard = [record.send("GET") for _ in range(10)]
                during = servers.told(side)
            lost, throttled = (sum(one.content == b"" for one in heard), sum(one.content != b"" for one in heard))
            assert during["struck"] == {"lost-request": lost, "throttle": throttled}
            assert (during["on"], during["requests"]) == (True, before["requests"] + 10)
            assert lost
            assert throttled
            assert record.send("GET").status == 200
            assert servers.told(side)["struck"] == during["struck"]


def test_the_same_seed_strikes_the_same(tmp_path: Path) -> None:
    """Two programs with one seed do the same to the same requests; another seed does something else."""

    def met(name: str, seed: int) -> list[int]:
        with running(tmp_path / name, f"seed={seed},chance=0.4,kinds=lost-request+throttle+unavailable") as servers:
            servers.turn("on")
            heard = [servers.send("erp", "GET", "/api/v2.0/companies") for _ in range(60)]
            return [one.status if one.content else 0 for one in heard]

    first = met("one", 5)
    assert first == met("two", 5)
    assert first != met("three", 6)
    assert set(first) == {0, 401, 429, 503, 504}  # nobody is signed in, so what gets through is refused


def test_there_is_no_control_path_without_faults(calm: Servers) -> None:
    """A server without faults knows nothing of them: the path is any unknown path, and its counts are nowhere."""
    for side, status in (("crm", 404), ("erp", 401)):
        for method, path in (("GET", "/_hostile"), ("POST", "/_hostile/off"), ("POST", "/_hostile/on")):
            heard = calm.send(side, method, path)
            assert heard.status == status, heard
            assert b"struck" not in heard.body


@pytest.mark.parametrize("hostile", ["kinds=all"], indirect=True)
def test_the_control_path_knows_three_requests(hostile: Servers) -> None:
    """Anything else is answered with what there is."""
    heard = hostile.send("crm", "POST", "/_hostile/explode")
    assert heard.status == 404
    assert b"/_hostile/off" in heard.body


@pytest.mark.parametrize("command", [("-m", "crosstie_sandbox", "--state", "state"), ("crosstie", "sandbox")])
def test_a_plan_that_cannot_be_read_is_refused(tmp_path: Path, command: tuple[str, ...]) -> None:
    """Exit code 2, what is wrong, all kinds that there are, and nothing is made."""
    program = [sys.executable, *command] if command[0] == "-m" else [_CROSSTIE, *command[1:]]
    process = subprocess.run(
        [*program, "--json", "--faults", "kinds=earthquake"],
        cwd=tmp_path,
        env={**os.environ, "CROSSTIE_HOME": str(tmp_path / "home")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE_S,
        check=False,
    )
    error = simplejson.loads(process.stdout)["error"]
    assert (process.returncode, error["code"]) == (2, "usage"), process
    assert "'earthquake'" in error["message"]
    assert all(kind in error["next_step"] for kind in KINDS)
    assert "Traceback" not in process.stderr
    assert not list(tmp_path.rglob("company"))
