"""Opens the database, brings its schema up to date, and refuses one that a newer program wrote."""

import os
import sqlite3
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from crosstie.model.errors import SetupError

_BUSY_TIMEOUT_MS = 30_000
_MIGRATING = 0x63726F7373746965
"""The advisory lock that is held while migrating: ``crosstie`` in ASCII."""


def open_database(url: str) -> sa.Engine:
    """An engine on an up-to-date schema.

    ``url`` is a SQLAlchemy URL: ``sqlite:///…`` or ``postgresql://…`` (psycopg is the driver). Raises SetupError when
    it is neither, the place cannot be written, the server is away, or a newer version of Crosstie wrote the schema.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        _check_folder(Path(parsed.database))
    engine = sa.create_engine(parsed)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
    try:
        _migrate(engine)
    except sa.exc.DBAPIError as error:
        engine.dispose()
        raise SetupError(
            f"The database {parsed.render_as_string(hide_password=True)} cannot be opened.",
            "Check that it exists, that this user may write to it, and that no other program holds it.",
            str(error.orig),
        ) from error
    except SetupError:
        engine.dispose()
        raise
    return engine


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # Not even named: what cannot be parsed may hold a password anywhere.
        parsed = None
    drivers = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
    if parsed is None or parsed.get_backend_name() not in drivers:
        raise SetupError(
            "The address of the database is not one that Crosstie knows; nothing was done.",
            "Set CROSSTIE_DATABASE_URL to sqlite:///FILE or to postgresql://USER:PASSWORD@HOST/NAME.",
        ) from None
    return parsed.set(drivername=drivers[parsed.get_backend_name()])


def _check_folder(path: Path) -> None:
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(
            f"The folder {folder} cannot be created ({error.strerror}); nothing was done.",
            "Set CROSSTIE_HOME to a folder that you may write to.",
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise SetupError(
            f"The folder {folder} or the database in it may not be written by this user; nothing was done.",
            "Change its rights, or set CROSSTIE_HOME to another folder.",
        )


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # FULL: an intent that was committed must survive a power cut, or a half-landed write would pass for a user's edit.
    connection.isolation_level = None
    # The time-out first: of two processes that open a new file, one must wait for the other to switch it to WAL.
    for pragma in (f"busy_timeout={_BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _migrate(engine: sa.Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            # The driver leaves transactions to us; one that writes from its beginning waits for other writers.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        if connection.dialect.name == "postgresql":
            # Of two processes that open an empty database one migrates; on SQLite the writing transaction sees to it.
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATING)))
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in known:
            raise SetupError(
                f"The database was written by a newer version of Crosstie (schema {current}); nothing was changed.",
                "Install that version or a newer one, or set CROSSTIE_HOME to another folder.",
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
