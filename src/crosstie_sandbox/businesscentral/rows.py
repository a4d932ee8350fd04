"""Single rows: reading one, adding, changing and removing one, each with its new version and stamp."""

from collections.abc import Mapping
from functools import cache
from sqlite3 import IntegrityError

from crosstie_sandbox.businesscentral.database import Database, columns
from crosstie_sandbox.businesscentral.errors import no_row, same_key_exists
from crosstie_sandbox.businesscentral.etags import etag
from crosstie_sandbox.businesscentral.page import Page
from crosstie_sandbox.businesscentral.values import Stored

Row = dict[str, Stored]
_STAMPS = ("lastModifiedDateTime", "systemCreatedAt")


def find(database: Database, page: Page, **wanted: Stored) -> Row | None:
    """The row with these values, if there is one."""
    where = " AND ".join(f'"{name}" = ?' for name in wanted)
    found = database.connection.execute(f"{_select(page)} WHERE {where}", tuple(wanted.values())).fetchone()
    return None if found is None else dict(zip(columns(page), found, strict=True))


def get(database: Database, page: Page, identity: str) -> Row:
    """The row with an id; raises when there is none."""
    row = find(database, page, **{page.identity: identity})
    if row is None:
        raise no_row(page)
    return row


def add(database: Database, page: Page, row: Row) -> None:
    """Insert a complete row; its id is made here unless it has one."""
    row.update({stamp: database.now for stamp in _STAMPS if stamp in page.columns})
    row["version"] = 1
    row["etag"] = etag(str(row["id"]), 1)
    try:
        database.connection.execute(_insert(page), [row[name] for name in columns(page)])
    except IntegrityError:
        raise same_key_exists(page, {name: str(row[name]) for name in page.order}) from None
    database.note(page.entity_set, row["id"], "created")


def change(database: Database, page: Page, row: Row, changes: Mapping[str, Stored]) -> None:
    """Write some columns of a row, whether they differ or not, and move it on by one version."""
    version = int(row["version"]) + 1
    moved: Row = {
        **changes,
        **{stamp: database.now for stamp in _STAMPS[:1] if stamp in page.columns},
        "version": version,
        "etag": etag(str(row["id"]), version),
    }
    try:
        database.connection.execute(_update(page, tuple(moved)), (*moved.values(), row["id"]))
    except IntegrityError:
        keys = {name: str(changes[name]) for name in page.order if name in changes}
        raise same_key_exists(page, keys) from None
    row.update(moved)
    database.note(page.entity_set, row["id"], "updated")


def remove(database: Database, page: Page, row: Row) -> None:
    """Delete a row."""
    database.connection.execute(f'DELETE FROM "{page.entity_set}" WHERE "id" = ?', (row["id"],))
    database.note(page.entity_set, row["id"], "deleted")


def those(database: Database, page: Page, **wanted: Stored) -> list[Row]:
    """All rows with these values."""
    where = " AND ".join(f'"{name}" = ?' for name in wanted) or "TRUE"
    found = database.connection.execute(f"{_select(page)} WHERE {where}", tuple(wanted.values()))
    return [dict(zip(columns(page), row, strict=True)) for row in found.fetchall()]


@cache
def _select(page: Page) -> str:
    listed = ", ".join(
        f'{page.columns[name].sql} AS "{name}"' if name in page.columns else f'"{name}"' for name in columns(page)
    )
    return f'SELECT {listed} FROM "{page.entity_set}"'


@cache
def _insert(page: Page) -> str:
    names = columns(page)
    listed = ", ".join(f'"{name}"' for name in names)
    return f'INSERT INTO "{page.entity_set}" ({listed}) VALUES ({", ".join("?" * len(names))})'


@cache
def _update(page: Page, names: tuple[str, ...]) -> str:
    listed = ", ".join(f'"{name}" = ?' for name in names)
    return f'UPDATE "{page.entity_set}" SET {listed} WHERE "id" = ?'
