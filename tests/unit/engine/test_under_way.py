"""How long a request may still have its effect."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.unit.engine.test_settle import MODIFY

from crosstie.engine.under_way import is_under_way

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_it_is_for_longer_than_the_server_works_and_we_send() -> None:
    """16 minutes of the server, and the time until the request left us: a lease of 2, patience of 5."""
    sent = replace(MODIFY, intended_at=NOON)

    assert is_under_way(sent, NOON + timedelta(minutes=16 + 2 + 5))
    assert not is_under_way(sent, NOON + timedelta(minutes=30))


def test_what_was_committed_a_moment_ago_is_under_way() -> None:
    """Its time is known only to the journal yet."""
    assert is_under_way(replace(MODIFY, intended_at=None), NOON)
