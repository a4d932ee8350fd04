"""Literals and options in URLs."""

from urllib.parse import parse_qsl

from hypothesis import given
from hypothesis import strategies as st

from crosstie.odata import literals

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS)
def test_a_text_cannot_leave_its_quotes(value: str) -> None:
    """Every quote inside is doubled, so that the literal ends where it should."""
    literal = literals.text(value)
    assert literal[0] == literal[-1] == "'"
    assert literal[1:-1].replace("''", "") == value.replace("'", "")
    assert literal[1:-1].replace("''", "'") == value


@given(st.dictionaries(st.sampled_from(["$select", "$filter", "$top"]), TEXTS, min_size=1))
def test_options_arrive_as_they_were(options: dict[str, str]) -> None:
    """A server that decodes the query finds the same options, `&`, `+` and `#` in values included."""
    assert dict(parse_qsl(literals.query(options), keep_blank_values=True)) == options


@given(st.lists(TEXTS), st.integers(30, 500))
def test_runs_keep_order_and_length(values: list[str], length: int) -> None:
    """Nothing is lost or reordered, and only a value that is too long by itself exceeds the length."""
    runs = list(literals.within_length(values, length))
    assert [value for run in runs for value in run] == values
    assert all(len(run) == 1 or sum(len(literals.encoded(value)) + 12 for value in run) <= length for run in runs)
