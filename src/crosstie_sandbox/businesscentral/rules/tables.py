"""Which table has which rule."""

from collections.abc import Mapping

from crosstie_sandbox.businesscentral.page import Page
from crosstie_sandbox.businesscentral.rules.rule import Rule
from crosstie_sandbox.businesscentral.rules.ship_to import SHIP_TO
from crosstie_sandbox.businesscentral.rules.web_services import WEB_SERVICES

_RULES: Mapping[str, Rule] = {
    "shipToAddresses": SHIP_TO,
    "webServices": WEB_SERVICES,
}
_NO_RULE = Rule()


def rule_of(page: Page) -> Rule:
    """The rule of the table behind a page."""
    return _RULES.get(page.entity_set, _NO_RULE)
