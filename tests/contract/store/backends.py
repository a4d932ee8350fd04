"""The databases that a contract runs on: each class offers the address of one that is up to date and empty."""

import psycopg
import pytest

from crosstie.store.tables import metadata


class OnSqlite:
    @pytest.fixture
    def database_url(self, sqlite_url: str) -> str:
        """A SQLite file that opening makes."""
        return sqlite_url


class OnPostgres:
    @pytest.fixture
    def database_url(self, migrated: str) -> str:
        """The one migrated PostgreSQL database, emptied: a database for each test would take most of the time."""
        with psycopg.connect(migrated) as connection:
            connection.execute(";".join(f"DELETE FROM {name}" for name in metadata.tables))
        return migrated
