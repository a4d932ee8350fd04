"""The rules of default dimensions."""

from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.rows import find
from crosstie_sandbox.businesscentral.values import ZERO_GUID

_PARENTS = {"Customer": "customers", "Item": "items", "Vendor": "vendors"}


class DefaultDimensionRules(Behaviour):
    """A default dimension belongs to a record, and its value to its dimension."""

    def complete(self, write: Write) -> None:
        """Refuse what belongs to nothing, or a value of another dimension."""
        parents = _PARENTS.get(str(write.row["parentType"]))
        if parents is None or write.row["parentId"] == ZERO_GUID:
            raise dialog("You must get to the parent first to get to the default dimensions.")
        if find(write.database, pages()[parents], id=write.row["parentId"]) is None:
            raise dialog(f'The "parentId" does not match to a {pages()[parents].table}.', "parentId")
        if write.row["dimensionId"] == ZERO_GUID:
            raise dialog('A "dimensionId" must be provided.')
        if write.row["dimensionValueId"] != ZERO_GUID:
            _check_value(write)


def _check_value(write: Write) -> None:
    value = find(write.database, pages()["dimensionValues"], id=write.row["dimensionValueId"])
    if value is None or value["dimensionId"] != write.row["dimensionId"]:
        raise dialog('The "dimensionValueId" does not match to a Dimension Value.', "dimensionValueId")
