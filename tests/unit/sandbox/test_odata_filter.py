"""The filter grammar and the SQL it becomes, against a table in memory."""

import contextlib
import csv
import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosstie_sandbox.odata import folding
from crosstie_sandbox.odata.errors import ODataError, ODataSyntaxError, UnknownPropertyError, UnsupportedError
from crosstie_sandbox.odata.expression import (
    And,
    Call,
    Compare,
    Lambda,
    Literal,
    Not,
    Or,
    Property,
    QueryFunction,
    properties,
)
from crosstie_sandbox.odata.parse import parse_filter
from crosstie_sandbox.odata.sql import EXACT, Column, Kind, Matching, stored_time, to_sql

KINDS = {
    "name": Kind.STRING,
    "id": Kind.GUID,
    "number": Kind.INTEGER,
    "amount": Kind.DECIMAL,
    "active": Kind.BOOLEAN,
    "changed": Kind.DATE_TIME,
    "day": Kind.DATE,
}
FOLDED = Matching(case_sensitive=False, wildcards=True)


def column(path: tuple[str, ...]) -> Column:
    """The columns of the table."""
    if len(path) != 1 or path[0] not in KINDS:
        raise UnknownPropertyError("/".join(path))
    return Column(f'"{path[0]}"', KINDS[path[0]])


def matches(condition: str, matching: Matching = EXACT, **row: object) -> bool:
    """Whether a row satisfies a filter."""
    connection = sqlite3.connect(":memory:")
    folding.install(connection)
    collation = "BINARY" if matching.case_sensitive else folding.COLLATION
    names = ", ".join(
        f'"{name}"' + (f" COLLATE {collation}" if kind is Kind.STRING else "") for name, kind in KINDS.items()
    )
    connection.execute(f"CREATE TABLE t ({names})")
    connection.execute("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?, ?)", [row.get(name) for name in KINDS])
    where, values = to_sql(parse_filter(condition), column, matching)
    (found,) = connection.execute(f"SELECT count(*) FROM t WHERE {where}", values).fetchone()
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (1,)
    connection.close()
    return bool(found)


def test_any_and_all_are_told_from_columns_of_that_name() -> None:
    """A quantifier needs its parentheses; within them the variable begins the paths, and they may nest."""
    assert parse_filter("a/b/any(o:o/x eq 1)") == Lambda(
        ("a", "b"), "any", "o", Compare("eq", Property(("o", "x")), Literal(1))
    )
    assert parse_filter("not b/any()") == Not(Lambda(("b",), "any", "", None))
    nested = parse_filter("b/all(o:o/c/any(p:p/x eq o/x))")
    assert nested == Lambda(
        ("b",),
        "all",
        "o",
        Lambda(("o", "c"), "any", "p", Compare("eq", Property(("p", "x")), Property(("o", "x")))),
    )
    assert parse_filter("all eq any") == Compare("eq", Property(("all",)), Property(("any",)))
    with pytest.raises(UnsupportedError, match="operator 'any' is not supported"):
        matches("name/any()")


def test_parameter_aliases_stand_for_what_the_query_says() -> None:
    """An alias is a constant, a column or an array; one that is not assigned, or assigned to another, is null."""
    aliases = {"@c": "name", "@v": "'it''s'", "@n": "'name'", "@a": '["x"]', "@o": "@v"}
    assert parse_filter("@c eq @v", aliases) == Compare("eq", Property(("name",)), Literal("it's"))
    assert parse_filter("not (@c eq @nosuch) and name eq @o", aliases) == And(
        Not(Compare("eq", Property(("name",)), Literal(None))), Compare("eq", Property(("name",)), Literal(None))
    )
    assert parse_filter("M.In(PropertyName=@n,PropertyValues=@a)", aliases) == QueryFunction(
        "M.In", {"PropertyName": "name", "PropertyValues": ["x"]}
    )
    assert parse_filter("name eq '@v'", aliases) == Compare("eq", Property(("name",)), Literal("@v"))


