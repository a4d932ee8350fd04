"""Random filters on random rows select what a plain evaluation in Python selects, in both dialects, over HTTP."""

import unicodedata
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random  # noqa: TID251 - with a seed, for rows
from urllib.parse import quote

import pytest
from hypothesis import strategies as st

from .servers import Server, a_crm, an_erp, prove

FEW, MANY = 80, 3000
Row = dict[str, object]
Meaning = Callable[[Row], bool]
Condition = tuple[str, Meaning]
LETTERS = "aAäÄbBß%_' é"
COMPARE: dict[str, Callable[[object, object], bool]] = {
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
    "gt": lambda one, other: one > other,
    "ge": lambda one, other: one >= other,
    "lt": lambda one, other: one < other,
    "le": lambda one, other: one <= other,
}


def folded(text: str) -> str:
    """Texts as a collation that ignores case and accents sees them."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in plain if not unicodedata.combining(one)).casefold()


def like(pattern: str, text: str) -> bool:
    """Whether a text follows a LIKE pattern of percent signs and underscores."""
    reached = {0}
    for sign in pattern:
        if sign == "%":
            reached = set(range(min(reached), len(text) + 1)) if reached else set()
        else:
            reached = {at + 1 for at in reached if at < len(text) and sign in {"_", text[at]}}
    return len(text) in reached


def quoted(text: str) -> str:
    """A text as a literal."""
    return "'" + text.replace("'", "''") + "'"


def compared(name: str, op: str, written: str, value: object, see: Callable[[object], object]) -> Condition:
    """A comparison with a constant that is not null."""

    def holds(row: Row) -> bool:
        found = row[name]
        if found is None:
            return op == "ne"
        return COMPARE[op](see(found), see(value))

    return f"{name} {op} {written}", holds


def same(value: object) -> object:
    """A value as it is."""
    return value


def instant(value: object) -> object:
    """A time as a moment."""
    return datetime.fromisoformat(str(value))


def number(value: object) -> object:
    """Any number, exactly."""
    return Decimal(str(value))


TEXTS = st.text(LETTERS, max_size=3)
OPS = st.sampled_from(list(COMPARE))
NUMBERS = st.decimals(-3, 3, places=1)
MOMENTS = st.integers(0, 5).map(lambda hour: f"2026-01-01T{hour:02}:00:00Z")


def searched(name: str, function: str, needle: str, found_in: Callable[[str, str, str], bool]) -> Condition:
    """A search in a text."""
    return (
        f"{function}({name},{quoted(needle)})",
        lambda row: row[name] is not None and found_in(function, needle, str(row[name])),
    )


def crm_search(function: str, needle: str, text: str) -> bool:
    """As SQL Server's LIKE finds."""
    before, behind = function != "startswith", function != "endswith"
    return like(f"{'%' * before}{folded(needle)}{'%' * behind}", folded(text))


def erp_search(function: str, needle: str, text: str) -> bool:
    """Letter by letter."""
    return {"contains": needle in text, "startswith": text.startswith(needle), "endswith": text.endswith(needle)}[
        function
    ]


SEARCHES = st.sampled_from(["contains", "startswith", "endswith"])


def crm_leaves() -> st.SearchStrategy[Condition]:
    """Conditions on one column of an account."""
    null = st.tuples(st.sampled_from(["name", "telephone1", "numberofemployees", "creditlimit"]), st.booleans())
    return st.one_of(
        st.tuples(st.sampled_from(["name", "telephone1"]), OPS, TEXTS).map(
            lambda of: compared(of[0], of[1], quoted(of[2]), of[2], lambda value: folded(str(value)))
        ),
        st.tuples(st.sampled_from(["name", "telephone1"]), SEARCHES, TEXTS).map(
            lambda of: searched(of[0], of[1], of[2], crm_search)
        ),
        st.tuples(OPS, st.integers(0, 3)).map(lambda of: compared("numberofemployees", of[0], str(of[1]), of[1], same)),
        st.tuples(OPS, NUMBERS).map(lambda of: compared("creditlimit", of[0], str(of[1]), of[1], number)),
        st.tuples(OPS, MOMENTS).map(lambda of: compared("lastusedincampaign", of[0], of[1], of[1], instant)),
        st.tuples(st.sampled_from(["eq", "ne"]), st.booleans()).map(
            lambda of: compared("donotemail", of[0], str(of[1]).lower(), of[1], same)
        ),
        null.map(lambda of: (f"{of[0]} {'eq' if of[1] else 'ne'} null", lambda row: (row[of[0]] is None) is of[1])),
    )


