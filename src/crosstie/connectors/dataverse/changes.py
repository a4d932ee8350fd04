"""What changed in a table: Dataverse's change tracking.

Only ``$select`` is allowed. The first pass lists every row; the delta link on its last page holds the token of the
next pass, which lists rows that were created or updated and then ids of deleted ones. A token expires (seven days by
default).
"""

from collections.abc import AsyncIterator, Sequence
from urllib.parse import urlsplit

from crosstie.connectors.dataverse.errors import EXPIRED_CHANGES
from crosstie.connectors.dataverse.schema import Table, WireColumn
from crosstie.connectors.dataverse.service import Service, annotations
from crosstie.connectors.dataverse.values import RowReader, selected
from crosstie.model.errors import SetupError
from crosstie.model.record import Change
from crosstie.model.words import RecordId, Version
from crosstie.odata.errors import NotUnderstoodError, RefusedError
from crosstie.odata.etag import etag_of
from crosstie.odata.message import JsonObject
from crosstie.synch.ports.connector import ChangePage

PAGE_SIZE = 5000


async def changes(
    service: Service, table: Table, columns: Sequence[WireColumn], token: str | None
) -> AsyncIterator[ChangePage]:
    """Changes since ``token``; without one, or with an expired one, every row."""
    if token is not None:
        try:
            async for page in _pass(service, table, columns, token):
                yield page
        except RefusedError as error:
            if error.code.lower() != EXPIRED_CHANGES:
                raise
        else:
            return
    async for page in _pass(service, table, columns, None):
        yield page


async def _pass(
    service: Service, table: Table, columns: Sequence[WireColumn], token: str | None
) -> AsyncIterator[ChangePage]:
    reader = RowReader(service.host, table, columns)
    url = service.url(table.entity_set, {"$select": selected(table, columns)})
    if token is not None:
        url += f"&$deltatoken={token}"
    prefer = ("odata.track-changes", f"odata.maxpagesize={PAGE_SIZE}", *annotations(columns))
    async for page in service.pages(url, purpose="changes", prefer=prefer):
        found = tuple(_change(service.host, reader, row) for row in page.rows)
        if page.next_link is not None:
            yield ChangePage(changes=found, token=None)
        elif page.delta_link is not None:
            yield ChangePage(changes=found, token=_token(service.host, page.delta_link), is_complete_set=token is None)
        else:
            raise SetupError(
                f"Dataverse at {service.host} does not track changes of the table {table.name}.",
                "Turn on change tracking for the table, and give the integration user organization-wide read rights.",
            )


def _change(host: str, reader: RowReader, row: JsonObject) -> Change:
    if str(row.get("@odata.context", "")).endswith("$deletedEntity") or row.get("reason") == "deleted":
        return Change(id=RecordId(str(row["id"]).lower()), version=None)
    return Change(
        id=reader.id(row),
        version=Version(etag_of(host, row)),
        values=reader.values(row),
        modified_at=reader.modified_at(row),
    )


def _token(host: str, delta_link: str) -> str:
    """The token in a delta link, as it stands there: it is opaque, its encoding included."""
    for option in urlsplit(delta_link).query.split("&"):
        name, _, value = option.partition("=")
        if name.replace("%24", "$") == "$deltatoken" and value:
            return value
    raise NotUnderstoodError(host, "a delta link without a token")
