"""Change tracking: everything once, then only what was written after the row version in the delta token.

A token is the row version and the moment of the first page of a read. Rows changed while later pages are fetched
carry a higher version, so the read that starts from the token finds them; nothing falls between two reads.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.errors import bad_request, expired_token, not_with_change_tracking
from crosstie_sandbox.dataverse.paging import Cookie, SortColumn, braced, read_cookie
from crosstie_sandbox.dataverse.reading import Item, Reader
from crosstie_sandbox.dataverse.schema import Table
from crosstie_sandbox.dataverse.selection import selection
from crosstie_sandbox.odata.query import QueryOptions
from crosstie_sandbox.odata.sql import Column, Kind

_TOKEN = re.compile(r"(\d{1,18})!(\d\d/\d\d/\d{4} \d\d:\d\d:\d\d)")
Entry = tuple[tuple[str | None, ...], Item]
_TIME = "%m/%d/%Y %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Changes:
    """One page of a tracked read: either there is a next page, or a token for the next read."""

    items: list[Item]
    count: int | None
    next: str | None
    token: str | None


def check_options(options: QueryOptions) -> None:
    """Refuse what a tracked read cannot do."""
    refused = {
        "$filter": options.filter is not None,
        "$orderby": bool(options.orderby),
        "$expand": bool(options.expand),
        "$top": options.top is not None,
    }
    for option, given in refused.items():
        if given:
            raise not_with_change_tracking(option)


@dataclass(frozen=True, slots=True)
class Tracker:
    """Reads the changes of one table within one snapshot; `deleted` is the context that marks deleted rows."""

    database: Database
    reader: Reader
    table: Table
    deleted: str

    def changes(self, options: QueryOptions, size: int) -> Changes:
        """A page of everything, or of what was written after the delta token of the query."""
        check_options(options)
        since = None if options.deltatoken is None else _since(self.database, options.deltatoken)
        sorts = _ALL_ROWS if since is None else _CHANGED_ROWS
        cookie = read_cookie(options.skiptoken, sorts) if options.skiptoken else None
        stamp = cookie.since if cookie else _stamp(self.database)
        until = int(stamp.partition("!")[0])
        if since is None:
            entries = self._all_rows(options, cookie, size)
        else:
            entries = self._changed_rows(options, cookie, size, (since, until))
        count = None
        if options.count and since is None:
            count = self.reader.count(self.table, QueryOptions())
        elif options.count and since is not None:
            count = self.count(since, until)
        items = [item for _, item in entries[:size]]
        if len(entries) <= size:
            return Changes(items, count, None, _token(stamp))
        page = cookie.page + 1 if cookie else 2
        first, last = entries[0][0], entries[size - 1][0]
        return Changes(items, count, Cookie(page, 0, last, stamp).write(sorts, first), None)

    def count(self, since: int, until: int) -> int:
        """How many rows were written or deleted in between."""
        query = (
            f"SELECT (SELECT count(*) FROM {self._name} WHERE versionnumber > ?1 AND versionnumber <= ?2)"
            f" + (SELECT count(DISTINCT id) FROM deletion WHERE {self._gone})"
        )
        return int(self.database.execute(query, (since, until, self.table.logical_name)).fetchone()[0])

    def count_since(self, token: str) -> int:
        """How many rows were written or deleted after a delta token."""
        return self.count(_since(self.database, token), self.database.version)

    @property
    def _name(self) -> str:
        return f'"{self.table.logical_name}"'

    @property
    def _gone(self) -> str:
        """Deletions in a range of versions whose rows have not been made anew since."""
        existing = f'SELECT 1 FROM {self._name} AS kept WHERE kept."{self.table.primary_key}" = deletion.id'
        return f"table_name = ?3 AND version > ?1 AND version <= ?2 AND NOT EXISTS ({existing})"

    def _all_rows(self, options: QueryOptions, cookie: Cookie | None, size: int) -> list[Entry]:
        chosen = selection(self.table, options.select)
        key = f't0."{self.table.primary_key}"'
        query = f"SELECT {chosen.sql}, {key} FROM {self._name} AS t0 WHERE {key} > ? ORDER BY {key} LIMIT ?"
        last = cookie.last[0] if cookie else ""
        rows = self.database.execute(query, (last, size + 1)).fetchall()
        ids = ((braced(row[-1], Kind.GUID),) for row in rows)
        return list(zip(ids, self.reader.render(chosen, rows), strict=True))

    def _changed_rows(
        self, options: QueryOptions, cookie: Cookie | None, size: int, window: tuple[int, int]
    ) -> list[Entry]:
        since, until = window
        deleted, version = (int(str(cookie.last[0])), int(str(cookie.last[1]))) if cookie else (0, since)
        entries: list[Entry] = []
        if not deleted:
            entries = self._written(options, (version, until), size + 1)
            version = since
        if len(entries) <= size:
            entries += self._deleted((version, until), size + 1 - len(entries))
        return entries

    def _written(self, options: QueryOptions, window: tuple[int, int], limit: int) -> list[Entry]:
        chosen = selection(self.table, options.select)
        query = (
            f"SELECT {chosen.sql} FROM {self._name} AS t0 WHERE t0.versionnumber > ? AND t0.versionnumber <= ?"
            " ORDER BY t0.versionnumber LIMIT ?"
        )
        rows = self.database.execute(query, (*window, limit)).fetchall()
        return [(("0", str(row[0])), item) for row, item in zip(rows, self.reader.render(chosen, rows), strict=True)]

    def _deleted(self, window: tuple[int, int], limit: int) -> list[Entry]:
        query = f"SELECT id, max(version) FROM deletion WHERE {self._gone} GROUP BY id ORDER BY 2 LIMIT ?4"
        rows = self.database.execute(query, (*window, self.table.logical_name, limit)).fetchall()
        return [
            (("1", str(version)), {"@odata.context": self.deleted, "id": identity, "reason": "deleted"})
            for identity, version in rows
        ]


_ALL_ROWS = [SortColumn("id", Column("id", Kind.GUID), descending=False)]
_CHANGED_ROWS = [
    SortColumn("deleted", Column("deleted", Kind.INTEGER), descending=False),
    SortColumn("version", Column("version", Kind.INTEGER), descending=False),
]


def _stamp(database: Database) -> str:
    """Row version and moment, as a paging cookie carries them."""
    return f"{database.version}!{int(database.today().timestamp())}"


def _token(stamp: str) -> str:
    version, _, moment = stamp.partition("!")
    return f"{version}!{datetime.fromtimestamp(int(moment), UTC).strftime(_TIME)}"


def _since(database: Database, token: str) -> int:
    """The row version in a token that has not expired."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise bad_request(f"The delta token '{token}' is not one that this service gave out.")
    try:
        issued = datetime.strptime(found[2], _TIME).replace(tzinfo=UTC)
    except ValueError:
        raise bad_request(f"The delta token '{token}' is not one that this service gave out.") from None
    days = database.execute("SELECT expirechangetrackingindays FROM main.organization").fetchone()[0]
    if int(found[1]) > database.version or database.today() - issued > timedelta(days=days or 0):
        raise expired_token()
    return int(found[1])
