"""Opening a database: made, migrated or refused with what to do next, and never half of it."""

import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from crosstie.model.errors import SetupError
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.words import ConnectionId, Side
from crosstie.store.database import open_database
from crosstie.store.session import Session
from crosstie.store.store import SqlStore
from crosstie.store.tables import metadata

from .builders import CUSTOMER, JOB, START, coupling, crm, erp

HEAD = "0004"
AT = "2026-03-02T09:00:00.000000Z"
OLD_HAS_NOT = ["guard_count", "kept_apart"]
OLD_LACKS = [("intent", "is_delete"), ("coupling", "stamps"), ("conflict", "edits"), ("record_outcome", "truncated")]
"""What revision 0002 did not have: tables, and columns."""
OPEN_WHEN_TOLD = """
import sys
from crosstie.store.database import open_database
print("ready", flush=True)
sys.stdin.readline()
open_database(sys.argv[1]).dispose()
"""


def contents(engine: sa.Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, whatever the schema."""
    found = sa.MetaData()
    with engine.connect() as connection:
        found.reflect(connection)
        return {
            name: [tuple(row) for row in connection.execute(sa.select(table))] for name, table in found.tables.items()
        }


@contextmanager
def nobody_special() -> Iterator[None]:
    """Root may write everywhere: be ``nobody`` for a while, where we are root."""
    if os.geteuid() != 0:
        yield
        return
    nobody = pwd.getpwnam("nobody").pw_uid
    os.setresuid(nobody, nobody, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


class OpeningContract:
    def test_an_empty_database_is_migrated(self, empty_url: str) -> None:
        """To the newest revision, with every table and nothing in them."""
        engine = open_database(empty_url)

        assert contents(engine) == {"alembic_version": [(HEAD,)]} | {name: [] for name in metadata.tables}
        engine.dispose()

    def test_the_migrated_schema_is_the_one_that_queries_expect(self, empty_url: str) -> None:
        """No table, column, type, key or index differs from the metadata."""
        engine = open_database(empty_url)

        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        engine.dispose()

    def test_opening_again_keeps_everything(self, empty_url: str) -> None:
        """Rows written before are there, and no others."""
        engine = open_database(empty_url)
        with closing(SqlStore(Session(engine, ConnectionId("north")))) as store:
            store.couplings.put([coupling(1)], job=JOB, at=START)
        before = contents(engine)
        engine.dispose()

        engine = open_database(empty_url)

        assert contents(engine) == before
        assert len(before["coupling"]) == 1
        with closing(SqlStore(Session(engine, ConnectionId("north")))) as store:
            assert store.couplings.recent(9) == [(START, coupling(1))]
            assert store.couplings.count(CUSTOMER) == 1
        engine.dispose()

    def test_what_an_older_version_wrote_is_kept(self, empty_url: str) -> None:
        """Couplings, intents and what was left uncoupled are read as they were, with nothing made up."""
        old = open_database(empty_url)
        with old.begin() as connection:
            for table in OLD_HAS_NOT:
                connection.execute(sa.text(f"DROP TABLE {table}"))
            connection.execute(sa.text("CREATE TABLE blanked_field (connection_id VARCHAR(80))"))
            for table, column in OLD_LACKS:
                connection.execute(sa.text(f"ALTER TABLE {table} DROP COLUMN {column}"))
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '0002'"))
            columns = "connection_id, mapping, erp_id, crm_id, generation, base, coupled_at, synchronized_at, job_id"
            row = f"'north', 'CUSTOMER', '{erp(1)}', '{crm(1)}', 0, '{{}}', '{AT}', '{AT}', 'job-1'"
            connection.execute(sa.text(f"INSERT INTO coupling ({columns}) VALUES ({row})"))
            columns = "connection_id, mapping, side, record_id, kind, reason, reason_data, detail, next_step, label"
            row = f"'north', 'CUSTOMER', 'erp', '{erp(2)}', 'ignore', 'uncoupled', '{{}}', '', '', ''"
            more = f"fields, job_id, at, attempts) VALUES ({row}, '[]', 'job-1', '{AT}', 0)"
            connection.execute(sa.text(f"INSERT INTO record_outcome ({columns}, {more}"))
        old.dispose()

        engine = open_database(empty_url)

        with closing(SqlStore(Session(engine, ConnectionId("north")))) as store:
            assert list(store.couplings.all(CUSTOMER)) == [replace(coupling(1), erp_number=None)]
            assert store.partings.left(CUSTOMER, Side.ERP, [erp(2)]) == {erp(2): Reason(ReasonCode.UNCOUPLED)}
        assert contents(engine)["alembic_version"] == [(HEAD,)]
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        engine.dispose()

    def test_a_newer_schema_is_refused(self, empty_url: str) -> None:
        """The refusal names the revision and what to do; version and rows stay as they are."""
        engine = open_database(empty_url)
        with closing(SqlStore(Session(engine, ConnectionId("north")))) as store:
            store.couplings.put([coupling(1)], job=JOB, at=START)
        with engine.begin() as connection:
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '9f3c_later'"))
        before = contents(engine)

        with pytest.raises(SetupError, match="9f3c_later") as refusal:
            open_database(empty_url)

        assert "nothing was changed" in refusal.value.message
        assert refusal.value.next_step
        assert contents(engine) == before
        assert before["alembic_version"] == [("9f3c_later",)]
        engine.dispose()

    def test_two_processes_open_an_empty_database_at_once(self, empty_url: str) -> None:
        """One migrates, the other waits for it; both succeed."""
        command = [sys.executable, "-c", OPEN_WHEN_TOLD, empty_url]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        both = [subprocess.Popen(command, **pipes) for _ in range(2)]
        assert [process.stdout.readline() for process in both] == ["ready\n"] * 2
        for process in both:
            process.stdin.write("go\n")
            process.stdin.flush()

        said = [process.communicate(timeout=60)[1] for process in both]

        assert ([process.returncode for process in both], said) == ([0, 0], ["", ""])
        engine = open_database(empty_url)
        assert contents(engine)["alembic_version"] == [(HEAD,)]
        engine.dispose()


class TestSqlite(OpeningContract):
    @pytest.fixture
    def empty_url(self, sqlite_url: str) -> str:
        """A SQLite file that does not exist yet."""
        return sqlite_url

    @pytest.fixture
    def folder(self) -> Iterator[Path]:
        """A folder that everybody may look into, and only its owner may write to."""
        with tempfile.TemporaryDirectory() as name:
            Path(name).chmod(0o755)
            yield Path(name)

    def test_missing_folders_are_made(self, tmp_path: Path) -> None:
        """As deep as needed, blanks and non-ASCII letters in their names included."""
        path = tmp_path / "Größe 1" / "東京" / "crosstie.sqlite"

        open_database(f"sqlite:///{path}").dispose()

        assert path.is_file()

    def test_what_is_committed_survives_a_power_cut(self, sqlite_url: str) -> None:
        """Every connection writes ahead, waits for the disk, and for other writers."""
        engine = open_database(sqlite_url)
        with engine.connect() as one, engine.connect() as other:
            for connection in (one, other):
                pragmas = ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
                values = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in pragmas]
                assert values == ["wal", 2, 30_000, 1]
        engine.dispose()

    def test_a_folder_that_may_not_be_written_is_refused(self, folder: Path) -> None:
        """With the folder's name and what to do; nothing is left in it."""
        folder.chmod(0o555)

        with nobody_special(), pytest.raises(SetupError, match="may not be written") as refusal:
            open_database(f"sqlite:///{folder / 'crosstie.sqlite'}")

        assert str(folder) in refusal.value.message
        assert "CROSSTIE_HOME" in refusal.value.next_step
        assert list(folder.iterdir()) == []

    def test_a_folder_that_may_not_be_made_is_refused(self, folder: Path) -> None:
        """The same for a folder inside it."""
        folder.chmod(0o555)

        with nobody_special(), pytest.raises(SetupError, match="cannot be created") as refusal:
            open_database(f"sqlite:///{folder / 'new' / 'crosstie.sqlite'}")

        assert "CROSSTIE_HOME" in refusal.value.next_step
        assert list(folder.iterdir()) == []

    def test_a_database_that_may_not_be_written_is_refused(self, folder: Path) -> None:
        """Though it could be read: a job would fail half-way."""
        path = folder / "crosstie.sqlite"
        open_database(f"sqlite:///{path}").dispose()
        path.chmod(0o444)
        folder.chmod(0o777)
        before = path.read_bytes()

        with nobody_special(), pytest.raises(SetupError, match="may not be written") as refusal:
            open_database(f"sqlite:///{path}")

        assert refusal.value.next_step
        assert path.read_bytes() == before

    def test_a_file_in_place_of_the_folder_is_refused(self, tmp_path: Path) -> None:
        """And stays as it is."""
        file = tmp_path / "crosstie"
        file.write_text("mine")

        with pytest.raises(SetupError, match="cannot be created") as refusal:
            open_database(f"sqlite:///{file / 'crosstie.sqlite'}")

        assert "CROSSTIE_HOME" in refusal.value.next_step
        assert file.read_text() == "mine"

    def test_a_folder_in_place_of_the_file_is_refused(self, tmp_path: Path) -> None:
        """And stays empty."""
        folder = tmp_path / "crosstie.sqlite"
        folder.mkdir()

        with pytest.raises(SetupError, match="cannot be opened") as refusal:
            open_database(f"sqlite:///{folder}")

        assert refusal.value.next_step
        assert list(folder.iterdir()) == []

    def test_a_file_of_another_kind_is_refused(self, sqlite_url: str, tmp_path: Path) -> None:
        """Byte for byte as it was."""
        path = tmp_path / "crosstie.sqlite"
        path.write_text("Dear Robin,\n" * 1000)

        with pytest.raises(SetupError, match="cannot be opened") as refusal:
            open_database(sqlite_url)

        assert refusal.value.next_step
        assert path.read_text() == "Dear Robin,\n" * 1000

    @pytest.mark.parametrize("url", ["", "crosstie.sqlite", "mysql://me:secret@db.example/x", "postgresql://h:port/x"])
    def test_an_address_of_no_database_is_refused(self, url: str) -> None:
        """With the two forms that are known, and without repeating a password."""
        with pytest.raises(SetupError) as refusal:
            open_database(url)

        assert "sqlite:///" in refusal.value.next_step
        assert "postgresql://" in refusal.value.next_step
        assert "secret" not in f"{refusal.value} {refusal.value.detail}"


class TestPostgres(OpeningContract):
    @pytest.fixture
    def empty_url(self, postgres_url: str) -> str:
        """An empty PostgreSQL database."""
        return postgres_url

    def test_a_database_that_does_not_exist_is_refused(self, postgres_url: str) -> None:
        """It is not created, and what to do is said."""
        missing = sa.make_url(postgres_url).set(database="no_such_database").render_as_string()

        with pytest.raises(SetupError, match="cannot be opened") as refusal:
            open_database(missing)

        assert "no_such_database" in refusal.value.detail
        assert refusal.value.next_step

    def test_a_server_that_is_away_is_refused(self, tmp_path: Path) -> None:
        """Without the password in the message."""
        with pytest.raises(SetupError, match="cannot be opened") as refusal:
            open_database(f"postgresql://me:secret@/crosstie?host={tmp_path}")

        assert refusal.value.next_step
        assert "secret" not in f"{refusal.value} {refusal.value.detail}"
