"""The schema of the sandbox CRM as a value that belongs to an open database."""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from crosstie_sandbox.dataverse.alterations import Kind, keep
from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.schema import Collection, OneToMany

COLUMN = {"columns": {"new_colour": {"schema": "new_Colour", "type": "string", "length": 20, "custom": True}}}


def opened(path: Path) -> Database:
    """A database over a file."""
    numbers = count(1)
    return Database(path, clock=lambda: datetime(2026, 1, 2, tzinfo=UTC), ids=lambda: UUID(int=next(numbers)))


def alter(database: Database) -> None:
    """Give accounts a colour."""
    keep(database.connection, Kind.TABLE, "account", COLUMN)
    database.altered("account")


def spoil(database: Database, why: str) -> None:
    """Give accounts a colour, and then fail."""
    alter(database)
    raise ValueError(why)


def colours(database: Database) -> list[str]:
    """The columns with a colour that accounts have, in the schema and in the file."""
    in_schema = [name for name in database.schema.tables["account"].by_name if name == "new_colour"]
    stored = [row[1] for row in database.execute('PRAGMA table_info("account")') if row[1] == "new_colour"]
    assert in_schema == stored
    return stored


def test_an_alteration_is_kept(tmp_path: Path) -> None:
    """A column made at run time is there after a restart, and seen by a connection that was open already."""
    first, second = opened(tmp_path / "crm.sqlite"), opened(tmp_path / "crm.sqlite")
    with first.transaction():
        alter(first)
    assert colours(first) == ["new_colour"]
    with second.snapshot():
        assert colours(second) == ["new_colour"]
    third = opened(tmp_path / "crm.sqlite")
    assert colours(third) == ["new_colour"]
    for database in (first, second, third):
        database.close()


def test_an_alteration_can_be_taken_back(tmp_path: Path) -> None:
    """What raises within a transaction, or within a part of it, leaves schema and layout as they were."""
    database = opened(tmp_path / "crm.sqlite")
    before = database.schema
    with pytest.raises(ValueError, match="whole"), database.transaction():
        spoil(database, "whole")
    assert (colours(database), database.schema) == ([], before)
    with database.transaction():
        with pytest.raises(ValueError, match="part"), database.savepoint():
            spoil(database, "part")
        assert (colours(database), database.schema) == ([], before)
    database.close()


def test_an_older_file_catches_up(tmp_path: Path) -> None:
    """A file that lacks a column of the shipped tables has it after it was opened."""
    path = tmp_path / "crm.sqlite"
    database = opened(path)
    database.execute('ALTER TABLE "account" DROP COLUMN "yominame"')
    database.close()
    database = opened(path)
    assert "yominame" in {row[1] for row in database.execute('PRAGMA table_info("account")')}
    database.close()


def test_relationships_are_known_both_ways(tmp_path: Path) -> None:
    """A lookup is a relationship with the vendor's name, and a collection of the table it points to."""
    database = opened(tmp_path / "crm.sqlite")
    schema = database.schema
    relationship = schema.relationships["contact_customer_accounts"]
    assert isinstance(relationship, OneToMany)
    assert (relationship.referencing, relationship.navigation.name) == ("contact", "parentcustomerid_account")
    collection = schema.collections["account"]["contact_customer_accounts"]
    assert collection == Collection("contact_customer_accounts", "contact", "parentcustomerid", "parentcustomerid_type")
    assert {"account_parent_account", "account_master_account"} <= schema.collections["account"].keys()
    assert "transactioncurrency_account" in schema.collections["transactioncurrency"]
    assert "business_unit_accounts" in schema.collections["businessunit"]
    database.close()
