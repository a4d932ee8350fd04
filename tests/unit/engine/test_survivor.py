"""Whether the record that is left of a pair is still what both sides agreed on, every case of a small domain."""

from itertools import product

import pytest
from tests.unit.engine.builders import CITY, FROM, NAME, STREET, TO, coupling, crm, erp, field, mapping, setting

from crosstie.engine.decide import decide_pair
from crosstie.engine.survivor import edited_fields
from crosstie.model.mapping import FieldMapping
from crosstie.model.reason import ReasonCode
from crosstie.model.value import Value
from crosstie.model.words import ActionKind, Side

VALUES: tuple[Value, ...] = (None, "a", "b")
FIELDS = {"both": NAME, "to": field("name", "name", TO), "from": field("name", "name", FROM)}
DOMAIN = list(product(FIELDS.values(), Side, VALUES, [*VALUES, "never agreed"]))


@pytest.mark.parametrize(("one", "side", "held", "base"), DOMAIN)
def test_a_field_is_edited_unless_it_holds_its_base(one: FieldMapping, side: Side, held: Value, base: Value) -> None:
    """Whatever the version; without a base, anything that would have travelled counts."""
    record = erp(name=held) if side is Side.ERP else crm(name=held)
    tie = coupling({} if base == "never agreed" else {one: (base, base)})
    of = setting(mapping(one))

    edited = edited_fields(of.mapping, of.translation, tie, record, side)

    if base == "never agreed":
        assert bool(edited) is (held is not None and one.direction.writes(side.other))
    else:
        assert bool(edited) is (held != base)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("value", ["a", "b"])
def test_the_decision_says_whether_the_record_that_is_left_was_edited(side: Side, value: str) -> None:
    """It asks either way, and sends nothing; every edited field is named."""
    of = setting(mapping(NAME, STREET, CITY))
    tie = coupling({NAME: ("a", "a"), STREET: ("a", "a"), CITY: ("a", "a")})
    left_erp, left_crm = erp(name="a", street=value, city=value), crm(name="a", line1=value, town=value)

    action = decide_pair(of, tie, left_erp if side is Side.ERP else None, left_crm if side is Side.CRM else None)

    assert (action.kind, action.to_erp, action.to_crm, action.deletes_on) == (ActionKind.CONFLICT, {}, {}, None)
    if value == "a":
        assert action.reason.code is ReasonCode.COUNTERPART_DELETED
    else:
        assert (action.reason.code, action.reason.data["fields"]) == (
            ReasonCode.SURVIVOR_EDITED,
            f"{STREET.name}, {CITY.name}",
        )
