"""Publishing: what an administrator does on the page Web Services, as calls."""

from collections.abc import Iterable
from dataclasses import dataclass

from crosstie_sandbox.businesscentral import writing
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.page import tables
from crosstie_sandbox.businesscentral.published_page import PublishedPage, exposed_name, published_pages
from crosstie_sandbox.businesscentral.rows import Row, those


@dataclass(frozen=True, slots=True)
class Publication:
    """A line of the page Web Services."""

    page: PublishedPage
    name: str
    published: bool

    @property
    def exposed(self) -> str:
        """The name of the entity set."""
        return exposed_name(self.name)


def publications(database: Database) -> tuple[Publication, ...]:
    """What was published once, in the order of the pages; lines that were taken back are in it too."""
    known = published_pages()
    lines = [
        Publication(known[int(row["objectId"])], str(row["serviceName"]), bool(row["published"]))
        for row in _rows(database)
        if int(row["objectId"]) in known
    ]
    return tuple(sorted(lines, key=lambda line: (line.page.number, line.name)))


def publish(database: Database, number: int, name: str | None = None) -> None:
    """Publish a page, under the name the integration looks for unless another is given; again changes nothing."""
    page = published_pages().get(number)
    wanted = name or (page.service if page else "")
    with database.transaction():
        for row in _rows(database):
            if row["objectId"] == number and row["serviceName"] == wanted:
                if not row["published"]:
                    _modify(database, row, published=1)
                return
        changes: dict[str, str | int] = {
            "objectType": "Page",
            "objectId": number,
            "serviceName": wanted,
            "published": 1,
        }
        writing.insert(database, tables()["webServices"], changes)


def publish_all(database: Database, numbers: Iterable[int]) -> None:
    """Publish pages under the names that the integration looks for, unless they are published already."""
    with database.transaction():
        there = {line.page.number for line in publications(database) if line.published}
        for number in numbers:
            if number not in there:
                publish(database, number)


def needed_by_integration() -> tuple[int, ...]:
    """The pages that the integration with a CRM reads and writes."""
    return tuple(number for number, page in published_pages().items() if page.integration)


def unpublish(database: Database, name: str) -> None:
    """Take a service back; its line stays."""
    with database.transaction():
        _modify(database, _named(database, name), published=0)


def rename(database: Database, name: str, new_name: str) -> None:
    """Give a service another name; the old one is gone at once."""
    with database.transaction():
        _modify(database, _named(database, name), serviceName=new_name)


def _rows(database: Database) -> list[Row]:
    return those(database, tables()["webServices"], objectType="Page")


def _named(database: Database, name: str) -> Row:
    for row in _rows(database):
        if row["serviceName"] == name:
            return row
    raise dialog(f"There is no web service named '{name}'.", "serviceName")


def _modify(database: Database, row: Row, **changes: str | int) -> None:
    writing.modify(database, tables()["webServices"], str(row["id"]), dict(changes), "*")
