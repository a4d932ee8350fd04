"""The initial recommendation of a full synch review line, over its whole small domain."""

from dataclasses import replace
from itertools import product

from tests.unit.engine.builders import NAME, mapping

from crosstie.engine.recommend import recommend
from crosstie.model.words import Recommendation

BY_MATCH = replace(mapping(NAME), match_on=(NAME.name,))


def test_every_recommendation_is_the_one_that_people_would_make() -> None:
    """Nothing anywhere: nothing to do; both sides filled and no coupling: couple first, or there would be doubles."""
    for of, erp, crm, coupled in product((mapping(NAME), BY_MATCH), (0, 7), (0, 7), (0, 3)):
        if not (erp or crm or coupled):
            expected = Recommendation.NO_RECORDS
        elif erp and crm and not coupled and of is not BY_MATCH:
            expected = Recommendation.COUPLE_RECORDS
        else:
            expected = Recommendation.FULL_SYNCHRONIZATION

        assert recommend(of, erp, crm, coupled) is expected, (of.match_on, erp, crm, coupled)
