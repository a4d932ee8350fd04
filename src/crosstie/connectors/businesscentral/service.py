"""The API's address space: URLs of one company, pages, and JSON batches of at most 100 over one session."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from http import HTTPStatus

from crosstie.odata import batch_json
from crosstie.odata.batch import Operation
from crosstie.odata.errors import NotUnderstoodError, RefusedError
from crosstie.odata.literals import query, within_number
from crosstie.odata.message import Answer, JsonObject, Request
from crosstie.odata.paging import Page, page_of, pages
from crosstie.odata.session import Session

HEADERS = {"Accept": "application/json", "OData-MaxVersion": "4.0"}
BATCH_SIZE = 100
_THROTTLE = "Application_TooManyRequests"
_READS_SIZE = 20
"""Reads in one batch: an answer of 20 lists of 50 rows is large enough."""


def is_throttle(answer: Answer) -> bool:
    """Too many requests, in the vendor's error body; a 503 may be a gateway's that let the request through."""
    code = answer.error()[0]
    return code == _THROTTLE or (answer.status == HTTPStatus.TOO_MANY_REQUESTS and code != "")


class Service:
    """Requests to one company."""

    def __init__(self, session: Session, company_id: str) -> None:
        self.session = session
        self.host = session.host
        self.company_id = company_id
        self._company = f"companies({company_id})"

    def url(self, path: str, options: Mapping[str, str] | None = None) -> str:
        """Absolute URL of ``path`` in the company."""
        return f"{self.session.url}/{self.inner_url(path, options)}"

    def inner_url(self, path: str, options: Mapping[str, str] | None = None) -> str:
        """URL of ``path`` inside a batch."""
        return f"{self._company}/{path}" + (f"?{query(options)}" if options else "")

    async def get(self, url: str, *, purpose: str, page_size: int | None = None, is_patient: bool = True) -> Answer:
        """Read ``url``."""
        headers = {} if page_size is None else {"Prefer": f"odata.maxpagesize={page_size}"}
        request = Request(method="GET", url=url, purpose=purpose, headers=headers, is_patient=is_patient)
        return await self.session.send(request)

    def pages(self, url: str, *, purpose: str, page_size: int | None = None) -> AsyncIterator[Page]:
        """All pages of the list at ``url``."""

        async def fetch(link: str) -> Answer:
            return await self.get(link, purpose=purpose, page_size=page_size)

        return pages(fetch, url)

    async def lists(
        self, inner_urls: Sequence[str], *, purpose: str, may_be_missing: bool = False
    ) -> list[list[JsonObject]]:
        """All rows of each of the lists, read in batches; one that ``may_be_missing`` counts as empty then."""
        slices = list(within_number(inner_urls, _READS_SIZE))
        parts = await asyncio.gather(*(self._lists(slice_, purpose, may_be_missing) for slice_ in slices))
        return [rows for part in parts for rows in part]

    async def _lists(self, inner_urls: Sequence[str], purpose: str, may_be_missing: bool) -> list[list[JsonObject]]:
        operations = [Operation(method="GET", url=url, headers=HEADERS) for url in inner_urls]
        lists: list[list[JsonObject]] = []
        for answer in await self.batch(operations, purpose=purpose, is_write=False):
            if answer is None:
                raise NotUnderstoodError(self.host, "a read of a batch left unanswered")
            if answer.status == HTTPStatus.NOT_FOUND and may_be_missing:
                lists.append([])
            elif answer.status >= HTTPStatus.BAD_REQUEST:
                raise RefusedError(answer.host, answer.status, *answer.error())
            else:
                lists.append(await self._rows(answer, purpose))
        return lists

    async def _rows(self, answer: Answer, purpose: str) -> list[JsonObject]:
        page = page_of(answer)
        rows = list(page.rows)
        if page.next_link is not None:
            rows += [row async for more in self.pages(page.next_link, purpose=purpose) for row in more.rows]
        return rows

    async def batch(self, operations: Sequence[Operation], *, purpose: str, is_write: bool) -> list[Answer | None]:
        """Send operations in one batch; one that fails stops no other."""
        answer = await self.session.send(
            Request(
                method="POST",
                url=f"{self.session.url}/$batch",
                purpose=purpose,
                headers={"Content-Type": batch_json.CONTENT_TYPE, "Prefer": "odata.continue-on-error"},
                content=batch_json.encode(operations),
                is_write=is_write,
            )
        )
        return batch_json.decode(self.host, answer.content, len(operations))