def test_values_keep_their_types() -> None:
    """Each literal of the grammar becomes the Python value it stands for."""
    written = {
        "null": None,
        "true": True,
        "false": False,
        "-5": -5,
        "1.50": Decimal("1.50"),
        "'O''Hara'": "O'Hara",
        "11111111-2222-3333-4444-555555555555": UUID("11111111-2222-3333-4444-555555555555"),
        "2026-01-02T03:04:05.1234567Z": datetime(2026, 1, 2, 3, 4, 5, 123456, UTC),
        "Microsoft.NAV.contactType'Person'": "Person",
    }
    for text, value in written.items():
        assert parse_filter(f"a eq {text}") == Compare("eq", Property(("a",)), Literal(value))


def test_precedence() -> None:
    """`not` binds tighter than `and`, `and` tighter than `or`, parentheses tighter than all."""
    a, b, c = (Compare("eq", Property((name,)), Literal(1)) for name in "abc")
    assert parse_filter("a eq 1 or b eq 1 and c eq 1") == Or(a, And(b, c))
    assert parse_filter("(a eq 1 or b eq 1) and c eq 1") == And(Or(a, b), c)
    assert parse_filter("not (a eq 1) and b eq 1") == And(Not(a), b)


def test_names_may_begin_or_end_like_operators() -> None:
    """Operators are words of their own."""
    found = parse_filter("orders eq 1 and android eq 2 or notes eq 3 and eq eq 4")
    assert properties(found) == {("orders",), ("android",), ("notes",), ("eq",)}


def test_query_functions_have_json_arguments() -> None:
    """Arrays may hold brackets and quotes; the property counts as looked at."""
    found = parse_filter('Microsoft.Dynamics.CRM.In(PropertyName=\'p/name\',PropertyValues=["a]","\\"b"])')
    assert found == QueryFunction(
        "Microsoft.Dynamics.CRM.In", {"PropertyName": "p/name", "PropertyValues": ["a]", '"b']}
    )
    assert properties(found) == {("p", "name")}


@pytest.mark.parametrize(
    "text",
    ["", "name eq", "eq 1 eq", "name eq 'x", "name eq 1 orb eq 2", "(name eq 1", "name eq 1)", "name == 1", "f(",
     "a eq 2026-13-01",
     "a in ('b')", "X.In(PropertyValues=[,])", "a eq 1; DROP TABLE t"],
)  # fmt: skip
def test_what_is_no_filter_is_refused(text) -> None:
    """Anything else is a syntax error with a position inside the text."""
    with pytest.raises(ODataSyntaxError) as refusal:
        parse_filter(text)
    assert 0 <= refusal.value.position <= len(text)


with (Path(__file__).with_name("filters.csv")).open(encoding="utf-8", newline="") as _table:
    WRITTEN = [(row["is_valid"] == "yes", row["filter"]) for row in csv.DictReader(_table)]


@pytest.mark.parametrize(("is_valid", "text"), WRITTEN, ids=[repr(text) for _, text in WRITTEN])
def test_the_language(is_valid, text) -> None:
    """What is a filter is read, with any blanks around it; what is none is refused, with a position inside the text."""
    if is_valid:
        assert parse_filter(text) == parse_filter(f"\t{text} ")
        return
    with pytest.raises(ODataSyntaxError) as refusal:
        parse_filter(text)
    assert 0 <= refusal.value.position <= len(text)


def test_limits() -> None:
    """Too deep and too long filters are refused; long flat chains are not."""
    for deep in ("(" * 3000 + "a eq 1" + ")" * 2999, "not " * 3000 + "active", "f(" * 200 + ")" * 200):
        with pytest.raises(ODataSyntaxError):
            parse_filter(deep)
    with pytest.raises(ODataSyntaxError):
        parse_filter("a eq '" + "x" * 40_000 + "'")
    ids = [UUID(int=number) for number in range(600)]
    chained = " or ".join(f"id eq {one}" for one in ids)
    where, values = to_sql(parse_filter(chained), column)
    assert (where.count("?"), values) == (600, [str(one) for one in ids])
    assert matches(" or ".join(f"number gt {number}" for number in range(1500)), number=1)
    assert matches(" and ".join(f"number gt {number}" for number in range(1500)), number=2000)


