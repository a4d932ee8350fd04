"""The Web API's address space: URLs, ``Prefer`` headers, pages and batches over one session."""

from collections.abc import AsyncIterator, Mapping, Sequence
from urllib.parse import urlsplit

from crosstie.connectors.dataverse.schema import WireColumn
from crosstie.connectors.dataverse.values import LOOKUP_NAME
from crosstie.odata import batch_multipart
from crosstie.odata.batch import Operation
from crosstie.odata.literals import query
from crosstie.odata.message import Answer, Request
from crosstie.odata.paging import Page, pages
from crosstie.odata.session import Session

HEADERS = {"Accept": "application/json", "OData-MaxVersion": "4.0", "OData-Version": "4.0"}
_THROTTLES = frozenset({"0x80072321", "0x80072322", "0x80072326"})


def is_throttle(answer: Answer) -> bool:
    """Service protection refuses with one of three codes, before it does anything."""
    return answer.error()[0].lower() in _THROTTLES


def annotations(columns: Sequence[WireColumn]) -> tuple[str, ...]:
    """The preference that makes lookups say their table, where a column needs it."""
    if any(column.is_polymorphic for column in columns):
        return (f'odata.include-annotations="{LOOKUP_NAME}"',)
    return ()


class Service:
    """Requests to one environment."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.host = session.host
        self._path = urlsplit(session.url).path

    def url(self, path: str, options: Mapping[str, str] | None = None) -> str:
        """Absolute URL of ``path``."""
        return f"{self.session.url}/{path}" + (f"?{query(options)}" if options else "")

    def inner_url(self, path: str, options: Mapping[str, str]) -> str:
        """URL of ``path`` inside a batch."""
        return f"{self._path}/{path}" + (f"?{query(options)}" if options else "")

    async def get(self, url: str, *, purpose: str, prefer: Sequence[str] = (), is_patient: bool = True) -> Answer:
        """Read ``url``."""
        headers = {"Prefer": ",".join(prefer)} if prefer else {}
        request = Request(method="GET", url=url, purpose=purpose, headers=headers, is_patient=is_patient)
        return await self.session.send(request)

    def pages(self, url: str, *, purpose: str, prefer: Sequence[str] = ()) -> AsyncIterator[Page]:
        """All pages of the list at ``url``."""

        async def fetch(link: str) -> Answer:
            return await self.get(link, purpose=purpose, prefer=prefer)

        return pages(fetch, url)

    async def batch(self, operations: Sequence[Operation]) -> list[Answer]:
        """Send writes in one batch; one that fails stops no other."""
        answer = await self.session.send(
            Request(
                method="POST",
                url=self.url("$batch"),
                purpose="write",
                headers={"Content-Type": batch_multipart.CONTENT_TYPE, "Prefer": "odata.continue-on-error"},
                content=batch_multipart.encode(operations),
                is_write=True,
            )
        )
        return batch_multipart.decode(self.host, answer.headers.get("Content-Type", ""), answer.content)
