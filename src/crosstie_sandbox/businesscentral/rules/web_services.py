"""Published web services: the object exists, and its name can be part of an address and is nobody else's."""

import re

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.page import tables
from crosstie_sandbox.businesscentral.payload import Changes
from crosstie_sandbox.businesscentral.published_page import exposed_name, published_pages
from crosstie_sandbox.businesscentral.rows import Row, those
from crosstie_sandbox.businesscentral.rules.rule import Rule

_NAME = re.compile(r"[A-Za-z]\w*")
_RESERVED = frozenset({"Company"})


def _complete(database: Database, row: Row, _changes: Changes, _before: Row | None) -> None:
    name = exposed_name(str(row["serviceName"]))
    if _NAME.fullmatch(name) is None or name in _RESERVED:
        raise dialog(
            f"The service name '{row['serviceName']}' is not valid. It must begin with a letter, hold letters, digits "
            "and underscores only, and not be Company.",
            "serviceName",
        )
    if row["objectType"] != "Page" or row["objectId"] not in published_pages():
        raise dialog(
            f"There is no object {row['objectType']} {row['objectId']} that can be published. "
            f"The pages are {', '.join(str(number) for number in published_pages())}.",
            "objectId",
        )
    for other in those(database, tables()["webServices"]):
        if other["id"] != row["id"] and exposed_name(str(other["serviceName"])).lower() == name.lower():
            raise dialog(f"The service name '{row['serviceName']}' is in use already.", "serviceName")


WEB_SERVICES = Rule(complete=_complete)
