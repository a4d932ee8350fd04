"""What became of a create without a key, over all small sets of records that look like it."""

from dataclasses import replace
from itertools import product

import pytest
from tests.unit.engine.builders import ERP_TABLE
from tests.unit.engine.test_settle import MODIFY

from crosstie.engine.keyless import is_keyless, judge_keyless
from crosstie.model.intent import IntentState
from crosstie.model.record import Record
from crosstie.model.words import RecordId, Side, Version

CREATE = replace(
    MODIFY,
    destination=Side.ERP,
    is_insert=True,
    erp_id=None,
    version=None,
    before={},
    values={"name": "Adatum", "country": "ch"},
)
EXACT, EDITED = {"name": "Adatum", "country": "CH"}, {"name": "Adatum", "country": "DE"}


@pytest.mark.parametrize(
    "kinds", [kinds for size in range(4) for kinds in product((True, False), repeat=size)], ids=str
)
def test_only_the_one_record_that_holds_all_that_was_sent_is_it(kinds: tuple[bool, ...]) -> None:
    """None alike: it never came. One exact: that is it. Anything else is for a person."""
    alike = [
        Record(id=RecordId(f"e{number}"), version=Version("v"), values=EXACT if is_exact else EDITED)
        for number, is_exact in enumerate(kinds)
    ]

    state, record = judge_keyless(CREATE, alike, ERP_TABLE)

    if not kinds:
        assert (state, record) == (IntentState.NOT_LANDED, None)
    elif sum(kinds) == 1:
        assert (state, record) == (IntentState.LANDED, alike[kinds.index(True)])
    else:
        assert (state, record) == (IntentState.AMBIGUOUS, None)


def test_without_anything_to_look_for_a_person_is_asked() -> None:
    """Not created anew: it may be there."""
    assert judge_keyless(CREATE, None, ERP_TABLE) == (IntentState.AMBIGUOUS, None)


@pytest.mark.parametrize(("side", "number", "is_insert"), list(product(Side, [None, "CRM1"], [True, False])))
def test_a_reserved_number_or_a_derived_id_is_a_key(side: Side, number: str | None, is_insert: bool) -> None:
    """Only an ERP record to be created without a number of ours has none."""
    intent = replace(CREATE, destination=side, number=number, is_insert=is_insert)

    assert is_keyless(intent) is (side is Side.ERP and number is None and is_insert)
