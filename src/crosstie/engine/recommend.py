"""The initial synch recommendation of a table: full synchronization, couple records, or nothing."""

from crosstie.model.mapping import TableMapping
from crosstie.model.words import Recommendation


def recommend(mapping: TableMapping, erp_count: int, crm_count: int, coupled: int) -> Recommendation:
    """Recommend from the number of records that meet each side's filter.

    Both sides filled and nothing coupled: coupling comes first, or a full synchronization would make doubles;
    a mapping that matches by itself couples as part of the full synchronization. With couplings left, two empty tables
    are a finding that the full synchronization has to show, not nothing to do.
    """
    if erp_count == 0 and crm_count == 0 and not coupled:
        return Recommendation.NO_RECORDS
    if mapping.match_on or coupled or erp_count == 0 or crm_count == 0:
        return Recommendation.FULL_SYNCHRONIZATION
    return Recommendation.COUPLE_RECORDS
