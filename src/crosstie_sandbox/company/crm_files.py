"""Which files the CRM side of a company may have, and with which columns."""

from crosstie_sandbox.dataverse.definitions import shipped_schema
from crosstie_sandbox.dataverse.loading import LOADABLE


def crm_sets() -> tuple[str, ...]:
    """The entity sets that can be loaded."""
    return LOADABLE


def crm_columns(entity_set: str) -> tuple[str, ...]:
    """The columns that a file of an entity set may have: properties, and lookups by their navigation property."""
    table = shipped_schema().entity_sets[entity_set]
    plain = [column.name for column in table.columns if column.wire == column.name and not column.read_only]
    lookups = [name for name, navigation in table.navigations.items() if not navigation.read_only]
    return (*plain, *lookups)
