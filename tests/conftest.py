"""For all tests: the check of what they claim, and databases, SQLite or PostgreSQL, that nobody has used before."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.scenarios.catalogue import claims_of

from .postgres_server import postgres_server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A mark that claims a scenario which does not exist, or is left for later, stops the run."""
    for item in items:
        try:
            claims_of(item.nodeid, item.iter_markers("scenario"))
        except ValueError as error:
            raise pytest.UsageError(f"{item.nodeid}: {error}") from error


@pytest.fixture(scope="session")
def new_postgres_database() -> Iterator[Callable[[], str]]:
    """Makes empty databases on the one server of the run; the first who asks starts it."""
    with postgres_server() as server:
        yield server.create_database


@pytest.fixture
def postgres_url(new_postgres_database: Callable[[], str]) -> str:
    """The address of a new, empty PostgreSQL database."""
    return new_postgres_database()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'crosstie.sqlite'}"