SHAPES = {
    "right": lambda inner, level: f"(number gt {level} {'and' if level % 2 else 'or'} {inner})",
    "left": lambda inner, level: f"({inner} {'and' if level % 2 else 'or'} number gt {level})",
    "middle": lambda inner, level: f"(number gt {level} or active or ({inner} and number lt {level} and active))",
    "not": lambda inner, _: f"not ({inner})",
    "not-or": lambda inner, level: f"not (number gt {level} or {inner})",
    "call": lambda inner, level: (
        f"(contains(tolower(toupper(name)),'a') eq true and not ({inner} or number gt {level}))"
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_the_grammar_lets_in_the_database_can_read(shape) -> None:
    """A filter as deep as is allowed is answered, in whatever shape; one level more is refused before it gets there."""
    text, level = "number eq 1", 0
    while True:
        try:
            parse_filter(text)
        except ODataSyntaxError:
            break
        matches(text, number=1, name="a", active=1)
        text, level = SHAPES[shape](text, level), level + 1
    assert level > 15


@pytest.mark.parametrize(
    ("condition", "row", "expected"),
    [
        ("name eq 'A'", {"name": "a"}, False),
        ("name ne 'A'", {}, True),
        ("not (name eq 'A')", {}, True),
        ("not (number gt 5)", {}, True),
        ("name eq null", {}, True),
        ("null ne name", {}, False),
        ("name gt null", {"name": "x"}, False),
        ("5 lt number", {"number": 6}, True),
        ("amount eq 1.10", {"amount": "1.1000"}, True),
        ("amount lt 9", {"amount": "10"}, False),
        ("active", {"active": 1}, True),
        ("not active", {"active": 0}, True),
        ("active eq false or true", {"active": 1}, True),
        ("changed lt 2026-01-02T03:04:05+01:00", {"changed": "2026-01-02T02:04:04.999Z"}, True),
        ("changed eq '2026-01-02T02:04:05Z'", {"changed": "2026-01-02T02:04:05.000Z"}, True),
        ("changed ge 2026-01-02", {"changed": "2026-01-01T23:59:59.999Z"}, False),
        ("day eq 2026-01-02", {"day": "2026-01-02"}, True),
        ("id eq 0000000A-0000-0000-0000-00000000000B", {"id": "0000000a-0000-0000-0000-00000000000b"}, True),
        ("tolower(name) eq 'äb'", {"name": "ÄB"}, True),
        ("contains(toupper(name),'Ä')", {"name": "bäc"}, True),
        ("contains(name,'')", {"name": "x"}, True),
        ("endswith(name,'')", {}, False),
        ("contains(name,'x') eq false", {}, True),
        ("number eq amount", {"number": 2, "amount": "2.00"}, True),
        ("number gt 99999999999999999999", {"number": 5}, False),
        (f"number gt {'9' * 400}", {"number": 5}, False),
    ],
)
def test_conditions(condition, row, expected) -> None:
    """Filters select the rows that OData says, nulls included."""
    assert matches(condition, **row) is expected


def test_folded_texts_and_wildcards() -> None:
    """A dialect may ignore case and accents and give `%`, `_` and sets their SQL Server meaning."""
    assert matches("name eq 'STRASSE'", FOLDED, name="Straße")
    assert matches("startswith(name,'ECO')", FOLDED, name="École")
    assert matches("contains(name,'a%c')", FOLDED, name="xABCx")
    assert matches("contains(name,'[^a]_c')", FOLDED, name="bbc")
    assert not matches("contains(name,'a%c')", name="abc")
    assert matches("contains(name,'a%c')", name="a%c")


@pytest.mark.parametrize(
    "condition",
    [
        "name eq 5",
        "number eq 'x'",
        "id eq 'x'",
        "changed eq 'soon'",
        "active gt true",
        "name",
        "5",
        "name eq number",
        "contains(number,'1')",
    ],
)
def test_types_that_do_not_fit_are_refused(condition) -> None:
    """A comparison of different types is an error, not an empty answer."""
    with pytest.raises(ODataError):
        to_sql(parse_filter(condition), column)


@pytest.mark.parametrize(
    "condition", ["nosuch eq 1", "a/b eq 1", 'contains("name",1)', "length(name) eq 3", "X.Y(PropertyName='name')"]
)
def test_what_does_not_exist_is_refused(condition) -> None:
    """Unknown properties and functions are errors."""
    with pytest.raises((UnknownPropertyError, UnsupportedError, ODataSyntaxError)):
        to_sql(parse_filter(condition), column)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_is_only_a_value(value) -> None:
    """Whatever stands between quotes is bound, never part of the SQL, and finds exactly itself."""
    quoted = value.replace("'", "''")
    expression = parse_filter(f"name eq '{quoted}'")
    assert expression == Compare("eq", Property(("name",)), Literal(value))
    where, values = to_sql(expression, column)
    assert (where, values) == ('"name" = ?', [value])
    assert to_sql(parse_filter(f"contains(name,'{quoted}')"), column)[1] == [value]
    assert matches(f"name eq '{quoted}' and contains(name,'{quoted}') and endswith(name,'{quoted}')", name=value)
    assert matches(f"name eq '{quoted}' and startswith(name,'{quoted}')", Matching(case_sensitive=False), name=value)


@pytest.mark.parametrize("attack", ["' OR 1=1 --", "'; DROP TABLE t; --", '" OR ""="', "x') OR (1=1", "%' OR '1'='1"])
def test_injections_find_nothing(attack) -> None:
    """Attempts to break out of a value match no row and leave the table alone."""
    quoted = attack.replace("'", "''")
    for condition in (f"name eq '{quoted}'", f"contains(name,'{quoted}')", f"endswith(tolower(name),'{quoted}')"):
        assert not matches(condition, name="Innocent")
    with pytest.raises(ODataError):
        to_sql(parse_filter(f"name eq '{attack}' eq"), column)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text) -> None:
    """No text makes the parser fail in another way than by refusing."""
    with contextlib.suppress(ODataError):
        to_sql(parse_filter(text), column)


LEAVES = {
    "number eq 1": lambda number, _name, _active: number == 1,
    "number gt 2": lambda number, _name, _active: number is not None and number > 2,
    "name ne 'x'": lambda _number, name, _active: name != "x",
    "contains(name,'a')": lambda _number, name, _active: name == "a",
    "active": lambda _number, _name, active: active == 1,
}


def combined(inner: st.SearchStrategy) -> st.SearchStrategy:
    """A condition made of smaller ones, as text and as what it means."""
    both = st.tuples(inner, inner)
    return st.one_of(
        both.map(lambda two: (f"({two[0][0]} and {two[1][0]})", lambda *row: two[0][1](*row) and two[1][1](*row))),
        both.map(lambda two: (f"({two[0][0]} or {two[1][0]})", lambda *row: two[0][1](*row) or two[1][1](*row))),
        inner.map(lambda one: (f"not ({one[0]})", lambda *row: not one[1](*row))),
    )


@given(
    st.recursive(st.sampled_from(list(LEAVES.items())), combined, max_leaves=12),
    st.integers(0, 3) | st.none(),
    st.sampled_from([None, "x", "a"]),
    st.sampled_from([None, 0, 1]),
)
def test_logic_is_two_valued(condition, number, name, active) -> None:
    """Any nesting of and, or, not over rows with nulls gives what two-valued logic gives."""
    text, meaning = condition
    assert matches(text, number=number, name=name, active=active) is meaning(number, name, active)


def test_times_are_stored_in_utc_with_milliseconds() -> None:
    """Every zone ends up as the same text, so texts compare as moments."""
    assert stored_time(datetime.fromisoformat("2026-01-02T03:04:05.6789+02:00")) == "2026-01-02T01:04:05.678Z"
    assert stored_time(datetime.fromisoformat("2026-01-02")) == "2026-01-02T00:00:00.000Z"


def test_calls_are_trees() -> None:
    """A function of a function keeps its order."""
    expected = Call("contains", (Call("tolower", (Property(("name",)),)), Literal("x")))
    assert parse_filter("contains(tolower(name),'x')") == expected
