"""The rules of published web services: the object exists, and its name can stand in an address and is nobody else's."""

import re

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.published_page import exposed_name, published_pages
from crosstie_sandbox.businesscentral.rows import those

_NAME = re.compile(r"[A-Za-z]\w*")
_RESERVED = frozenset({"Company"})


class WebServiceRules(Behaviour):
    """What can be published, and under which names."""

    def complete(self, write: Write) -> None:
        """Check object and name."""
        row = write.row
        name = exposed_name(str(row["serviceName"]))
        if _NAME.fullmatch(name) is None or name in _RESERVED:
            raise dialog(
                f"The service name '{row['serviceName']}' is not valid. It must begin with a letter, hold letters, "
                "digits and underscores only, and not be Company.",
                "serviceName",
            )
        if row["objectType"] != "Page" or row["objectId"] not in published_pages():
            raise dialog(
                f"There is no object {row['objectType']} {row['objectId']} that can be published. "
                f"The pages are {', '.join(str(number) for number in published_pages())}.",
                "objectId",
            )
        for other in those(write.database, write.page):
            if other["id"] != row["id"] and exposed_name(str(other["serviceName"])).lower() == name.lower():
                raise dialog(f"The service name '{row['serviceName']}' is in use already.", "serviceName")
