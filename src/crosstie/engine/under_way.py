"""How long a request whose answer was lost may still have its effect; before that nobody says that it never came."""

from datetime import datetime, timedelta

from crosstie.model.intent import Intent

OPERATION_LIMIT = timedelta(minutes=16)
"""Business Central lets a request wait for eight minutes and work for eight; after that it was applied or never is."""
MARGIN = timedelta(minutes=9)
"""From the intent until the request left us: a page's lease, the patience with a busy server, and a little more."""
UNDER_WAY = OPERATION_LIMIT + MARGIN


def is_under_way(intent: Intent, now: datetime) -> bool:
    """Whether an intent's request may still have its effect; one that was committed a moment ago has no time yet."""
    return intent.intended_at is None or now < intent.intended_at + UNDER_WAY
