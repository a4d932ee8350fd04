"""The order of mappings."""

import pytest

from crosstie.app.mappings import default_mappings
from crosstie.engine.order import waves
from crosstie.model.errors import SetupError
from crosstie.model.words import MappingName
from crosstie.rules.conversions import CONVERSIONS


def test_the_default_mappings_run_in_dependency_order() -> None:
    """Currencies and salespeople before customers, customers before contacts."""
    needs = {name: mapping.depends_on for name, mapping in default_mappings(CONVERSIONS).items()}

    assert waves(needs) == [("CURRENCY", "SALESPEOPLE"), ("CUSTOMER",), ("CONTACT",)]


def test_a_circle_is_an_error_that_names_it() -> None:
    """Nothing starts when mappings wait for each other."""
    a, b = MappingName("A"), MappingName("B")

    with pytest.raises(SetupError, match=r"circle: (A → B → A|B → A → B)"):
        waves({a: [b], b: [a]})
