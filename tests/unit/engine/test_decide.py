"""Decisions about pairs and single records, example by example."""

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.unit.engine.builders import (
    CITY,
    CURRENCY,
    KIND,
    NAME,
    PHONE,
    SELLER,
    STREET,
    TO,
    coupling,
    crm,
    erp,
    field,
    mapping,
    setting,
)

from crosstie.engine.convert import References
from crosstie.engine.decide import decide_pair, decide_uncoupled
from crosstie.model.mapping import Condition, Operator
from crosstie.model.reason import ReasonCode
from crosstie.model.words import ActionKind, ConflictResolution, Direction, MappingName, RecordId, Side

AGREED = coupling({NAME: ("Adatum", "Adatum"), PHONE: ("1", "1")})


def test_an_edit_on_one_side_goes_to_the_other() -> None:
    """Only the edited field is sent; the untouched one settles."""
    action = decide_pair(
        setting(mapping()), AGREED, erp(name="Adatum AG", phone="1"), crm(name="Adatum", telephone="1")
    )

    assert (action.kind, action.reason.code) == (ActionKind.MODIFY, ReasonCode.CHANGED)
    assert (action.to_crm, action.to_erp) == ({"name": "Adatum AG"}, {})
    assert action.settled == (PHONE.name,)


def test_edits_of_different_fields_on_both_sides_are_no_conflict() -> None:
    """Both edits travel, each to the other side."""
    action = decide_pair(
        setting(mapping()), AGREED, erp(name="Adatum AG", phone="1"), crm(name="Adatum", telephone="2")
    )

    assert (action.to_crm, action.to_erp) == ({"name": "Adatum AG"}, {"phone": "2"})
    assert action.conflicts == ()


def test_the_same_field_edited_on_both_sides_waits_for_a_person() -> None:
    """A conflict carries both values and both bases, and nothing is written."""
    action = decide_pair(setting(mapping()), AGREED, erp(name="A", phone="1"), crm(name="B", telephone="1"))

    (conflict,) = action.conflicts
    assert (action.kind, action.reason.code) == (ActionKind.CONFLICT, ReasonCode.BOTH_EDITED)
    assert (action.to_crm, action.to_erp) == ({}, {})
    assert (conflict.erp, conflict.crm, conflict.base_erp, conflict.base_crm) == (
        ("A",),
        ("B",),
        ("Adatum",),
        ("Adatum",),
    )


def test_a_conflict_in_one_field_does_not_hold_up_another() -> None:
    """The rest of the record goes on."""
    action = decide_pair(setting(mapping()), AGREED, erp(name="A", phone="1"), crm(name="B", telephone="2"))

    assert action.to_erp == {"phone": "2"}
    assert [conflict.unit for conflict in action.conflicts] == [NAME.name]


@pytest.mark.parametrize(
    ("resolution", "to_crm", "to_erp"),
    [
        (ConflictResolution.SEND_UPDATE, {"name": "A"}, {}),
        (ConflictResolution.GET_UPDATE, {}, {"name": "B"}),
    ],
)
def test_a_resolution_decides_a_conflict(
    resolution: ConflictResolution, to_crm: dict[str, str], to_erp: dict[str, str]
) -> None:
    """The side that the mapping lets win is written to the other."""
    of = mapping(on_conflict=resolution)
    action = decide_pair(setting(of), AGREED, erp(name="A", phone="1"), crm(name="B", telephone="1"))

    assert (action.to_crm, action.to_erp, action.conflicts) == (to_crm, to_erp, ())


def test_a_field_may_have_a_resolution_of_its_own() -> None:
    """The field's resolution overrides the mapping's."""
    of = mapping(replace(NAME, on_conflict=ConflictResolution.SEND_UPDATE), PHONE)
    action = decide_pair(setting(of), AGREED, erp(name="A", phone="1"), crm(name="B", telephone="1"))

    assert action.to_crm == {"name": "A"}


def test_the_same_edit_on_both_sides_is_settled() -> None:
    """Two people typing the same value need no write."""
    action = decide_pair(setting(mapping()), AGREED, erp(name="New", phone="1"), crm(name="New", telephone="1"))

    assert (action.kind, action.settled) == (ActionKind.UNCHANGED, (NAME.name, PHONE.name))


