"""Where an address leads: a set, a row, a part of a row, one property, or an action on a row."""

from dataclasses import dataclass, field

from crosstie_sandbox.businesscentral.addresses import Step, Target, guid, quoted
from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import no_row, no_set
from crosstie_sandbox.businesscentral.page import Kind, Navigation, Page, pages
from crosstie_sandbox.businesscentral.rows import Row, find, get
from crosstie_sandbox.businesscentral.values import ZERO_GUID

ACTION = "Microsoft.NAV."


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address leads."""

    page: Page
    row: Row | None = None
    """The row, unless the address leads to a set."""
    scope: dict[str, str] = field(default_factory=dict)
    """What the rows of the set hold because of the row they belong to."""
    fixed: dict[str, str] = field(default_factory=dict)
    """What else a row holds that is made here."""
    missing: bool = False
    """The way leads to at most one row, and there is none."""
    shown: str | None = None
    """The one property of the row that is meant."""
    action: str | None = None


def find_place(database: Database, target: Target) -> Place:
    """Follow the steps of an address; raises when one of them leads nowhere."""
    ways = _ways(target)
    first = target.steps[0]
    page = pages()[first.name]
    place = Place(page) if first.key is None else Place(page, get(database, page, _key(page, first)))
    for step, way in zip(target.steps[1:], ways, strict=True):
        if isinstance(way, Navigation):
            place = _navigate(database, _owner(place, step), way, step)
        elif way.startswith(ACTION):
            place = Place(place.page, _owner(place, step), action=way.removeprefix(ACTION))
        else:
            place = Place(place.page, _owner(place, step), shown=way)
    return place


def _key(page: Page, step: Step) -> str:
    """The key of a row: a Guid, or a text in quotes."""
    return guid(step) if page.properties[page.identity].kind is Kind.GUID else quoted(step)


def _ways(target: Target) -> list[Navigation | str]:
    """What each step after the first one is: a navigation, or as the last one a property or an action."""
    first, *rest = target.steps
    page = pages().get(first.name)
    if page is None:
        raise no_set(first.name)
    ways: list[Navigation | str] = []
    for step in rest:
        navigation = page.navigations.get(step.name)
        if navigation is not None:
            ways.append(navigation)
            page = pages()[navigation.target]
        elif step is rest[-1] and step.key is None and _is_own(page, step.name):
            ways.append(step.name)
        else:
            raise no_set(step.name)
    return ways


def _is_own(page: Page, name: str) -> bool:
    """Whether a page itself has a property, bytes or an action of a name."""
    if name.startswith(ACTION):
        return name.removeprefix(ACTION) in page.actions
    return name in page.properties or (name == page.media != "")


def _owner(place: Place, step: Step) -> Row:
    """The row that a step starts from."""
    if place.missing:
        raise no_row(place.page)
    if place.row is None:
        raise no_set(step.name)
    return place.row


def _navigate(database: Database, row: Row, navigation: Navigation, step: Step) -> Place:
    page = pages()[navigation.target]
    owner = str(row["id"])
    if not navigation.leads_to_one:
        scope = {navigation.on: owner}
        if step.key is None:
            return Place(page, scope=scope, fixed=dict(navigation.fixed))
        found = get(database, page, guid(step))
        if found[navigation.on] != owner:
            raise no_row(page)
        return Place(page, found)
    if step.key is not None:
        raise no_set(step.name)
    wanted = {"id": str(row[navigation.by])} if navigation.by else {navigation.on: owner}
    if ZERO_GUID in wanted.values():
        return Place(page, missing=True)
    found_one = find(database, page, **wanted)
    return Place(page, found_one, missing=found_one is None)
