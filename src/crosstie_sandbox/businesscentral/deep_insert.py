"""A record and the parts of it that its body holds, made together: all of them or none."""

from collections.abc import Mapping

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import bad_request
from crosstie_sandbox.businesscentral.page import Navigation, Page, pages
from crosstie_sandbox.businesscentral.payload import Changes, read_body
from crosstie_sandbox.businesscentral.rows import Row, get
from crosstie_sandbox.businesscentral.writing import insert

_DEEPEST = 5


def insert_deep(database: Database, page: Page, body: object, belongs: Mapping[str, str], depth: int = 1) -> Row:
    """Insert a body; `belongs` holds what ties the new row to the one it is a part of, whatever the body says."""
    parts = _parts(page, body)
    own = {name: value for name, value in body.items() if name not in parts} if isinstance(body, Mapping) else body
    changes: Changes = {**belongs, **read_body(page, own), **belongs}
    row = insert(database, page, changes)
    if not parts:
        return row
    if depth == _DEEPEST:
        raise bad_request(f"The body holds parts of parts deeper than {_DEEPEST} levels.")
    for name, bodies in parts.items():
        navigation = page.navigations[name]
        tie = {navigation.on: str(row["id"]), **navigation.fixed}
        for part in bodies:
            insert_deep(database, pages()[navigation.target], part, tie, depth + 1)
    return get(database, page, str(row["id"]))


def _parts(page: Page, body: object) -> dict[str, list[object]]:
    """The rows of parts in a body, by the name of the part."""
    found: dict[str, list[object]] = {}
    for name, value in body.items() if isinstance(body, Mapping) else ():
        navigation = page.navigations.get(name)
        if navigation is None or not _can_be_inserted(navigation):
            continue
        if not isinstance(value, list):
            raise bad_request(f"The value of '{name}' must be an array.")
        found[name] = value
    return found


def _can_be_inserted(navigation: Navigation) -> bool:
    return not navigation.leads_to_one and "insert" in pages()[navigation.target].allows
