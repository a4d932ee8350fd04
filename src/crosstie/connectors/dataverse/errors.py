"""Dataverse's statuses and codes, sorted by what must happen next."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from crosstie.connectors.failure import sort_failure
from crosstie.model.errors import (
    AlreadyExistsError,
    CrosstieError,
    OutcomeUnknownError,
    RecordError,
    SetupError,
    StaleRecordError,
    TransientError,
)
from crosstie.odata.errors import AnswerLostError, NotUnderstoodError, ODataError
from crosstie.odata.message import Answer

SYSTEM = "Dataverse"
EXPIRED_CHANGES = "0x80044352"
ROW_MISSING = "0x80040217"
"""Code of a 404 that is about the row, not about the address."""
_STALE = "0x80060882"
_DUPLICATE = frozenset({"0x80040237", "0x80060892"})
_NEXT_STEPS = {
    "0x80044331": "Shorten the text, or map the field with a rule that does.",
    "0x8004431a": "Add the option in Dataverse, or correct the value.",
    "0x80048408": "Correct the pair of state and status.",
    "0x80040217": "The row that it points to is gone: it is tried again once that is coupled anew.",
    "0x80040227": "Something in Dataverse still needs it: remove that first, or end the coupling.",
    "0x80040333": "A duplicate detection rule objects: couple the existing row, or relax the rule.",
    "0x80040265": "A plug-in of the environment refused it: ask its owner why.",
}


@contextmanager
def sorted_errors() -> Iterator[None]:
    """Turn failures of requests that change nothing into errors of the product."""
    try:
        yield
    except ODataError as error:
        raise sort_failure(SYSTEM, error) from error


def for_batch(error: ODataError) -> CrosstieError:
    """Why none of the writes of a batch has an answer; what was sent and not understood may have been applied."""
    if isinstance(error, NotUnderstoodError):  # it was sent, and answered beyond our understanding
        error = AnswerLostError(error.host, error.what)
    return sort_failure(SYSTEM, error)


def for_unanswered(host: str) -> OutcomeUnknownError:
    """A write that the answer to its batch leaves out."""
    return OutcomeUnknownError(
        f"{SYSTEM} at {host} left a write of a batch unanswered; it may or may not have been applied.",
        "The record is looked at again before anything else is sent.",
    )


def for_operation(answer: Answer, *, is_insert: bool) -> CrosstieError:
    """Why one write was refused."""
    code, message = answer.error()
    detail = f"{answer.status} {code} {message}".strip()
    code = code.lower()
    if code in _DUPLICATE:
        return AlreadyExistsError(
            f"{SYSTEM} already has a row with this key.",
            "Couple the records, or give this one another key.",
            detail,
        )
    if code == _STALE or (answer.status == HTTPStatus.NOT_FOUND and not is_insert):
        return StaleRecordError(
            f"The row in {SYSTEM} changed or went away since it was read.",
            "It is read and decided again.",
            detail,
        )
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return SetupError(
            f"{SYSTEM} does not let our user write this row.",
            "Give the integration user the roles that the set-up guide names.",
            detail,
        )
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TransientError(f"{SYSTEM} could not apply this write now.", "It is tried again by itself.", detail)
    return RecordError(
        f"{SYSTEM} refuses this row: {message or answer.status}",
        _NEXT_STEPS.get(code, "Correct the record on the other side, or change the mapping."),
        detail,
    )
