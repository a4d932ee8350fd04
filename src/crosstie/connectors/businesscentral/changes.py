"""What changed in a table: rows modified since the last pass, less an overlap; deletions show only in a whole pass.

There is no delta. The token holds the watermark: the highest modification stamp seen, in the server's time, never
moving back. A write that began before a pass may commit after it with an older stamp, so the next pass reaches back by
the longest operation the server allows. A pass takes time itself: what was modified behind its back must be found by
the next one, so the watermark stays at or before the server's time at the start of the pass. Currencies are always
listed whole, for their rates; a column that the connector derives (a person's customer) is left to reads by key.
"""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from crosstie.connectors.businesscentral.derived import CURRENCIES, Asked, completed
from crosstie.connectors.businesscentral.schema import MODIFIED_AT, Table
from crosstie.connectors.businesscentral.service import Service
from crosstie.connectors.businesscentral.values import RowReader, selected
from crosstie.model.record import Change
from crosstie.model.schema import Column
from crosstie.odata.literals import time
from crosstie.odata.paging import Page
from crosstie.synch.ports.connector import ChangePage

PAGE_SIZE = 2000
OVERLAP = timedelta(minutes=8)
"""The longest operation that the server allows."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far the changes of a table are known."""

    at: datetime | None

    @staticmethod
    def parse(token: str | None) -> "Watermark":
        """Read a token; one that is not ours starts from the beginning."""
        try:
            data = json.loads(token or "{}")
            return Watermark(datetime.fromisoformat(data["modified_at"]).astimezone(UTC))
        except (ValueError, TypeError, KeyError):
            return Watermark(None)

    def token(self) -> str:
        """The watermark as a token."""
        return json.dumps({"modified_at": None if self.at is None else time(self.at)})

    def raised(self, highest: datetime | None, started_at: datetime) -> "Watermark":
        """After a pass that began at ``started_at`` and saw stamps up to ``highest``."""
        if highest is None:
            return self
        reached = min(highest, started_at)
        return Watermark(reached if self.at is None else max(self.at, reached))


async def changes(
    service: Service,
    table: Table,
    columns: Sequence[Column],
    since: Watermark,
    now: Callable[[], datetime],
    *,
    is_whole: bool,
) -> AsyncIterator[ChangePage]:
    """Changes since the watermark; every row where there is none or ``is_whole`` asks for them."""
    is_whole = is_whole or since.at is None or table.name == CURRENCIES
    options = {"$select": selected(table, table.stored(columns))}
    if since.at is not None and not is_whole:
        options["$filter"] = f"{MODIFIED_AT} ge {time(since.at - OVERLAP)}"
    highest: datetime | None = None
    started_at: datetime | None = None
    async for page in service.pages(service.url(table.name, options), purpose="changes", page_size=PAGE_SIZE):
        started_at = started_at or service.session.server_time() or now()
        found = await _read(service, table, columns, page, now)
        stamps = [change.modified_at for change in found if change.modified_at is not None]
        highest = max(stamps if highest is None else [*stamps, highest], default=None)
        is_last = page.next_link is None
        yield ChangePage(
            changes=found,
            token=since.raised(highest, started_at).token() if is_last else None,
            is_complete_set=is_whole and is_last,
        )


async def _read(
    service: Service, table: Table, columns: Sequence[Column], page: Page, now: Callable[[], datetime]
) -> tuple[Change, ...]:
    if table.name == CURRENCIES:
        today = now().astimezone(UTC).date()
        asked = Asked(table=table, columns=columns, today=today, purpose="changes")
        records = await completed(service, asked, page.rows)
        return tuple(
            Change(id=record.id, version=record.version, values=record.values, modified_at=record.modified_at)
            for record in records
        )
    reader = RowReader(service.host, table, columns)
    return tuple(
        Change(
            id=reader.id(row),
            version=reader.version(row),
            values=reader.values(row),
            modified_at=reader.modified_at(row),
        )
        for row in page.rows
    )
