"""Transformation rules: what each does, what it refuses, and that none of them makes values bounce."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.engine import builders as make

from crosstie.app.field_rules import read_rules
from crosstie.engine.code_lists import country_alpha3, country_names, language_lcids
from crosstie.engine.convert import Converted, Invalid, Keep, Pair, References, Translation
from crosstie.engine.decide import decide_pair
from crosstie.model.mapping import FieldMapping, Reference
from crosstie.model.schema import Column, Kind, TableSchema
from crosstie.model.value import Value
from crosstie.model.words import ActionKind, Direction, MappingName, Side

BOTH, TO, FROM = make.BOTH, make.TO, make.FROM


def field(direction: Direction, *rules: dict[str, Any], **more: Any) -> FieldMapping:
    """A field between the columns ``a`` and ``b`` with these rules."""
    data = {"erp": "a", "crm": "b", "rules": list(rules), **more}
    return FieldMapping(erp=("a",), crm=("b",), direction=direction, rules=read_rules(data, direction))


def translation(erp: Kind = Kind.TEXT, crm: Kind = Kind.TEXT, **limits: int) -> Translation:
    """Tables of one column each."""

    def table(name: str, kind: Kind) -> TableSchema:
        column = Column(name=name, kind=kind, **limits)
        return TableSchema(table=name, columns={name: column})

    return Translation(pair=Pair(erp=table("a", erp), crm=table("b", crm)), references=References())


def carried(one: FieldMapping, value: Value, to: Side, between: Translation | None = None) -> Value:
    """What the value becomes; the test fails if it cannot be carried."""
    what = (between or translation()).carry(one, (value,), to)
    assert isinstance(what, Converted), what
    return what.values[0]


@pytest.mark.parametrize(
    ("rule", "value", "becomes"),
    [
        ({"rule": "trim"}, "  Adatum ", "Adatum"),
        ({"rule": "trim"}, "   ", None),
        ({"rule": "upper"}, "Zoë", "ZOË"),
        ({"rule": "lower"}, "ADATUM AG", "adatum ag"),
        ({"rule": "title"}, "o'neill's  MAIN street 3b", "O'neill's  Main Street 3B"),
        ({"rule": "replace", "find": "Str.", "with": "Street"}, "Main Str. 1", "Main Street 1"),
        ({"rule": "regex", "find": r"\D", "with": ""}, "+41 (0)44 1", "410441"),
        ({"rule": "regex", "find": r"^(\w+), (\w+)$", "with": r"\2 \1"}, "Roth, Jana", "Jana Roth"),
        ({"rule": "substring", "start": 1, "length": 3}, "abcdef", "bcd"),
        ({"rule": "substring", "length": 2}, "a", "a"),
        ({"rule": "lookup", "table": {"CH": "Swiss"}}, "ch", "Swiss"),
        ({"rule": "lookup", "table": {"CH": "Swiss"}, "default": "keep"}, "FR", "FR"),
        ({"rule": "lookup", "table": {"CH": "Swiss"}, "default": "blank"}, "FR", None),
        ({"rule": "country_name"}, "CI", "Côte d'Ivoire"),
        ({"rule": "country_alpha3"}, "ch", "CHE"),
        ({"rule": "language_tag"}, "de", "1031"),
    ],
)
def test_a_text_becomes_what_the_rule_says(rule: dict[str, Any], value: str, becomes: str | None) -> None:
    """Each rule, one value; what is empty afterwards is blank."""
    assert carried(field(TO, rule), value, Side.CRM) == becomes
    assert carried(field(TO, rule), None, Side.CRM) is None


def test_values_change_their_form() -> None:
    """Dates and decimals become texts and come back; decimals are rounded half up."""
    dates = field(BOTH, {"rule": "date_format", "format": "%d.%m.%Y"})
    numbers = field(BOTH, {"rule": "decimal_format", "decimals": 2, "decimal_separator": ","})
    to_text = translation(Kind.DATE)

    assert carried(dates, date(2026, 3, 1), Side.CRM, to_text) == "01.03.2026"
    assert carried(dates, "01.03.2026", Side.ERP, to_text) == date(2026, 3, 1)
    assert carried(numbers, Decimal("1.005"), Side.CRM, translation(Kind.DECIMAL)) == "1,01"
    assert carried(numbers, "-12,5", Side.ERP, translation(Kind.DECIMAL)) == Decimal("-12.5")


def test_a_day_is_the_moment_it_starts_in_the_zone() -> None:
    """A date of the ERP is a time of the CRM, in summer and in winter, and back."""
    zoned = field(BOTH, time_zone="Europe/Zurich")
    between = translation(Kind.DATE, Kind.TIME)

    assert carried(zoned, date(2026, 7, 1), Side.CRM, between) == datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert carried(zoned, date(2026, 1, 1), Side.CRM, between) == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert carried(zoned, datetime(2026, 6, 30, 22, tzinfo=UTC), Side.ERP, between) == date(2026, 7, 1)


def test_rules_follow_one_another_and_are_undone_from_the_bottom_up() -> None:
    """Trim, then translate towards the CRM; translate back, and leave out what cannot be undone, towards the ERP."""
    rules = ({"rule": "trim", "direction": "to"}, {"rule": "lookup", "table": {"N30": "Net 30"}})
    chain = field(BOTH, *rules)

    assert carried(chain, " N30 ", Side.CRM) == "Net 30"
    assert carried(chain, "Net 30", Side.ERP) == "N30"
    twice = field(BOTH, {"rule": "lookup", "table": {"A": "B"}}, {"rule": "lookup", "table": {"B": "C"}})
    assert (carried(twice, "A", Side.CRM), carried(twice, "C", Side.ERP)) == ("C", "A")
    back = field(FROM, {"rule": "trim"}, {"rule": "lookup", "table": {"x": "Y"}})
    assert carried(back, " x ", Side.ERP) == "Y"


def test_a_text_is_read_in_the_kind_of_the_destination() -> None:
    """A looked-up number goes into an option, a text that is no number is refused."""
    between = translation(crm=Kind.OPTION)

    assert carried(field(TO, {"rule": "trim"}), " 3 ", Side.CRM, between) == 3
    for written in ("NaN", "1_000", "9" * 40):
        refused = translation(crm=Kind.DECIMAL, scale=2).carry(field(TO, {"rule": "trim"}), (written,), Side.CRM)
        assert isinstance(refused, Invalid)
    what = between.carry(field(TO, {"rule": "trim"}), ("three",), Side.CRM)
    assert isinstance(what, Invalid)
    assert str(what.reason) == "A value cannot be carried over: a=b: 'three' is no option for b."


@pytest.mark.parametrize(
    ("rule", "value", "why"),
    [
        ({"rule": "upper"}, 5, "the rule 'upper' cannot take '5', which is no text"),
        ({"rule": "lookup", "table": {"A": "1"}}, "B", "the rule 'lookup' cannot take 'B', which is not in its table"),
        ({"rule": "country_name"}, "XX", "the rule 'country_name' cannot take 'XX', which is not in its list"),
        (
            {"rule": "date_format", "format": "%d.%m.%Y"},
            "31.2.2026",
            "the rule 'date_format' cannot take '31.2.2026', which is no date written as %d.%m.%Y",
        ),
        (
            {"rule": "decimal_format", "decimals": 2},
            "1,000",
            "the rule 'decimal_format' cannot take '1,000', which is no number with the decimal separator '.'",
        ),
        (
            {"rule": "time_zone", "name": "UTC"},
            "x",
            "the rule 'time_zone' cannot take 'x', which is neither date nor time",
        ),
    ],
)
def test_what_a_rule_cannot_take_is_refused_with_rule_and_value(rule: dict[str, Any], value: Value, why: str) -> None:
    """The reason names the field, the rule and the value."""
    what = translation().carry(field(TO, rule), (value,), Side.CRM)

    assert isinstance(what, Invalid)
    assert str(what.reason) == f"A value cannot be carried over: a=b: {why}."


def test_options_leave_alone_what_they_do_not_know() -> None:
    """A code becomes an option and back; an unknown one changes nothing and is said; a blank one changes nothing."""
    one = field(BOTH, options={"Net30": 1, "2%10Net30": 2})
    between = translation(Kind.CODE, Kind.OPTION)

    assert carried(one, "NET30", Side.CRM, between) == 1
    assert carried(one, 2, Side.ERP, between) == "2%10NET30"
    assert between.carry(one, ("CASH",), Side.CRM) == Keep("a=b: 'CASH' has no option")
    assert between.carry(one, (7,), Side.ERP) == Keep("a=b: '7' has no option")
    assert between.carry(one, (None,), Side.CRM) == Keep("")


def test_an_unknown_option_is_no_edit() -> None:
    """A code without an option beside an option: the option goes to the ERP if it was edited, never a conflict."""
    one = field(BOTH, options={"Net30": 1})
    setting = setting_of(one, translation(Kind.CODE, Kind.OPTION))

    action = decide_pair(setting, make.coupling({one: ("CASH", 7)}), make.erp(a="CASH"), make.crm(b=1))
    alone = decide_pair(setting, make.coupling({one: ("NET30", 1)}), make.erp(a="CASH"), make.crm(b=1))

    assert (action.kind, dict(action.to_erp)) == (ActionKind.MODIFY, {"a": "NET30"})
    assert (alone.kind, alone.notes) == (ActionKind.UNCHANGED, ("a=b: 'CASH' has no option",))


def test_an_uncoupled_reference_clears_the_destination_if_it_is_told_to() -> None:
    """Instead of waiting, the field is cleared; the record goes."""
    cleared = replace(make.CURRENCY, clears_on_failed_synch=True)
    setting = make.setting(make.mapping(make.NAME, cleared))
    pair = (make.erp(name="A", currency="e-chf"), make.crm(name="A", money="c-usd"))

    action = decide_pair(setting, make.coupling({make.NAME: ("A", "A"), cleared: ("e-usd", "c-usd")}), *pair)
    waits = decide_pair(
        make.setting(make.mapping(make.CURRENCY)), make.coupling({make.CURRENCY: ("e", "c-usd")}), *pair
    )

    assert (action.kind, dict(action.to_crm), action.needs) == (ActionKind.MODIFY, {"money": None}, ())
    assert waits.kind is ActionKind.WAIT
    assert cleared.reference == Reference(
        mapping=MappingName("CURRENCY"), is_required=True, blank_means="local_currency_row"
    )


def test_line_endings_are_equal_and_long_texts_are_whole() -> None:
    """A memo that one system stores with CR LF and the other with LF is in step, and is not cut."""
    one = field(BOTH)
    memo = "line\r\n" * 300
    setting = setting_of(one, translation(length=2000))

    action = decide_pair(setting, make.coupling({}), make.erp(a=memo), make.crm(b=memo.replace("\r\n", "\n")))

    assert (action.kind, action.settled, action.truncated) == (ActionKind.UNCHANGED, ("a=b",), ())
    assert carried(one, memo, Side.CRM, translation(length=2000)) == "line\n" * 300


ONE_WAY: list[dict[str, Any]] = [
    {"rule": "trim"},
    {"rule": "upper"},
    {"rule": "lower"},
    {"rule": "title"},
    {"rule": "replace", "find": "a", "with": "aa"},
    {"rule": "regex", "find": "([ab])", "with": r"\1\1"},
    {"rule": "substring", "start": 1, "length": 4},
    {"rule": "lookup", "table": {"a": "b", "b": "a", "ab": "c"}, "default": "keep"},
    {"rule": "lookup", "table": {"a": "b", "b": "a"}, "default": "blank"},
]
TEXTS = st.one_of(st.text("abAB ßéŉİ'\u2019\r\n", max_size=8), st.text(max_size=12))


@pytest.mark.parametrize("rule", ONE_WAY, ids=str)
@given(value=TEXTS, other=TEXTS, way=st.sampled_from(["to", "from"]), is_both=st.booleans())
def test_a_one_way_rule_never_bounces(rule: dict[str, Any], value: str, other: str, way: str, *, is_both: bool) -> None:
    """Once the transformed value has arrived, both sides are in step, whatever information was lost."""
    one_way = Direction(way)
    one = field(BOTH if is_both else one_way, {**rule, "direction": way})
    assert_comes_to_rest(one, translation(), value, other)


def setting_of(one: FieldMapping, between: Translation) -> Any:
    """A setting with one field between two tables of one column."""
    mapping = replace(make.mapping(one), erp_table="a", crm_table="b", erp_filter=())
    return replace(make.setting(mapping), translation=between)


def assert_comes_to_rest(one: FieldMapping, between: Translation, erp: Value, crm: Value) -> None:
    """The source is sent; then nothing, and an edit at the destination is sent back once at most; then nothing."""
    setting = setting_of(one, between)
    base = make.coupling({})
    to = Side.ERP if one.direction is FROM else Side.CRM
    values = {"a": erp, "b": crm}
    carried_now = between.carry(one, between.read(one, to.other, values), to)
    if not isinstance(carried_now, Converted):
        return
    values["b" if to is Side.CRM else "a"] = carried_now.values[0]
    for edited in (None, "a", "b"):
        if edited is not None:
            values[edited] = crm if edited == "b" else erp
        sent = 0
        while sent < 3:
            action = decide_pair(setting, base, make.erp(a=values["a"]), make.crm(b=values["b"]))
            if not (action.to_erp or action.to_crm):
                break
            sent += 1
            values |= {**action.to_erp, **action.to_crm}
        assert sent <= (0 if edited is None else 1), (edited, values)
        if action.kind is ActionKind.UNCHANGED and action.settled:
            read = between.read
            base = make.coupling({one: (read(one, Side.ERP, values)[0], read(one, Side.CRM, values)[0])})


DATES = st.dates(date(1000, 1, 1), date(9998, 12, 31))
INVERTIBLE: list[tuple[dict[str, Any], Kind, Kind, st.SearchStrategy[Any]]] = [
    ({"rule": "lookup", "table": {"X": "ten", "Y": "eleven"}}, Kind.CODE, Kind.TEXT, st.sampled_from(["X", "Y"])),
    ({"rule": "options", "table": {"X": 10, "Y": 11}}, Kind.CODE, Kind.OPTION, st.sampled_from(["X", "Y"])),
    ({"rule": "country_name"}, Kind.CODE, Kind.TEXT, st.sampled_from(sorted(country_names()))),
    ({"rule": "country_alpha3"}, Kind.CODE, Kind.TEXT, st.sampled_from(sorted(country_alpha3()))),
    ({"rule": "language_tag"}, Kind.TEXT, Kind.INTEGER, st.sampled_from(sorted(language_lcids()))),
    ({"rule": "date_format", "format": "%d.%m.%Y"}, Kind.DATE, Kind.TEXT, DATES),
    (
        {"rule": "decimal_format", "decimals": 3, "decimal_separator": ","},
        Kind.DECIMAL,
        Kind.TEXT,
        st.decimals(-(10**9), 10**9, places=3),
    ),
    ({"rule": "time_zone", "name": "Europe/Zurich"}, Kind.DATE, Kind.TIME, DATES),
    ({"rule": "time_zone", "name": "America/Sao_Paulo"}, Kind.DATE, Kind.TIME, DATES),
]


@pytest.mark.parametrize(("rule", "erp", "crm", "values"), INVERTIBLE, ids=lambda one: str(one)[:80])
@given(data=st.data())
def test_an_invertible_rule_comes_back_to_where_it_was(
    rule: dict[str, Any], erp: Kind, crm: Kind, values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    """There and back is the identity on the rule's domain, from either side, and nothing bounces."""
    one, between = field(BOTH, rule), translation(erp, crm)
    value, other = data.draw(values), data.draw(values)

    there = carried(one, value, Side.CRM, between)

    assert carried(one, there, Side.ERP, between) == value
    assert carried(one, carried(one, there, Side.ERP, between), Side.CRM, between) == there
    assert_comes_to_rest(one, between, value, carried(one, other, Side.CRM, between))
