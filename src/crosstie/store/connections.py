"""Connections and their encrypted secrets in the database."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crosstie.model.words import ConnectionId
from crosstie.store.session import Keyed, Session, mine
from crosstie.store.tables import connection, secret

_CONNECTIONS = Keyed(connection, {"created_at": connection.c.created_at})
_SECRETS = Keyed(secret)
_CONNECTION = sa.select(connection).where(mine(connection))
_OWN_SECRETS = sa.select(secret).where(mine(secret))
_FORGET_SECRETS = sa.delete(secret).where(mine(secret))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConnection:
    """A connection as it is stored: settings in the open, secrets as ciphertext."""

    id: ConnectionId
    title: str
    erp: Mapping[str, str]
    crm: Mapping[str, str]
    secrets: Mapping[str, bytes]


def save_connection(engine: sa.Engine, one: StoredConnection, *, at: datetime) -> None:
    """Insert or replace a connection with its secrets."""
    row = {"title": one.title, "erp": dict(one.erp), "crm": dict(one.crm), "created_at": at}
    with closing(Session(engine, one.id)) as session, session.transaction():
        session.upsert(_CONNECTIONS, [row])
        session.run(_FORGET_SECRETS)
        session.upsert(_SECRETS, [{"name": name, "ciphertext": text} for name, text in one.secrets.items()])


def load_connection(engine: sa.Engine, id_: ConnectionId) -> StoredConnection | None:
    """The connection of that id."""
    with closing(Session(engine, id_)) as session:
        rows = session.rows(_CONNECTION)
        secrets = session.rows(_OWN_SECRETS)
    if not rows:
        return None
    return StoredConnection(
        id=id_,
        title=rows[0].title,
        erp=rows[0].erp,
        crm=rows[0].crm,
        secrets={row.name: row.ciphertext for row in secrets},
    )