def erp_leaves() -> st.SearchStrategy[Condition]:
    """Conditions on one field of a customer; nothing there is null."""
    return st.one_of(
        st.tuples(OPS, TEXTS).map(lambda of: compared("displayName", of[0], quoted(of[1]), of[1], same)),
        st.tuples(SEARCHES, TEXTS).map(lambda of: searched("displayName", of[0], of[1], erp_search)),
        st.tuples(OPS, NUMBERS).map(lambda of: compared("creditLimit", of[0], str(of[1]), of[1], number)),
        st.tuples(st.sampled_from(["eq", "ne"]), st.booleans()).map(
            lambda of: compared("taxLiable", of[0], str(of[1]).lower(), of[1], same)
        ),
        st.tuples(st.sampled_from(["eq", "ne"]), st.sampled_from(["Ship", "All", "_x0020_"])).map(
            lambda of: compared("blocked", of[0], quoted(of[1]), of[1], same)
        ),
    )


def either(one: Condition, other: Condition) -> Condition:
    """One of two."""
    return f"({one[0]} or {other[0]})", lambda row: one[1](row) or other[1](row)


def both(one: Condition, other: Condition) -> Condition:
    """Two at once."""
    return f"({one[0]} and {other[0]})", lambda row: one[1](row) and other[1](row)


def never(one: Condition) -> Condition:
    """The opposite."""
    return f"not ({one[0]})", lambda row: not one[1](row)


def crm_conditions() -> st.SearchStrategy[Condition]:
    """Conditions of any shape."""
    return st.recursive(
        crm_leaves(),
        lambda inner: st.one_of(
            st.tuples(inner, inner).map(lambda of: either(*of)),
            st.tuples(inner, inner).map(lambda of: both(*of)),
            inner.map(never),
        ),
        max_leaves=8,
    )


def erp_conditions() -> st.SearchStrategy[Condition]:
    """Conditions in which an `or` stays within one field, as that vendor demands."""
    names = st.tuples(OPS, TEXTS).map(lambda of: compared("displayName", of[0], quoted(of[1]), of[1], same))
    amounts = st.tuples(OPS, NUMBERS).map(lambda of: compared("creditLimit", of[0], str(of[1]), of[1], number))
    choices = st.one_of(st.tuples(names, names), st.tuples(amounts, amounts)).map(lambda of: either(*of))
    return st.recursive(
        erp_leaves() | choices,
        lambda inner: st.one_of(st.tuples(inner, inner).map(lambda of: both(*of)), inner.map(never)),
        max_leaves=8,
    )


def check(server: Server, entity_set: str, key: str, rows: list[Row], condition: Condition) -> None:
    """The server finds what Python finds."""
    text, holds = condition
    answer = server.send("GET", f"{entity_set}?$select={key}&$filter={quote(text)}")
    assert answer.status == 200, (text, answer)
    found = {row[key] for row in answer.json["value"]}
    assert found == {row[key] for row in rows if holds(row)}, text


def made_text(chance: Random) -> str:
    """A short text that begins and ends with a letter, so that no server trims it."""
    return "a" + "".join(chance.choice(LETTERS) for _ in range(chance.randrange(3))) + "b"


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.full)])
def test_filters_of_the_crm(tmp_path: Path, examples: int) -> None:
    """Null counts as different and as nothing else; case and accents do not count; % and _ stand for others."""
    chance = Random(1)  # noqa: S311 - no secrets here
    with a_crm(tmp_path) as server:
        for _ in range(40):
            row: Row = {
                "name": chance.choice([made_text(chance), chance.choice(LETTERS.strip())]),
                "telephone1": chance.choice([None, made_text(chance), "ab"]),
                "numberofemployees": chance.choice([None, 0, 1, 2, 3]),
                "creditlimit": chance.choice([None, Decimal(chance.randrange(-30, 30)) / 10, Decimal(0)]),
                "donotemail": chance.choice([True, False]),
                "lastusedincampaign": chance.choice([None, *(f"2026-01-01T0{hour}:00:00Z" for hour in range(5))]),
            }
            if isinstance(row["creditlimit"], Decimal):
                row["creditlimit"] = abs(row["creditlimit"])
            assert server.send("POST", "accounts", row).status == 204
        rows = server.rows("accounts")
        assert len(rows) == 40
        prove(
            lambda condition: check(server, "accounts", "accountid", rows, condition),
            examples,
            condition=crm_conditions(),
        )


@pytest.mark.parametrize("examples", [FEW, pytest.param(MANY, marks=pytest.mark.full)])
def test_filters_of_the_erp(tmp_path: Path, examples: int) -> None:
    """Nothing is null; texts are compared letter by letter; enumerations by their wire name."""
    chance = Random(2)  # noqa: S311 - no secrets here
    with an_erp(tmp_path) as server:
        for _ in range(40):
            row: Row = {
                "displayName": made_text(chance),
                "creditLimit": Decimal(chance.randrange(30)) / 10,
                "taxLiable": chance.choice([True, False]),
                "blocked": chance.choice(["Ship", "All", "_x0020_"]),
            }
            answer = server.send("POST", "customers", row)
            assert answer.status == 201, answer
        rows = server.rows("customers")
        assert len(rows) == 40
        prove(lambda condition: check(server, "customers", "id", rows, condition), examples, condition=erp_conditions())
