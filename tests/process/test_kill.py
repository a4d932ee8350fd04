"""SIGKILL at any moment, again and again, while somebody edits both systems: nothing is lost, nothing is done twice."""

from pathlib import Path
from random import Random  # noqa: TID251 - seeded, and the seed is printed

import pytest
from tests.independent_reader import read_systems

from .aftermath import bring_into_step, check, say
from .editor import Editor
from .ordeal import EVERYTHING, PRODUCT, Ordeal
from .program import Product, Sandbox, serving


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home."""
    return tmp_path / "home"


@pytest.mark.parametrize(("with_servers", "kills"), [(False, 4), (True, 3)], ids=["product", "everything"])
def test_killed_runs_lose_and_double_nothing(home: Path, *, with_servers: bool, kills: int) -> None:
    """400 customers, killed again and again under an editor's hands: each account once, every edit on both sides."""
    _prove(home, customers=400, kills=kills, with_servers=with_servers, step=300, seed=11)


@pytest.mark.full
@pytest.mark.parametrize("with_servers", [False, True], ids=["product", "everything"])
@pytest.mark.parametrize("seed", [1])
def test_many_kills_on_5000_customers(home: Path, *, with_servers: bool, seed: int) -> None:
    """5,000 customers and 25 kills: each account once, every edit on both sides, and quiet afterwards."""
    _prove(home, customers=5000, kills=25, with_servers=with_servers, step=900, seed=seed)


def _prove(home: Path, *, customers: int, kills: int, with_servers: bool, step: int, seed: int) -> None:
    say(f"seed {seed}, {customers} customers, {kills} kills of {'everything' if with_servers else 'the product'}")
    product = Product(home)
    sandbox = Sandbox(home.parent / "sandbox", ("--generate", customers, "--seed", seed))
    with serving(sandbox):
        product.set_up(sandbox.details)
        ordeal = Ordeal(product, sandbox, Random(seed), step)  # noqa: S311
        with Editor(sandbox.details, seed) as editor:
            while ordeal.kills < kills:
                ordeal.run_once("full-synch", "start", kills=EVERYTHING if with_servers else PRODUCT)
                assert ordeal.runs < 3 * kills, "the runs end before they can be killed"
        bring_into_step(product, sandbox)
        check(product, read_systems(sandbox.details), editor, interruptions=ordeal.kills)
        assert ordeal.left_open > 0, "no kill fell between an intent and its answer"
        say(f"{ordeal.runs} runs, {ordeal.kills} killed, {ordeal.left_open} intents left open by them")
        say(f"{editor.edits} edits, {len(editor.created)} accounts created")
