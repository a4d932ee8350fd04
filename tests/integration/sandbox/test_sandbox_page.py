"""The page about the sandbox says what the program does."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosstie.cli.main import app
from crosstie_sandbox.hostile.plan import read_plan
from crosstie_sandbox.limits import AllLimits, read_limits
from crosstie_sandbox.options import company_choice, read_options

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "use-the-sandbox.md").read_text(encoding="utf-8")
COMMANDS = [re.split(r" {3,}", line)[0] for line in PAGE.splitlines() if line.startswith("crosstie sandbox")]
LIMITS = re.findall(r"^\| `((?:crm|erp)\.[a-z-]+)` \|.*\| (\w+)[^|]* \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page_is_understood(command: str) -> None:
    """Its options exist in `crosstie sandbox`, and their values mean something to the servers."""
    words = shlex.split(command)[2:]
    shown = CliRunner().invoke(app, ["sandbox", "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).output
    assert all(word in shown for word in words if word.startswith("--"))
    options = read_options(["--state", "folder", *words])
    company_choice(options)
    if options.limits:
        read_limits(options.limits)
    if options.faults:
        read_plan(options.faults)


def test_every_limit_has_its_row() -> None:
    """The table names each limit that `--limits` knows, with the value that holds by itself."""
    vendor = AllLimits()
    for name, value in LIMITS:
        changed = read_limits(f"{name}={value}")
        side = name.partition(".")[0]
        assert getattr(changed, side) in (vendor.crm, vendor.erp, read_limits("erp.requests=6000").erp), name
    known = len(vars_of(vendor.crm)) + len(vars_of(vendor.erp))
    assert len({name for name, _ in LIMITS}) == known


def vars_of(limits: object) -> tuple[str, ...]:
    """The names of the fields of limits."""
    names: tuple[str, ...] = limits.__slots__
    return names


def test_every_example_of_limits_is_understood() -> None:
    """What the page writes in its sentence can be written."""
    (example,) = re.findall(r"as in `([^`]+)`", PAGE)
    assert read_limits(example).crm.window_seconds == 5
