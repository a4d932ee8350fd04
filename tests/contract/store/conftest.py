"""Stores on one database: of the connection at hand, of a stranger, and of a second worker."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import sqlalchemy as sa

from crosstie.model.words import ConnectionId
from crosstie.store.database import open_database
from crosstie.store.session import Session
from crosstie.store.store import SqlStore


@pytest.fixture(scope="session")
def migrated(new_postgres_database: Callable[[], str]) -> str:
    """The address of an up-to-date PostgreSQL database."""
    url = new_postgres_database()
    open_database(url).dispose()
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """The database, opened."""
    engine = open_database(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: sa.Engine) -> Iterator[SqlStore]:
    """The store under test."""
    with closing(SqlStore(Session(engine, ConnectionId("north")))) as store:
        yield store


@pytest.fixture
def stranger(engine: sa.Engine) -> Iterator[SqlStore]:
    """The store of another connection in the same database."""
    with closing(SqlStore(Session(engine, ConnectionId("south")))) as store:
        yield store


@pytest.fixture
def second_worker(database_url: str) -> Iterator[SqlStore]:
    """The same connection as ``store``, opened once more."""
    engine = open_database(database_url)
    with closing(SqlStore(Session(engine, ConnectionId("north")))) as store:
        yield store
    engine.dispose()
