"""How much an answer says about itself: `Accept: application/json;odata.metadata=none|minimal|full`.

Minimal is what everything else in this package writes. None takes it away except for counts and the next page; full
adds the type and the addresses of each record at the top.
"""

import re
from collections.abc import Mapping

from crosstie_sandbox.businesscentral.calls import Answer, Call
from crosstie_sandbox.businesscentral.page import Kind, Page

_LEVEL = re.compile(r"\bodata\.metadata\s*=\s*(none|minimal|full)\b")
_KEPT = ("@odata.nextLink", "@odata.count")


def level_of(accept: str) -> str:
    """What an Accept header asks for."""
    found = _LEVEL.search(accept)
    return found[1] if found else "minimal"


def at_level(answer: Answer, level: str) -> Answer:
    """An answer with as little about itself as was asked for."""
    if level == "minimal" or not isinstance(answer.body, Mapping) or "error" in answer.body:
        return answer
    body = _bare(answer.body) if level == "none" else answer.body
    headers = {**answer.headers, "content-type": f"application/json; odata.metadata={level}"}
    return Answer(answer.status, body, headers)


def _bare(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _bare(part) for name, part in value.items() if "@odata." not in name or name.endswith(_KEPT)}
    return [_bare(part) for part in value] if isinstance(value, list) else value


def with_addresses(call: Call, company_id: str, page: Page, row: dict[str, object]) -> dict[str, object]:
    """A record as it is shown at the level asked for: at full with its type and where it can be read and changed."""
    if level_of(call.headers.get("accept", "")) != "full":
        return row
    described: dict[str, object] = {"@odata.type": f"#{page.type_name}"}
    if page.identity in row:
        company = "" if page.of_environment else f"companies({company_id})/"
        key = row[page.identity] if page.properties[page.identity].kind is Kind.GUID else f"'{row[page.identity]}'"
        described["@odata.id"] = described["@odata.editLink"] = f"{call.root}/{company}{page.entity_set}({key})"
    return {**described, **row}
