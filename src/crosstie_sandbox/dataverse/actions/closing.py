"""Actions that end documents: opportunities are won or lost, quotes too, orders are fulfilled or cancelled.

Each leaves an activity behind that says how it ended.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from crosstie_sandbox.dataverse.actions.parameters import Body, body_of, part, target_of
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import bad_request, bad_status
from crosstie_sandbox.dataverse.operation import Reply, empty_reply
from crosstie_sandbox.dataverse.payload import BIND, Changes, References, read_body
from crosstie_sandbox.dataverse.rules.refusals import wrong_state

WON_QUOTE, CLOSED_QUOTE = 2, 3


@dataclass(frozen=True, slots=True)
class Ending:
    """How an action ends a document."""

    table: str
    parameter: str
    """The parameter that is the closing activity, named like its table but for case."""
    state: int
    from_states: Sequence[int]
    refusal: tuple[str, str]
    """Code and text for a document in another state."""


WIN_OPPORTUNITY = Ending(
    "opportunity", "OpportunityClose", 1, (0,), ("0x80040515", "The opportunity is already closed.")
)
LOSE_OPPORTUNITY = Ending(
    "opportunity", "OpportunityClose", 2, (0,), ("0x80040515", "The opportunity is already closed.")
)
WIN_QUOTE = Ending(
    "quote", "QuoteClose", WON_QUOTE, (1,), ("0x80048408", "The quote cannot be won because it is not active.")
)
CLOSE_QUOTE = Ending(
    "quote", "QuoteClose", CLOSED_QUOTE, (0, 1), ("0x80048408", "The quote cannot be closed because it is closed.")
)
FULFILL_ORDER = Ending(
    "salesorder",
    "OrderClose",
    3,
    (0, 1),
    ("0x80048408", "The order cannot be fulfilled because it is neither active nor submitted."),
)
CANCEL_ORDER = Ending(
    "salesorder",
    "OrderClose",
    2,
    (0, 1),
    ("0x80048408", "The order cannot be canceled because it is neither active nor submitted."),
)


def win_opportunity(call: Call) -> Reply:
    """`WinOpportunity`."""
    return _end(call, WIN_OPPORTUNITY)


def lose_opportunity(call: Call) -> Reply:
    """`LoseOpportunity`."""
    return _end(call, LOSE_OPPORTUNITY)


def win_quote(call: Call) -> Reply:
    """`WinQuote`."""
    return _end(call, WIN_QUOTE)


def close_quote(call: Call) -> Reply:
    """`CloseQuote`: lost, cancelled, or revised."""
    return _end(call, CLOSE_QUOTE)


def fulfill_order(call: Call) -> Reply:
    """`FulfillSalesOrder`."""
    return _end(call, FULFILL_ORDER)


def cancel_order(call: Call) -> Reply:
    """`CancelSalesOrder`."""
    return _end(call, CANCEL_ORDER)


def _end(call: Call, ending: Ending) -> Reply:
    body = body_of(call)
    activity = part(body, ending.parameter)
    identity = _document(call, ending, activity)
    status = body.get("Status")
    end(call, ending, identity, None if status == -1 else status, activity)
    return empty_reply()


def end(call: Call, ending: Ending, identity: str, status: object, activity: Body) -> None:
    """End a document with a status of the state it goes to, its usual one for None."""
    session = call.session
    table = session.platform.tables[ending.table]
    session.guard.must_on("Write", table, identity)
    row = session.unlocked.read(table, identity) or {}
    if row["statecode"] not in ending.from_states:
        raise wrong_state(*ending.refusal)
    state = next(one for one in table.states if one.value == ending.state)
    if status is not None and status not in state.statuses:
        raise bad_status(status, f"{table.schema_name}State.{state.label}", table.logical_name)
    closing = _activity(call, ending, identity, activity)
    changes: Changes = {"statecode": ending.state, "statuscode": status or next(iter(state.statuses))}
    if ending.table == "opportunity":
        changes["actualclosedate"] = str(closing.get("actualend") or session.database.now())[:10]
        if ending is WIN_OPPORTUNITY:
            changes["actualvalue"] = closing.get("actualrevenue") or row["estimatedvalue"]
    session.unlocked.update(table, identity, changes)


def _activity(call: Call, ending: Ending, identity: str, given: Body) -> Changes:
    """Store the activity that tells of the end, completed."""
    writer = call.session.unlocked
    table = writer.tables[ending.parameter.lower()]
    follow = References(call.session.database, call.made).follow
    key = writer.tables[ending.table].primary_key
    changes = read_body(table, {name: value for name, value in given.items() if name != key}, follow)
    made = writer.create(table, {"subject": ending.parameter, **changes, key: identity})
    writer.update(table, made, {"statecode": 1})
    return changes


def _document(call: Call, ending: Ending, activity: Body) -> str:
    """The document that a closing activity is about: bound by its address, or as an object with its id."""
    key = call.session.platform.tables[ending.table].primary_key
    bound, nested = activity.get(f"{key}{BIND}"), activity.get(key)
    if isinstance(bound, str):
        return target_of(call, {"@odata.id": bound}, ending.table)[1]
    if isinstance(nested, dict):
        return target_of(call, nested, ending.table)[1]
    raise bad_request(f"The parameter '{ending.parameter}' must name its document in '{key}{BIND}'.")
