"""Canonical values: laws for every kind of column."""

from datetime import UTC
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from crosstie.engine.canonical import canonical
from crosstie.model.schema import Column, Kind
from crosstie.model.value import Value, values_from_json, values_to_json

KINDS = st.sampled_from([Kind.TEXT, Kind.CODE, Kind.DECIMAL, Kind.GUID])
COLUMNS = st.builds(
    Column,
    name=st.just("column"),
    kind=KINDS,
    length=st.one_of(st.none(), st.integers(1, 40)),
    scale=st.one_of(st.none(), st.integers(0, 6)),
)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=8)
VALUES = st.one_of(
    st.none(), st.text(), st.integers(), st.booleans(), DECIMALS, st.dates(), st.datetimes(timezones=st.just(UTC))
)


@given(VALUES, COLUMNS)
def test_a_canonical_value_is_its_own_canonical_value(value: Value, column: Column) -> None:
    """Writing back what was read changes nothing."""
    once = canonical(value, column)

    assert canonical(once, column) == once


@given(st.text(), COLUMNS)
def test_a_canonical_text_fits(value: str, column: Column) -> None:
    """No text is longer than its column, and none is empty instead of blank."""
    kept = canonical(value, column)

    assert kept is None or (isinstance(kept, str) and 0 < len(kept) <= (column.length or len(kept)))


@given(DECIMALS, st.integers(0, 6))
def test_a_canonical_decimal_is_off_by_half_a_step_at_most(value: Decimal, scale: int) -> None:
    """Rounding keeps the amount."""
    kept = canonical(value, Column(name="column", kind=Kind.DECIMAL, scale=scale))

    assert isinstance(kept, Decimal)
    assert abs(kept - value) <= Decimal(1).scaleb(-scale) / 2


@given(st.dictionaries(st.text(), VALUES))
def test_stored_values_come_back_as_they_were(values: dict[str, Value]) -> None:
    """The stored form loses neither type nor value."""
    assert values_from_json(values_to_json(values)) == values
