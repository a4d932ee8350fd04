"""Following ``@odata.nextLink`` to the end of a list."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from crosstie.odata.errors import NotUnderstoodError
from crosstie.odata.message import Answer, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list."""

    rows: Sequence[JsonObject]
    next_link: str | None
    delta_link: str | None
    count: int | None


def page_of(answer: Answer) -> Page:
    """Read a page."""
    body = answer.json()
    rows, next_link = body.get("value"), body.get("@odata.nextLink")
    delta_link, count = body.get("@odata.deltaLink"), body.get("@odata.count")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise NotUnderstoodError(answer.host, "a list without rows")
    return Page(
        rows=rows,
        next_link=next_link if isinstance(next_link, str) and next_link else None,
        delta_link=delta_link if isinstance(delta_link, str) and delta_link else None,
        count=count if isinstance(count, int) else None,
    )


async def pages(fetch: Callable[[str], Awaitable[Answer]], url: str) -> AsyncIterator[Page]:
    """All pages from ``url`` on, links used as they are; a link to the page it stands on would never end."""
    link: str | None = url
    while link is not None:
        answer = await fetch(link)
        page = page_of(answer)
        if page.next_link == link:
            raise NotUnderstoodError(answer.host, "a page that names itself as the next one")
        link = page.next_link
        yield page
