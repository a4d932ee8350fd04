"""Databases for all tests: a SQLite file or a PostgreSQL database that nobody has used before."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .postgres_server import postgres_server


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
