"""Business Central's statuses and codes, sorted by what must happen next."""

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
from crosstie.odata.errors import AnswerLostError, NotUnderstoodError, ODataError, RefusedError
from crosstie.odata.message import Answer

SYSTEM = "Business Central"
_DUPLICATE = "Internal_EntityWithSameKeyExists"
ROW_MISSING = frozenset({"BadRequest_ResourceNotFound", "Internal_RecordNotFound"})
"""Codes of a 404 that is about the record, not about the address."""
_NO_COMPANY = "Internal_CompanyNotFound"
_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.FAILED_DEPENDENCY})
_NEXT_STEPS = {
    "Application_StringExceededLength": "Shorten the text, or map the field with a rule that does.",
    "Internal_InvalidTableRelation": "Create what the code points to in Business Central, or correct the code.",
    "Application_DialogException": "Business Central says why; correct the record and it is tried again.",
    "Application_FieldValidationException": "Correct the value and it is tried again.",
}


@contextmanager
def sorted_errors() -> Iterator[None]:
    """Turn failures of requests that change nothing into errors of the product."""
    try:
        yield
    except ODataError as error:
        raise for_reading(error) from error


def for_reading(error: ODataError) -> CrosstieError:
    """Why a request that changes nothing failed."""
    if isinstance(error, RefusedError) and error.code == _NO_COMPANY:
        return no_company(error.host, f"{error.status} {error.code} {error.message}")
    if isinstance(error, RefusedError) and error.status in _LATER:
        return TransientError(
            f"{SYSTEM} at {error.host} could not answer now.",
            "It is tried again by itself.",
            f"{error.status} {error.code} {error.message}".strip(),
        )
    return sort_failure(SYSTEM, error)


def no_company(host: str, detail: str, names: str = "") -> SetupError:
    """The company of the settings does not exist."""
    known = f" There are: {names}." if names else ""
    return SetupError(
        f"{SYSTEM} at {host} has no company with the id in the settings.",
        f"Choose the company anew in the connection's settings.{known}",
        detail,
    )


def for_batch(error: ODataError) -> CrosstieError:
    """Why none of the writes of a batch has an answer; what was sent and not understood may have been applied."""
    if isinstance(error, NotUnderstoodError):  # it was sent, and answered beyond our understanding
        error = AnswerLostError(error.host, error.what)
    return for_reading(error)


def for_unanswered(host: str) -> OutcomeUnknownError:
    """A write that the answer to its batch leaves out."""
    return OutcomeUnknownError(
        f"{SYSTEM} at {host} left a write of a batch unanswered; it may or may not have been applied.",
        "The record is looked at again before anything else is sent.",
    )


def without_company_contact(customer_id: str) -> RecordError:
    """A contact shall belong to a customer that no company contact stands for."""
    return RecordError(
        f"{SYSTEM}: the customer {customer_id} has no contact of type Company that a person could belong to.",
        "Create the contact of the customer in Business Central (Customer, Contact), then retry.",
    )


def for_operation(answer: Answer, *, is_insert: bool) -> CrosstieError:
    """Why one write was refused."""
    code, message = answer.error()
    message = message.partition("  CorrelationId:")[0]
    detail = f"{answer.status} {code} {message}".strip()
    if code == _DUPLICATE:
        return AlreadyExistsError(
            f"{SYSTEM} already has a record with this key.",
            "Couple the records, or give this one another number.",
            detail,
        )
    if answer.status in {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED} or (
        answer.status == HTTPStatus.NOT_FOUND and not is_insert
    ):
        return StaleRecordError(
            f"The record in {SYSTEM} changed or went away since it was read.",
            "It is read and decided again.",
            detail,
        )
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return SetupError(
            f"{SYSTEM} does not let our user write this record.",
            "Give the integration user the permission sets that the set-up guide names.",
            detail,
        )
    if answer.status in _LATER or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TransientError(f"{SYSTEM} could not apply this write now.", "It is tried again by itself.", detail)
    return RecordError(
        f"{SYSTEM} refuses this record: {message or answer.status}",
        _NEXT_STEPS.get(code, "Correct the record on the other side, or change the mapping."),
        detail,
    )
