"""What can be reached from a record of a web service: the pages within its page, and records that its codes name.

A code that names a record leads there by `<control>_Link` if a page of that table is published.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.webservices.services import Service, services


@dataclass(frozen=True, slots=True)
class Link:
    """A way from one service to another: the rows whose properties `on` hold the values of properties of ours."""

    name: str
    service: Service
    on: Mapping[str, str]
    contained: bool


def links(database: Database, service: Service) -> Mapping[str, Link]:
    """The links of a service by name."""
    return links_among(services(database), service)


def links_among(published: Mapping[str, Service], service: Service) -> Mapping[str, Link]:
    """The links of a service to those that are published."""
    found = {
        name: Link(name, part, part.part.on, contained=True) for name, part in service.parts().items() if part.part
    }
    for control in service.page.controls.values():
        if control.property.relation is None:
            continue
        target, key = control.property.relation
        for other in published.values():
            if other.part is None and other.page.table.entity_set == target and _is_key(other, key):
                name = f"{control.property.name}_Link"
                found.setdefault(name, Link(name, other, {other.page.keys[0]: control.property.name}, contained=False))
    return found


def _is_key(service: Service, column: str) -> bool:
    keys = service.page.keys
    return len(keys) == 1 and service.page.controls[keys[0]].column == column
