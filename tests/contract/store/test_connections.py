"""Connections: settings in the open, secrets only as they were encrypted."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from crosstie.model.words import ConnectionId
from crosstie.store.connections import StoredConnection, load_connection, save_connection
from crosstie.store.tables import connection, secret

from .backends import OnPostgres, OnSqlite
from .builders import START, minutes

NORTH = StoredConnection(
    id=ConnectionId("north"),
    title="Relecloud ↔ 東京 🚂",
    erp={"url": "https://erp.example", "company": "Größe & Söhne"},
    crm={"url": "https://crm.example"},
    secrets={"erp": bytes(range(256)), "crm": b"\x00gAAAA\xff"},
)


def count(engine: sa.Engine, table: sa.Table) -> int:
    """How many rows a table has, of all connections."""
    with engine.connect() as open_:
        return open_.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


class ConnectionsContract:
    def test_a_connection_comes_back_as_it_was_saved(self, engine: sa.Engine) -> None:
        """Settings and ciphertexts, byte for byte; an unknown one is none."""
        bare = StoredConnection(id=ConnectionId("bare"), title="", erp={}, crm={}, secrets={})

        save_connection(engine, NORTH, at=START)
        save_connection(engine, bare, at=START)

        assert load_connection(engine, NORTH.id) == NORTH
        assert load_connection(engine, bare.id) == bare
        assert load_connection(engine, ConnectionId("west")) is None

    def test_saving_again_replaces_all_but_the_time(self, engine: sa.Engine) -> None:
        """A secret that is no longer named is deleted; the connection keeps the time it was created."""
        save_connection(engine, NORTH, at=START)
        changed = replace(NORTH, title="New", erp={"url": "https://other.example"}, secrets={"crm": b"new"})

        save_connection(engine, changed, at=minutes(5))

        assert load_connection(engine, NORTH.id) == changed
        assert (count(engine, connection), count(engine, secret)) == (1, 1)
        with engine.connect() as open_:
            assert open_.execute(sa.select(connection.c.created_at)).scalar_one() == START

    def test_a_save_that_fails_changes_nothing(self, engine: sa.Engine) -> None:
        """Settings and secrets are saved together or not at all."""
        save_connection(engine, NORTH, at=START)
        broken = replace(NORTH, title="New", secrets={"erp": b"new", "crm": None})  # type: ignore[dict-item]

        with pytest.raises(sa.exc.IntegrityError):
            save_connection(engine, broken, at=minutes(5))

        assert load_connection(engine, NORTH.id) == NORTH

    def test_connections_do_not_see_each_other(self, engine: sa.Engine) -> None:
        """Secrets of the same name are each connection's own, and saving one leaves the other alone."""
        south = replace(NORTH, id=ConnectionId("south"), title="South", secrets={"erp": b"southern"})
        save_connection(engine, NORTH, at=START)
        save_connection(engine, south, at=START)

        save_connection(engine, replace(south, secrets={}), at=START)

        assert load_connection(engine, NORTH.id) == NORTH
        assert load_connection(engine, south.id) == replace(south, secrets={})


class TestSqlite(OnSqlite, ConnectionsContract):
    pass


class TestPostgres(OnPostgres, ConnectionsContract):
    pass
