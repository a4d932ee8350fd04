"""What is published at the moment: services, the parts of their pages, and how queries see them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.page import Page
from crosstie_sandbox.businesscentral.published_page import Part, PublishedPage, exposed_name, published_pages

NAMESPACE = "NAV"


@dataclass(frozen=True, slots=True)
class Service:
    """An entity set: a page under a name, or a part of such a page."""

    name: str
    page: PublishedPage
    part_of: str | None = None
    part: Part | None = None

    @property
    def reading(self) -> Page:
        """The page as queries see it."""
        return _reading(self.page.number, self.name)

    def parts(self) -> Mapping[str, "Service"]:
        """The pages within this one."""
        if self.part is not None:
            return {}
        pages = published_pages()
        found = [
            Service(f"{self.name}{part.name}", pages[part.page], self.name, part) for part in self.page.parts.values()
        ]
        return {service.name: service for service in found}


def services(database: Database) -> Mapping[str, Service]:
    """The entity sets that are published, by name."""
    rows = database.connection.execute(
        "SELECT serviceName, objectId FROM webServices WHERE objectType = 'Page' AND published = 1 ORDER BY serviceName"
    )
    found: dict[str, Service] = {}
    for name, number in rows.fetchall():
        page = published_pages().get(number)
        if page is not None:
            service = Service(exposed_name(name), page)
            found[service.name] = service
            found |= service.parts()
    return found


@cache
def _reading(number: int, name: str) -> Page:
    page = published_pages()[number]
    properties = {control.property.name: control.property for control in page.controls.values()}
    return replace(
        page.table,
        entity=name,
        entity_set=page.view,
        key=page.keys[0] if len(page.keys) == 1 else None,
        order=page.keys,
        allows=page.allows,
        view=True,
        number_series=None,
        unlisted={},
        properties=properties,
        columns=properties,
        navigations={},
        actions=(),
        needs=None,
        namespace=NAMESPACE,
    )


def create_views(database: Database) -> None:
    """Make the views that the pages are read from; they last as long as the connection."""
    for page in published_pages().values():
        listed = ", ".join(f'{control.sql} AS "{name}"' for name, control in page.controls.items())
        restriction = f" WHERE {page.where}" if page.where else ""
        database.connection.execute(
            f'CREATE TEMP VIEW IF NOT EXISTS "{page.view}" AS SELECT {listed}, base."id" AS "id", '
            f'base."etag" AS "etag" FROM "{page.table.entity_set}" AS base{restriction}'
        )