def test_an_undo_is_a_change() -> None:
    """Going back to an older value travels like any other edit."""
    was_sent = coupling({NAME: ("Second", "Second"), PHONE: ("1", "1")})
    action = decide_pair(setting(mapping()), was_sent, erp(name="Second", phone="1"), crm(name="First", telephone="1"))

    assert action.to_erp == {"name": "First"}


def test_an_address_merges_as_one() -> None:
    """A street edited here and a city edited there are a conflict, not an address that nobody entered."""
    of = mapping(STREET, CITY)
    agreed = coupling({STREET: ("Old 1", "Old 1"), CITY: ("Bern", "Bern")})
    action = decide_pair(setting(of), agreed, erp(street="New 1", city="Bern"), crm(line1="Old 1", town="Basel"))

    assert (action.to_crm, action.to_erp) == ({}, {})
    assert [(one.unit, one.erp, one.crm) for one in action.conflicts] == [
        ("address", ("New 1", "Bern"), ("Old 1", "Basel"))
    ]


def test_a_group_goes_whole() -> None:
    """One edited field of a group sends every field of it that differs."""
    of = mapping(STREET, CITY)
    agreed = coupling({STREET: ("Old 1", "Old 1"), CITY: ("Bern", "Bern")})
    action = decide_pair(setting(of), agreed, erp(street="New 1", city="Biel"), crm(line1="Old 1", town="Bern"))

    assert action.to_crm == {"line1": "New 1", "town": "Biel"}
    assert action.crm_fields == (STREET.name, CITY.name)


def test_a_normalizing_destination_stays_quiet() -> None:
    """What the ERP upper-cased or cut is not taken for an edit."""
    country = field("country", "land")
    of = mapping(country, STREET)
    agreed = coupling({country: ("CH", "ch"), STREET: ("0123456789", "0123456789 long")})
    action = decide_pair(
        setting(of), agreed, erp(country="CH", street="0123456789"), crm(land="ch", line1="0123456789 long")
    )

    assert (action.kind, action.to_erp, action.to_crm) == (ActionKind.UNCHANGED, {}, {})


def test_a_text_that_does_not_fit_is_cut_and_reported() -> None:
    """The destination gets what fits, and the action names the column."""
    agreed = coupling({STREET: ("a", "a")})
    action = decide_pair(setting(mapping(STREET)), agreed, erp(street="a"), crm(line1="0123456789 too long"))

    assert (action.to_erp, action.truncated) == ({"street": "0123456789"}, ("street",))


@pytest.mark.parametrize("line1", ["0123456789", "0123456789 too long"])
def test_a_text_that_was_cut_is_still_reported_when_nothing_is_sent(line1: str) -> None:
    """As long as the other side holds more; a text that fits is not."""
    action = decide_pair(setting(mapping(STREET)), coupling({}), erp(street="0123456789"), crm(line1=line1))

    assert (action.kind, action.to_erp, action.to_crm) == (ActionKind.UNCHANGED, {}, {})
    assert action.truncated == (() if line1 == "0123456789" else ("street",))


def test_decimals_compare_as_amounts() -> None:
    """10 and 10.00 are one amount."""
    limit = field("limit", "credit", TO)
    action = decide_pair(
        setting(mapping(limit)),
        coupling({limit: (Decimal(5), Decimal(5))}),
        erp(limit=Decimal(10)),
        crm(credit=Decimal("10.00")),
    )

    assert action.kind is ActionKind.UNCHANGED


def test_a_one_way_field_edited_at_its_destination_is_left_alone() -> None:
    """Nothing flows back, and nothing is overwritten until the source changes."""
    number = field("number", "accountnumber", TO)
    agreed = coupling({number: ("10000", "10000")})
    of = setting(mapping(number))

    left = decide_pair(of, agreed, erp(number="10000"), crm(accountnumber="edited"))
    sent = decide_pair(of, agreed, erp(number="10001"), crm(accountnumber="edited"))

    assert (left.to_crm, left.to_erp) == ({}, {})
    assert sent.to_crm == {"accountnumber": "10001"}


def test_without_a_base_a_blank_side_is_filled() -> None:
    """Two records coupled by hand complete each other."""
    action = decide_pair(setting(mapping()), coupling({}), erp(name="Adatum"), crm(name="Adatum", telephone="5"))

    assert (action.to_erp, action.to_crm, action.settled) == ({"phone": "5"}, {}, (NAME.name,))


