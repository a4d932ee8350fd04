"""The pages there are, in the order of the menu: data, from which routes and menu are made."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: where it is, what it is called, and how many rows of each kind it shows."""

    address: str
    title: str
    menu: str
    icon: str
    template: str
    rows: int


OVERVIEW = Page(address="/", title="Overview", menu="Overview", icon="home", template="overview.html", rows=8)

PAGES: Sequence[Page] = (
    OVERVIEW,
    Page(
        address="/mappings",
        title="Integration Table Mappings",
        menu="Table Mappings",
        icon="document_table",
        template="mappings.html",
        rows=20,
    ),
    Page(address="/couplings", title="Couplings", menu="Couplings", icon="link", template="couplings.html", rows=200),
    Page(
        address="/jobs",
        title="Integration Synchronization Jobs",
        menu="Synchronization Jobs",
        icon="history",
        template="jobs.html",
        rows=100,
    ),
    Page(
        address="/errors",
        title="Coupled Data Synchronization Errors",
        menu="Synchronization Errors",
        icon="branch_compare",
        template="errors.html",
        rows=200,
    ),
)
