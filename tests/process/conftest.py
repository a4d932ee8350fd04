"""Running sandbox servers and connected products that tests of this folder share."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from .program import Product, Sandbox, serving


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Both servers with the small company of the package; tests that use it leave its records as they are."""
    with serving(Sandbox(tmp_path_factory.mktemp("sandbox") / "state")) as running:
        yield running


@pytest.fixture
def product(tmp_path: Path) -> Product:
    """A product in an empty home."""
    return Product(tmp_path / "home")


@pytest.fixture(scope="session")
def synchronized(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Product, Sandbox]]:
    """A product after its full synchronization with servers of its own; tests change what is theirs only."""
    folder = tmp_path_factory.mktemp("synchronized")
    with serving(Sandbox(folder / "state")) as running:
        product = Product(folder / "home")
        product.set_up(running.details)
        said = product.run("full-synch", "start", "--json")
        assert (said.code, said.json["ok"]) == (0, True), said
        yield product, running


@pytest.fixture
def own_sandbox(tmp_path: Path) -> Iterator[Callable[..., Sandbox]]:
    """Starts servers that belong to one test, and ends them with it."""
    started: list[Sandbox] = []
    numbers = count()

    def start(*company: object) -> Sandbox:
        one = Sandbox(tmp_path / f"state{next(numbers)}", company)
        started.append(one)
        one.start()
        return one

    yield start
    for one in started:
        one.kill()