def test_without_a_base_different_values_wait_for_a_person() -> None:
    """Nobody can tell which value is newer."""
    action = decide_pair(setting(mapping(NAME)), coupling({}), erp(name="A"), crm(name="B"))

    assert (action.kind, action.reason.code) == (ActionKind.CONFLICT, ReasonCode.NEVER_AGREED)


def test_a_frozen_field_is_never_sent_again() -> None:
    """After a write with an ambiguous outcome only a person decides; equality settles it."""
    frozen = frozenset({NAME.name})
    of = setting(mapping())

    held = decide_pair(of, AGREED, erp(name="New", phone="1"), crm(name="Adatum", telephone="1"), frozen)
    equal = decide_pair(of, AGREED, erp(name="New", phone="1"), crm(name="New", telephone="1"), frozen)

    assert (held.to_crm, held.conflicts[0].reason.code) == ({}, ReasonCode.OUTCOME_AMBIGUOUS)
    assert equal.kind is ActionKind.UNCHANGED


@pytest.mark.parametrize(("erp_is_there", "side"), [(True, "CRM"), (False, "ERP")])
def test_a_deleted_counterpart_asks(erp_is_there: bool, side: str) -> None:
    """A deletion is never carried over by itself, and never undone by itself."""
    left_erp = erp(name="Adatum", phone="1") if erp_is_there else None
    left_crm = None if erp_is_there else crm(name="Adatum", telephone="1")
    action = decide_pair(setting(mapping()), AGREED, left_erp, left_crm)

    assert (action.kind, action.reason.code, action.reason.data["side"]) == (
        ActionKind.CONFLICT,
        ReasonCode.COUNTERPART_DELETED,
        side,
    )
    assert (action.to_crm, action.to_erp) == ({}, {})


def test_a_record_that_left_the_filter_sends_nothing() -> None:
    """A blocked customer stays coupled and is left alone."""
    action = decide_pair(setting(mapping()), AGREED, erp(name="New", blocked="All"), crm(name="Adatum"))

    assert (action.kind, action.reason.code, action.to_crm) == (ActionKind.IGNORE, ReasonCode.LEFT_FILTER, {})


LOCAL = RecordId("crm-local")
EURO = References(
    crm_ids={(MappingName("CURRENCY"), "id", "erp-eur"): RecordId("crm-eur")},
    erp_keys={(MappingName("CURRENCY"), "id", "crm-eur"): "erp-eur"},
    facts={"local_currency_row": LOCAL},
)


def test_a_reference_is_translated_through_couplings() -> None:
    """Both ways: the ERP's currency id and the CRM's are one currency."""
    of = setting(mapping(CURRENCY), EURO)
    agreed = coupling({CURRENCY: (None, LOCAL)})

    to_crm = decide_pair(of, agreed, erp(currency="erp-eur"), crm(money=LOCAL))
    to_erp = decide_pair(of, agreed, erp(), crm(money="crm-eur"))

    assert (to_crm.to_crm, to_erp.to_erp) == ({"money": "crm-eur"}, {"currency": "erp-eur"})


def test_blank_in_the_erp_is_the_local_currency_in_the_crm() -> None:
    """The two ways to say local currency are equal."""
    action = decide_pair(setting(mapping(CURRENCY), EURO), coupling({}), erp(), crm(money=LOCAL))

    assert (action.kind, action.settled) == (ActionKind.UNCHANGED, (CURRENCY.name,))


def test_a_required_reference_to_an_uncoupled_record_waits() -> None:
    """The record names what it waits for."""
    action = decide_uncoupled(setting(mapping(NAME, CURRENCY), EURO), erp(name="A", currency="erp-usd"), Side.ERP)

    assert (action.kind, action.reason.code) == (ActionKind.WAIT, ReasonCode.NEEDS_COUPLING)
    assert [(need.mapping, need.side, need.key, need.value) for need in action.needs] == [
        ("CURRENCY", Side.ERP, "id", "erp-usd")
    ]


def test_an_optional_reference_to_an_uncoupled_record_is_left_out_for_now() -> None:
    """The record is created without it and named to be completed later."""
    action = decide_uncoupled(setting(mapping(NAME, SELLER)), erp(name="A", seller="JR"), Side.ERP)

    assert (action.kind, action.to_crm) == (ActionKind.INSERT, {"name": "A"})
    assert [(need.field, need.is_required) for need in action.needs] == [(SELLER.name, False)]


def test_a_blank_source_leaves_a_not_null_field_as_it_is() -> None:
    """A customer without a salesperson keeps the account's owner."""
    action = decide_pair(setting(mapping(SELLER)), coupling({}), erp(), crm(owner="somebody"))

    assert (action.kind, action.to_crm, action.settled) == (ActionKind.UNCHANGED, {}, ())


def test_a_new_record_is_created_with_constants_and_without_blanks() -> None:
    """What is blank is not sent; constants are."""
    action = decide_uncoupled(setting(mapping(NAME, PHONE, KIND)), erp(name="A"), Side.ERP)

    assert (action.kind, action.to_crm) == (ActionKind.INSERT, {"name": "A", "kind": 3})
    assert action.crm_fields == (NAME.name, PHONE.name)


@pytest.mark.parametrize(
    ("change", "creates", "code"),
    [
        ({"erp_filter": (Condition("blocked", Operator.IS_SET),)}, True, ReasonCode.OUTSIDE_FILTER),
        ({"direction": Direction.FROM_INTEGRATION_TABLE}, True, ReasonCode.WRONG_DIRECTION),
        ({}, False, ReasonCode.NOT_COUPLED),
    ],
)
def test_an_uncoupled_record_that_takes_no_part_says_why(
    change: dict[str, object], creates: bool, code: ReasonCode
) -> None:
    """Outside the filter, wrong direction, only coupled records: each has its reason."""
    action = decide_uncoupled(setting(mapping(**change), creates=creates), erp(name="A"), Side.ERP)

    assert (action.kind, action.reason.code, action.to_crm) == (ActionKind.IGNORE, code, {})


def test_a_one_way_field_that_agrees_becomes_base() -> None:
    """An edit at its destination afterwards is left alone like any other."""
    number = field("number", "accountnumber", TO)
    action = decide_pair(setting(mapping(number)), coupling({}), erp(number="10000"), crm(accountnumber="10000"))

    assert (action.kind, action.settled) == (ActionKind.UNCHANGED, (number.name,))


CREDIT = field("limit", "credit", TO)


@pytest.mark.parametrize(
    ("chosen", "to_crm", "to_erp"),
    [
        (Side.CRM, {"name": "A", "telephone": "1", "credit": Decimal("5.00")}, {}),
        (Side.ERP, {"credit": Decimal("5.00")}, {"name": "B", "phone": "2"}),
    ],
)
def test_a_chosen_direction_overwrites_whatever_was_edited_there(
    chosen: Side, to_crm: dict[str, object], to_erp: dict[str, object]
) -> None:
    """Edited on both sides, or only at the destination; a field that goes the other way only goes as ever."""
    agreed = coupling({NAME: ("Adatum", "Adatum"), PHONE: ("1", "1"), CREDIT: (Decimal("1.00"), Decimal("1.00"))})
    limit = Decimal("5.00")

    action = decide_pair(
        setting(mapping(NAME, PHONE, CREDIT)),
        agreed,
        erp(name="A", phone="1", limit=limit),
        crm(name="B", telephone="2", credit=Decimal("1.00")),
        chosen=chosen,
    )

    assert (action.kind, action.conflicts) == (ActionKind.MODIFY, ())
    assert (action.to_crm, action.to_erp) == (to_crm, to_erp)
    assert action.reason.code is ReasonCode.DIRECTION_CHOSEN
    assert action.reason.data["side"] == chosen.other.value.upper()


def test_a_chosen_direction_settles_an_interrupted_write_where_it_may() -> None:
    """A person decides what nobody could tell; what cannot go their way goes on asking."""
    pair = (coupling({}), erp(name="A", limit=Decimal(5)), crm(name="B", credit=Decimal(1)))
    held = frozenset({NAME.name, CREDIT.name})

    chosen = decide_pair(setting(mapping(NAME, CREDIT)), *pair, held, chosen=Side.ERP)

    assert chosen.to_erp == {"name": "B"}
    assert [(one.unit, one.reason.code) for one in chosen.conflicts] == [(CREDIT.name, ReasonCode.OUTCOME_AMBIGUOUS)]
